# SPDX-License-Identifier: AGPL-3.0-or-later
# `make` alone lists what there is. Paths are relative on purpose: the folder may hold spaces and accents.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo set-up test code types floors pages program lint fast bench replay openapi lock clean
MAKEFLAGS += --no-print-directory

PYTEST := .venv/bin/python -m pytest
NPM := cd browser && PATH="$$PATH:../.venv/bin" npm run --silent
# One more than the two cores meant: a quarter of a test's time it waits, for a page, a lock or a process that starts.
JOBS ?= 3
FAST_TIER := $(wildcard tests/unit tests/laws tests/vectors tests/channels tests/tidy tests/docs)
# The folders with the longest files first: files are handed out in this order, and whoever is done first ends on short ones.
FULL_TIER := $(wildcard tests/crash) $(wildcard tests/leaks) $(wildcard tests/browser) $(wildcard tests/api tests/race tests/store)

help: ## Lists the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: ## Sets everything up and starts Serment with a made-up town, on http://127.0.0.1:8000 (SERMENT_PORT, SERMENT_DATA).
	@sh ops/set-up.sh run bundle
	@exec .venv/bin/serment demo

set-up: ## Sets everything up and starts nothing.
	@sh ops/set-up.sh run bundle
	@.venv/bin/serment check

# Processes of ours start by the dozen during the tests: Python keeps what it compiled, whatever the environment says.
test: export PYTHONDONTWRITEBYTECODE :=
test: ## Checks everything: reads the code, then crashes, leaks, browser, HTTP, races, databases and the fast tier.
	@sh ops/set-up.sh run test bundle chromium
	@$(MAKE) -j 2 -O pages program types code floors
	@$(PYTEST) -n $(JOBS) --dist loadfile --no-loadscope-reorder $(FULL_TIER) $(FAST_TIER)

# What `test` and `lint` read, side by side: each says its words when it is done, and one that fails fails all.
code:
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

types:
	@.venv/bin/mypy

floors:
	@.venv/bin/lint-imports --no-logo

pages:
	@$(NPM) check

program:
	@$(NPM) test

lint: ## Reads the code without running it: ruff, mypy --strict, the import floors.
	@sh ops/set-up.sh run test
	@$(MAKE) -j 2 -O code types floors

fast: ## Runs the tests that take seconds and need no database.
	@sh ops/set-up.sh run test
	@$(PYTEST) -n $(JOBS) --dist loadfile -m "not slow" $(FAST_TIER)

bench: ## Measures speed, as ratios to a limit found in the same run.
	@sh ops/set-up.sh run test bundle chromium
	@.venv/bin/python -m bench

replay: ## Plays thefts that happened elsewhere against a fresh server, an honest day beside (SEEDS, 3).
	@sh ops/set-up.sh run test
	@.venv/bin/python -m replays --seeds $(or $(SEEDS),3)

openapi: ## Writes spec/openapi.json anew from the routes.
	@sh ops/set-up.sh run
	@.venv/bin/python -c "from pathlib import Path; from serment.server.api.openapi import write; write(Path('spec/openapi.json'))"

lock: ## Writes requirements/*.txt anew from requirements/*.in, with hashes and without hosts.
	@sh ops/set-up.sh run
	@sh ops/lock.sh

clean: ## Removes what was built (.venv, bundle, caches); data folders stay.
	@rm -rf .venv browser/node_modules src/serment/server/pages/static src/serment.egg-info test-results
	@rm -rf .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	@find src tests bench replays -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
