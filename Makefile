# regwire: everything a contributor or CI runs. `make` alone builds.
#
#   make build   .venv with both distributions, release profile   make run    the demonstration
#   make dev     the same for the edit loop: editable, quick profile   make test   every check that CI runs
#   make lint    ruff, mypy, rustfmt, clippy                       make bench  the benchmarks (release build only)
#   make differential  FRAMES frames against lxml and the XML schemas
#   make faults-long  a server killed a hundred times under load
#   make fuzz    FUZZ_SECONDS a target                             make docs   HTML in docs/_build/html
#
# PYTHON=python3.12 chooses another interpreter for a new .venv.

PYTHON ?= python3
FUZZ_SECONDS ?= 60
FRAMES ?= 200000
VENV := .venv
BIN := $(VENV)/bin
CARGO := cargo
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
MANIFEST := --manifest-path native/Cargo.toml
STATE := $(VENV)/.made
# pip runs maturin by name.
export PATH := $(abspath $(BIN)):$(PATH)
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := build

# The lists of sources, kept in files that change only when a source appears or disappears: a deleted module must lead
# to a rebuild too, and file dates alone do not show that.
NATIVE := $(sort $(shell find native/crates native/python -type f \( -name '*.rs' -o -name '*.py' -o -name '*.pyi' -o -name 'py.typed' -o -name 'Cargo.toml' \)) native/Cargo.toml native/Cargo.lock native/pyproject.toml)
SOURCES := $(sort $(shell find src -type f -not -path '*/__pycache__/*' -not -path '*.egg-info/*' -not -name '*.so' -not -name '*.c' -not -name '*.html') pyproject.toml setup.cfg)
keep_list = $(shell mkdir -p build && { [ -f build/$(1).list ] && [ "$$(cat build/$(1).list)" = "$(2)" ] || echo "$(2)" > build/$(1).list; })
$(call keep_list,native,$(NATIVE))
$(call keep_list,sources,$(SOURCES))

.PHONY: build dev run test lint bench bench-long faults-long idle-long fuzz differential docs wheels clean \
	lint-python lint-rust test-rust test-stubs test-python test-install test-fuzz

build: $(STATE)/root

run: build
	$(BIN)/regwire demo

# The interpreter and the packages that both distributions and their development need, but not the two themselves.
$(STATE)/requirements: pyproject.toml native/pyproject.toml scripts/requirements.py
	@$(PYTHON) scripts/check_tools.py
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	$(INSTALL) --upgrade "pip>=24"
	$(BIN)/python scripts/requirements.py > build/requirements.txt
	$(INSTALL) -r build/requirements.txt
	@mkdir -p $(STATE) && touch $@

# Installed, not editable: what users get. Modules that an earlier editable build left in the tree would shadow it.
$(STATE)/native: $(STATE)/requirements $(NATIVE) build/native.list
	@find native/python -name '*.so' -delete
	$(INSTALL) --no-build-isolation --no-deps --force-reinstall ./native
	@touch $@

# setuptools keeps deleted modules in build/lib and old names in the egg-info: start both afresh.
$(STATE)/root: $(STATE)/requirements $(STATE)/native $(SOURCES) build/sources.list
	@rm -rf build/lib build/lib.* build/bdist.* src/*.egg-info; find src -name '*.so' -delete
	$(INSTALL) --no-build-isolation --no-deps --force-reinstall .
	@touch $@

# For the edit loop. The stamps go, so that the next `make build` puts the release build back.
dev: $(STATE)/requirements
	@rm -f $(STATE)/native $(STATE)/root
	cd native && ../$(BIN)/python -m maturin develop --profile quick
	$(INSTALL) --no-build-isolation --no-deps -e .

lint: lint-python lint-rust

lint-python: build
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy --strict

lint-rust: $(STATE)/requirements
	$(CARGO) fmt $(MANIFEST) --all --check
	PYO3_PYTHON="$(abspath $(BIN)/python)" $(CARGO) clippy $(MANIFEST) --quiet --locked --workspace --all-targets -- -D warnings
	$(CARGO) fmt --manifest-path native/fuzz/Cargo.toml --check
	$(CARGO) clippy --manifest-path native/fuzz/Cargo.toml --quiet --locked --all-targets -- -D warnings

# The crate `python` has no tests of its own: a test binary would need libpython to link; pytest covers it.
test-rust: $(STATE)/requirements
	PYO3_PYTHON="$(abspath $(BIN)/python)" $(CARGO) test $(MANIFEST) --quiet --locked --workspace --exclude regwire-python

test-stubs: build
	$(BIN)/python -m mypy.stubtest regwire_native regwire.session._loop regwire.session._window --ignore-disjoint-bases --allowlist tests/stubtest.allow

test-python: build
	$(BIN)/python -m pytest

# What a user types, into an empty environment, with isolated builds.
test-install: $(STATE)/requirements
	@rm -rf build/install build/lib build/lib.* build/bdist.*
	$(BIN)/python -m venv build/install
	build/install/bin/python -m pip install --quiet --disable-pip-version-check ./native .
	cd build && install/bin/python -c "import regwire.trio.epp, regwire.blocking.epp"

# A look at the targets themselves, the same each time; `make fuzz` searches.
test-fuzz: $(STATE)/requirements
	FUZZ_SEED=1 scripts/fuzz 5

# In the order in which a mistake is cheapest to find.
test:
	$(MAKE) build
	$(MAKE) lint
	$(MAKE) test-rust
	$(MAKE) test-stubs
	$(MAKE) test-python
	$(MAKE) test-install
	$(MAKE) test-fuzz
	$(MAKE) docs

# Bounded: under ten minutes. `bench-long` takes the full sizes and repetitions. Both leave a record in bench/records.
bench: build
	$(BIN)/python bench/run.py

bench-long: build
	$(BIN)/python bench/run.py --long

# kill -9 of a server under load, a hundred times; `make test` does it ten times.
faults-long: build
	REGWIRE_KILL_ROUNDS=100 $(BIN)/python -m pytest tests/faults/test_server_kill.py tests/faults/test_registry_kill.py

# 10,000 idle sessions on each of XPC, XPCS and BEEP; `make test` takes 300. It needs as many file descriptors.
idle-long: build
	REGWIRE_IDLE_SESSIONS=10000 $(BIN)/python -m pytest -s tests/faults/test_iris_idle.py

# For the interpreter of .venv: wheels are per Python version. For others to use, run it in a manylinux container (then
# `auditwheel repair dist/*.whl`) and on macOS, once a version: make wheels PYTHON=python3.13.
wheels: $(STATE)/requirements
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps -w dist ./native .

fuzz: $(STATE)/requirements
	scripts/fuzz $(FUZZ_SECONDS)

# Strict decoding against lxml and the XML schemas: the long run of what `make test` does with 20,000 frames.
differential: build
	PYTHONPATH=tests:tests/support $(BIN)/python -m conformance.differential $(FRAMES)
	PYTHONPATH=tests:tests/support $(BIN)/python -m conformance.differential $(FRAMES) --iris

docs: build
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

clean:
	rm -rf $(VENV) build native/target native/fuzz/target docs/_build src/*.egg-info
	find src native/python -name '*.so' -delete
