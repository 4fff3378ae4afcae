# Every command of daily work. `make test` is what CI runs; `make help` lists the rest.
#
# Whatever is installed goes into .venv/ and web/node_modules/, never into the machine (Chromium for the browser test
# excepted, where it is missing and apt is at hand). Stamp files under .venv/stamps/ remember what is up to date, so a
# second run does only what changed. PYTHON chooses the interpreter, CARGO_TARGET_DIR the folder of Rust's artifacts.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
export CARGO_TARGET_DIR ?= $(CURDIR)/target
BIN := $(CURDIR)/.venv/bin
STAMPS := .venv/stamps
STEP := scripts/step
# The commands of .venv come first for every recipe; nothing else of the environment is touched.
export PATH := $(BIN):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/.venv
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_CONSTRAINT := $(CURDIR)/requirements-dev.txt

RUST_SOURCES := Cargo.toml Cargo.lock $(shell find rust proto -name target -prune -o \( -name '*.rs' -o -name '*.proto' -o -name '*.sql' -o -name Cargo.toml \) -print)
# PyO3 is rebuilt whenever these differ between two commands, and maturin sets them; so cargo gets the same ones.
PYO3_CONFIG = $(firstword $(shell ls -t "$(CARGO_TARGET_DIR)"/maturin/pyo3-config-*-abi3.txt 2>/dev/null))
PYO3_ENV = PYO3_BUILD_EXTENSION_MODULE=1 PYO3_PYTHON="$(BIN)/python" $(if $(PYO3_CONFIG),PYO3_CONFIG_FILE="$(PYO3_CONFIG)")
CARGO = env $(PYO3_ENV) cargo

WEB_SOURCES := $(shell find web \( -name node_modules -o -name dist \) -prune -o -type f -print)
DOCS_SOURCES := mkdocs.yml $(shell find docs python/stepwell -name '*.md' -o -name '*.py')
# Most tests wait for processes and disks; one file more than there are cores is under way.
PYTEST = pytest --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist loadfile

# Where make can, what runs side by side is printed one after the other.
IN_ORDER := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

# Without the extension no stamp is true that says it was built.
ifeq ($(wildcard python/stepwell/_native*.so),)
$(shell rm -f $(STAMPS)/native-dev $(STAMPS)/native-release)
endif

.PHONY: help setup dashboard demo check test bench clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

setup: $(STAMPS)/installed dashboard $(STAMPS)/chromium ## Install everything that development needs

demo: $(STAMPS)/native-release dashboard ## Train a small network in four processes and watch it in the dashboard
	@stepwell demo $(ARGS)

check: setup ## The quick subset for daily use: no server, no browser, nothing slow
	@$(MAKE) -j3 $(IN_ORDER) check-tests check-rust check-python check-web

test: ## Set-up and every gate; what CI runs
	@rm -f .venv/times && start=$$(date +%s) && \
	STEPWELL_STEP_TIMES="$(CURDIR)/.venv/times" $(MAKE) test-steps || { code=$$?; cat .venv/times 2>/dev/null; exit $$code; } && \
	printf '\n── All green\n' && cat .venv/times && printf '%5d s  in all\n' "$$(($$(date +%s) - start))"

bench: $(STAMPS)/dev $(STAMPS)/native-release ## Run the benchmarks on a release build, beside their peers (ARGS=--quick: the floor only)
	@python benches/run.py $(ARGS)

clean: ## Remove everything that these commands made, Rust's artifacts included
	rm -rf .venv target python/stepwell/_web python/stepwell/_native*.so web/node_modules web/dist dist \
		.mypy_cache .pytest_cache .ruff_cache
	find python tests scripts benches build_backend -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# ── Parts of the commands above ─────────────────────────────────────────────────────────────────────────────────────

.PHONY: test-steps check-rust check-tests clippy test-browser test-clients test-torch test-clients-large check-python check-web
# Packages wait for the network and the compiler for the processor: they are installed side by side. So are tests that
# mostly wait for one other program.
test-steps:
	@rm -f $(STAMPS)/checked-*
	@$(MAKE) -j4 $(IN_ORDER) setup $(STAMPS)/clients $(STAMPS)/torch $(STAMPS)/wandb check-web
	@$(MAKE) -j2 $(IN_ORDER) clippy check-python
	@$(STEP) "cargo test" $(CARGO) test --locked --quiet --workspace
	@$(STEP) "pytest" $(PYTEST) -m "not alone and not browser and not clients and not torch and not large"
	@$(STEP) "pytest, one by one" pytest -m alone
	@$(MAKE) -j3 $(IN_ORDER) test-browser test-clients test-torch

check-rust: clippy
	@$(STEP) "cargo test, libraries" $(CARGO) test --locked --quiet --workspace --lib

check-tests:
	@$(STEP) "pytest, quick" $(PYTEST) -q -m "not e2e and not browser and not slow and not clients and not torch and not large"

clippy:
	@$(STEP) "cargo fmt" cargo fmt --all --check
	@$(STEP) "cargo clippy" $(CARGO) clippy --locked --quiet --workspace --all-targets -- -D warnings

test-browser: $(STAMPS)/chromium
	@$(STEP) "browser test" env CHROMIUM="$$(cat $(STAMPS)/chromium)" pytest -m browser

# Programs written for wandb, each with what it needs in an environment of its own; stepwell comes from python/.
test-clients: $(STAMPS)/clients $(STAMPS)/wandb
	@$(STEP) "clients of wandb" pytest -m clients

test-torch: $(STAMPS)/torch $(STAMPS)/wandb
	@if [ -d .venv/torch ]; then $(STEP) "clients of wandb, torch" pytest -m torch; else echo "stepwell: tests that need torch are left out" >&2; fi

# Not part of `make test`: 3.5 GB of packages, with a current torch (2 minutes of processor time to install).
test-clients-large: $(STAMPS)/native-dev $(STAMPS)/large $(STAMPS)/wandb ## Train large clients of wandb, with a current torch: TRL, fastai, spaCy, Ray and others
	@$(STEP) "large clients of wandb" pytest -m large --timeout 600

check-python: $(STAMPS)/checked-stubs $(STAMPS)/checked-docs
	@$(STEP) "ruff" ruff check --quiet
	@$(STEP) "ruff format" ruff format --check --quiet
	@$(STEP) "mypy" mypy --strict python/stepwell
	@$(STEP) "mypy, a user's script" mypy --strict tests/typing
	@$(STEP) "arrows" python scripts/check_arrows.py
	@$(STEP) "invariants" python scripts/check_invariants.py
	@$(STEP) "dependencies" python scripts/check_dependencies.py
	@$(STEP) "spelling" typos

check-web: $(STAMPS)/checked-web

# What takes longer is looked at again only when one of its files has changed; `make test` always looks.
$(STAMPS)/checked-stubs: python/stepwell/_native.pyi $(wildcard rust/bindings/src/*.rs rust/bindings/src/*/*.rs) | $(STAMPS)/native-dev
	@$(STEP) "stubtest" python -m mypy.stubtest --mypy-config-file pyproject.toml stepwell._native
	@touch $@

$(STAMPS)/checked-docs: $(DOCS_SOURCES) $(STAMPS)/dev
	@$(STEP) "docs site" env NO_MKDOCS_2_WARNING=1 mkdocs build --strict --quiet
	@touch $@

$(STAMPS)/checked-web: $(WEB_SOURCES) | dashboard
	@$(STEP) "biome" npm --prefix web run --silent lint
	@$(STEP) "tsc" npm --prefix web run --silent typecheck
	@$(STEP) "vitest" npm --prefix web run --silent test
	@$(STEP) "dashboard size" sh -c 'if [ -d web/dist ]; then npm --prefix web run --silent size; fi'
	@touch $@

# An interpreter that is too old, or comes without venv, is named before pip is confused by it.
$(STAMPS)/venv:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "stepwell needs Python 3.10 or newer; choose one with \`make PYTHON=python3.11 …\`" >&2; exit 1; }
	@for tool in cargo npm; do command -v $$tool >/dev/null || { echo "stepwell: $$tool is not on PATH" >&2; exit 1; }; done
	@$(STEP) "virtual environment" "$(PYTHON)" -m venv .venv
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/maturin: requirements-dev.txt | $(STAMPS)/venv
	@$(STEP) "maturin" python -m pip install --quiet maturin && touch $@

$(STAMPS)/dev: requirements-dev.txt $(STAMPS)/maturin
	@$(STEP) "Python packages" python -m pip install --quiet --requirement requirements-dev.txt
	@touch $@

# The dev profile and the whole workspace's features: cargo test, clippy and the extension share what was compiled.
$(STAMPS)/native-dev: $(RUST_SOURCES) pyproject.toml | $(STAMPS)/maturin
	@$(STEP) "extension" maturin develop --quiet --locked --skip-install
	@rm -f $(STAMPS)/native-release && touch $@

# The extension lies in python/ already; this tells the environment so.
$(STAMPS)/installed: pyproject.toml $(STAMPS)/dev | $(STAMPS)/native-dev
	@$(STEP) "stepwell" maturin develop --quiet --locked
	@touch $@

$(STAMPS)/native-release: $(RUST_SOURCES) pyproject.toml $(STAMPS)/maturin
	@$(STEP) "extension, optimised" maturin develop --quiet --locked --release --extras demo
	@rm -f $(STAMPS)/native-dev && touch $@

$(STAMPS)/clients: tests/clients/requirements.txt | $(STAMPS)/venv
	@"$(PYTHON)" -m venv .venv/clients
	@$(STEP) "clients of wandb, packages" env -u PIP_CONSTRAINT .venv/clients/bin/pip install --quiet --requirement $<
	@touch $@

# Where torch for the CPU cannot be had, the script says why and ends with 3, and the tests that need it are left out.
$(STAMPS)/torch: tests/clients/install-torch tests/clients/torch-requirements.txt | $(STAMPS)/venv $(STAMPS)/chromium
	@$(STEP) "torch" sh -c 'env -u PIP_CONSTRAINT PYTHON="$(PYTHON)" tests/clients/install-torch "$(CURDIR)/.venv/torch" || test $$? -eq 3'
	@touch $@

$(STAMPS)/large: tests/clients/install-large tests/clients/large-requirements.txt | $(STAMPS)/venv
	@$(STEP) "large clients of wandb, packages" env -u PIP_CONSTRAINT PYTHON="$(PYTHON)" tests/clients/install-large "$(CURDIR)/.venv/large"
	@touch $@

# A folder and no environment: it lies on the path of the interpreter of a client when the real wandb is meant.
$(STAMPS)/wandb: tests/clients/peer/requirements.txt | $(STAMPS)/venv
	@rm -rf .venv/wandb
	@$(STEP) "wandb" env -u PIP_CONSTRAINT python -m pip install --quiet --no-deps --target .venv/wandb --requirement $<
	@touch $@

dashboard: | $(STAMPS)/venv
	@$(STEP) "dashboard" python build_backend/stepwell_dashboard.py install
	@$(STEP) "dashboard build" python build_backend/stepwell_dashboard.py

$(STAMPS)/chromium: scripts/install-chromium | $(STAMPS)/venv
	@$(STEP) "chromium" sh -c 'scripts/install-chromium > $@.new' && mv $@.new $@
