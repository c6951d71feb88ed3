"""The short runs whose figures are compared: every method, sweeps, searches, commands and interruptions.

They learn the digits that come with scikit-learn, on the processor, on one thread.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from kdcore.errors import NetworkRefused
from kdcore.events import Checkpoint, Command, Event
from kdcore.experiment import Experiment
from kdcore.methods.registry import methods
from kdcore.pipelines.bayesian_search import run as run_search
from kdcore.pipelines.checks import check as check_alone
from kdcore.pipelines.cohort_members import can_share_loop
from kdcore.pipelines.cohort_pipeline import run as run_together
from kdcore.pipelines.cohort_spec import group_into_cohorts
from kdcore.pipelines.experiment_pipeline import run as run_alone
from kdcore.studies.sweep import Sweep

THREADS = 1


PAUSE_EVERY = 2
"""Steps between two pauses of a run that is to be cut: each pause makes a checkpoint."""


CNN = Experiment.from_flat(
    {
        "dataset": "digits",
        "count": 100,
        "batch_size": 25,
        "epochs": 2,
        "teacher": "cnn-small",
        "teacher_epochs": 1,
        "student": "cnn-small",
        "device": "cpu",
        "threads": THREADS,
        "precision": "float32",
    }
)
"""A convolutional student of a convolutional teacher that is trained in the run: it has every feature point."""


MLP = CNN.with_flat(teacher="digits-mlp-300", student="mlp-20x2", epochs=3)
"""A perceptron taught by the teacher that comes with the program."""


REGULARISED = {
    "mixup": 0.4,
    "smoothness": 0.5,
    "l1": 1e-4,
    "margin": 0.2,
    "label_smoothing": 0.1,
    "clip_norm": 0.5,
    "weight_decay": 0.01,
    "label_noise": 0.2,
    "hidden_labels": 0.3,
    "omit": (3, 8),
}


AUGMENTED = {"shift": 1, "flip": True, "crop": 1, "cutout": 2}


class Says:
    """A channel into a run: it says what is meant for each poll, counted from 1, and ends every pause at once."""

    def __init__(self, at: Callable[[int], list[Command]]) -> None:
        self.at, self.polls = at, 0

    def poll(self) -> list[Command]:
        """What is meant for this poll."""
        self.polls += 1
        return self.at(self.polls)

    def wait(self) -> list[Command]:
        """Go on."""
        return [Command("resume")]


def silence(poll: int) -> list[Command]:
    """Nothing."""
    return []


def pauses(poll: int) -> list[Command]:
    """A pause now and then."""
    return [Command("pause")] if poll % PAUSE_EVERY == 0 else []


def hot_changes(poll: int) -> list[Command]:
    """Three settings that change while the run goes on."""
    told = {
        3: ("temperature", 2.0),
        5: ("teacher_weight", 0.4),
        7: ("learning_rate", 0.001),
    }
    return [Command("set", *told[poll])] if poll in told else []


def early(checkpoint: Checkpoint) -> bool:
    """In whatever is trained first."""
    return checkpoint.step > PAUSE_EVERY


def in_students(checkpoint: Checkpoint) -> bool:
    """While the students learn."""
    return checkpoint.phase == "students" and early(checkpoint)


def in_second_round(checkpoint: Checkpoint) -> bool:
    """While a search's second round learns: the first has left its trials."""
    return bool(checkpoint.values["search"]["trials"]) and in_students(checkpoint)


@dataclass(frozen=True)
class Case:
    """One run.

    start: takes folders, a channel and a checkpoint, and gives the events. says: what the channel says. cut: the run is
    interrupted at the first checkpoint of which this is true, and goes on from there. together: whether perceptrons run
    as one program.
    """

    start: Callable[..., Iterator[Event]]
    says: Callable[[int], list[Command]] = silence
    cut: Callable[[Checkpoint], bool] | None = None
    together: bool = True


def cases() -> dict[str, Case]:
    """Every run by its name."""
    return {
        **every_method("cnn", CNN),
        **every_method("mlp", MLP),
        **single_settings(),
        **cohorts(),
        **searches(),
    }


def every_method(kind: str, base: Experiment) -> dict[str, Case]:
    """A run for each method that takes these networks; one that trains in several phases is also cut and goes on."""
    found: dict[str, Case] = {}
    for experiment in taking(base):
        name = f"{experiment.method}, {kind}"
        found[name] = Case(partial(run_alone, experiment))
        if not can_share_loop(experiment):
            found[f"{name}, cut"] = replace(found[name], cut=in_students if kind == "cnn" else early)
    return found


def taking(base: Experiment) -> list[Experiment]:
    """The experiment with each method that does not refuse its networks."""
    return [e for name in methods() if takes(e := base.with_flat(method=name))]


def takes(experiment: Experiment) -> bool:
    """Whether the method can do with these networks."""
    nowhere = Path(tempfile.gettempdir(), "no such folder")
    try:
        check_alone(experiment, data_folder=nowhere, runs_folder=nowhere)
    except NetworkRefused:
        return False
    return True


def single_settings() -> dict[str, Case]:
    """Runs of the default method that change what is around it: recipe, images, networks, commands, an interruption."""
    kept = {"keep": "best", "early_stop": 2, "epochs": 12, "learning_rate": 0.05, "optimiser": "sgd"}
    teachers = {f"teacher_{name}": value for name, value in {**kept, "mixup": 0.4, "l1": 1e-4}.items()}
    changed: dict[str, Experiment] = {
        "regularised mlp": MLP.with_flat(**REGULARISED),
        "regularised and augmented cnn": CNN.with_flat(**REGULARISED, **AUGMENTED),
        "best weights and an early stop": MLP.with_flat(**kept, schedule="constant"),
        "a teacher's recipe": MLP.with_flat(teacher="mlp-30x2", **teachers),
        "corrected labels": MLP.with_flat(corrected_labels=0.6, label_noise=0.4, schedule="cosine"),
        "dropout": MLP.with_flat(student="mlp-1200x2", epochs=1),
        "batch statistics": CNN.with_flat(student="resnet8", schedule="step", optimiser="sgd"),
        "a share of all images": MLP.with_flat(count=None, fraction=0.2, split_seed=3, noise_seed=2),
    }
    found = {name: Case(partial(run_alone, experiment)) for name, experiment in changed.items()}
    found["hot changes"] = Case(partial(run_alone, MLP), hot_changes)
    for name, experiment in {"cnn": CNN, "mlp": MLP, **changed}.items():
        found[f"{name}, cut in the students' training"] = Case(
            partial(run_alone, experiment), cut=in_students
        )
    found["cnn, cut in the teacher's training"] = Case(partial(run_alone, CNN), cut=early)
    return found


def cohorts() -> dict[str, Case]:
    """Experiments that train side by side: sweeps of several settings and seeds, and all methods that can."""
    vary = {"temperature": (1.0, 4.0, 9.0), "teacher_weight": (0.4, 1.0)}
    noisy = {"label_noise": (0.0, 0.4), "teacher_weight": (0.5,)}
    members = {
        "sweep, mlp": swept(MLP, vary),
        "sweep, cnn": swept(CNN, vary),
        "sweep, batch statistics": swept(CNN.with_flat(student="resnet8", epochs=1), noisy),
        "sweep, regularised mlp": swept(MLP.with_flat(**REGULARISED, keep="best"), noisy),
        "sweep, dropout": swept(MLP.with_flat(student="mlp-1200x2", epochs=1), noisy),
        "all methods side by side, mlp": [e for e in taking(MLP) if can_share_loop(e)],
        "all methods side by side, cnn": [e for e in taking(CNN) if can_share_loop(e)],
    }
    found: dict[str, Case] = {}
    for name, experiments in members.items():
        [cohort] = group_into_cohorts(experiments)
        found[name] = Case(partial(run_together, cohort))
        found[f"{name}, cut"] = replace(found[name], cut=in_students)
    found["sweep, mlp, one after another"] = replace(found["sweep, mlp"], together=False)
    return found


def swept(base: Experiment, vary: Mapping[str, tuple[float, ...]]) -> list[Experiment]:
    """The members of a sweep with two seeds."""
    return [member.experiment for member in Sweep(base=base, vary=dict(vary), seeds=2, trials=20).members]


def searches() -> dict[str, Case]:
    """A Bayesian search of two rounds, the second of which prunes a setting; and cut in that round."""
    vary = {"temperature": (0.5, 20.0), "teacher_weight": (0.0, 1.0)}
    sweep = Sweep(base=MLP, vary=dict(vary), seeds=2, sampler="bayesian", trials=14)
    assert sweep.search is not None
    whole = Case(partial(run_search, sweep.search))
    return {"search": whole, "search, cut": replace(whole, cut=in_second_round)}
