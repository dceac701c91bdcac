# `make demo` tries Tandem without Slack, `make test` runs the suite; both install what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed

.PHONY: install demo test test-faults check format lock bench screenshots migration clean

install: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Tandem needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Python lacks its venv module: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@# setuptools warns of folders beside the project; they are the project
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)
	@$(BIN)/tandem demo $(if $(PORT),--port $(PORT))

test: $(READY)
	$(BIN)/python -m pytest -n 3 -m "not faults"

test-faults: $(READY)
	$(BIN)/python -m pytest -n 2 -m faults --timeout 1800

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(READY)
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
		--extra dev pyproject.toml --output-file requirements.lock

bench: $(READY)
	@$(BIN)/python -m benchmarks $(NAME)

screenshots: $(READY)
	@$(BIN)/python docs/screenshots.py

migration: $(READY)
	@$(BIN)/python -c 'import sys; from storage import migrate; print(migrate.draft(sys.argv[1]))' "$(WHAT)"

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
