# make run | make test | make demo: each does all of its own set-up.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
MUTATE := .local/mutate

.PHONY: run test demo check audit setup simulate mutate lock clean help
.DEFAULT_GOAL := help

help:  ## show this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements-dev.txt pyproject.toml
	@echo "Setting up $(VENV) (once) …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "python -m venv failed; on Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements-dev.txt)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements-dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

setup: $(STAMP)

run: $(STAMP)  ## start the router and its local Azure, and stay up
	@$(BIN)/python -m devstack run

demo: $(STAMP)  ## play the whole story against a fresh router, then exit
	@$(BIN)/python -m devstack demo

test: $(STAMP)  ## set up and run every test
	@$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(STAMP)  ## ruff, mypy and import-linter alone (the tests run them too)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

audit: $(STAMP)  ## look the pinned packages up in the advisory database
	@$(BIN)/python .ci/audit.py

simulate: $(STAMP)  ## prove the drain protocol: 100,000 random schedules
	@$(BIN)/python -m simulation

mutate: $(STAMP)  ## change routing and retirement word by word: a test must notice each change
	@rm -rf $(MUTATE)/checkout && mkdir -p $(MUTATE)/checkout/tests
	@test -x $(MUTATE)/venv/bin/mutmut || $(BIN)/uv venv --quiet --clear $(MUTATE)/venv
	@$(BIN)/uv pip install --quiet --python $(MUTATE)/venv/bin/python mutmut==3.8.1 pytest hypothesis packaging
	@cp -r version_registry $(MUTATE)/checkout/ && cp -r tests/registry $(MUTATE)/checkout/tests/
	@cp tests/registry/mutation.cfg $(MUTATE)/checkout/setup.cfg
	@cd $(MUTATE)/checkout && ../venv/bin/mutmut run && ../venv/bin/mutmut results

lock:  ## resolve requirements-dev.txt anew
	@uv pip compile --universal --quiet --no-header --no-annotate --python-version 3.11 --upgrade \
	  --extra local --extra dev pyproject.toml -o requirements-dev.txt

clean:  ## forget the virtual environment and the local state
	rm -rf $(VENV) .local
