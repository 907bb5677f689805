# promptlake: every task of the project. `make` alone lists them.
# Works with GNU make 3.81 (macOS) and later. All that is installed goes into .venv; the usual package caches speed it up.

PYTHON ?= python3
LAKE ?= demo-lake
PYTEST_ARGS ?= -n auto --dist loadfile
LOCK_ARGS ?=
FAULTS_ARGS ?=
BENCH_ARGS ?=

SHELL := /bin/bash
ROOMS := ingest transforms serving sql infra dashboards
BIN := .venv/bin
UV := $(BIN)/uv
INSTALL := $(UV) pip install --python $(BIN)/python --quiet

# A stamp is written last, so set-up that was interrupted starts again where it must.
UV_READY := .venv/.stamp-uv
DEMO_READY := .venv/.stamp-demo
DEV_READY := .venv/.stamp-dev
SPARK_READY := .venv/.stamp-spark
COMPILED := .venv/.stamp-compiled
# The demo needs less than development does: where the development set-up stands, that one serves the demo too.
RUN_READY := $(if $(wildcard $(DEV_READY)),$(DEV_READY),$(DEMO_READY))

SOURCES := $(shell find $(ROOMS) -name node_modules -prune -o -name '*.py' -print 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup spark demo test lint types imports pytest format lock generate costs bench faults clean

help: ## List the targets
	@echo 'promptlake: make TARGET'
	@echo
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'Variables: PYTHON=python3.12 (3.11 or later), LAKE=folder (for demo), PYTEST_ARGS="-k word", LOCK_ARGS=--upgrade, FAULTS_ARGS="--seed 7 --kills 20", BENCH_ARGS="build large"'

setup: $(DEV_READY) $(COMPILED) ## Set up .venv for development; instant when nothing changed
	@echo 'Ready. The command is $(BIN)/promptlake'

spark: $(SPARK_READY) ## Add Spark and a Java for Trino (400 MB), with which the tests compare the engines

demo: $(RUN_READY) $(COMPILED) ## Set up what the lake needs, run a simulated application against it, show the results
	@$(BIN)/promptlake demo --lake '$(LAKE)'

test: $(DEV_READY) $(COMPILED) ## Set up, then run lint, types, import rules and every test
	@failed=; \
	for step in lint types imports pytest; do \
	  echo "== $$step"; \
	  $(MAKE) --no-print-directory $$step || failed="$$failed $$step"; \
	done; \
	if [ -n "$$failed" ]; then \
	  echo "FAILED:$$failed. The messages are above; repeat one of them alone with: make STEP" >&2; exit 1; \
	fi; \
	echo 'Passed: lint, types, import rules and all tests.'

lint: $(DEV_READY) ## Check style and formatting with ruff, and that the models hold together and are portable
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo 'Some files are not formatted: run make format.' >&2; exit 1; }
	@$(BIN)/python -m sql.check

types: $(DEV_READY) ## Check types with mypy, strictly
	@$(BIN)/mypy

imports: $(DEV_READY) ## Check that imports between the rooms go one way
	@$(BIN)/lint-imports

pytest: $(DEV_READY) $(COMPILED) ## Run the tests only; narrow them with PYTEST_ARGS="-k word"
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

format: $(DEV_READY) ## Format the code and repair what ruff can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# dev.txt is resolved first and holds the others, so that one version of a package serves them all.
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(LOCK_ARGS)
lock: $(UV_READY) ## Resolve requirements/*.txt again from pyproject.toml; LOCK_ARGS=--upgrade takes newer versions
	$(COMPILE) -c requirements/constraints.in --extra reports --extra grafana --group dev pyproject.toml -o requirements/dev.txt
	$(COMPILE) -c requirements/dev.txt --group demo pyproject.toml -o requirements/demo.txt
	$(COMPILE) -c requirements/dev.txt pyproject.toml -o requirements/embedded.txt
	$(COMPILE) -c requirements/dev.txt --group aws pyproject.toml -o requirements/aws.txt
	$(COMPILE) -c requirements/dev.txt --group function-doors -o requirements/function-doors.txt
	$(COMPILE) -c requirements/dev.txt --group function-api -o requirements/function-api.txt
	$(COMPILE) -c requirements/dev.txt --group function-reports -o requirements/function-reports.txt
	$(COMPILE) -c requirements/dev.txt --group deploy pyproject.toml -o requirements/deploy.txt
	$(COMPILE) -c requirements/dev.txt --group spark -o requirements/spark.txt
	echo uv | $(COMPILE) - -o requirements/uv.txt

generate: $(DEV_READY) ## Write again what is derived from contracts and models: schemas, Glue columns, reference pages
	@$(BIN)/python -m ingest.contracts.generate
	@$(BIN)/python -m dashboards.dictionary.generate

costs: $(DEV_READY) ## Write docs/cost.md again, from the prices and assumptions in infra/aws/costs
	@$(BIN)/python -m infra.aws.costs.page

bench: $(DEV_READY) $(COMPILED) ## Measure speed and size, or BENCH_ARGS of it; never part of the tests
	@$(BIN)/python -m tests.bench $(BENCH_ARGS)

faults: $(DEV_READY) $(COMPILED) ## Kill a lake 200 times under load and write the result to docs/faults.md
	@$(BIN)/python -m tests.faults $(FAULTS_ARGS)

clean: ## Remove .venv, the caches, build results and the demo's lake
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist demo-lake
	@find $(ROOMS) tests -name __pycache__ -type d -prune -exec rm -rf {} +

# --- Set-up -----------------------------------------------------------------------------------------------------------

# A virtual environment works in one place only: one that came along with a copied or moved folder is made anew.
# (`activate` is the last file that venv writes, so its absence also tells of an interrupted start.)
ifeq ($(shell grep -lF "$(CURDIR)/.venv" $(BIN)/activate 2>/dev/null),)
.PHONY: $(BIN)/python
endif

$(BIN)/python:
	@command -v '$(PYTHON)' >/dev/null || { echo "There is no '$(PYTHON)' here: install Python 3.11 or later, or name one with PYTHON=..." >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "promptlake needs Python 3.11 or later; '$(PYTHON)' is $$('$(PYTHON)' -V 2>&1). Name a newer one: make ... PYTHON=python3.12" >&2; exit 1; }
	@'$(PYTHON)' -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' lacks its venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo 'Setting up .venv ...'
	@'$(PYTHON)' -m venv --clear .venv

$(UV_READY): $(BIN)/python requirements/uv.txt
	@$(BIN)/python -m pip install --quiet --force-reinstall --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/uv.txt
	@touch $@

# Only wheels, all of them pinned by hash; the project itself is then built by the pinned backend, with nothing to fetch.
# An install that was cut off may have left half a package, or one not compiled: then all are put in again.
UNFINISHED := .venv/.unfinished
define install
@echo 'Installing $< (locked, hashed) ...'
@again=; [ ! -e $(UNFINISHED) ] || again=--reinstall; touch $(UNFINISHED); \
$(INSTALL) $$again --no-build --require-hashes --compile-bytecode -r $< && rm $(UNFINISHED)
@$(INSTALL) --offline --no-deps --no-build-isolation --editable .
@touch $@
endef

$(DEMO_READY): requirements/demo.txt pyproject.toml $(UV_READY)
	$(install)

$(DEV_READY): requirements/dev.txt pyproject.toml $(UV_READY)
	$(install)

$(SPARK_READY): requirements/spark.txt $(DEV_READY)
	@echo 'Installing $< (locked, hashed; built here) ...'
	@$(INSTALL) --no-build-isolation --no-deps --require-hashes --compile-bytecode -r $<
	@touch $@

# Compiled once here, because PYTHONDONTWRITEBYTECODE may be set where it runs, and then every start would compile again.
$(COMPILED): $(SOURCES) $(BIN)/python
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m compileall -q -x node_modules $(ROOMS)
	@touch $@
