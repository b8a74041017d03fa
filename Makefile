# The two commands of the README: `make run` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

# A file stays in one process, and the longest come first (tests/conftest.py), so that both end together.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help run test test-all check screenshots
help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: .venv/installed ## open the studio on http://127.0.0.1:8501
	$(BIN)/streamlit run streamlit_app.py

test: .venv/installed-dev ## check style and types, run the quick tests (under 3 minutes)
	sh tests/find_chromium.sh $(BIN)/python
	$(MAKE) check
	$(PYTEST)

test-all: .venv/installed-dev ## the same with the slow tests: browsers, whole path, real training (under 10 minutes)
	sh tests/find_chromium.sh $(BIN)/python
	$(MAKE) check
	$(PYTEST) -m ""

check: .venv/installed-dev ## style, types, scripts, and that what is imported is declared
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tests.check_javascript
	$(BIN)/deptry .
	$(BIN)/deptry tests benchmarks docs --config /dev/null --ignore DEP002 \
		--per-rule-ignores DEP001=transformers --exclude ^x $(foreach \
		name,core ui tests benchmarks gradio_app streamlit_app,--known-first-party $(name)) \
		--requirements-files requirements.txt,requirements-dev.txt,requirements-bench.txt

screenshots: .venv/installed-dev ## take the README's pictures again from the real app
	$(BIN)/python docs/take_screenshots.py

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "TopLoss needs Python 3.11 or newer: make run PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: requirements.txt | .venv/bin/python
	@echo "Installing what TopLoss needs: about 2 GB, a minute or more."
	$(BIN)/pip install -q -r requirements.txt
	@touch $@

.venv/installed-dev: requirements.txt requirements-dev.txt | .venv/bin/python
	$(BIN)/pip install -q -r requirements-dev.txt
	@touch $@ .venv/installed
