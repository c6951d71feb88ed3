"""Section 3 of Hinton, Vinyals and Dean 2015 on MNIST, measured again: `python -m kdcore reproduce hinton2015`.

Their 1200-1200 teacher with dropout and jittered images, the 800-800 net alone and with soft targets at T = 20, a small
net over temperatures, and a student that never sees a 3. Each part is runs in the store, found again by their hash, so
that what was interrupted goes on where it was. Two of its numbers are ours: of the training images 5,000 are kept for
validation, and the bias of the omitted class is tuned on those, while the paper tuned it on test.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kdcore.data import datasets
from kdcore.errors import RunRefused, TeacherUnavailable
from kdcore.events import Event
from kdcore.experiment import Experiment
from kdcore.inference import models
from kdcore.metrics.class_bias import Recall, recall, tuned_bias
from kdcore.metrics.evaluation import evaluate
from kdcore.pipelines.varied_fields import seeded
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from kdcore.studies.preset_verification import finished_run
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_results import result_table, supported_sentence
from kdcore.studies.sweep_training import MemberRun, member_runs, train_missing

Watch = Callable[[Iterable[Event]], Iterable[Event]]
OMITTED = 3
TITLE = "Hinton 2015"

TEACHER = {
    "dataset": "mnist",
    "teacher": "mlp-1200x2",
    "teacher_shift": 2,
    "teacher_epochs": 90,
    "teacher_learning_rate": 0.001,
}
DISTILLED = Experiment.from_flat(
    {
        **TEACHER,
        "student": "mlp-800x2",
        "temperature": 20,
        "teacher_weight": 0.9,
        "epochs": 40,
        "learning_rate": 0.001,
    }
)
WITHOUT_THREES = DISTILLED.with_flat(omit=(OMITTED,))
SMALL = DISTILLED.with_flat(student="mlp-30x2", epochs=10, learning_rate=0.003)
TEMPERATURES = (1, 2, 2.5, 3, 4, 8, 20)


@dataclass(frozen=True)
class ReportLine:
    """One figure of the paper beside ours: what it counts, the paper's errors, ours by seed, of how many images."""

    what: str
    paper: int
    ours: tuple[int, ...]
    images: int


@dataclass(frozen=True)
class WithoutThrees:
    """A network that never saw a 3, on test: as it is, and with the bias of 3 that is best on validation."""

    role: str
    seed: int
    plain: Recall
    mended: Recall
    bias: float


@dataclass(frozen=True)
class Reproduction:
    """Everything that was measured."""

    seeds: int
    whole: tuple[Run, ...]
    without: tuple[WithoutThrees, ...]
    small: tuple[MemberRun, ...]

    def of(self, role: str) -> list[WithoutThrees]:
        """What the twins, or the students, make of threes, by seed."""
        return [one for one in self.without if one.role == role]


def reproduce(store: Store, seeds: int, *, data_folder: Path, watch: Watch = iter) -> Reproduction:
    """Measure every part, or find it measured.

    Raises:
        RunRefused: no seed, or a run did not finish.
        DataUnavailable: MNIST is not here.
    """
    if seeds < 1:
        raise RunRefused(f"--seeds {seeds}: a figure is measured with one seed or more.")
    whole = [_run(DISTILLED, seed, "whole", store, data_folder, watch) for seed in range(seeds)]
    without = [
        _run(WITHOUT_THREES, seed, "without threes", store, data_folder, watch) for seed in range(seeds)
    ]
    sweep = Sweep.read({"base": SMALL, "vary": {"temperature": TEMPERATURES}, "seeds": seeds})
    for run in train_missing(sweep, store, data_folder=data_folder, watch=watch):
        if run.status != "finished":
            raise RunRefused(f"The run {run.id} ({run.title}) did not finish: {run.error or run.status}")
    dataset = datasets.load(DISTILLED.dataset, folder=data_folder)
    return Reproduction(
        seeds,
        tuple(whole),
        tuple(
            _without(run, seed, role, dataset, store.folder)
            for role in ("student", "twin")
            for seed, run in enumerate(without)
        ),
        tuple(member_runs(sweep.members, store)),
    )


def _run(experiment: Experiment, seed: int, part: str, store: Store, data_folder: Path, watch: Watch) -> Run:
    return finished_run(seeded(experiment, seed), f"{TITLE}: {part}", store, data_folder, watch)


def _without(run: Run, seed: int, role: str, dataset: datasets.Dataset, runs_folder: Path) -> WithoutThrees:
    model = next((one for one in models.of_run(run, runs_folder) if one.role == role), None)
    if model is None:
        raise TeacherUnavailable(
            f"The {role}'s weights of the run {run.id} ({run.title}) are gone. Delete the run, and measure again."
        )
    network, labels = models.network(model), dataset.test.labels
    bias = tuned_bias(evaluate(network, dataset.validation.images), dataset.validation.labels, [OMITTED])
    logits = evaluate(network, dataset.test.images)
    plain, mended = (recall(logits, labels, [OMITTED], added) for added in ({}, bias))
    return WithoutThrees(role, seed, plain, mended, bias[OMITTED])


def lines(measured: Reproduction) -> list[ReportLine]:
    """The paper's figures beside ours."""
    first, without = measured.whole[0].results, measured.of("student")
    images, threes = first["teacher"]["test_images"], without[0].plain.omitted_images
    return [
        ReportLine(
            "teacher, 1200-1200 with dropout and jitter", 67, (first["teacher"]["test_errors"],), images
        ),
        ReportLine("800-800 alone", 146, _errors(measured.whole, "twin"), images),
        ReportLine("800-800 with soft targets at T = 20", 74, _errors(measured.whole, "student"), images),
        ReportLine(
            "without any 3 in the transfer set: all errors",
            206,
            tuple(w.plain.errors for w in without),
            images,
        ),
        ReportLine(
            "without any 3: errors on threes", 133, tuple(w.plain.omitted_errors for w in without), threes
        ),
        ReportLine(
            "with the bias of 3 mended: all errors",
            109,
            tuple(w.mended.errors for w in without),
            images,
        ),
        ReportLine(
            "with the bias mended: errors on threes",
            14,
            tuple(w.mended.omitted_errors for w in without),
            threes,
        ),
    ]


def _errors(runs: Sequence[Run], role: str) -> tuple[int, ...]:
    return tuple(run.results[role]["test_errors"] for run in runs)


def report(measured: Reproduction) -> Iterator[list[list[str]] | str]:
    """Tables (head and lines) and sentences for people."""
    yield [
        ["", "paper", "here", "of"],
        *([line.what, str(line.paper), _spread(line.ours), f"{line.images:,}"] for line in lines(measured)),
    ]
    recalled = {
        role: ", ".join(f"{100 * one.mended.recall:.1f} %" for one in measured.of(role))
        for role in ("student", "twin")
    }
    yield (
        "The bias is tuned on validation here; the paper tuned it on test. With it the student recalls "
        f"{recalled['student']} of the threes that it never saw, the twin {recalled['twin']}."
    )
    yield result_table(measured.small)
    yield supported_sentence(measured.small)


def as_json(measured: Reproduction) -> dict[str, Any]:
    """The same as one JSON value, from which tables are made."""
    return {
        "command": f"python -m kdcore reproduce hinton2015 --seeds {measured.seeds}",
        "experiments": {
            "whole": DISTILLED.model_dump(mode="json"),
            "without_threes": WITHOUT_THREES.model_dump(mode="json"),
            "small": SMALL.model_dump(mode="json"),
        },
        "lines": [asdict(line) for line in lines(measured)],
        "without_threes": [asdict(one) for one in measured.without],
        "small": [
            {"temperature": f.member.setting["temperature"], "seed": f.member.seed}
            | {
                role: {name: f.run.results[role][name] for name in ("test_errors", "val_errors", "test_nll")}
                for role in ("student", "twin")
            }
            for f in measured.small
            if f.run is not None
        ],
        "seconds": [
            sum(v for n, v in r.results["seconds"].items() if n != "students_per_epoch")
            for r in measured.whole
        ],
    }


def _spread(values: Sequence[int]) -> str:
    if len(values) == 1:
        return f"{values[0]}"
    return f"{statistics.fmean(values):.1f} ± {statistics.stdev(values):.1f}"
