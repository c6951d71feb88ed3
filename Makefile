# Two commands: `make run` (the dashboard) and `make test` (the tests). Each sets up what it needs in .venv.
PYTHON ?= python3
PORT ?= 8501
HOST ?= 127.0.0.1
PROCESSES ?= 2
BIN := .venv/bin

# Trainers wait passively: two of them on two cores otherwise spend their time waiting for each other.
export OMP_WAIT_POLICY := PASSIVE
export GOMP_SPINCOUNT := 0
export PORT HOST

TARGETS := run test proofs lint messages bench soak attack lessons loggers gpu-check teachers presets pictures set-up set-up-dev python
.PHONY: $(TARGETS)

# `make bench stock` is `make bench PARTS=stock`: the words after `bench` are parts, not targets.
ifeq ($(firstword $(MAKECMDGOALS)),bench)
    WORDS := $(filter-out $(TARGETS),$(MAKECMDGOALS))
    PARTS ?= $(WORDS)
    .PHONY: $(WORDS)
    $(foreach word,$(WORDS),$(eval $(word):;@:))
endif

run: set-up  ## the dashboard, on PORT; HOST=0.0.0.0 opens it to the network
	@exec $(BIN)/python -m dashboard

test: set-up-dev  ## the tests; `make test TESTS=tests/kdcore/test_experiment.py` for some
	@$(BIN)/python -m scripts.chromium
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder $(TESTS)

proofs: set-up-dev  ## the tests that take long and guard what changes rarely
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist load -m proof $(TESTS)

lint: set-up-dev  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -n 2

messages: set-up-dev  ## collects the texts, brings the catalogues up to date and compiles them; `make messages NEW=de` makes a new one
	@$(BIN)/python -m scripts.messages $(NEW)

bench: set-up-dev  ## measures the ratios of docs/performance.md; `make bench PARTS="stock bare"` for some
	@$(BIN)/python -m bench $(PARTS)

soak: set-up-dev  ## thirty browsers at two runs for ten minutes; `make soak SECONDS=60` for one
	@$(BIN)/python -m bench.soak $(SECONDS)

attack: set-up-dev  ## a thousand hostile links, messages and requests against a server of its own; `make attack COUNT=100 SEED=1`
	@$(BIN)/python -m scripts.attack $(COUNT) $(SEED)

lessons: set-up-dev  ## walks every lesson in a browser; STILLROOM_LESSON_SHOTS=FOLDER leaves pictures of every step in four looks
	@$(BIN)/python -m pytest tests/browser/walk_lessons.py

gpu-check: set-up  ## trains on CUDA, in bfloat16, and runs out of GPU memory on purpose
	@$(BIN)/python -m kdcore.cli.gpu_check

loggers: set-up-dev  ## tests the logs in MLflow and in Weights & Biases against the real ones, in an environment of its own
	@$(BIN)/python -m scripts.loggers

teachers: set-up  ## trains the bundled teachers again
	@$(BIN)/python -m scripts.teachers

presets: set-up  ## measures every preset's claim again
	@$(BIN)/python -m kdcore presets verify --seeds 5

pictures: set-up-dev  ## takes the pictures of the README again
	@$(BIN)/python -m scripts.readme_pictures

set-up: python
	@$(PYTHON) scripts/set_up.py run

set-up-dev: python
	@$(PYTHON) scripts/set_up.py dev

python:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here: install Python 3.11 or newer, or name one, for example make run PYTHON=python3.12." >&2; exit 2; }
