# Everything a newcomer needs: `make demo`, `make test`, `make app`. Set-up happens by itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
DEMO ?= demo-site

# As the demo leaves it: the service manager, with votes waiting, on the evening the demo ends.
WHO ?= a.vries
NOW ?= 2026-11-22T22:52:00Z

.PHONY: help demo app test screens check bench clean ready
.DEFAULT_GOAL := help

help:
	@echo "make demo    build the sample estate in $(DEMO)/ and walk the main job through it"
	@echo "make app     open the app on that site"
	@echo "make test    run the tests"
	@echo "make screens write what every screen of the app shows to tests/tui/screens, to review as a diff"
	@echo "make check   run everything a change has to pass (formatting, types, layers, all tests)"
	@echo "make bench   measure the figures README quotes"
	@echo "make clean   remove what make has made"

demo: ready
	@test ! -f "$(DEMO)/site.toml" || rm -rf "$(DEMO)"
	@$(BIN)/cmdb demo "$(DEMO)"

app: ready
	@test -d "$(DEMO)" || $(BIN)/cmdb demo "$(DEMO)"
	@CMDB_KEYS="$(DEMO)/keys" CMDB_NOW=$(NOW) $(BIN)/cmdb --site "$(DEMO)" --as $(WHO)

# One more than there are cores: a third of the time goes into waiting for the disk and for git.
test: ready
	@$(BIN)/python -m pytest -q -m "not slow" --maxprocesses 4 --dist worksteal \
	    -n $$(( $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1 ))

screens: ready
	@$(BIN)/python -m tests.tui.renew

check:
	@.ci/run

bench: ready
	@$(BIN)/python -m benchmarks

clean:
	@test ! -f "$(DEMO)/site.toml" || rm -rf "$(DEMO)"
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find cmdb ccb baselines tui tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

ready: $(READY)
	@:

# Only a changed list of libraries installs anything, so all of this works without a network afterwards.
$(READY): pyproject.toml constraints.txt
	@.ci/tools $(PYTHON)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the libraries named in constraints.txt into $(VENV)/ ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt hatchling editables
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt \
	    --no-build-isolation --editable '.[graphviz-pure,charts,test,dev]'
	@touch $(READY)
