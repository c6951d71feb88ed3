# Two commands: `make run` (the dashboard) and `make test` (every test). Both set up what they need.
PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin

# Trainers wait passively: two of them on two cores otherwise spend their time waiting for each other.
export OMP_WAIT_POLICY := PASSIVE
export GOMP_SPINCOUNT := 0
export PORT

.PHONY: run test lint bench gpu-check teachers presets set-up set-up-dev python

run: set-up  ## the dashboard, on PORT
	@exec $(BIN)/python -m dashboard

test: set-up-dev  ## every test; `make test TESTS=tests/kdcore/test_experiment.py` for some
	@$(BIN)/python -m scripts.chromium
	@$(BIN)/python -m pytest $(TESTS)

lint: set-up-dev  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: set-up-dev  ## the ratios that the README claims, in one run
	@$(BIN)/python -m bench

gpu-check: set-up  ## trains on CUDA, in bfloat16, and out of memory
	@$(BIN)/python -m kdcore.cli.main.gpu_check

teachers: set-up  ## trains the bundled teachers again
	@$(BIN)/python -m scripts.teachers

presets: set-up  ## measures every preset's claim again
	@$(BIN)/python -m kdcore presets verify

set-up: python
	@$(PYTHON) scripts/set_up.py run

set-up-dev: python
	@$(PYTHON) scripts/set_up.py dev

python:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here: install Python 3.11 or newer, or name one, for example make run PYTHON=python3.12." >&2; exit 2; }
