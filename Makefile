# `make run` and `make test` are the two commands; both set up what they need.

PYTHON ?= python3
LENSES ?= $(wildcard lenses/*.toml)

VENV := .venv
BIN := $(VENV)/bin
# The stamps say what was installed last; a newer pyproject.toml or constraints.txt renews it.
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.PHONY: help run test check format sample screenshot clean

help:
	@echo "make run         set up, make the sample, draw its maps"
	@echo "make test        set up, run the tests"
	@echo "make check       style, types and the direction of the imports"
	@echo "make format      rewrite the code in the house style"
	@echo "make screenshot  renew the picture in the README (needs Chromium)"
	@echo "make clean       remove .venv, maps, private and the sample; your own data stay"
	@echo "Another Python:  make run PYTHON=python3.12"

run: data/planted.json
	@$(BIN)/igh-geo run $(LENSES)
	@echo "Open in a browser: maps/index.html"

sample: data/planted.json

data/planted.json: $(wildcard igh_geo/sources/sample/*.py) | $(READY)
	@$(BIN)/igh-geo sample
	@touch $@

test: $(READY_DEV)
	@$(BIN)/python -m pytest

check: $(READY_DEV)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_house.py

format: $(READY_DEV)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# The profile of a browser that was run by the superuser cannot use its sandbox.
screenshot: run
	@mkdir -p docs/images
	@test -n "$(CHROMIUM)" || { echo "No Chromium or Chrome found: make screenshot CHROMIUM=..."; exit 1; }
	@"$(CHROMIUM)" --headless=new --disable-gpu --hide-scrollbars \
		$$(test "$$(id -u)" -ne 0 || echo --no-sandbox) \
		--window-size=1366,768 --virtual-time-budget=5000 \
		--screenshot=docs/images/map.png "file://$(CURDIR)/maps/woninginbraak/map.html" 2>/dev/null
	@echo "Renewed docs/images/map.png"

$(READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Setting up $(VENV) (once; this takes a few minutes)"
	@$(PIP_INSTALL) -e ".[fast]"
	@$(BIN)/python -m igh_geo.set_up
	@touch $@

$(READY_DEV): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Setting up $(VENV) with the tools for testing (once; this takes a few minutes)"
	@$(PIP_INSTALL) -e ".[dev]"
	@$(BIN)/python -m igh_geo.set_up
	@touch $(READY) $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v <= (3, 13) or sys.exit( \
		"igh_geo needs Python 3.11, 3.12 or 3.13; this is %d.%d. " % v + \
		"Name another one: make run PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)

# Of the data only the sample goes: what a user put there cannot be made again.
clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis private
	rm -f data/planted.json data/*/voorbeeldstad_*
	find maps -mindepth 1 ! -name README.md -delete
	find igh_geo tests -name __pycache__ -type d -prune -exec rm -rf {} +
