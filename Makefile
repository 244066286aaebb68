# Two commands are enough: `make run` shows the office, `make test` proves it.
.DEFAULT_GOAL := help
.PHONY: help setup run test check bench prove articles messages clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready

help:  ## this list
	@awk -F ':.*## +' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.txt requirements-dev.txt
	@test -x $(PY) || { echo "正在建立虚拟环境 $(VENV) …"; $(PYTHON) -m venv $(VENV); }
	@echo "正在安装依赖 …"
	@if command -v uv >/dev/null && uv pip install -q --python $(PY) -r requirements-dev.txt; then :; \
	 else $(PY) -m pip install -q --disable-pip-version-check -r requirements-dev.txt; fi
	@touch $@

setup: $(READY)  ## virtual environment, dependencies, keys of this machine
	@$(PY) -m config.keys

run: setup  ## the demo city on http://127.0.0.1:8000  (PORT=, DEMO_CITY=xuzhou|jinzhong|binzhou|panzhihua)
	@exec $(PY) manage.py run

test: setup  ## all tests on SQLite, and on PostgreSQL and Redis where they answer
	@exec $(PY) -m tests

check: setup  ## lint, types, layers, migrations
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/mypy policies
	@$(PY) manage.py check
	@$(PY) manage.py makemigrations --check --dry-run

bench: setup  ## measured speed, one JSON line per figure  (NAME=decision for one of them)
	@exec $(PY) -m benchmarks $(NAME)

prove: setup  ## proofs by many random trials, one JSON line each  (NAME= for one of them)
	@exec $(PY) -m tests.proofs $(NAME)

articles: setup  ## every article of the regulations and the tests that carry it
	@exec $(PY) manage.py articles

messages: setup  ## the English catalogue: gather new strings, compile what is translated  (needs GNU gettext)
	@$(PY) manage.py makemessages -l en --no-wrap --no-location --no-obsolete -i $(VENV) -i var -i tests -i docs -i benchmarks
	@$(PY) manage.py compilemessages -l en -l zh_Hans -i $(VENV)

clean:  ## forget the demo city and all caches; keys and virtual environment stay
	rm -rf var .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks .coverage
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
