"""Settings, read from the environment. Importing them never starts a server; `manage.py` and `make demo` do."""

from pathlib import Path

import dj_database_url
from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _
from environs import Env

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()

TANDEM_ENV = env.str("TANDEM_ENV", "development")
PRODUCTION = TANDEM_ENV == "production"
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY") if PRODUCTION else env.str("SECRET_KEY", "development-only-" + "x" * 50)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS") if PRODUCTION else env.list("ALLOWED_HOSTS", ["*"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    # Ours first: where two say the same in English, the first one's Chinese counts.
    "core",
    "inventory",
    "orders",
    "purchasing",
    "forecasting",
    "reports",
    "config",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "rest_framework",
    "rest_framework.authtoken",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.NoNulMiddleware",
    "core.middleware.ApiSlashMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "core.middleware.UserLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.ActorMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context_processors.shell",
            ],
        },
    }
]

DATABASES = {
    "default": dj_database_url.parse(
        # `ensure_servers` sets DATABASE_URL before settings are read; the fallback only lets tools import them.
        env.str("DATABASE_URL") if PRODUCTION else env.str("DATABASE_URL", "postgres://postgres@localhost/tandem"),
        conn_max_age=env.int("CONN_MAX_AGE", 60),
        conn_health_checks=True,
    )
}
# Behind PgBouncer in transaction mode a server-side cursor would be cut in the middle, a prepared statement missed.
PGBOUNCER = env.bool("PGBOUNCER", False)
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = PGBOUNCER
if not PGBOUNCER:  # it refuses options of the connection
    # Statements that are prepared (core.statements) find rows by key: one plan for all values, made once.
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c plan_cache_mode=force_generic_plan"
REDIS_URL = env.str("REDIS_URL") if PRODUCTION else env.str("REDIS_URL", "redis://localhost:6379/0")

# A form has a field for each line of an order, and an order up to 10,000 lines.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_100
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "core.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
TIME_ZONE = env.str("TIME_ZONE", "Asia/Shanghai")  # the company's: pages and day buckets use it, storage is UTC
USE_I18N = True
FORMAT_MODULE_PATH = ["config.formats"]
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
_NPM = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/tabler/css", _NPM / "@tabler/core/dist/css"),
    ("vendor/tabler/js", _NPM / "@tabler/core/dist/js"),
    ("vendor/icons", _NPM / "@tabler/icons-webfont/dist"),
    ("vendor/echarts", _NPM / "echarts/dist"),
    ("vendor/htmx-ext-sse", _NPM / "htmx-ext-sse/dist"),
]
# Production serves hashed, compressed files that `collectstatic` made; elsewhere they come from where they lie.
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Live updates come from /events/ of the same address, through the reverse proxy. Without one (the demo) the browser
# asks this port of the same host, and the events server lets in pages that came from WEB_PORT.
EVENTS_PORT = env.int("EVENTS_PORT", None)
WEB_PORT = env.int("WEB_PORT", None)

if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "WARNING")},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "core.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["core.permissions.ActionPermission"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["core.renderers.SafeJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.parsers.BoundedJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "core.pagination.CreationCursorPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.problems.problem_response",
    "COERCE_DECIMAL_TO_STRING": True,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Tandem API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.openapi.add_common_parts",
    ],
    "ENUM_NAME_OVERRIDES": {
        "OrderStatus": "orders.models.Order.Status",
        "ReturnAuthorizationStatus": "orders.models.ReturnAuthorization.Status",
        "QuotationStatus": "orders.models.Quotation.Status",
        "PurchaseOrderStatus": "purchasing.models.PurchaseOrder.Status",
        "TransferStatus": "inventory.models.Transfer.Status",
        "OverrideCause": "purchasing.models.BuyingOverride.Cause",
        "ReorderSuggestionStatus": "purchasing.models.ReorderSuggestion.Status",
    },
}
# Largest request body of the API, after unpacking.
API_MAX_BODY_BYTES = env.int("API_MAX_BODY_BYTES", 10_000_000)
# How long the answer to a request with an Idempotency-Key is kept.
IDEMPOTENCY_KEY_HOURS = env.int("IDEMPOTENCY_KEY_HOURS", 24)
# How long published facts for outsiders are kept; the reports look back for what they have not seen yet.
OUTBOX_DAYS = env.int("OUTBOX_DAYS", 30)
# How long the audit log is kept. 0: for ever, as it is the history that documents show.
AUDIT_DAYS = env.int("AUDIT_DAYS", 0)

# E-mails with documents. Without a mail server they become files in var/mail, except in production, where the page says
# that none is set up.
EMAIL_HOST = env.str("EMAIL_HOST", "")
EMAIL_PORT = env.int("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", False)
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", not EMAIL_USE_SSL)
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", 20)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "tandem@localhost")
HAS_MAIL_SERVER = bool(EMAIL_HOST)
if not HAS_MAIL_SERVER and not PRODUCTION:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = Path(env.str("TANDEM_DATA_DIR", str(BASE_DIR / "var"))) / "mail"

CELERY_BROKER_URL = REDIS_URL
# A kick that fails fails at once: its work stands in the database and the sweep does it.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    "socket_connect_timeout": 0.5,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    # For what a lost kick left: marked places are checked at the latest after this many seconds.
    "sweep-reorder-checks": {
        "task": "purchasing.tasks.check_reorder_points",
        "schedule": env.int("REORDER_SWEEP_SECONDS", 60),
    },
    # For chunks that a lost kick or a killed worker left.
    "resume-replenishment": {"task": "purchasing.tasks.hand_out_chunks", "schedule": 600, "options": {"expires": 600}},
    "apply-exchange-rates": {
        "task": "purchasing.tasks.apply_exchange_rates",
        "schedule": crontab(hour=0, minute=5),
    },
    "follow-blanket-orders": {
        "task": "purchasing.tasks.follow_blanket_orders",
        "schedule": crontab(hour=0, minute=5),
    },
    # The first run after midnight makes the day's orders; the others what a standstill left.
    "make-standing-orders": {"task": "purchasing.tasks.make_standing_orders", "schedule": crontab(minute=15)},
    # The first run after midnight holds back what expired; the others what came or moved meanwhile.
    "set-aside-expired": {"task": "inventory.tasks.set_aside_expired_lots", "schedule": crontab(minute=5)},
    "learn-lead-times": {"task": "purchasing.tasks.learn_lead_times", "schedule": crontab(hour=1, minute=30)},
    "approve-by-rules": {
        "task": "purchasing.tasks.approve_routine_suggestions",
        "schedule": crontab(hour=7, minute=0),
    },
    # For what a lost kick left, as above.
    "sweep-promises": {"task": "orders.tasks.check_promises", "schedule": env.int("PROMISE_SWEEP_SECONDS", 60)},
    "sweep-filled-orders": {"task": "orders.tasks.settle_filled_orders", "schedule": 60},
    # The first run after midnight lets go of what was held until yesterday.
    "let-go-of-quotations": {
        "task": "orders.tasks.let_go_of_quotations",
        "schedule": 300,
        "options": {"expires": 300},
    },
    "daily-promises": {"task": "orders.tasks.check_all_promises", "schedule": crontab(hour=5, minute=0)},
    "repeat-purchases": {"task": "orders.tasks.count_repeat_purchases", "schedule": crontab(hour=1, minute=0)},
    "nightly-forecast": {"task": "forecasting.tasks.run_nightly_forecast", "schedule": crontab(hour=2, minute=0)},
    # For chunks that a lost kick or a killed worker left.
    "resume-forecast": {"task": "forecasting.tasks.resume_forecast_runs", "schedule": 600},
    "resume-backtests": {"task": "forecasting.tasks.resume_backtests", "schedule": 300},
    "refresh-kpis": {"task": "reports.tasks.refresh_snapshots", "schedule": 600, "options": {"expires": 600}},
    "nightly-kpis": {"task": "reports.tasks.refresh_all_snapshots", "schedule": crontab(hour=3, minute=30)},
    "heartbeat": {"task": "config.tasks.heartbeat", "schedule": 15, "options": {"expires": 30}},
    "publish-outbox": {"task": "core.tasks.publish_outbox", "schedule": 5, "options": {"expires": 5}},
    # For what a lost kick left, and for further attempts.
    "send-mails": {"task": "core.tasks.send_mails", "schedule": 60, "options": {"expires": 60}},
    "expire-idempotency-keys": {"task": "core.tasks.expire_idempotency_keys", "schedule": 3600},
    "verify-books": {"task": "config.tasks.verify_books", "schedule": crontab(hour=4, minute=30)},
    "forget-old-rows": {"task": "core.tasks.forget_old_rows", "schedule": crontab(hour=4, minute=0)},
}
