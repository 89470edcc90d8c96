# The two commands of the README are `make quickstart` and `make test`; each sets up .venv first if that is needed.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: quickstart test test-slow test-long lint format clean

quickstart: .venv/ready
	$(BIN)/distgroup run experiments/quickstart/spec.yaml --resume

test: .venv/ready
	$(BIN)/python -m pytest -m "not slow and not long"

test-slow: .venv/ready
	$(BIN)/python -m pytest -m slow

test-long: .venv/ready
	$(BIN)/python -m pytest -m long

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv results

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "distgroup needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[test]'
	touch $@
