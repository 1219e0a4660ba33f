# What there is to do here; `make` lists it. Each target sets up what it needs by itself.
RUN := stack/run
PYTHON_SOURCES := protocol oracle indexer stack scripts tests

.DEFAULT_GOAL := help
.PHONY: help setup demo up down check format test test-contracts test-python clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-16s %s\n", $$1, $$2}' Makefile

setup: ## everything that the project needs, inside the project
	@python3 stack/setup.py

check: setup ## every formatter, linter and type checker
	$(RUN) forge fmt --check
	$(RUN) solhint --max-warnings 0 'contracts/**/*.sol'
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy

format: setup ## formatters
	$(RUN) forge fmt
	$(RUN) ruff check --fix-only .
	$(RUN) ruff format .

test: test-contracts test-python ## every test

test-contracts: setup
	$(RUN) forge test

test-python: setup
	$(RUN) pytest

clean: ## what was built; not the environment
	rm -rf build
