# Every habit of this repository: `make help`. Needs python3, make and git; installs the rest under .build and .venv.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BUILD := .build
UV := $(BUILD)/tools/bin/uv
PY := .venv/bin/python
LIBRARIES := $(BUILD)/lib.stamp
export UV_NO_PROGRESS := 1
export PYTHONDONTWRITEBYTECODE := 1

# The local deployment: `make up FLATRENDER_PORT=4600` is one of its own.
FLATRENDER_PORT ?= 4566
export FLATRENDER_PORT
export CLOUD ?= ministack
# A helper of make, so that the programs it starts find the uv that it installed.
LOCAL = UV=$(CURDIR)/$(UV) $(PY) infra/local/main.py
# The port of the local cloud that `make test` starts for itself and stops again.
TEST_PORT ?= 4576
STAGE ?= staging
WORKERS ?= 2

##@ Using it
demo: up ## Bring everything up, then render a video as a new user would
	@PYTHONPATH=cli:layers/core/python $(PY) -m flatrender_cli demo

up: setup $(BUILD)/cloud.stamp $(BUILD)/sam.stamp ## Start the local cloud, deploy, seed; safe to run again
	@$(LOCAL) up

down: setup ## Stop the local cloud; its state stays
	@$(LOCAL) down

reset: setup ## Stop the local cloud and forget everything in it
	@$(LOCAL) reset

status: setup ## Say what runs
	@$(LOCAL) status

##@ Checking it
# The tests run the commands that the demo prints, which are curl's.
test e2e: export COMMANDS := curl

test: setup ## Everything that must pass before a change lands
	@infra/bootstrap.sh
	@MAKE="$(MAKE)" $(PY) infra/check.py lint types unit functional architecture e2e

lint: setup ## Style, imports, template rules, secrets, generated files
	@.venv/bin/ruff check --quiet
	@.venv/bin/ruff format --quiet --check || { echo "Run make fmt."; exit 1; }
	@PYTHONPATH=layers/core/python .venv/bin/lint-imports --no-cache > $(BUILD)/imports.log || { cat $(BUILD)/imports.log; exit 1; }
	@$(PY) infra/assemble.py --check
	@$(PY) infra/generate_api.py --check
	@.venv/bin/cfn-lint
	@$(PY) infra/lint/secrets.py
	@echo "lint: clean"

types: setup ## mypy, strict
	@.venv/bin/mypy --no-error-summary layers/core/python/flatrender cli/flatrender_cli
	@echo "types: clean"

unit: setup ## Pure logic, and pictures
	@$(PY) -m pytest tests/unit tests/golden -q -n $(WORKERS)

functional: setup ## Handlers and repositories against AWS in-process
	@$(PY) -m pytest tests/functional -q -n $(WORKERS)

architecture: setup layers ## The rules the code and the template keep
	@$(PY) -m pytest tests/architecture -q

e2e: setup $(BUILD)/cloud.stamp $(BUILD)/sam.stamp ## The deployed system, in a local cloud of its own
	@infra/bootstrap.sh
	@UV=$(CURDIR)/$(UV) $(PY) infra/local/e2e.py --port $(TEST_PORT)

bench: up $(BUILD)/bench.stamp ## Speed and size, measured; PARTS="latency engine" for some of it
	@PYTHONPATH=.:cli:layers/core/python $(PY) -m tests.bench $(PARTS)

##@ Changing it
fmt: setup ## Format the code
	@.venv/bin/ruff check --quiet --fix-only
	@.venv/bin/ruff format --quiet

golden: setup ## Draw the golden pictures anew; look at .build/golden before you commit them
	@PYTHONPATH=.:layers/core/python $(PY) -m tests.golden.update

template: setup ## Assemble template.yaml from infra/contexts
	@$(PY) infra/assemble.py

api: setup ## Generate infra/api.yaml and docs/reference/openapi.json from the routes
	@$(PY) infra/generate_api.py

schema: setup ## Generate docs/reference/composition.* from the composition format
	@PYTHONPATH=layers/core/python $(PY) -m flatrender.composition.schema

docs: api template schema ## Generate what the documentation takes from the code

layers: setup ## Build the Lambda layers
	@UV=$(CURDIR)/$(UV) $(PY) layers/build.py

lock: tools ## Pin the packages of every environment anew
	@for name in bootstrap app render dev native cloud sam bench; do \
		$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
			--python-version 3.13 --custom-compile-command "make lock" $(UPGRADE) \
			requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

##@ Deploying it
build: setup layers docs $(BUILD)/sam.stamp ## Build what a deployment uploads
	@SAM_CLI_TELEMETRY=0 $(BUILD)/sam/bin/sam build --config-env $(STAGE)

deploy: build ## Deploy to AWS: make deploy STAGE=staging|prod
	@PYTHONPATH=layers $(PY) infra/deploy/check.py
	@SAM_CLI_TELEMETRY=0 $(BUILD)/sam/bin/sam deploy --config-file $(CURDIR)/samconfig.toml --config-env $(STAGE)

##@ Setting up
setup: $(BUILD)/venv.stamp $(LIBRARIES) ## Install the development environment into .venv

# What of the engine is C, for this machine.
$(LIBRARIES): $(wildcard layers/native/*.c) layers/native.py $(BUILD)/native.stamp
	@$(PY) layers/native.py
	@touch $@

tools:
	@infra/bootstrap.sh

$(BUILD)/venv.stamp: requirements/dev.txt requirements/bootstrap.txt .python-version
	@infra/bootstrap.sh
	@test -x $(PY) || $(UV) venv --quiet .venv
	@$(UV) pip sync --quiet --require-hashes --python $(PY) requirements/dev.txt
	@touch $@

$(BUILD)/%.stamp: requirements/%.txt $(BUILD)/venv.stamp
	@test -x $(BUILD)/$*/bin/python || $(UV) venv --quiet $(BUILD)/$*
	@$(UV) pip sync --quiet --require-hashes --python $(BUILD)/$*/bin/python requirements/$*.txt
	@touch $@

clean: down ## Remove everything that was built, installed or stored here
	@rm -rf $(BUILD) .venv .aws-sam

help: ## Show this
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo up down reset status test lint types unit functional architecture e2e bench fmt golden template api schema \
	docs layers lock build deploy setup tools clean help
