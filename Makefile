# Needs git, make and Python 3.11 to 3.13. Every target makes .venv itself.

BIN := .venv/bin
READY := .venv/.synced
KERNEL := .venv/.kernel
RIVALS := .cache/bench-venv
READERS := .cache/readers-venv
COVERAGE := .coverage.json
PYTEST := $(BIN)/python -m pytest
export WAYBILL_DATA_DIR ?= $(CURDIR)/var
# Where it is set, every process compiles all that it imports again: seconds of each start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run demo kernel wheel dev-servers fmt lint types style layers compiled servers check test \
	faults readers bench lock clean

help: ## what there is
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: $(READY) ## start Waybill with demo data; Ctrl-C stops it
	@$(BIN)/waybill up --demo

demo: $(READY) ## export the demo's flights once; DEMO_OUT=folder keeps the file and its waybill
	@$(BIN)/waybill demo $(if $(DEMO_OUT),--out "$(DEMO_OUT)")

kernel: $(KERNEL) ## compile the rows of CSV, JSON and Excel: the same bytes, sooner

wheel: ## put the compiled kernel into dist/, for machines without a compiler
	@PYTHON="$(PYTHON)" WHEELS=dist sh .ci/setup

dev-servers: $(READY) ## run Kafka, PostgreSQL and S3 and print the settings; Ctrl-C stops them
	@$(BIN)/python -m infra.dev up

fmt: $(READY) ## format, and repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: types style layers compiled

types: $(READY)
	$(BIN)/mypy

style: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

layers: $(READY)
	$(BIN)/lint-imports

compiled: $(KERNEL)
	@if cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1; then \
		cargo fmt --manifest-path kernel/Cargo.toml --check && \
		PYO3_PYTHON="$(CURDIR)/$(BIN)/python" cargo clippy --manifest-path kernel/Cargo.toml \
			--locked --quiet --release -- -D warnings; \
	else echo "kernel/ is not linted: rustup component add rustfmt clippy"; fi

# Java and Kafka are fetched beforehand, so that no test's time-out runs while they are.
servers: $(READY)
	$(BIN)/python -m infra.dev prepare

# One process more than cores: some of the tests wait for others and for clocks.
check: lint $(KERNEL) ## the fast loop: format, lint, types, layers, unit tests
	$(PYTEST) -q -n $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) tests/unit

test: $(READY) ## everything, on real servers, with coverage
	@$(MAKE) --no-print-directory -j 2 -O lint servers
	$(BIN)/python -m slipcover --json --out $(COVERAGE) \
		-m pytest tests -n 3 --dist loadscope --no-loadscope-reorder --durations=25
	$(BIN)/python -m slipcover --merge $(COVERAGE) --out $(COVERAGE) --fail-under 95

faults: servers ## break whole installations and look what becomes of them; FAULTS_ROUNDS=10
	$(PYTEST) -q tests/faults --faults=full --timeout=900 -p no:cacheprovider \
		-o tmp_path_retention_policy=failed $(FAULTS)

# READERS_ORDERS=10000 reads fewer rows than 100,000, READERS_OUT=folder keeps the files and pictures of
# the PDFs' pages, READERS_TESTS="-k xlsx" runs some of them. Programs come by apt-get and npm.
readers: $(READY) $(READERS)/.synced ## open every format with programs that are not ours
	$(BIN)/python -m tests.readers.prepare
	$(PYTEST) -q --timeout=1800 -o python_files='read_*.py' tests/readers $(READERS_TESTS)

# BENCH_LARGE=1 exports ten times as much too, BENCH_PROFILE=1 tells what the time goes into,
# BENCH_OUT=docs/benchmarks.md keeps the tables there, BENCH="-k small" runs one of them.
bench: servers $(KERNEL) $(RIVALS)/.synced ## how fast all is, beside what is possible; BENCH_LARGE=1 for more
	$(PYTEST) -q -s --timeout=0 -o python_files='bench_*.py' tests/bench $(BENCH)

lock: $(READY) ## renew requirements.lock from pyproject.toml, and those of the rivals and readers
	.cache/uv/bin/uv pip compile pyproject.toml --universal --all-extras --group dev \
		--generate-hashes --no-header --quiet --output-file requirements.lock $(LOCK)
	for beside in tests/bench/rivals tests/readers; do \
		.cache/uv/bin/uv --no-config pip compile $$beside/requirements.in --universal \
			--python-version 3.11 --generate-hashes --no-header --quiet \
			--output-file $$beside/requirements.lock $(LOCK) || exit; \
	done

clean: ## remove what the other targets made, but not var/, the data
	rm -rf .venv .cache dist kernel/target $(COVERAGE) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): requirements.lock pyproject.toml .ci/setup .ci/uv.txt
	@PYTHON="$(PYTHON)" sh .ci/setup

$(KERNEL): $(READY) kernel/Cargo.toml kernel/Cargo.lock kernel/pyproject.toml \
		$(wildcard kernel/src/*.rs) kernel/waybill_kernel.pyi
	@PYTHON="$(PYTHON)" KERNEL=1 sh .ci/setup
	@touch $@

$(READERS)/.synced: tests/readers/requirements.lock .ci/setup .ci/uv.txt
	@PYTHON="$(PYTHON)" sh .ci/setup $(READERS) $<

# pandas, polars and what they need: measured beside Waybill, never a part of it.
$(RIVALS)/.synced: tests/bench/rivals/requirements.lock .ci/setup .ci/uv.txt
	@PYTHON="$(PYTHON)" sh .ci/setup $(RIVALS) $<
