# The two commands of a fresh machine are `make up` and `make test`; `make` alone lists the others.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

BIN := .venv/bin
LOCAL := $(BIN)/python -m platform_local.cli
PACKAGES = $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml services/*/pyproject.toml gateway/pyproject.toml bench/pyproject.toml deploy/*/pyproject.toml))
SOURCES = $(wildcard $(addsuffix /src,$(PACKAGES)))
SPACE := $(subst ,, )
TESTS = $(wildcard $(addsuffix /tests,$(PACKAGES)) tests)
# STACK=docker, GATEWAY_PORT, PLATFORM_STACK, PLATFORM_PORT_OFFSET and the service settings go through the environment.
export STACK

.PHONY: help bootstrap up status mails logs restart stop start events down reset demo test test-fault bench-events bench-sign-in bench-sign-in-timing lint format types arch openapi schemas generated k8s lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  \033[1m%-10s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

bootstrap: ## install what this machine lacks (every target does it first)
	@deploy/local/bootstrap.sh

up: bootstrap ## start the whole platform and wait for health   [STACK=docker] [GATEWAY_PORT=8080] [ONLY=auth,catalog]
	@$(LOCAL) up $(if $(ONLY),--only $(ONLY))

status: bootstrap ## what runs, and the memory it takes
	@$(LOCAL) status

mails: bootstrap ## the mails that the platform has sent   [N=1]
	@$(LOCAL) mails $(N)

logs: bootstrap ## follow logs   [S=installs | S=installs-relay]
	@$(LOCAL) logs $(S)

restart: bootstrap ## restart programs   [S=installs]
	@$(LOCAL) restart $(S)

stop: bootstrap ## stop programs; data stays   [S=catalog-work]
	@$(LOCAL) stop $(or $(S),$(error say which: make stop S=catalog-work))

start: bootstrap ## start stopped programs   [S=catalog-work]
	@$(LOCAL) start $(or $(S),$(error say which: make start S=catalog-work))

events: bootstrap ## look after events (docs/operating-events.md)   [S=catalog ARGS=lag]
	@$(LOCAL) events $(or $(S),$(error say which: make events S=catalog ARGS=lag)) $(or $(ARGS),--help)

down: bootstrap ## stop everything; data stays
	@$(LOCAL) down

reset: bootstrap ## stop everything and delete all data   [YES=1 does not ask]
	@$(LOCAL) reset $(if $(filter 1,$(YES)),--yes)

demo: bootstrap ## real packages through the public API, with a table of what was measured
	@$(BIN)/python -m demo

test: bootstrap ## every test on real servers of its own   [ARGS='services/auth -k login']
	@$(BIN)/python -m testkit.run $(ARGS)

test-fault: bootstrap ## servers and programs killed under load, at full size, with a table of figures   [ARGS='-k kafka']
	@FAULT=full $(BIN)/python -m testkit.run tests/fault $(ARGS)

bench-sign-in: bootstrap ## a flood of sign-ins and what other routes feel of it, with a table   [ARGS='--scale 0.5']
	@$(BIN)/python -m bench sign-in $(ARGS)

bench-sign-in-timing: bootstrap ## whether times tell who has an account, with a table   [ARGS='--scale 0.1']
	@$(BIN)/python -m bench sign-in-timing $(ARGS)

bench-events: bootstrap ## relay and consumers beside Kafka's own tools, with a table   [ARGS='--scale 0.1']
	@$(BIN)/python -m bench events $(ARGS)

lint: bootstrap ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: bootstrap ## let ruff mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: bootstrap ## mypy, strict, every package and every test
	@$(BIN)/mypy $(SOURCES) docs/examples/python
	@MYPYPATH=$(subst $(SPACE),:,$(wildcard $(addsuffix /support,$(TESTS)))) $(BIN)/mypy $(TESTS)

arch: bootstrap ## import-linter: who may import whom
	@$(BIN)/lint-imports

openapi: bootstrap ## write every openapi.json anew
	@$(BIN)/python -m platform_local.generated write openapi

schemas: bootstrap ## write the event schemas and the AsyncAPI document anew
	@$(BIN)/python -m platform_local.generated write schemas

generated: bootstrap ## check that generated files are current
	@$(BIN)/python -m platform_local.generated check

k8s: bootstrap ## render and validate the Kubernetes manifests, offline
	@$(BIN)/python -m platform_k8s

lock: bootstrap ## write requirements.lock anew from requirements.in
	@$(BIN)/uv pip compile requirements.in -o requirements.lock -q --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --universal --python-version 3.11
