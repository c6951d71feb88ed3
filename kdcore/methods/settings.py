"""A method's own settings: the values that its card declares, checked and read."""

from __future__ import annotations

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment
from kdcore.methods.registry import method


def setting(name: str, key: str, text: str) -> float:
    """The value of a method's own setting that a person wrote as a number, or as the name of a choice.

    Raises:
        InvalidExperiment: there is no such method, or the text is neither.
    """
    choices = {p.name: p.choices for p in method(name).CARD.parameters}.get(key, ())
    if text in choices:
        return float(choices.index(text))
    try:
        return float(text)
    except ValueError:
        takes = f"one of {', '.join(choices)}" if choices else "a number"
        raise InvalidExperiment(f"{key} = {text}: it takes {takes}.") from None


def chosen(experiment: Experiment, name: str) -> str:
    """The name of the choice that a setting with choices stands at.

    Raises:
        InvalidExperiment: as `parameters` does.
    """
    choices = {p.name: p.choices for p in method(experiment.method).CARD.parameters}[name]
    return choices[int(parameters(experiment)[name])]


def parameters(experiment: Experiment) -> dict[str, float]:
    """The method's own settings: the card's defaults with the experiment's values over them.

    Raises:
        InvalidExperiment: a parameter that the card does not name, or one out of its bounds.
    """
    card = method(experiment.method).CARD
    known = {parameter.name: parameter for parameter in card.parameters}
    for name, value in experiment.parameters.items():
        if name not in known:
            there = ", ".join(known) or "none"
            raise InvalidExperiment(f"The method '{card.name}' has no setting '{name}'. It has: {there}.")
        if known[name].choices and value not in range(len(known[name].choices)):
            raise InvalidExperiment(
                f"{name} = {value:g}: the method '{card.name}' takes the number of a choice, 0 to "
                f"{len(known[name].choices) - 1} ({', '.join(known[name].choices)})."
            )
        if not known[name].low <= value <= known[name].high:
            bounds = f"{known[name].low:g} to {known[name].high:g}"
            raise InvalidExperiment(f"{name} = {value:g}: the method '{card.name}' takes {bounds}.")
    return {name: experiment.parameters.get(name, parameter.default) for name, parameter in known.items()}
