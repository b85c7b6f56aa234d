# Each target makes the environment that it needs: Python 3.11 or later, make and the package registry are enough.
#
#   make demo       simulate a dozen candidates, model them, print where the report is
#   make test       formatting, direction of imports, and every test that is neither slow nor for a GPU
#   make test-all   every test
#   make bench      speed and accuracy beside other codes; writes docs/benchmarks.md
#   make clean      remove caches, builds and the demo's output; `make distclean` removes the environment too

PYTHON ?= python3
VENV ?= .venv
DEMO ?= runs/demo
# One process a core, each with one thread. Each takes a run of neighbouring files, so that fixtures are made once, and
# one that is done takes half of what another has left: long files at the end keep no core waiting.
PYTEST ?= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
TEST_STAMP := $(VENV)/.installed-test
# On a terminal pip shows its own progress bars; in a log it stays quiet unless something is wrong.
PIP_INSTALL = $(BIN)/python -m pip install --disable-pip-version-check --no-input $$([ -t 1 ] || echo --quiet)

.DEFAULT_GOAL := help
.PHONY: help demo test test-all bench lint clean distclean

help:
	@sed -n 's/^#   \(make .*\)/\1/p' Makefile

demo: $(RUN_STAMP)
	@$(BIN)/lensmith demo --out $(DEMO)

test: lint
	$(PYTEST) -m "not slow and not gpu"

test-all: lint
	$(PYTEST)

lint: $(TEST_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

bench: $(TEST_STAMP)
	$(BIN)/python -m benchmarks

clean:
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache .bench $(DEMO)
	find src tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV)

$(RUN_STAMP): pyproject.toml | $(BIN)/pip
	@echo "lensmith: installing into $(VENV) (about 6 GB with PyTorch, a few minutes) ..."
	@$(PIP_INSTALL) --editable .
	@touch $@

$(TEST_STAMP): pyproject.toml | $(BIN)/pip
	@echo "lensmith: installing the tools for testing into $(VENV) as well ..."
	@$(PIP_INSTALL) --editable ".[test]"
	@touch $(RUN_STAMP) $@

$(BIN)/pip:
	@command -v $(PYTHON) >/dev/null || { echo "lensmith: no '$(PYTHON)' here; install Python 3.11 or later, or name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "lensmith: Python 3.11 or later is needed and '$(PYTHON)' is $$($(PYTHON) --version 2>&1); name another: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "lensmith: '$(PYTHON) -m venv' failed; on Debian and Ubuntu install the package python3-venv, then repeat: make $(MAKECMDGOALS)" >&2; exit 1; }
