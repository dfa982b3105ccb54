# Two commands matter: `make demo` and `make test`. Both can be repeated at will.
# ARGS passes options on: make demo ARGS="--port 9000 --for 60"
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?=

.PHONY: demo test ndi check bench soak lock format clean debian help

help:
	@sed -n 's/^## //p' Makefile

## make demo    install, then run the simulated hall (no root, no hardware, no Internet once installed)
demo: $(STAMP)
	@$(BIN)/regie demo $(ARGS)

## make test    install everything, Debian's test servers included, then run all the tests
test: $(STAMP) debian ndi
	.ci/tests "$(BIN)/python" $(ARGS)

## make ndi     add NDI's library, which is proprietary (https://ndi.link/ndisdk_license); needs Debian's libavahi-client3
ndi: $(STAMP)
	@$(BIN)/python -c "import NDIlib" 2>/dev/null || { echo "Installing NDI's proprietary runtime (https://ndi.link/ndisdk_license)…"; \
	  $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r .ci/ndi.lock; }

## make check   format, lint, types, import contracts, JavaScript types
check: $(STAMP) web_ui/node_modules/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd web_ui && node_modules/.bin/tsc --project jsconfig.json

## make bench   the figures of the design, into benchmarks/results/*.csv
bench: $(STAMP) debian
	$(BIN)/python -m benchmarks $(ARGS)

## make soak    long runs: memory, drift, kills
soak: $(STAMP) debian
	$(BIN)/python -m pytest tests/soak --override-ini addopts= -p no:cacheprovider --timeout 20000 $(ARGS)

## make format  rewrite the sources in the project's format
format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## make lock    resolve the dependencies again, with hashes
lock: $(STAMP)
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet -o requirements.lock

debian:
	@.ci/debian

$(STAMP): requirements.lock pyproject.toml
	@.ci/venv "$(PYTHON)" "$(VENV)"
	@touch $@

web_ui/node_modules/.installed: web_ui/package-lock.json
	@command -v npm >/dev/null || { echo "make check needs npm (Debian: apt-get install npm)"; exit 1; }
	cd web_ui && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

clean:
	rm -rf $(VENV) web_ui/node_modules build dist *.egg-info
