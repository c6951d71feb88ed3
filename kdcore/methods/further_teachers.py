"""Further teachers beside the run's own: the settings that choose them, and the stage in which they learn."""

from __future__ import annotations

from functools import partial

from kdcore import networks
from kdcore.experiment import Experiment
from kdcore.methods.objectives import labels_alone
from kdcore.methods.settings import chosen
from kdcore.plan import TEACHERS_OWN, Batch, Parameter, Stage, Term
from kdcore.texts import N_

FURTHER_TEACHERS = (
    Parameter(
        "further",
        1,
        0,
        3,
        N_("How many teachers learn beside the run's own."),
        "our choice",
        choices=("1", "2", "3", "4"),
    ),
    Parameter(
        "network",
        0,
        0,
        len(networks.names()),
        N_("The further teachers' network."),
        "our choice",
        choices=(TEACHERS_OWN, *networks.names()),
    ),
)
"""A method's settings: how many further teachers there are, and which network they have."""


def names_of_further_teachers(experiment: Experiment) -> list[str]:
    """Their names in a plan; the run's own is `teacher`."""
    return [f"teacher {i + 2}" for i in range(int(chosen(experiment, "further")))]


def further_teachers_learn(experiment: Experiment) -> Stage:
    """The stage before the student's, in which they learn from the labels, side by side."""
    names = names_of_further_teachers(experiment)
    return Stage(
        "further teachers learn",
        dict.fromkeys(names, chosen(experiment, "network")),
        partial(_labels_for_each, networks=names),
        before=True,
        from_labels_alone=True,
    )


def _labels_for_each(batch: Batch, networks: list[str]) -> list[Term]:
    return [term for network in networks for term in labels_alone(batch, network)]
