"""About how long an experiment will take on this machine."""

from __future__ import annotations

from dashboard.data import dataset_choices, method_cards, network_choices, run_manager, trained_teachers
from kdcore.experiment import Experiment
from kdcore.runs.worker import ANSWERED, METHOD_COSTS, SPEED

_speed: dict[str, float] = {}


def seconds(experiment: Experiment) -> float | None:
    """About how long the experiment will take on this machine; None until that can be known."""
    entry, facts = dataset_choices.dataset(experiment.dataset), network_choices.sizes(experiment)
    if (measured := speed()) is None or entry is None or not facts:
        return None
    from kdcore.pipelines import checks, time_estimate

    images, classes = dataset_choices.shape(experiment)
    teacher = facts["teacher"].name
    trained = trained_teachers.teacher_card(experiment.teacher) is not None or not method_cards.asks_teacher(
        experiment
    )
    return time_estimate.seconds(
        experiment,
        measured,
        stages=checks.stages_for(experiment, teacher, images, classes),
        shape=images,
        classes=classes,
        images=entry.images,
        teacher_network=teacher,
        teacher_is_trained=trained,
        answers_are_kept=time_estimate.answers_key(experiment) in answered(),
        costs=method_costs(),
    )


def speed() -> dict[str, float] | None:
    """How fast this machine is, as an idle worker measured and stored it; None until one has."""
    if _speed:
        return _speed
    _speed.update(run_manager.manager().store.fact(SPEED) or {})
    return _speed or None


def method_costs() -> dict[str, float]:
    """How many times as long each method's steps take as its networks alone, as far as this machine has trained them."""
    return run_manager.manager().store.fact(METHOD_COSTS) or {}


def answered() -> dict[str, bool]:
    """The teachers that earlier runs asked, each with its data set."""
    return run_manager.manager().store.fact(ANSWERED) or {}
