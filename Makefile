# Huoshui 活水. `make` lists the targets; each sets up what it needs.

SHELL := /bin/bash
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
UV_VERSION := 0.13.9
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# Where the machine has a certificate authority of its own, uv needs to be told to trust it.
SYNC = $(BIN)/uv sync --quiet --frozen --inexact $(shell [ -n "$$PIP_CERT$$SSL_CERT_FILE" ] && echo --system-certs)

.DEFAULT_GOAL := help
.PHONY: help env dev browser demo serve down test fast lint types format schema prove bench conformance docs clean

##@ Everyday

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n\033[1m%s\033[0m\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  \033[36m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: env ## Replay a generated marketplace, then serve the API and the console
	@$(BIN)/huoshui demo $(ARGS)

down: env ## Stop the server and the embedded PostgreSQL
	@$(BIN)/huoshui down

test: dev browser lint ## Everything that daily work needs, at most 10 minutes on 2 cores
	$(PYTEST) -n 2 $(ARGS)

##@ Set-up

env: .venv/.env ## The environment in .venv, from the lock file

dev: .venv/.dev ## The same with what tests and checks need

.venv/bin/uv:
	@test -n "$(PYTHON)" || { echo "Huoshui needs Python 3.11 or newer as python3 (or PYTHON=/path/to/python)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Setting up .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.env: pyproject.toml uv.lock | .venv/bin/uv
	@$(SYNC) --no-dev
	@touch $@

.venv/.dev: pyproject.toml uv.lock | .venv/bin/uv
	@$(SYNC) --all-extras
	@touch $@ .venv/.env

browser: ## Chromium and a Chinese font for the browser tests (Debian, as root), or how to get them
	@tools/browser

##@ Checks

fast: dev ## The tests that need no browser and no long history
	$(PYTEST) -n 2 -m "not browser and not slow" $(ARGS)

lint: dev types ## ruff, import floors, types
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/lint-imports

types: dev ## mypy --strict
	@$(BIN)/mypy --no-error-summary huoshui edge conformance tests

format: dev ## Put every file into the house's form
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --quiet --fix .

schema: dev ## Write schema/*/current.sql from a migrated database
	@$(BIN)/python tools/schema.py

##@ Figures

bench: env ## Every benchmark, as JSON lines
	@for name in ledger replay console; do $(BIN)/huoshui bench $$name --json || exit 1; done

prove: dev ## The long campaigns; dated figures go to docs/proofs/
	$(BIN)/python tools/prove.py

conformance: env ## Hold the product against the worked cases, where they lie beside the project
	@$(BIN)/python -m conformance --all $(ARGS)

docs: dev ## Run every snippet of the documentation
	$(PYTEST) tests/docs

clean: ## Remove caches and built files (never .huoshui)
	@rm -rf dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
