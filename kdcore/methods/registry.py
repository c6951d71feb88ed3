"""The methods of this folder, found by being there, and those of plugins."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Container
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import cast

from kdcore import methods as folder
from kdcore import plugins
from kdcore.errors import InvalidExperiment, StillroomError, UnfinishedMethod
from kdcore.experiment import NAME, OWN_PREFIX, Experiment
from kdcore.plan import Card, Method, Stage
from kdcore.texts import N_

SHARED = ("registry", "settings", "stages", "objectives", "further_teachers", "source")
"""Files of this folder that are no methods."""


_given: dict[str, Method] = {}
"""Methods that a program brought along, by name."""


@cache
def methods() -> dict[str, Method]:
    """Every method in this folder and of plugins by its card's name, sorted by title.

    Raises:
        UnfinishedMethod: a file of this folder without a card or a plan; a plugin's is left out with a sentence.
    """
    names = [file.name for file in pkgutil.iter_modules(folder.__path__) if file.name not in SHARED]
    finished = [_finished(importlib.import_module(f"{folder.__name__}.{name}")) for name in names]
    found = {method.CARD.name: method for method in finished}
    for plugin in plugins.found():
        if hasattr(plugin.module, "CARD"):
            if why := _refusal(plugin.module, found):
                plugins.leave_out(plugin.title, why)
            else:
                method = cast(Method, plugin.module)
                found[method.CARD.name] = method
                plugins.brings(plugin, method.CARD.name)
    return {
        method.CARD.name: method for method in sorted(found.values(), key=lambda method: method.CARD.title)
    }


def _refusal(module: ModuleType, there: Container[str]) -> str:
    """Why a plugin's module is no method to offer, in a sentence; empty where it is one."""
    card = getattr(module, "CARD", None)
    if not isinstance(card, Card) or not callable(getattr(module, "plan", None)):
        return N_("a method needs CARD, a Card, and plan(experiment).")
    if not re.fullmatch(NAME, card.name) or card.name.startswith(OWN_PREFIX):
        return N_(f"'{card.name}' is no name of a method: small letters, digits and dashes.")
    if card.name in there:
        return N_(f"there is a method '{card.name}' already. Give yours another name.")
    try:
        planned(cast(Method, module), Experiment(method=card.name))
    except InvalidExperiment as refused:
        return str(refused)
    return ""


def planned(method: Method, experiment: Experiment) -> list[Stage]:
    """The stages that a plugin's method plans.

    Raises:
        InvalidExperiment: its code fails, or gives something else.
    """
    try:
        stages = list(method.plan(experiment))
    except StillroomError:
        raise
    except Exception as error:
        raise InvalidExperiment(
            N_(f"The method '{method.CARD.name}' cannot plan this: {plugins.fault_of(error)}")
        ) from error
    if not stages or not all(isinstance(stage, Stage) for stage in stages):
        raise InvalidExperiment(N_(f"The method '{method.CARD.name}' has to plan stages, at least one."))
    return stages


def _finished(module: ModuleType) -> Method:
    if isinstance(getattr(module, "CARD", None), Card) and callable(getattr(module, "plan", None)):
        return cast(Method, module)
    raise UnfinishedMethod(
        f"{path_of(module)} is no method yet: it needs CARD, a Card, and plan(experiment). "
        "docs/extending.md shows a whole one."
    )


def path_of(module: ModuleType) -> str:
    """A method's file, as a reader finds it in the project; a plugin's is its name."""
    if not module.__name__.startswith(folder.__name__):
        return Path(module.__file__ or module.__name__).name
    return f"kdcore/methods/{module.__name__.rpartition('.')[2]}.py"


def cards() -> list[Card]:
    """Every method's card, sorted by title."""
    return [method.CARD for method in methods().values()]


def method(name: str) -> Method:
    """The method of that name.

    Raises:
        InvalidExperiment: there is none.
    """
    found = methods().get(name) or _given.get(name)
    if found is None and name.startswith(OWN_PREFIX):
        raise InvalidExperiment(
            f"'{name}' is a method that a program brought along: only that program knows it."
        )
    if found is None:
        raise InvalidExperiment(f"There is no method '{name}'. There are: {', '.join(methods())}.")
    return found


def add_given(method: Method) -> None:
    """Let a method that a program brings along be found by its card's name, in this process.

    Raises:
        UnfinishedMethod: it lacks its card or its plan.
        InvalidExperiment: a method of the project has that name.
    """
    if not (isinstance(getattr(method, "CARD", None), Card) and callable(getattr(method, "plan", None))):
        raise UnfinishedMethod(
            "A method needs CARD, a Card, and plan(experiment). docs/extending.md shows a whole one."
        )
    if method.CARD.name in methods():
        raise InvalidExperiment(f"There is a method '{method.CARD.name}' already. Give yours another name.")
    _given[method.CARD.name] = method
