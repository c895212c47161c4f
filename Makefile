# `make` alone prints what there is to do. Everything runs from .venv, which `make setup` fills from the
# pinned, hashed requirements; the stamp makes a second run start at once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
STAMP := $(VENV)/.installed
FUZZER := $(VENV)/.fuzzer
SOURCES := domain application infrastructure interfaces tests
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Containers often set it. Then each of hundreds of processes that the tests start would compile every module again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install setup demo test check bench soak simulate days mutate messages format lint types contracts check-long check-tests check-fuzz \
	fuzz fuzz-planted hostile lock clean

help: ## print this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

install: $(RUNTIME) ## make .venv with what runs, without what the tests need

setup: $(STAMP) ## make .venv with everything in it

# Modules are compiled when they are first imported: compiling all at once takes half of the time.
$(RUNTIME): requirements/runtime.txt requirements/build.txt requirements/bootstrap.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; say which with: make PYTHON=/path/to/python3.12"; exit 2; }
	@echo "Installing what runs into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --no-compile --require-hashes --requirement requirements/bootstrap.txt
	@$(BIN)/python -m pip install --quiet --no-compile --require-hashes --no-deps --requirement requirements/runtime.txt \
		--requirement requirements/build.txt
	@$(BIN)/python -m pip install --quiet --no-compile --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMP): $(RUNTIME) requirements/dev.txt
	@echo "Installing what the tests need into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps --requirement requirements/dev.txt
	@touch $@

demo: $(RUNTIME) ## watch paid sessions being fulfilled, then try the shop at http://localhost:4242/demo
	@$(BIN)/fulfill demo

test: setup ## run the tests that need only Python, without the long ones
	@echo "About seven minutes on two cores. \`make check\` runs the others: the long tests, a browser, the Stripe CLI."
	@$(BIN)/python -m pytest -m "not long and not browser and not stripe_cli" --numprocesses auto

check: format lint types contracts check-long check-tests check-fuzz ## format, lint, types, import contracts, the long tests, a browser, Stripe's CLI, fuzzing

bench: setup ## measure, and write docs/benchmarks.md; ONLY=ingest prints one part of it
	@PYTHONPATH=tests:tests/support $(BIN)/python -m bench $(ONLY)

format: setup
	$(BIN)/ruff format --check $(SOURCES)

lint: setup
	$(BIN)/ruff check $(SOURCES)

types: setup
	$(BIN)/mypy
	$(BIN)/mypy tests

contracts: setup
	$(BIN)/lint-imports

check-long: setup
	$(BIN)/python -m pytest -m long --numprocesses auto --dist worksteal

check-tests: setup
	@scripts/chromium
	@scripts/stripe-cli
	$(BIN)/python -m pytest -m "browser or stripe_cli" --numprocesses auto --dist worksteal

# Built for Linux on x86_64 alone. Elsewhere the requirements ask for nothing, and what follows reports it; in CI, what they
# ask for must be there.
$(FUZZER): requirements/fuzz.txt $(STAMP)
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps --requirement requirements/fuzz.txt || test -z "$$CI"
	@touch $@

check-fuzz: $(FUZZER)
	PYTHONPATH=tests:tests/support $(BIN)/python -m fuzz

fuzz: $(FUZZER) ## fuzz what reads from outside, MINUTES=10 for each target; ONLY=webhook for one
	PYTHONPATH=tests:tests/support $(BIN)/python -m fuzz --minutes $(or $(MINUTES),10) $(ONLY)

fuzz-planted: $(FUZZER) ## plant bugs in a copy of the code, and see that the fuzzer finds each
	PYTHONPATH=tests:tests/support $(BIN)/python -m fuzz.planted

soak: setup ## many processes killed at random, for ten minutes; MINUTES=3 PARTS="engine log failover behind" to choose
	PYTHONPATH=tests:tests/support $(BIN)/python -m soak $(PARTS)

simulate: setup ## run the engine with everything going wrong: SEEDS=1000, or SEED=17 alone; BUGS=1 plants bugs
	@PYTHONPATH=tests:tests/support $(BIN)/python -m simulation $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),1000)) \
		$(if $(FIRST),--first $(FIRST)) $(if $(BUGS),--bugs)

days: setup ## play random days of staff, couriers and lagging policies: DAYS=10000
	@DAYS=$(or $(DAYS),10000) $(BIN)/python -m pytest tests/domain/test_random_days.py --numprocesses 0 --quiet

messages: setup ## bring the translations up to the texts for customers; what is missing is then to be translated
	@PYTHONPATH=tests:tests/support $(BIN)/python -m messages

mutate: setup ## make each small mistake in domain/, and see that a test notices; ONLY=domain/stock_item.py for one module
	@PYTHONPATH=tests:tests/support $(BIN)/python -m mutation $(ONLY) $(if $(JSON),--json $(JSON))

hostile: setup ## attack a server for SECONDS=10 in twenty ways, and write the figures into docs/operations.md
	PYTHONPATH=tests:tests/support $(BIN)/python -m hostile $(SECONDS)

lock: ## pin the dependencies again (needs uv on the path)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--python-version 3.11 pyproject.toml --output-file requirements/runtime.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--python-version 3.11 pyproject.toml --group dev --output-file requirements/dev.txt
	printf 'hatchling\neditables\n' | uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --python-version 3.11 --constraint requirements/dev.txt - \
		--output-file requirements/build.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--python-version 3.11 --group fuzz --output-file requirements/fuzz.txt
	echo pip | uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--python-version 3.11 - --output-file requirements/bootstrap.txt

clean: ## remove .venv and everything made by running
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist
