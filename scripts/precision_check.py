"""Whether bfloat16 costs errors: the same runs in float32 and in bfloat16 over three seeds, `python -m scripts.precision_check`.

cnn-small learns 10,000 images of MNIST and of CIFAR-10 (JPEG) over 10 epochs on one thread, with and without its bundled
teacher: a quarter of an hour on a processor that multiplies bfloat16 in hardware, hours on any other. Runs that are
finished in `build/precision` are not trained again; those that are not trained yet are missing in the table, which is
printed after each.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from kdcore.studies.preset_verification import finished_run
from scripts.preset_table import spread
from tests import real_data

FOLDER = Path("build", "precision")
SEEDS = 3
PRECISIONS = ("float32", "bfloat16")
TEACHERS = {"mnist": "mnist-cnn-medium", "cifar10-jpeg": "cifar10-jpeg-cnn-medium"}
TITLES = {"mnist": "MNIST", "cifar10-jpeg": "CIFAR-10 (JPEG)"}
ROLES = {"twin": "labels only", "student": "distilled"}
Errors = dict[tuple[str, str, str], list[int]]
"""Test errors by seed, by dataset, role and precision."""


def experiments() -> Iterator[Experiment]:
    """Every run, seed by seed."""
    for seed in range(SEEDS):
        for dataset, teacher in TEACHERS.items():
            for precision in PRECISIONS:
                fields = {"dataset": dataset, "teacher": teacher, "precision": precision}
                budget = {"count": 10_000, "batch_size": 128, "epochs": 10, "threads": 1}
                yield Experiment.from_flat({"student": "cnn-small", **fields, **budget}).with_seed(seed)


def measured(store: Store, data_folder: Path) -> Iterator[tuple[Errors, dict[str, float]]]:
    """The errors so far, and the seconds of an epoch by dataset and precision, after each run."""
    errors: Errors = {}
    seconds: dict[str, float] = {}
    for experiment in experiments():
        run = finished_run(experiment, "precision", store, data_folder, iter)
        for role in ROLES:
            key = (experiment.dataset, role, experiment.precision)
            errors.setdefault(key, []).append(run.results[role]["test_errors"])
        seconds[f"{TITLES[experiment.dataset]}, {experiment.precision}"] = run.results["seconds"][
            "students_per_epoch"
        ]
        yield errors, seconds


def markdown(errors: Errors) -> str:
    """A row for each dataset and student: errors by seed, and the difference of the means beside the seeds' spread."""
    lines = [
        "| images | cnn-small | float32 | bfloat16 | difference of the means | spread of the seeds |",
        "|---|---|---|---|---|---|",
    ]
    for dataset, title in TITLES.items():
        for role, name in ROLES.items():
            by = [errors.get((dataset, role, precision), []) for precision in PRECISIONS]
            if min(map(len, by)) < 2:
                continue
            difference = statistics.fmean(by[1]) - statistics.fmean(by[0])
            seeds = max(statistics.stdev(found) for found in by)
            lines.append(
                f"| {title} | {name} | {' | '.join(map(spread, by))} | {difference:+.0f} | {seeds:.0f} |"
            )
    return "\n".join(lines)


def main() -> int:
    """Train what is missing, and print the table after each run."""
    store = Store(FOLDER.absolute())
    with TemporaryDirectory() as folder:
        missing = real_data.gather(Path(folder), real_data.places())
        if missing:
            print(f"No images of {', '.join(missing)}: set STILLROOM_DATA.", file=sys.stderr)
            return 2
        for errors, seconds in measured(store, Path(folder)):
            print(markdown(errors), dict(seconds), sep="\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
