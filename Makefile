# What there is to do here; `make` lists it. Each target sets up what it needs by itself.
PYTHON ?= python3
RUN := stack/run

.DEFAULT_GOAL := help
.PHONY: help setup lock demo up down check format abi test test-contracts test-scenarios test-python test-hardhat \
        test-models hardhat-node gas accuracy bench-inference dispute-report fuzz-referee coverage clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-16s %s\n", $$1, $$2}' Makefile

setup: ## everything that the project needs, inside the project
	@$(PYTHON) stack/setup.py

lock: setup ## requirements.lock anew from pyproject.toml
	$(RUN) python stack/lock.py

demo: setup ## a whole story on a local chain
	@$(RUN) python -m stack demo

up: setup ## a local stack: chain, contracts, operator, indexer
	@$(RUN) python -m stack up

down: setup ## stops what `make up` started
	@$(RUN) python -m stack down

check: setup ## every formatter, linter and type checker, and the committed ABIs
	$(RUN) forge fmt --check
	$(RUN) solhint --max-warnings 0 'contracts/**/*.sol'
	$(RUN) ruff format --check --no-cache .
	$(RUN) ruff check --no-cache .
	$(RUN) mypy
	$(RUN) python -m protocol.abi --check
	@rm -rf build/slither
	$(RUN) forge build --skip 'tests/**' --deny warnings --sizes --no-cache --build-info --out build/slither
	$(RUN) slither . --ignore-compile

format: setup ## formatters
	$(RUN) forge fmt
	$(RUN) ruff check --fix-only .
	$(RUN) ruff format .

abi: setup ## protocol/abi/ anew from the contracts
	$(RUN) python -m protocol.abi

test: test-contracts test-scenarios test-python ## every test

test-contracts: setup ## forge: units, fuzz, invariants, gas
	$(RUN) forge test

test-scenarios: setup ## Ape: scenarios with named actors
	$(RUN) ape test tests/contracts

test-python: setup ## pytest: everything else
	$(RUN) pytest

test-hardhat: setup ## the deployment script against Hardhat's node
	$(RUN) pytest -m hardhat

test-models: setup ## the real models: the same bits whatever computes them (takes minutes)
	$(RUN) pytest -m models --timeout 1800

hardhat-node: setup ## Hardhat's node, on port 8545
	$(RUN) hardhat --config stack/hardhat/hardhat.config.js node --hostname 127.0.0.1

gas: setup ## gas of a job, from receipts, beside its ceilings and the peers' figures
	$(RUN) pytest tests/gas -s

accuracy: ## how near the integer programs are to the models that they were made of
	@$(PYTHON) stack/setup.py texts
	$(RUN) python -m tests.benchmarks.accuracy

bench-inference: setup ## the engine's speed beside transformers and llama.cpp
	$(RUN) python -m tests.benchmarks.inference

dispute-report: setup ## every kind of wrong bit and every other lie of the real models: found, convicted, paid, and its gas
	$(RUN) python -m tests.benchmarks.disputes

fuzz-referee: setup ## Solidity against the reference, ten thousand cases of every kind (takes minutes)
	REFEREE_CASES=10000 $(RUN) pytest tests/oracle/dispute/test_steps.py tests/oracle/dispute/test_claims.py tests/oracle/dispute/test_rulings.py --timeout 7200

coverage: setup ## line and branch coverage of the contracts
	@mkdir -p build
	$(RUN) forge coverage --no-match-coverage '^(tests|contracts/mocks)/' --report lcov --report-file build/lcov.info
	$(RUN) python -m stack.coverage build/lcov.info

clean: ## what was built; not the environment
	rm -rf build .build .mypy_cache .ruff_cache
