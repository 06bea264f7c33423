# One image for web, events, worker and beat; the command says which (see docker-compose.yml).
FROM node:22-bookworm-slim AS frontend
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=config.settings
WORKDIR /app
RUN useradd --system --uid 10001 tandem
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY --from=frontend /app/node_modules ./node_modules
COPY manage.py gunicorn.conf.py ./
COPY config ./config
COPY core ./core
COPY inventory ./inventory
COPY orders ./orders
COPY purchasing ./purchasing
COPY forecasting ./forecasting
COPY reports ./reports
COPY templates ./templates
COPY static ./static
# Translations and hashed static files need no server and no secret of the running system.
RUN python manage.py messages --compile \
 && TANDEM_ENV=production SECRET_KEY=build DATABASE_URL=postgres://build@localhost/build REDIS_URL=redis://localhost ALLOWED_HOSTS=build \
    python manage.py collectstatic --noinput --verbosity 0
USER tandem
EXPOSE 8000 8001
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", "--no-control-socket"]
