# scalescope: `make reproduce` and `make test` are all a fresh machine needs. `make` lists the rest.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help current env reproduce studies study test lint unit notebooks plan bench cluster graph lab browser clean

PROFILE ?= quick
DATA    ?=
STUDY   ?=
JOBS    ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
PYTHON  ?= python3
ENV     ?= .venv

ifeq ($(ENV),.venv)
BIN := .venv/bin
READY := .venv/.installed
else ifeq ($(ENV),current)
BIN := $(shell $(PYTHON) -c "import sysconfig; print(sysconfig.get_path('scripts'))")
READY := current
else
$(error ENV=$(ENV) is unknown: ".venv" (made here) or "current" (the active environment))
endif
# one thread a worker: models this small gain nothing from two, and two workers then do not fight
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export TOKENIZERS_PARALLELISM := false
# containers often set it: every job, kernel and test would compile the package anew (a quarter of its start)
unexport PYTHONDONTWRITEBYTECODE
# as variables of the shell, so that names with quotes and spaces arrive as they are
export PROFILE DATA STUDY

help:  ## list the targets (the default)
	@echo "make <target> [PROFILE=$(PROFILE)] [DATA=folder with corpus/ and tasks/] [JOBS=$(JOBS)] [ENV=$(ENV) or current]"
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

env: $(READY)  ## make .venv and install the pinned list and the package; ENV=current: look at the active environment
	@test ! -e .git || git config filter.notebook.clean 'if test -x $(BIN)/scalescope; then $(BIN)/scalescope notebooks clean; else cat; fi' || true

reproduce: env  ## run the main job of PROFILE: from text to figures; does only what is missing
	$(BIN)/scalescope reproduce --profile "$$PROFILE" --data "$$DATA" --jobs "$(JOBS)"

plan: env  ## what `make reproduce` would train, and how long it would take here
	$(BIN)/scalescope plan --profile "$$PROFILE" --data "$$DATA" --jobs "$(JOBS)"

studies study: PROFILE = studies

studies: env  ## run the live studies of the profile `studies` (PROFILE=studies-smoke: in two minutes)
	$(BIN)/scalescope studies --profile "$$PROFILE" --data "$$DATA" --jobs "$(JOBS)"

study: env  ## one live study: make study STUDY=barnett2024
	$(BIN)/scalescope studies "$$STUDY" --profile "$$PROFILE" --data "$$DATA" --jobs "$(JOBS)"

test: lint unit notebooks  ## lint, unit tests, and every notebook against its committed output

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

unit: env
	TQDM_DISABLE=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

notebooks: env
	TQDM_DISABLE=1 $(BIN)/python -m pytest -p tests.warm_notebooks -n 2 --dist loadfile --nbval-lax --nbval-sanitize-with tests/nbval.cfg -p no:cacheprovider notebooks

bench: env  ## speed and memory beside Hugging Face Trainer, into benchmarks/results (installs transformers; about 20 minutes)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps transformers==5.23.0 accelerate==1.15.0 regex==2026.11.19
	$(BIN)/python benchmarks/pretrain_vs_trainer.py
	$(BIN)/python benchmarks/finetuning.py
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/compile.py
	$(BIN)/python benchmarks/narrow.py

cluster: env  ## as root: install a Slurm of this machine alone with apt, run smoke through it, compare with a local run
	TQDM_DISABLE=1 $(BIN)/python tests/cluster.py

graph: env  ## draw the pipeline of PROFILE into figures/pipeline (needs graphviz)
	mkdir -p figures/pipeline
	$(BIN)/scalescope reproduce --profile "$$PROFILE" --data "$$DATA" -- --rulegraph | dot -Tsvg -o "figures/pipeline/$$PROFILE-rules.svg"
	$(BIN)/scalescope reproduce --profile "$$PROFILE" --data "$$DATA" -- --dag | tred | dot -Grankdir=LR -Tsvg -o "figures/pipeline/$$PROFILE-jobs.svg"

lab: env  ## open the notebooks in JupyterLab; profiles, figures and data are in its file browser
	$(BIN)/jupyter lab --ServerApp.root_dir=. notebooks/00_start_here.ipynb

browser: env  ## every notebook in a real browser, Run All, with pictures (installs playwright and Debian's chromium)
	PYTHON=$(BIN)/python sh tests/browser/install.sh
	$(BIN)/pytest tests/browser tests/workflow/test_page.py

clean:  ## remove .venv and caches; runs, results and figures stay (`scalescope runs remove --profile NAME` for runs)
	rm -rf .venv .snakemake .pytest_cache .ruff_cache .import_linter_cache data/cache

current:
	@$(PYTHON) -c 'import scalescope.cli, torch, snakemake, papermill, jupyterlab, seaborn' || { echo "the active \
	environment lacks a part of the project: $(PYTHON) -m pip install -r requirements.lock, then -m pip install --no-deps -e ."; exit 2; }

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "scalescope needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; name one with PYTHON=")'
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@echo "installing the pinned list into .venv (a few minutes the first time) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
