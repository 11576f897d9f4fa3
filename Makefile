# Everything runs in a virtual environment that is made on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Asked first, of the Python that is named and of the environment that is there: pip would search in vain for minutes.
VERSION = for python in "$(PYTHON)" $(wildcard $(BIN)/python); do $$python -c \
  'import sys; v = sys.version_info; sys.exit(None if (3, 11) <= v[:2] < (3, 15) else "Python 3.11 to 3.14 is needed; " \
  + sys.executable + " is %d.%d. Name another: make demo PYTHON=python3.12" % v[:2])' || exit 1; done

SECONDS ?= 20
SEEDS ?= 100
KILLS ?= 20
CHANNEL ?= telegram
FUZZ := sse split telegram_html config update redact

.PHONY: demo test test-long coverage kills chaos simulate test-browser lint types bandit fuzz

$(VENV)/.demo: pyproject.toml
	@echo "Setting up $(VENV) (once, about a minute) ..."
	@$(VERSION)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[demo]"
	@touch $@

$(VENV)/.dev: pyproject.toml
	@echo "Setting up $(VENV) with the tools for tests (once, about two minutes) ..."
	@$(VERSION)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@ $(VENV)/.demo

$(VENV)/.fuzz: pyproject.toml
	@echo "Setting up $(VENV) with the fuzzer (once, about a minute) ..."
	@$(VERSION)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[fuzz]"
	@touch $@

demo: $(VENV)/.demo
	@$(BIN)/voxline demo $(ARGS)

test: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not browser and not chaos and not kills and not long" $(ARGS)

test-long: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "long and not browser" $(ARGS)

coverage: $(VENV)/.dev
	@rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest -q -m "not browser and not chaos and not kills and not long" $(ARGS)
	@$(BIN)/python -m coverage combine -q
	@$(BIN)/python -m benchmarks.coverage

kills: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n 2 --dist load -m kills tests/kills $(ARGS)

# One seed draws every latency, fault and crash; a failing one prints the command that replays it.
simulate: $(VENV)/.dev
	$(BIN)/python -m tests.simulation $(SEEDS) $(ARGS)

chaos: $(VENV)/.dev
	$(BIN)/python -m tests.kills.chaos --kills $(KILLS) --channel $(CHANNEL)

test-browser: $(VENV)/.dev
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update && apt-get install -y chromium; } || \
	  { echo "These tests need a Chromium: install chromium or google-chrome and run make test-browser again."; exit 1; }
	$(BIN)/python -m pytest -q -m browser tests/browser $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

bandit: $(VENV)/.dev
	$(BIN)/bandit -q -r bot channels -ll

# What it finds is kept in fuzz-artifacts/; new inputs stay in the virtual environment, outside of the repository.
fuzz: $(VENV)/.fuzz
	@mkdir -p fuzz-artifacts
	@for target in $(FUZZ); do \
	  mkdir -p $(VENV)/fuzz/$$target; \
	  $(BIN)/python -m fuzz $$target -max_total_time=$(SECONDS) -max_len=2000 -timeout=10 -len_control=20 \
	    -verbosity=0 -artifact_prefix=fuzz-artifacts/ $(VENV)/fuzz/$$target fuzz/corpus/$$target \
	    || { echo "fuzz $$target: a law is broken, see fuzz-artifacts/"; exit 1; }; \
	  echo "fuzz $$target: no law broken in $(SECONDS) s"; \
	done
