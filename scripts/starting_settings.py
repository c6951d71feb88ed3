"""Choosing the settings with which Train opens for a dataset and a network: `python -m scripts.starting_settings`.

Of each pair the candidates below are tried in their order with three seeds, and the first is taken at which the student errs
less than its twin on validation images, by more than two standard errors. What was chosen is measured with five seeds on test
images. Candidates that take more than a minute of one processor are passed over. It resumes where it was stopped; a pair
that was measured is kept. `--table` prints the table of docs/teachers.md instead.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from kdcore.cli.data_folder import data_folder
from kdcore.experiment import Experiment
from kdcore.pipelines.varied_fields import seeded
from kdcore.runs.run_record import Run
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.store import Store
from kdcore.studies.preset_verification import finished_run
from kdcore.studies.starting_settings import (
    FIELDS,
    MEASURED,
    JudgedStart,
    StartingSettings,
    judge,
    read,
)

Setting = Mapping[str, Any]
TRIED_SEEDS, SEEDS = 3, 5
MOST_SECONDS = 60.0
"""Of one processor, for a run."""
STANDARD_ERRORS = 2.0

SOFT: Setting = {"temperature": 4.0, "teacher_weight": 0.9}
FEW_LABELS: Setting = {"count": 5000, "hidden_labels": 0.9}
PERCEPTRONS = ("mlp-10", "mlp-30", "mlp-128", "mlp-300")
SMALL_CNNS = ("lenet5", "cnn-tiny", "cnn-small")
PICTURE_CNNS = ("cnn-tiny", "cnn-small", "resnet8")
TEACHERS = {
    "digits": "digits-mlp-300",
    "drawn": "drawn-cnn-medium",
    "mnist": "mnist-cnn-medium",
    "shapes": "shapes-cnn-medium",
    "cifar10-jpeg": "cifar10-jpeg-cnn-medium",
}


def candidates(dataset: str, student: str) -> list[Setting]:
    """What is tried for the pair, the most natural first."""
    perceptron = student.startswith("mlp-")
    if dataset == "digits":
        few: Setting = {"count": 100, "batch_size": 100}
        rates = (0.01,) if perceptron else (0.003, 0.01)
        return [{**few, "epochs": epochs, "learning_rate": rate} for rate in rates for epochs in (150, 60)]
    if dataset in ("drawn", "mnist"):
        count = 2000 if dataset == "drawn" else 5000
        if perceptron:
            return [
                {"count": count, "epochs": epochs, "learning_rate": rate}
                for epochs, rate in ((20, 0.01), (40, 0.01), (20, 0.003))
            ]
        small: Setting = {"count": count, "batch_size": 64}
        return [
            {**small, "epochs": epochs, "learning_rate": rate}
            for epochs, rate in ((20, 0.03), (20, 0.01), (10, 0.01))
        ]
    if perceptron:
        return [
            {**FEW_LABELS, "epochs": 15, "learning_rate": 0.003},
            {**FEW_LABELS, "epochs": 15, "learning_rate": 0.001},
        ]
    augmented: Setting = {"count": 5000, "crop": 2, "flip": dataset != "shapes"}
    return [
        {**augmented, "epochs": 10, "batch_size": 64, "learning_rate": 0.01},
        {**FEW_LABELS, "epochs": 8, "batch_size": 64, "learning_rate": 0.01},
        {**FEW_LABELS, "epochs": 15, "learning_rate": 0.01},
    ]


def pairs() -> Iterator[tuple[str, str]]:
    """Every dataset with the networks that a minute can teach something."""
    for dataset in TEACHERS:
        pictures = dataset in ("shapes", "cifar10-jpeg")
        perceptrons = ("mlp-128", "mlp-300") if pictures else PERCEPTRONS
        cnns = PICTURE_CNNS if pictures else () if dataset == "digits" else SMALL_CNNS
        yield from ((dataset, student) for student in (*perceptrons, *cnns))


def experiment(dataset: str, student: str, setting: Setting) -> Experiment:
    """The experiment of a candidate."""
    return Experiment.from_flat(
        {"dataset": dataset, "teacher": TEACHERS[dataset], "student": student, **SOFT, **setting}
    )


def choose(dataset: str, student: str, store: Store) -> StartingSettings:
    """Try the pair's candidates, and measure the one that is taken: the first that helps, else the one that helps most.

    Raises:
        RunRefused: a run failed.
    """
    shares: dict[int, float] = {}
    offered = candidates(dataset, student)
    for place, setting in enumerate(offered):
        found = _results(experiment(dataset, student, setting), 1, store)
        if _processor_seconds(found[0]) > MOST_SECONDS:
            continue
        tried = [one.results for one in _results(experiment(dataset, student, setting), TRIED_SEEDS, store)]
        less = [one["twin"]["val_errors"] - one["student"]["val_errors"] for one in tried]
        error = statistics.stdev(less) / math.sqrt(len(less))
        shares[place] = statistics.fmean(less) / statistics.fmean(one["twin"]["val_errors"] for one in tried)
        print(f"{dataset} {student} {dict(setting)}: {less} fewer on validation", file=sys.stderr)
        if statistics.fmean(less) > STANDARD_ERRORS * error:
            return _measured(dataset, student, setting, store)
    taken = max(shares, key=lambda place: shares[place])
    return _measured(dataset, student, offered[taken], store)


def _measured(dataset: str, student: str, setting: Setting, store: Store) -> StartingSettings:
    base = experiment(dataset, student, setting)
    runs = _results(base, SEEDS, store)
    flat = base.flat()

    def by_seed(who: str, figure: str) -> tuple[Any, ...]:
        return tuple(run.results[who][figure] for run in runs)

    return StartingSettings(
        dataset,
        student,
        {name: flat[name] for name in FIELDS},
        int(runs[0].results["student"]["test_images"]),
        by_seed("twin", "test_errors"),
        by_seed("student", "test_errors"),
        by_seed("twin", "test_nll"),
        by_seed("student", "test_nll"),
        round(statistics.median(map(_processor_seconds, runs)), 1),
    )


def _results(base: Experiment, seeds: int, store: Store) -> list[Run]:
    title = f"settings: {base.dataset}, {base.student}"
    return [finished_run(seeded(base, seed), title, store, data_folder(), iter) for seed in range(seeds)]


def _processor_seconds(run: Run) -> float:
    return float(sum(run.results["processor_seconds"].values()))


def markdown(starts: Sequence[JudgedStart]) -> str:
    """One row a pair: its settings, what twin and student made of them, and what may be claimed."""
    head = ["images", "student", "settings", "labels only", "distilled", "soft targets give it"]
    rows = [[*_settings_cells(one.start), *_figure_cells(one.start), _given(one)] for one in starts]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _settings_cells(start: StartingSettings) -> list[str]:
    values = start.settings
    told = [
        f"{values['count']:,} images" if values["count"] else "all images",
        *([f"{values['hidden_labels']:.0%} of the labels hidden"] if values["hidden_labels"] else []),
        f"{values['epochs']} epochs",
        f"batch {values['batch_size']}",
        f"learning rate {values['learning_rate']:g}",
        *([f"crop {values['crop']}"] if values["crop"] else []),
        *(["flip"] if values["flip"] else []),
    ]
    return [f"`{start.dataset}`", f"`{start.student}`", ", ".join(told)]


def _figure_cells(start: StartingSettings) -> list[str]:
    return [
        f"{statistics.fmean(errors):.0f} ± {statistics.stdev(errors):.0f} of {start.images:,} · {statistics.fmean(nll):.3f}"
        for errors, nll in (
            (start.twin_errors, start.twin_nll),
            (start.student_errors, start.student_nll),
        )
    ]


def _given(one: JudgedStart) -> str:
    given = [
        word for verdict, word in ((one.errors, "fewer errors"), (one.nll, "a lower NLL")) if verdict.less
    ]
    return ", ".join(given) or "nothing that these seeds can tell"


def main() -> None:
    """Measure what is missing, or print the table."""
    parser = argparse.ArgumentParser(
        description="Settings with which Train opens for a dataset and a network."
    )
    parser.add_argument("--table", action="store_true", help="Print the table of what was measured.")
    options = parser.parse_args()
    found = read(json.loads(MEASURED.read_text(encoding="utf-8"))) if MEASURED.exists() else []
    if options.table:
        print(markdown(judge(found)))
        return
    there = {(one.dataset, one.student): one for one in found}
    store = Store(runs_folder())
    for pair in pairs():
        if pair not in there:
            there[pair] = choose(*pair, store)
            kept = [asdict(there[one]) for one in pairs() if one in there]
            MEASURED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
