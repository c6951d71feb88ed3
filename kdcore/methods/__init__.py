"""The ways to distil: one file a method, found by being there.

A method's file offers `CARD` (what it transfers, its formula, its sources) and `plan(experiment)` (its stages).
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from functools import cache
from types import FunctionType, ModuleType
from typing import Any, cast

from torch import Tensor

from kdcore.errors import InvalidExperiment, UnfinishedMethod
from kdcore.experiment import Experiment
from kdcore.plan import Card, Method, Stage


@cache
def methods() -> dict[str, Method]:
    """Every method in this folder by its card's name, sorted by title.

    Raises:
        UnfinishedMethod: a file without a card or a plan.
    """
    modules = (
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    )
    found = [_finished(module) for module in modules]
    return {method.CARD.name: method for method in sorted(found, key=lambda method: method.CARD.title)}


def _finished(module: ModuleType) -> Method:
    if isinstance(getattr(module, "CARD", None), Card) and callable(getattr(module, "plan", None)):
        return cast(Method, module)
    raise UnfinishedMethod(
        f"{_path(module)} is no method yet: it needs CARD, a Card, and plan(experiment). "
        "docs/extending.md shows a whole one."
    )


def _path(module: ModuleType) -> str:
    return f"kdcore/methods/{module.__name__.rpartition('.')[2]}.py"


def cards() -> list[Card]:
    """Every method's card, sorted by title."""
    return [method.CARD for method in methods().values()]


def method(name: str) -> Method:
    """The method of that name.

    Raises:
        InvalidExperiment: there is none.
    """
    try:
        return methods()[name]
    except KeyError:
        raise InvalidExperiment(f"There is no method '{name}'. There are: {', '.join(methods())}.") from None


def plan(experiment: Experiment) -> list[Stage]:
    """The stages of the experiment's method, its parameters checked against the card.

    Raises:
        InvalidExperiment: an unknown method, a parameter that its card does not name, or one out of bounds.
    """
    chosen = method(experiment.method)
    parameters(experiment)
    return chosen.plan(experiment)


def asks_teacher(experiment: Experiment) -> bool:
    """Whether any stage of the experiment's method asks the teacher.

    Raises:
        InvalidExperiment: as `plan` does.
    """
    return experiment.corrected_labels < 1 or any(
        "teacher" in (*stage.frozen, *stage.starts_from.values()) for stage in plan(experiment)
    )


PlainLoss = Callable[[Tensor, Tensor, Tensor, float, float], Tensor]
"""(student's logits, teacher's logits, cross-entropy with the labels, T, weight on teacher) -> loss; logits [N, C]."""


def plain_losses() -> dict[str, PlainLoss]:
    """The loss of each method that says it as one plain function, `plain_loss` in its file: what an exported script shows.

    It is of one network and one stage, reads no settings of the method's own, and needs only `F`, `nn` and `Tensor`.
    """
    found = {name: getattr(method, "plain_loss", None) for name, method in methods().items()}
    return {name: loss for name, loss in found.items() if loss is not None}


def code(name: str) -> dict[str, str]:
    """The source that runs: the method's file, and each loss that it takes from `kdcore.losses`.

    Raises:
        InvalidExperiment: there is no such method.
    """
    module = cast(ModuleType, method(name))
    source = inspect.getsource(module)
    losses = {
        called: inspect.getsource(value)
        for node in ast.walk(ast.parse(source))
        if (value := _loss(module, called := ast.unparse(node))) is not None
    }
    return {_path(module): source} | losses


def _loss(module: ModuleType, called: str) -> FunctionType | None:
    """The loss that a method's file calls by this name, `hint` or `feature.hint`, or None."""
    found: Any = module
    for part in called.split("."):
        found = getattr(found, part, None)
    is_loss = isinstance(found, FunctionType) and found.__module__.startswith("kdcore.losses")
    return found if is_loss else None


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
