# The few commands of this project. Each makes what it needs: environment from the lock file, system packages.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.12 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
export DEVKIT_OUT ?= demo-out

.PHONY: demo demo-long demo-hour demo-lessons test slow soak gui lint bench lock env system clean

demo: env system ## the whole bench on the toybox, at most 12 minutes on 2 cores
	$(BIN)/devkit demo --out $(DEVKIT_OUT)

demo-long: env system ## the same with more recordings and more training, at most 40 minutes
	$(BIN)/devkit demo --size long --out $(DEVKIT_OUT)-long

demo-hour: env system ## the same with four hours of recordings and training on most tasks, about an hour
	$(BIN)/devkit demo --size hour --out $(DEVKIT_OUT)-hour

demo-lessons: env system ## the same with lessons and training on the hard tasks, too, about two hours
	$(BIN)/devkit demo --size lessons --out $(DEVKIT_OUT)-lessons

test: env system ## every quick test
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow" -q

slow: env system ## the end-to-end checks
	$(BIN)/python -m pytest -m slow -q

soak: env system ## every protocol of the library, whole and in real time, with a robot at a real window, in both languages
	$(BIN)/python -m tests.protocols.presenter.library_runs $(DEVKIT_OUT)-soak $(SOAK)

gui: env system ## the desktop app
	$(BIN)/devkit gui

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: env system ## every benchmark, each a ratio against the obvious alternative
	@for file in tests/bench/*.py; do echo "== $$file"; PYTHONPATH=. $(BIN)/python $$file || exit 1; done

lock: env ## resolve again after a change of pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.12 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" -o requirements.lock

env: $(VENV)/.complete

$(VENV)/.complete: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' || { echo "Python 3.12 is needed: install python3.12 and python3.12-venv, or run: make PYTHON=/path/to/python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet "uv==$$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements.lock)"
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

system:
	@.ci/system

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
