"""Unknown names in a link (a dataset, a network, a method, a fault), replaced by the base's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dashboard.data import dataset_choices, fault_cards, method_cards, network_choices, trained_teachers
from dashboard.text.translation import _, listing, told
from kdcore.data import catalogue
from kdcore.errors import DataUnavailable
from kdcore.experiment import OWN_PREFIX, Experiment
from kdcore.faults.badge import riddle_seed


@dataclass(frozen=True)
class CheckedNames:
    """An experiment whose names all exist, and a sentence for each that did not."""

    experiment: Experiment
    problems: tuple[str, ...]


def with_known_names(experiment: Experiment, base: Experiment, named: Collection[str] = ()) -> CheckedNames:
    """Replace unknown names of dataset, teacher, student and method by the base's, an unknown fault by none, with a sentence for each.

    A teacher of another dataset gives way to one that fits; a sentence says so where the link `named` the teacher itself.
    """
    problems = []
    if dataset_choices.dataset(experiment.dataset) is None:
        try:
            catalogue.entry(experiment.dataset, catalogue.data_folder())
        except DataUnavailable as error:
            problems.append(told(error))
        experiment = experiment.with_flat(dataset=base.dataset, teacher=base.teacher, student=base.student)
    card = trained_teachers.teacher_card(experiment.teacher)
    if card is not None and card.dataset != experiment.dataset:
        followers = network_choices.fitting(experiment, experiment.dataset)
        if "teacher" in named:
            problems.append(
                _(
                    "The teacher '{name}' was trained on '{its}', not on '{dataset}': '{other}' takes its place."
                ).format(
                    name=card.name, its=card.dataset, dataset=experiment.dataset, other=followers["teacher"]
                )
            )
        kept = {*named} - {"teacher"}
        experiment = experiment.with_flat(**{name: v for name, v in followers.items() if name not in kept})
    for name in ("teacher", "student"):
        value = experiment.value(name)
        trained = name == "teacher" and trained_teachers.teacher_card(value) is not None
        if not trained and (sentence := network_choices.network_refusal(value, experiment)):
            problems.append(told(sentence))
            experiment = experiment.with_flat(**{name: base.value(name)})
    if method_cards.cards() and experiment.method not in method_cards.cards():
        problems.append(_unknown_method(experiment.method))
        experiment = experiment.with_flat(method=base.method, parameters={})
    return _with_known_fault(experiment, problems)


def _unknown_method(name: str) -> str:
    if name.startswith(OWN_PREFIX):
        return _(
            "'{name}' is a method that a program brought along: only that program knows it. What was recorded is shown as "
            "for any other."
        ).format(name=name)
    there = ", ".join(method_cards.cards())
    return _("There is no method '{name}'. There are: {there}.").format(name=name, there=there)


def _with_known_fault(experiment: Experiment, problems: list[str]) -> CheckedNames:
    faults = fault_cards.cards()
    if faults and experiment.fault not in ("", *faults) and riddle_seed(experiment.fault) is None:
        sentence = _("There is no fault '{name}'. There are: {there}.")
        problems.append(sentence.format(name=experiment.fault, there=listing(faults)))
        experiment = experiment.with_flat(fault="")
    return CheckedNames(experiment, tuple(problems))
