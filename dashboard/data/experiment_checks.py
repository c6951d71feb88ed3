"""Whether an experiment can run, as far as a page can know by now."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

from dashboard.data import torch_imports, trained_teachers
from kdcore.data import catalogue
from kdcore.errors import InvalidExperiment, NetworkRefused, StillroomError
from kdcore.experiment import Experiment
from kdcore.runs.runs_folder import runs_folder

SMALL_TEACHER, SMALL_STUDENT = "cnn-small", "cnn-tiny"
"""Networks for methods that compare maps: quick to train, and with features at every point."""


def check(experiment: Experiment) -> None:
    """Refuse what cannot run, as far as that can be known by now; the manager and the worker check again.

    Raises:
        StillroomError: what is wrong and what to do.
    """
    if torch_imports.warm():
        from kdcore.pipelines import checks

        checks.check(experiment, data_folder=catalogue.data_folder(), runs_folder=runs_folder())


def refusal(experiment: Experiment) -> str:
    """Why method, networks and images do not fit each other, in a sentence; empty where they do, as far as can be known by now."""
    return _misfit(experiment.to_json()) if torch_imports.warm() else ""


@lru_cache(maxsize=256)
def _misfit(experiment: str) -> str:
    try:
        check(Experiment.from_json(experiment))
    except (NetworkRefused, InvalidExperiment) as error:
        return str(error)
    except StillroomError:
        return ""
    return ""


def suited(experiment: Experiment) -> Experiment:
    """The experiment with networks that its method can run with: its own, else the first of a few on the same images."""
    if not refusal(experiment):
        return experiment
    trained = tuple(card.name for card in trained_teachers.teachers_of(experiment.dataset))
    return experiment.with_flat(**_suited(experiment.to_json(), trained))


@lru_cache(maxsize=256)
def _suited(experiment: str, trained: tuple[str, ...]) -> dict[str, str]:
    wanted = Experiment.from_json(experiment)
    candidates = product((wanted.teacher, *trained, SMALL_TEACHER), (wanted.student, SMALL_STUDENT))
    for teacher, student in candidates:
        try:
            check(wanted.with_flat(teacher=teacher, student=student))
        except StillroomError:
            continue
        return {"teacher": teacher, "student": student}
    return {}
