# All commands of this project. A new machine needs Python >= 3.11, make and Node 20 or newer.
# `make test` also needs Chromium; on Debian, as root, it installs the package.
# Start with `make run` and `make test`.

PYTHON ?= python3
BIN := .venv/bin
JS := infra/local/js
CLIENT := infra/client
WORKERS ?= 2
# An environment that forbids .pyc files would have every process of every run compile all modules anew.
export PYTHONDONTWRITEBYTECODE :=

# An option with the value of a variable of the command line, also if that is empty, so that the program refuses it.
given = $(if $(findstring command line,$(origin $1)),$2 "$($1)")

.PHONY: help run tour cloud code upgrade dev test proof proof-all shuffled alone contract-stream mutants mutants-all mutants-night mutants-random check types lint guards texts format package generate plots dashboards bench bench-quick bench-peers coverage pins clean
.PHONY: deploy preflight smoke releases rollback remove deploy-policy release record policy

run: setup-run      ## deploy to a local cloud and play the tour; runs until Ctrl-C
	$(BIN)/python -m infra.local run $(call given,HOST,--host)

tour: setup-run     ## the same, but exit with the tour's status
	$(BIN)/python -m infra.local tour

cloud: setup-cloud  ## deploy to a local cloud, without the tour; runs until Ctrl-C
	$(BIN)/python -m infra.local cloud $(call given,HOST,--host) $(call given,GRACE,--grace)

code: setup-cloud   ## print the newest code that the local cloud sent to PHONE or EMAIL
	@$(BIN)/python -m infra.local code "$(or $(PHONE),$(EMAIL))"

upgrade: setup-run  ## deploy the last release locally, this checkout over it under traffic, roll back, deploy again; BASE=... begins elsewhere
	$(BIN)/python -m infra.local.upgrade $(call given,BASE,--base)

dev: setup-cloud    ## run `chalice local` against the emulated services
	$(BIN)/python -m infra.local dev

test: setup browser ## run every suite but the longest tests
	$(BIN)/pytest -n $(WORKERS)

proof: setup        ## run the tests that take minutes: flows are killed at their side effects
	$(BIN)/pytest -n $(WORKERS) -m "proof and not night"

proof-all: export EVERY_POINT = 1
proof-all: setup    ## the same without sampling, every side effect among it, and what only CI's night runs: hours
	$(BIN)/pytest -n $(WORKERS) -m proof

shuffled: setup browser  ## run all tests in random order; SEED=n repeats the order of a printed seed; SUITES="..." runs some suites
	$(BIN)/pytest -n $(WORKERS) -m "" --random-order $(if $(SEED),--random-order-seed=$(SEED)) $(SUITES)

contract-stream: setup  ## run tests/contract on the throw-away app at Stream that RU4M_CONTRACT_STREAM_KEY and _SECRET name
	$(BIN)/python -m tests.contract

alone: setup        ## run each test of tests/e2e and tests/contract in a process and on a cloud of its own; SHARE=1/4 runs a quarter
	$(BIN)/python -m tests.support.alone --workers $(WORKERS) $(if $(SHARE),--share $(SHARE)) $(SUITES)

mutants: setup      ## try the mutants of what changed since the last run of all, or SINCE=<commit>: at most 20
	$(BIN)/python -m infra.mutants change --workers $(WORKERS) $(if $(SINCE),--since "$(SINCE)") $(if $(SEED),--seed $(SEED))

mutants-all: setup  ## try all mutants, and write docs/mutants.json; less than an hour
	$(BIN)/python -m infra.mutants all --workers $(WORKERS)

mutants-night: setup  ## try all mutants, also on the tests that start emulators, and 60 random ones
	$(BIN)/python -m infra.mutants night --workers $(WORKERS)
	$(MAKE) mutants-random

mutants-random: setup  ## try 60 random mutants on the tests that execute them, and print the share killed
	$(BIN)/python -m infra.mutants random --workers $(WORKERS) $(if $(SEED),--seed $(SEED))

check: setup lint types guards texts  ## check lint, types, the direction of imports, the templates, the list of mutants and the texts

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types:
	$(BIN)/mypy

guards: setup       ## check templates (cfn-lint, checkov, quotas of AWS), contract (Spectral, Redocly, releases), list of mutants, stored records
	$(BIN)/python -m infra.guards
	$(BIN)/python -m infra.mutants check
	$(BIN)/python -m infra.stored_shapes check

scan: setup         ## scan the site on a local cloud for what an attacker would try; takes minutes
	$(BIN)/python -m infra.guards.site

texts: setup        ## check that every text is in English and in Serbian, with equal gaps and in one script
	$(BIN)/pytest -q tests/unit/test_every_text.py

format: setup       ## format the code and apply ruff's fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

package: setup      ## write the templates and the functions' zip to build/
	$(BIN)/python -m infra.build

# A stage on AWS: make deploy STAGE=staging [REGION=eu-central-1] [OPTIONS="--set limit.blocks_day=50"]
STAGED = --stage "$(STAGE)" $(if $(REGION),--region "$(REGION)") $(if $(SETTINGS),--settings "$(SETTINGS)") $(OPTIONS)

deploy: setup       ## deploy STAGE to AWS with the settings of stages/STAGE.toml, after a preflight
	$(BIN)/python -m infra.deploy $(STAGED)

preflight: setup    ## report what would stop a deployment of STAGE, and change nothing
	$(BIN)/python -m infra.deploy $(STAGED) --check

smoke: setup        ## try the deployed STAGE with requests that write nothing, as after a deployment
	$(BIN)/python -m infra.deploy smoke $(STAGED)

releases: setup     ## list the versions of STAGE to which a rollback can go
	$(BIN)/python -m infra.deploy releases $(STAGED)

rollback: setup     ## deploy the version of STAGE before the current one; VERSION=... for another one
	$(BIN)/python -m infra.deploy rollback $(STAGED) $(if $(VERSION),--version "$(VERSION)")

remove: setup       ## delete the service of STAGE after a question; keys and data stay
	$(BIN)/python -m infra.deploy remove $(STAGED)

deploy-policy: setup  ## write the policies of the role that deploys to build/, from what the templates need
	$(BIN)/python -m infra.deploy role-policy $(OPTIONS)

release: setup      ## cut the release VERSION on main, after make check: tag, notes, list of components, licences, hash
	$(BIN)/python -m infra.release "$(VERSION)"

record: setup       ## write the record of processing of STAGE, with its settings, to build/record-STAGE/
	$(BIN)/python -m infra.processing --stage "$(STAGE)" $(if $(SETTINGS),--settings "$(SETTINGS)")

policy: setup       ## render policy and terms of STAGE from its facts to build/, or freeze a version: FREEZE=privacy-2027-03-01
	$(BIN)/python -m infra.policy "$(STAGE)" $(if $(SETTINGS),--settings "$(SETTINGS)") $(if $(FREEZE),--freeze "$(FREEZE)")

generate: setup     ## generate the documents that are made from code
	$(BIN)/python -m infra.openapi
	$(BIN)/python -m infra.client.generate
	$(BIN)/python -m infra.promises
	$(BIN)/python -m infra.processing
	$(BIN)/python -m infra.export_schema
	$(BIN)/python -m infra.stored_shapes
	$(BIN)/python -m infra.architecture
	$(BIN)/python -m infra.costs

plots: setup        ## draw the published figures in build/usage.svg; of a deployed stage: make plots STAGE=staging AWS_REGION=...
	$(BIN)/python -m $(if $(STAGE),infra.ops plots --stage $(STAGE),infra.local plots)

dashboards: setup   ## play the tour on a local cloud, and draw the dashboards in docs/img/
	$(BIN)/python -m infra.local dashboards

bench: setup        ## measure the largest copy, the largest deletion, a purge, a reconciliation and workers of shards; takes minutes
	$(BIN)/python -m bench.export
	$(BIN)/python -m bench.erasure
	$(BIN)/python -m bench.purge
	$(BIN)/python -m bench.reconciliation
	$(BIN)/python -m bench.fanout

bench-quick: setup  ## count what each operation costs
	$(BIN)/python -m bench.quick

bench-peers: setup  ## compare our functions with the same in other frameworks; installs them at the first run
	$(BIN)/python -m bench.peers

coverage: setup     ## measure branch coverage of the suites that run in process
	$(BIN)/pytest -n $(WORKERS) --cov --cov-report=term --cov-fail-under=97 tests/unit tests/api tests/jobs tests/budget

pins: setup         ## compile requirements*.txt from the .in files
	$(BIN)/pip-compile -q --strip-extras --no-emit-find-links --no-emit-index-url requirements.in -o requirements.txt
	$(BIN)/pip-compile -q --strip-extras --no-emit-find-links --no-emit-index-url requirements-images.in -o requirements-images.txt
	$(BIN)/pip-compile -q --strip-extras --allow-unsafe --no-emit-find-links --no-emit-index-url requirements-run.in -o requirements-run.txt
	$(BIN)/pip-compile -q --strip-extras --allow-unsafe --no-emit-find-links --no-emit-index-url requirements-dev.in -o requirements-dev.txt
	$(BIN)/pip-compile -q --strip-extras --no-emit-find-links --no-emit-index-url infra/guards/requirements.in -o infra/guards/requirements.txt
	$(BIN)/pip-compile -q --strip-extras --no-emit-find-links --no-emit-index-url infra/guards/site_requirements.in -o infra/guards/site_requirements.txt
	$(BIN)/pip-compile -q --strip-extras --no-emit-find-links --no-emit-index-url infra/mutants/requirements.in -o infra/mutants/requirements.txt
	$(BIN)/pip-compile -q --strip-extras --no-emit-find-links --no-emit-index-url infra/release/requirements.in -o infra/release/requirements.txt
	$(BIN)/pip-compile -q --strip-extras --no-emit-find-links --no-emit-index-url bench/peers/requirements.in -o bench/peers/requirements.txt

help:               ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' Makefile | expand -t 20

clean:              ## delete everything that was installed or built
	rm -rf .venv .local build $(JS)/node_modules $(CLIENT)/node_modules

.PHONY: setup browser
browser: setup      # only the screenshot tests need a browser, so `make run` does not depend on it
	$(BIN)/python -m infra.local.chromium

setup: setup-all

setup-%:            # what `cloud`, `run` or `all` needs; each installation that is not up to date prints its time
	@$(PYTHON) -m infra.environments $*
