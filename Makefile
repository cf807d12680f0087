# Two commands matter: `make demo` and `make test`. Both install what they need into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS ?= ../shared/runs
ARGS ?=

.PHONY: demo test eval lint types imports check format locks docs clean help

help:  ## What there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: $(VENV)/.run  ## A local workspace with the real bot in it
	@$(BIN)/wandb-bot demo $(ARGS)

test: $(VENV)/.dev  ## All tests
	@$(BIN)/pytest -n 2 --dist worksteal $(ARGS)

eval: $(VENV)/.run  ## Measure the detectors on labelled runs (RUNS=folder)
	@$(BIN)/wandb-bot eval $(RUNS) $(ARGS)

lint: $(VENV)/.dev  ## Style
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/.dev  ## Strict type check
	@$(BIN)/mypy

imports: $(VENV)/.dev  ## Import contracts
	@$(BIN)/lint-imports

check: lint types imports test  ## All of the above

format: $(VENV)/.dev  ## Rewrite in the project's style
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

locks: $(VENV)/.dev  ## Write the lock files anew from pyproject.toml
	@$(BIN)/uv pip compile -q $(LOCK) pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q $(LOCK) pyproject.toml --all-extras --group dev \
		-c requirements.lock -o requirements-dev.lock
LOCK := --universal --generate-hashes --no-annotate --no-header

docs: $(VENV)/.dev  ## Write the generated parts of the pages anew
	@$(BIN)/python -m benchmarks.pages

clean:  ## Remove what was installed and cached
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# The installer comes first, by its own hash-checked lock; where it has no build for the platform,
# pip does the same from the same locks, only slower.
$(VENV)/.installer: requirements-install.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --require-hashes -r requirements-install.lock 2>/dev/null || \
		echo "Installing with pip."
	@touch $@

define install
	@echo "Installing $(1) …"
	@if [ -x $(BIN)/uv ]; then \
		UV_LINK_MODE=copy $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r $(1) && \
		UV_LINK_MODE=copy $(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .; \
	else \
		$(BIN)/python -m pip install -q --require-hashes -r $(1) && \
		$(BIN)/python -m pip install -q --no-deps -e .; \
	fi
endef

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/.installer
	$(call install,requirements.lock)
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/.installer
	$(call install,requirements-dev.lock)
	@touch $@ $(VENV)/.run
