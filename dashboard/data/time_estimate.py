"""About how long an experiment will take on this machine."""

from __future__ import annotations

from dashboard.data import dataset_choices, method_cards, network_choices, run_manager, trained_teachers
from kdcore.experiment import Experiment
from kdcore.pipelines.teacher_question import teacher_question
from kdcore.runs.worker import ANSWERED, METHOD_COSTS, SPEED

_speed: dict[str, float] = {}


def seconds(experiment: Experiment) -> float | None:
    """About how long the experiment will take on this machine; None until that can be known."""
    return None if speed() is None else _seconds(experiment, answers_are_kept=is_answered(experiment))


def seconds_ahead(experiment: Experiment) -> float | None:
    """How much of that can be done before its run: reading images, and asking a trained teacher; None until it can be known."""
    if not (_is_trained(experiment) and method_cards.asks_teacher(experiment)):
        return 0.0
    as_things_are, with_answers = seconds(experiment), _seconds(experiment, answers_are_kept=True)
    entry = dataset_choices.dataset(experiment.dataset)
    if as_things_are is None or with_answers is None or entry is None or not entry.available:
        return None
    from kdcore.pipelines import time_estimate
    from kdcore.system.device import choose_device

    if choose_device(experiment.device) != "cpu":
        return 0.0  # the memory of an accelerator is for runs
    shape, _ = dataset_choices.shape(experiment)
    return as_things_are - with_answers + time_estimate.reading_seconds(experiment, shape, entry.images)


def _seconds(experiment: Experiment, *, answers_are_kept: bool) -> float | None:
    entry, facts = dataset_choices.dataset(experiment.dataset), network_choices.sizes(experiment)
    if (measured := speed()) is None or entry is None or not facts:
        return None
    from kdcore.pipelines import checks, time_estimate

    images, classes = dataset_choices.shape(experiment)
    teacher = facts["teacher"].name
    return time_estimate.seconds(
        experiment,
        measured,
        stages=checks.stages_for(experiment, teacher, images, classes),
        shape=images,
        classes=classes,
        images=entry.images,
        teacher_network=teacher,
        teacher_is_trained=_is_trained(experiment) or not method_cards.asks_teacher(experiment),
        answers_are_kept=answers_are_kept,
        costs=method_costs(),
    )


def _is_trained(experiment: Experiment) -> bool:
    return trained_teachers.teacher_card(experiment.teacher) is not None


def speed() -> dict[str, float] | None:
    """How fast this machine is, as an idle worker measured and stored it; None until one has."""
    if _speed:
        return _speed
    _speed.update(run_manager.manager().store.fact(SPEED) or {})
    return _speed or None


def method_costs() -> dict[str, float]:
    """How many times as long each method's steps take as its networks alone, as far as this machine has trained them."""
    return run_manager.manager().store.fact(METHOD_COSTS) or {}


def is_answered(experiment: Experiment) -> bool:
    """Whether this experiment's teacher has answered before."""
    return teacher_question(experiment) in answered()


def answered() -> dict[str, bool]:
    """The questions to teachers whose answers are kept, by `teacher_question`."""
    return run_manager.manager().store.fact(ANSWERED) or {}
