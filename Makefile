# Needs git, make and Python 3.11 to 3.13. Every target makes .venv itself.

BIN := .venv/bin
READY := .venv/.synced
PYTEST := $(BIN)/python -m pytest
export WAYBILL_DATA_DIR ?= $(CURDIR)/var

.DEFAULT_GOAL := help
.PHONY: help run demo dev-servers fmt lint check test faults bench lock clean

help: ## what there is
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: $(READY) ## start Waybill with demo data; Ctrl-C stops it
	@$(BIN)/waybill up --demo

demo: $(READY) ## export the demo's flights once; DEMO_OUT=folder keeps the file and its waybill
	@$(BIN)/waybill demo $(if $(DEMO_OUT),--out "$(DEMO_OUT)")

dev-servers: $(READY) ## run Kafka, PostgreSQL and S3 and print the settings; Ctrl-C stops them
	@$(BIN)/python -m infra.dev up

fmt: $(READY) ## format, and repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint ## the fast loop: format, lint, types, layers, unit tests
	$(PYTEST) -q -n auto tests/unit

# Java and Kafka are fetched beforehand, so that no test's time-out runs while they are.
test: lint ## everything, on real servers, with coverage
	$(BIN)/python -m infra.dev prepare
	rm -f .coverage .coverage.*
	$(PYTEST) tests -n 2 --dist loadfile --durations=25 --cov --cov-report=term --cov-fail-under=95

faults: $(READY) ## break whole installations and look what becomes of them; FAULTS_ROUNDS=10
	$(BIN)/python -m infra.dev prepare
	$(PYTEST) -q tests/faults --faults=full --timeout=900 -p no:cacheprovider $(FAULTS)

bench: $(READY) ## how long exports take, against psql's \copy
	$(BIN)/python -m tests.bench.bench_renderers
	$(PYTEST) -q -s --timeout=0 -o python_files='bench_*.py' tests/bench $(BENCH)

lock: $(READY) ## renew requirements.lock from pyproject.toml
	.cache/uv/bin/uv pip compile pyproject.toml --universal --all-extras --group dev \
		--generate-hashes --no-header --quiet --output-file requirements.lock $(LOCK)

clean: ## remove what the other targets made, but not var/, the data
	rm -rf .venv .cache .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): requirements.lock pyproject.toml .ci/setup .ci/uv.txt
	@PYTHON="$(PYTHON)" sh .ci/setup
