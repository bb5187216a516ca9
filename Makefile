# Every target prepares the machine first; that costs nothing when all is there.
PYTHON := .venv/bin/python
LOCAL := $(PYTHON) -m deploy.local
.DEFAULT_GOAL := help
.PHONY: help up down status logs mail linli reset demo backup erasures restore lost unheard test bench faults contracts monitoring compose lint audit lock bootstrap bootstrap-tests coverage-of-demands

help: ## these lines
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 28

bootstrap:
	@deploy/local/bootstrap

bootstrap-tests:
	@deploy/local/bootstrap tests

up: bootstrap ## install what is missing, start the whole system, print its address
	@$(LOCAL) up

down: ## stop everything; data stays
	@if [ -x $(PYTHON) ]; then $(LOCAL) down; fi

status: bootstrap ## the whole system on one screen and what is wrong; A="--language en", A=--long
	@$(LOCAL) status $(A)

logs: bootstrap ## follow the logs; P=grid-api for one process
	@$(LOCAL) logs $(P)

mail: bootstrap ## the e-mail that the demo's mail server caught; A=3 for the last three
	@$(LOCAL) mail $(A)

linli: bootstrap ## an operator's command on the running system; A="parking list grid"
	@$(LOCAL) linli $(A)

reset: bootstrap ## stop everything and delete the data of the local system (FORCE=1: without asking)
	@$(LOCAL) reset

demo: bootstrap ## play the two stories on the running system
	@$(PYTHON) -m deploy.demo

backup: bootstrap ## a backup of every service while it works; S=grid for one; docs/backup.md
	@$(LOCAL) backup $(S)

erasures: bootstrap ## keep the newest erasures beside the backups; hourly
	@$(LOCAL) erasures $(S)

restore: bootstrap ## bring services back: S=grid or all, FROM=latest or a name; says what was lost
	@$(LOCAL) restore $(S) $(if $(FROM),FROM=$(FROM))

lost: bootstrap ## what the last restore of S=grid lost, as far as the others know
	@$(LOCAL) lost $(S)

unheard: bootstrap ## what was sent and never came out of a queue, in a day or SINCE=2026-11-26T08:00
	@$(LOCAL) unheard $(if $(SINCE),SINCE=$(SINCE))

test: bootstrap-tests ## every test, on private servers of their own; A="-k word" for some
	@$(PYTHON) -m pytest $(A)

bench: bootstrap ## how fast events move, beside stock nameko and pika, and how it grows; A=--core, --growth, --register, --quick
	@$(PYTHON) -m tests.bench $(A)

faults: bootstrap-tests ## commands while faults strike: nothing lost, nothing doubled; A="--list", "--seed 7"
	@$(PYTHON) -m tests.faults $(A)

contracts: bootstrap ## write docs/asyncapi.yaml, contracts/, openapi/, access.md and problems.md from the code
	@$(PYTHON) -m deploy.contracts

monitoring: bootstrap ## write deploy/prometheus/prometheus.yml and Grafana's dashboards from the code
	@$(PYTHON) -m deploy.prometheus

compose: bootstrap ## write docker-compose.yml and the configurations of its servers from the code
	@$(PYTHON) -m deploy.compose write

lint: bootstrap ## ruff, mypy, import-linter
	@$(PYTHON) -m ruff check -q .
	@$(PYTHON) -m ruff format -q --check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports

audit: bootstrap ## bandit, and the locked packages against PyPI's list of known holes (needs its service)
	@.venv/bin/bandit -q -r -c pyproject.toml shared services deploy
	@.venv/bin/pip-audit --strict --local --progress-spinner off \
		|| { echo "make audit: a package has a known hole, or PyPI's advisory service does not answer through this machine's mirror; the lines above say which" >&2; exit 1; }

coverage-of-demands: bootstrap ## the plans' demand rows that a test proves, and those without
	@$(PYTHON) -m tests.demands

lock: bootstrap ## resolve the newest allowed packages into uv.lock, and those of the image into deploy/requirements.txt
	@mkdir -p .run && mv uv.lock .run/uv.lock.before
	@.run/tools/bin/uv lock -q && $(PYTHON) deploy/local/lock.py uv.lock \
		|| { mv .run/uv.lock.before uv.lock; echo "make lock: failed, uv.lock is as it was" >&2; exit 1; }
	@deploy/local/bootstrap
	@$(PYTHON) -m deploy.requirements
