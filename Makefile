# Everything a checkout can do; `make help` lists it. Needs Python >= 3.11 and, for `test`, `lint` and `bench-peers`, npm.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT_BASE ?= 7411
DATA ?= var

# Everything goes through the interpreter: scripts in .venv/bin start with a path, which breaks when it has spaces.
VENV := .venv
PY := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
API := libs/xacthuc/api/descriptors.binpb
PROTOS := $(shell find protos -name '*.proto' -o -name '*_grpc_service_config.json') $(wildcard libs/xacthuc/httpapi/*.py)
BUF := node_modules/.bin/buf
PEERS := node_modules/.installed
EXAMPLES := examples/typescript/node_modules/.installed
SOURCES := libs services tests benchmarks hatch_build.py

# Licences a product may be shipped with, or built and tested with; anything new is a decision, not an accident.
LICENCES := MIT;Apache;BSD;ISC;PSF;Python Software Foundation;Mozilla Public License;MPL-2.0;ZPL-2.1

.PHONY: help
help: ## Shows this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(INSTALLED) ## Makes .venv with what requirements.lock names, once

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Xacthuc needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Say: make PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): requirements.lock pyproject.toml hatch_build.py | $(PY)
	$(PY) -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes -r requirements.lock
	$(PY) -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: proto
proto: $(API) ## Generates the code of the contracts, when they changed

$(API): $(PROTOS) hatch_build.py $(INSTALLED)
	@$(PY) hatch_build.py
	@touch $@

.PHONY: run
run: $(API) ## Starts everything on this machine: engines, migrations, services (DATA=var PORT_BASE=7411)
	@exec $(PY) -m xacthuc.up.main --data "$(DATA)" --port-base $(PORT_BASE) --die-with-parent

# Directory after directory, since the services that one shares cost the others time while they run. Fault tests kill and
# suspend processes against deadlines, so they get the machine to themselves.
SIDE_BY_SIDE = tests/tools/pytest.sh $(PY) -m 'not slow' -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/fault
ALONE = tests/tools/pytest.sh $(PY) -m 'not slow' --timeout 300

# On the oldest engines `test` runs the tests nearest to them, where the scripts and the statements are; the targets of
# their own run everything that needs an engine.
NEAR_THE_STORE = tests/integration tests/property
NEAR_THE_DATABASE = tests/integration/sql tests/integration/jobs $(wildcard tests/integration/*/test_plans.py) \
	$(patsubst %,tests/integration/identity/test_%.py,contention imports numbers purge retention sessions)

.PHONY: test
test: $(API) $(PEERS) $(EXAMPLES) ## Runs every test on the real engines, then those of the stores on the oldest ones supported
	@tests/tools/go.sh >/dev/null || echo '*** SKIPPED: the example in Go, since Go could not be fetched (see above).' >&2
	@tests/tools/prometheus.sh >/dev/null || echo '*** SKIPPED: the tests of alerts, since promtool could not be fetched (see above).' >&2
	@tests/tools/mariadb.sh >/dev/null || echo '*** SKIPPED: accounts from a MySQL, since MariaDB could not be fetched (see above).' >&2
	@PYTHON=$(PY) tests/tools/otlp.sh || echo '*** SKIPPED: sending spans to a receiver of somebody else, which could not be fetched (see above).' >&2
	@PYTHON=$(PY) tests/tools/kubernetes.sh || echo '*** SKIPPED: the manifests of deploy/k8s, since what renders and checks them could not be fetched (see above).' >&2
	@PYTHON=$(PY) tests/tools/checkov.sh || echo '*** SKIPPED: what checkov says of those manifests, since it could not be fetched (see above).' >&2
	$(SIDE_BY_SIDE) tests
	$(ALONE) tests/fault
	@if tests/tools/redis7.sh; then \
	  $(MAKE) --no-print-directory test-redis7 TESTS='$(NEAR_THE_STORE)' FAULTS='tests/fault/valkey tests/fault/otp'; \
	else \
	  echo '*** SKIPPED: the store tests on Redis 7.0, which could not be fetched (see above).' >&2; \
	fi
	@if tests/tools/postgres15.sh; then \
	  $(MAKE) --no-print-directory test-postgres15 TESTS='$(NEAR_THE_DATABASE)'; \
	else \
	  echo '*** SKIPPED: the database tests on PostgreSQL 15, which could not be fetched (see above).' >&2; \
	fi

TESTS ?= tests
FAULTS ?= tests/fault

.PHONY: test-redis7
test-redis7: export XACTHUC_TEST_STORE := redis7
test-redis7: $(API) $(PEERS) ## Runs the store's tests on Debian's Redis 7.0 (tests/tools/redis7.sh fetches it)
	@tests/tools/redis7.sh >/dev/null
	$(SIDE_BY_SIDE) $(TESTS)
	$(ALONE) $(FAULTS)

# Without the fault tests: they kill our processes, and what differs between the versions is SQL.
.PHONY: test-postgres15
test-postgres15: export XACTHUC_TEST_DATABASE := postgres15
test-postgres15: $(API) $(PEERS) ## Runs the database's tests on Debian's PostgreSQL 15 (tests/tools/postgres15.sh fetches it)
	@tests/tools/postgres15.sh >/dev/null
	$(SIDE_BY_SIDE) $(TESTS)

.PHONY: soak
soak: $(API) $(PEERS) $(EXAMPLES) ## Runs the tests at full size: minutes to hours
	XACTHUC_SOAK=1 $(PY) -m pytest --timeout 7200 tests

.PHONY: soak-reconcile
soak-reconcile: $(API) $(PEERS) ## Reconciles 200 000 accounts with a failing operator, killed again and again, and 200 000 with prism
	XACTHUC_SOAK=1 $(PY) -m pytest --timeout 28800 -n 0 tests/fault/identity/test_reconciliation_kills.py \
		tests/integration/identity/test_reconciling_with_prism.py

.PHONY: lint
lint: $(API) lint-protos lint-licences ## Checks style, types, layers, contracts and licences
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(PY) -c 'import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())'

.PHONY: lint-protos
lint-protos: $(API) $(PEERS) ## Lints the contracts and refuses changes that break a caller of BASE
	$(BUF) lint $(API) --path xacthuc
	@$(MAKE) --no-print-directory breaking

# The contracts compile to descriptors with pip's tools alone, so both sides are compared as descriptors. BASE is the
# last release, or before the first one the last commit.
.PHONY: breaking
breaking: BASE ?= $(shell git describe --tags --abbrev=0 2>/dev/null || git rev-parse --verify --quiet HEAD)
breaking: $(API) $(PEERS)
	@if [[ -z "$(BASE)" ]]; then echo 'nothing committed yet: no contract to break'; exit 0; fi; \
	rm -rf build/base && mkdir -p build/base && \
	git archive "$(BASE)" protos hatch_build.py | tar -x -C build/base && \
	$(PY) build/base/hatch_build.py >/dev/null && \
	$(BUF) breaking $(API) --path xacthuc --against build/base/$(API)

.PHONY: lint-licences
lint-licences: $(INSTALLED) ## Refuses a dependency under a licence that was not decided on
	$(PY) -m piplicenses --from=mixed --partial-match --allow-only='$(LICENCES)' --ignore-packages xacthuc >/dev/null

# No install script is needed: buf's binary comes as a package of its own. Not `npm ci`, which asks the lock for the
# binaries of other systems too.
NPM_INSTALL := npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error
$(PEERS): package.json package-lock.json
	@command -v npm >/dev/null || { echo 'The contract checks and the peers of the tests need npm (Node 20 or newer).' >&2; exit 1; }
	$(NPM_INSTALL)
	@touch $@

$(EXAMPLES): examples/typescript/package.json examples/typescript/package-lock.json | $(PEERS)
	cd examples/typescript && $(NPM_INSTALL)
	@touch $@

.PHONY: dashboards
dashboards: $(INSTALLED) ## Writes the Grafana dashboards anew from deploy/observability/dashboards.py
	$(PY) deploy/observability/dashboards.py

.PHONY: k8s
k8s: $(INSTALLED) ## Renders every overlay of deploy/k8s into build/k8s and checks it without a cluster
	@PYTHON=$(PY) tests/tools/kubernetes.sh
	@PYTHON=$(PY) tests/tools/checkov.sh
	@rm -rf build/k8s && mkdir -p build/k8s
	@for overlay in deploy/k8s/overlays/*/; do \
	  .tools/kustomize/bin/kustomize build "$$overlay" --output "build/k8s/$$(basename "$$overlay").yaml"; \
	done
	.tools/kubernetes/bin/python deploy/k8s/validate.py build/k8s/*.yaml
	.tools/checkov/bin/python -m checkov.main --config-file deploy/k8s/checkov.yaml --directory build/k8s

.PHONY: image
image: $(API) ## Builds the container image into build/image by Debian's buildah (IMAGE_BASE=debootstrap, IMAGE_TARGET=edge)
	@PY=$(PY) deploy/image.sh

.PHONY: test-pods
test-pods: $(API) ## Runs rendered pods from that image by podman, and builds it again (needs root)
	@PYTHON=$(PY) tests/tools/kubernetes.sh
	$(PY) -m pytest -n 0 tests/integration/deploy

.PHONY: format
format: $(INSTALLED) ## Formats the code and applies the safe fixes
	$(PY) -m ruff check --fix --exit-zero
	$(PY) -m ruff format

.PHONY: bench
bench: $(API) ## Measures CPU per call, trips, latency and memory against a bare echo server (var/bench.json)
	$(PY) -m benchmarks.bench

.PHONY: bench-peers
bench-peers: $(API) ## Measures better-auth's phone verification beside ours, on the same store
	$(PY) -m benchmarks.peers

.PHONY: backfill-million
backfill-million: ROWS ?= 1000000
backfill-million: $(API) ## Backfills ROWS sample accounts from an export to identity on the bundled engines (var/backfill.json)
	$(PY) -m benchmarks.backfill --rows $(ROWS)

.PHONY: backfill-inputs
backfill-inputs: ROWS ?= 10000000
backfill-inputs: $(API) ## Checks exports of ROWS rows of every kind, and such as are made to hurt, for memory (var/inputs.json)
	$(PY) -m benchmarks.inputs --rows $(ROWS)

.PHONY: lock
lock: $(PY) ## Resolves requirements.in into requirements.lock, and what of it is in the image into deploy (LOCK_ARGS=--upgrade for newer transitive versions)
	$(PY) -m pip install --disable-pip-version-check --quiet "$$(grep '^uv==' requirements.in)"
	$(PY) -m uv pip compile requirements.in --output-file requirements.lock --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --no-emit-find-links $(LOCK_ARGS)
	$(PY) -m uv pip compile pyproject.toml --extra server --extra cli --constraint requirements.lock --output-file deploy/requirements.lock \
	  --quiet --python-version 3.11.2 --python-platform linux --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links

.PHONY: clean
clean: ## Removes what was built; keeps var (your data) and .venv
	rm -rf build dist .hypothesis .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache libs/xacthuc/api libs/buf \
	  examples/go/gen examples/typescript/dist examples/typescript/src/gen
	find libs services tests -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: distclean
distclean: clean ## Also removes .venv, node_modules and fetched tools; keeps var
	rm -rf $(VENV) node_modules examples/typescript/node_modules .tools
