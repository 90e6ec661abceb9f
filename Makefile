# Everything here runs in .venv, which is made from requirements.lock on first use.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/python -m uv pip
INSTALL := $(UV) install --quiet --require-hashes --compile-bytecode --constraint requirements.lock --requirement pyproject.toml
READY := .venv/.ready
FULL := .venv/.full
CHECK := import sys; ok = (3, 11) <= sys.version_info < (3, 14); sys.exit(None if ok else "setup error: Python 3.11 to 3.13 is needed (got %d.%d); try: make setup PYTHON=python3.12" % sys.version_info[:2])

# The KEY=VALUE arguments of make, as words for the shell. Make escapes each space and backslash with a backslash, and
# each dollar sign with another one; here every word is in single quotes instead, in which the shell changes nothing.
empty :=
space := $(empty) $(empty)
tab := $(empty)	$(empty)
named = $(subst \$(tab),\T,$(subst \$(space),\S,$(subst \\,\B,$1)))
unnamed = $(subst \B,\,$(subst \S,$(space),$(subst \T,$(tab),$1)))
parted = $(subst $(space),' ',$(subst ','\'',$(subst $$$$,$$,$1)))
WORDS = $(if $(MAKEOVERRIDES),'$(call unnamed,$(call parted,$(call named,$(MAKEOVERRIDES))))')

.DEFAULT_GOAL := help
.PHONY: help setup train play notebooks test test-docs test-browser docs test-slow test-faults test-cluster test-oldest lint bench bench-search bench-tables gallery lock

help:  ## Print the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: $(if $(EXTRAS),$(FULL),$(READY))  ## Create the environment in .venv; EXTRAS=all adds tests and extras, PYTHON=python3.12 chooses the Python of a new .venv

$(READY): requirements.lock
	@$(BIN)/python -c '$(CHECK)' 2> /dev/null || { $(PYTHON) -c '$(CHECK)' && $(PYTHON) -m venv --clear .venv; }
	@$(BIN)/python -m pip --version > /dev/null 2>&1 || $(BIN)/python -m ensurepip > /dev/null  # a .venv made by uv has no pip
	@awk '/^uv==/ {found = 1} found; found && !/\\$$/ {exit}' requirements.lock > .venv/installer.txt  # uv, and its hashes
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement .venv/installer.txt
	$(INSTALL) --extra notebooks --group setup
	$(UV) install --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)

# Most of the extras is never imported; Python compiles the rest when it is.
$(FULL): $(READY)
	$(subst --compile-bytecode,,$(INSTALL)) --all-extras --group dev
	@touch $(FULL)

# When a recipe fails, make adds a line, "make: *** [Makefile:41: train] Error 2", and no option prevents it. In a
# terminal, where the command's own line has said everything, the recipe therefore ends make with SIGPIPE, the signal
# that neither make nor a shell reports. The price is an exit code of 141 there; scripts, which have no terminal, get
# make's line and 2. `python -m src.train` and `lab train` have neither problem.
train: $(READY)  ## Train: make train experiment=xor data.noise=0.2
	$(info $(BIN)/python -m src.train $(WORDS))
	@$(BIN)/python -m src.train $(WORDS) || { code=$$?; [ -t 2 ] && kill -s PIPE $$PPID; exit $$code; }

play: $(READY)  ## Train in the browser: change the data and the network while it learns
	@$(BIN)/python -m src.play $(WORDS)

notebooks: $(READY)  ## Open the lessons in the browser
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/jupyter lab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks

test: $(FULL)  ## Run the tests, one process per core; to run only some: make test FILES="tests/heads tests/test_readme.py"
	$(BIN)/python -m pytest -n auto --dist worksteal $(FILES)

test-docs: $(FULL)  ## Run the lessons, the commands in the documentation and the gallery's experiments (about four minutes on two cores)
	$(BIN)/python -m pytest -m docs -n auto --dist worksteal

test-browser: $(FULL)  ## Run the tests that open pages in Chromium (about two minutes)
	$(BIN)/python -m pytest -m browser tests/page

docs: $(FULL)  ## Build the documentation site in site/html, with the lessons as last executed by `make test-docs` or `make test-slow`
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --conf-dir docs . site/html
	@echo "written: site/html/README.html"

test-slow: $(FULL)  ## Run the tests that train for minutes (Fashion-MNIST in data/ or ../shared/data/)
	$(BIN)/python -m pytest -m slow

test-faults: $(FULL)  ## Run the tests that kill runs, fill disks, send signals and try every value (about 12 minutes on two cores)
	$(BIN)/python -m pytest -m faults -n auto --dist worksteal tests/faults tests/catalogue

test-cluster: $(FULL)  ## Run the tests with trackers, databases, Slurm and Ray, each started and stopped by its test
	$(BIN)/python -m pytest -m cluster -n auto --dist worksteal

test-oldest: $(FULL)  ## Run the tests with the oldest versions of direct dependencies that pyproject.toml allows, on Python 3.11, in .oldest
	python3.11 -m venv --clear .oldest
	$(UV) compile --quiet --no-config --resolution lowest-direct --python-version 3.11 pyproject.toml --all-extras --group dev --output-file .oldest/requirements.txt
	$(UV) install --quiet --no-config --python .oldest/bin/python --requirement .oldest/requirements.txt
	.oldest/bin/python -m pytest -n auto --dist worksteal $(FILES)

lint: $(FULL)  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers auto

bench: $(FULL)  ## Compare speed with hand-written loops, and measure intervals, claims and calibration (an hour or more)
	$(BIN)/python -m tests.benchmarks.bench_xor
	$(BIN)/python -m tests.benchmarks.bench_memory
	$(BIN)/python -m tests.benchmarks.bench_scale
	$(BIN)/python -m tests.benchmarks.bench_fashion
	$(BIN)/python -m tests.benchmarks.bench_sweep
	$(BIN)/python -m tests.benchmarks.bench_mixed
	$(BIN)/python -m tests.benchmarks.bench_folds
	$(BIN)/python -m tests.benchmarks.bench_intervals
	$(BIN)/python -m tests.benchmarks.bench_calibration
	$(BIN)/python -m tests.benchmarks.bench_alone
	$(BIN)/python -m tests.benchmarks.bench_page
	$(BIN)/python -m tests.benchmarks.bench_play
	$(BIN)/python -m tests.benchmarks.bench_play_memory

bench-search: $(FULL)  ## Compare a search in stacks with the same search run by run (ten minutes each for two spaces)
	$(BIN)/python -m tests.benchmarks.bench_search
	$(BIN)/python -m tests.benchmarks.bench_search space=shapes

bench-tables: $(READY)  ## Compare experiment=table with scikit-learn, fold by fold: make bench-tables data_dir=../shared/data
	$(BIN)/python -m tests.benchmarks.bench_tables $(WORDS)

gallery: $(READY)  ## Train every experiment for the gallery, and update the generated parts of the pages: make gallery data_dir=../shared/data
	$(BIN)/python -m src.readme $(WORDS)

lock: $(FULL)  ## Update requirements.lock from pyproject.toml, and with it the versions that `uv run` uses
	$(UV) compile --quiet --no-config --universal --generate-hashes --python-version 3.11 pyproject.toml --all-extras --group dev --output-file requirements.lock
	$(UV) compile --quiet --no-config --universal --no-annotate --no-header --python-version 3.11 --constraint requirements.lock pyproject.toml | sed 's/.*/  "&",/' > .venv/versions.txt
	sed -e '/^constraint-dependencies/,/^]/{//!d;}' -e '/^constraint-dependencies/r .venv/versions.txt' pyproject.toml > .venv/pyproject.toml
	mv .venv/pyproject.toml pyproject.toml
