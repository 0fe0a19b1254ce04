# Everything a person or a pipeline runs here. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help gameday matrix install develop check lint types unit test weakened conformance bench constraints clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

gameday: $(VENV)/.installed ## play the first game day: three documented incidents, handled and scored
	@$(BIN)/gameday play first-game-day

matrix: $(VENV)/.installed ## play every failure mode with the autopilot and print one table; matrix.json beside it (under 25 minutes)
	@$(BIN)/gameday experiments matrix --json matrix.json

install: $(VENV)/.installed ## make .venv with what gameday needs

develop: $(VENV)/.developed ## the same, with what its tests and checks need

check: $(VENV)/.developed lint types unit ## what to run before each commit (under a minute)

lint: $(VENV)/.developed ## style, imports' direction, format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "run '$(BIN)/ruff format .'"; exit 1; }
	@said=$$($(BIN)/lint-imports --no-cache --no-logo) || { echo "$$said"; exit 1; }

types: $(VENV)/.developed ## mypy --strict
	@$(BIN)/mypy

unit: $(VENV)/.developed ## the quick tests
	@$(BIN)/pytest -n 2 -m "not e2e and not conformance and not cluster and not parts"

test: $(VENV)/.developed lint types ## everything but weakened apps: unit tests, other projects' clients, whole drills one at a time (20 minutes; 45 on a slow machine)
	@$(BIN)/pytest -n 3 -m "not e2e"
	@$(BIN)/pytest -m "e2e and not weakened"

weakened: $(VENV)/.developed ## gates on an app that was weakened on purpose: exactly the right drill turns red (6 minutes)
	@$(BIN)/pytest -m weakened

conformance: $(VENV)/.developed ## other projects' clients, with every kubectl here; KUBECONFIG=... runs them on that cluster
	@CONFORMANCE_EVERY_KUBECTL=1 CONFORMANCE_KUBECONFIG="$(named_kubeconfig)" \
	  $(BIN)/pytest -n 2 -m "conformance" tests/conformance

# A cluster is touched only if it was named in this very command: one from the environment is not.
named_kubeconfig = $(if $(filter command line,$(origin KUBECONFIG)),$(abspath $(KUBECONFIG)))

bench: $(VENV)/.developed ## what must be fast, as ratios
	@for program in benchmarks/*.py benchmarks/cluster/*.py; do $(BIN)/python $$program || exit 1; done

constraints: ## pin the newest versions that fit (needs uv)
	uv pip compile pyproject.toml --extra dev --python-version 3.11 --universal --no-header --no-annotate \
	  --no-emit-index-url --upgrade --output-file constraints.txt

clean: ## remove .venv and everything that runs left here
	@if [ -x $(BIN)/gameday ]; then $(BIN)/gameday down; fi
	rm -rf $(VENV) .gameday

$(VENV)/bin/python:
	@$(if $(UV),uv venv --quiet --python $(PYTHON) $(VENV),$(PYTHON) -m venv $(VENV))

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing gameday into $(VENV): once, a minute or two"
	@$(call install_into,.)
	@touch $@

$(VENV)/.developed: $(VENV)/.installed
	@$(call install_into,.[dev])
	@touch $@

# The versions are those of constraints.txt, by uv where there is one. A .venv that uv made has no pip of its own.
define install_with_uv
VIRTUAL_ENV=$(CURDIR)/$(VENV) uv pip install --quiet --compile-bytecode -c constraints.txt -e "$(1)"
endef
define install_with_pip
{ $(BIN)/python -m pip --version || $(BIN)/python -m ensurepip; } > /dev/null && \
$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e "$(1)"
endef
install_into = $(if $(UV),$(call install_with_uv,$(1)),$(call install_with_pip,$(1)))
