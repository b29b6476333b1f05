# Everything that is done with this project. A fresh machine needs Python >= 3.11, make and Node.
# `make test` needs Chromium too, and installs it on Debian as root.
# First two: `make run`, `make test`.

PYTHON ?= python3
BIN := .venv/bin
JS := infra/local/js
WORKERS ?= 2
STAGE ?= staging

.PHONY: run tour dev test proof check types lint format package generate plots bench bench-quick coverage pins clean

run: setup          ## the main job on a local cloud; stays up until Ctrl-C
	$(BIN)/python -m infra.local run

tour: setup         ## the same, ends after the tour with its status
	$(BIN)/python -m infra.local tour

dev: setup          ## `chalice local` against the emulated services
	$(BIN)/python -m infra.local dev

test: setup browser ## every suite
	$(BIN)/pytest -n $(WORKERS)

proof: setup        ## what takes minutes: each flow dies at each of its side effects
	$(BIN)/pytest -n $(WORKERS) -m proof

check: setup lint types  ## lint, types, direction of imports

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types:
	$(BIN)/mypy

format: setup       ## let ruff put things in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

package: setup      ## build/: templates and the functions' zip
	$(BIN)/python -m infra.build

generate: setup     ## docs that are made from the code
	$(BIN)/python -m infra.openapi
	$(BIN)/python -m infra.promises
	$(BIN)/python -m infra.processing
	$(BIN)/python -m infra.export_schema

plots: setup        ## build/usage.svg from the published figures: make plots STAGE=staging AWS_REGION=...
	$(BIN)/python -m infra.ops plots --stage $(STAGE)

bench: setup        ## what a large copy costs, in memory too; takes minutes
	$(BIN)/python -m bench.export

bench-quick: setup  ## what each operation costs, counted
	$(BIN)/python -m bench.quick

coverage: setup     ## branch coverage of the suites that run in process
	$(BIN)/pytest -n $(WORKERS) --cov --cov-report=term --cov-fail-under=97 tests/unit tests/api tests/jobs tests/budget

pins: setup         ## compile requirements*.txt anew from the .in files
	$(BIN)/pip-compile -q --strip-extras --no-emit-find-links --no-emit-index-url requirements.in -o requirements.txt
	$(BIN)/pip-compile -q --strip-extras --allow-unsafe --no-emit-find-links --no-emit-index-url requirements-dev.in -o requirements-dev.txt

clean:              ## forget everything that was installed or built
	rm -rf .venv .local build $(JS)/node_modules

.PHONY: setup browser
browser: .venv/ready  # only pictures of pages need one, so `make run` asks for none
	$(BIN)/python -m infra.local.chromium

setup: .venv/ready $(JS)/node_modules/ready

.venv/ready: requirements-dev.txt
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed"'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-dev.txt
	touch $@

$(JS)/node_modules/ready: $(JS)/package-lock.json
	npm ci --prefix $(JS) --no-audit --no-fund --silent
	touch $@
