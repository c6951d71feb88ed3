"""The methods of this folder, found by being there."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import cast

from kdcore import methods as folder
from kdcore.errors import InvalidExperiment, UnfinishedMethod
from kdcore.experiment import OWN_PREFIX
from kdcore.plan import Card, Method

SHARED = ("registry", "settings", "stages", "objectives", "further_teachers", "source")
"""Files of this folder that are no methods."""


_given: dict[str, Method] = {}
"""Methods that a program brought along, by name."""


@cache
def methods() -> dict[str, Method]:
    """Every method in this folder by its card's name, sorted by title.

    Raises:
        UnfinishedMethod: a file without a card or a plan.
    """
    names = [file.name for file in pkgutil.iter_modules(folder.__path__) if file.name not in SHARED]
    finished = [_finished(importlib.import_module(f"{folder.__name__}.{name}")) for name in names]
    return {method.CARD.name: method for method in sorted(finished, key=lambda method: method.CARD.title)}


def _finished(module: ModuleType) -> Method:
    if isinstance(getattr(module, "CARD", None), Card) and callable(getattr(module, "plan", None)):
        return cast(Method, module)
    raise UnfinishedMethod(
        f"{path_of(module)} is no method yet: it needs CARD, a Card, and plan(experiment). "
        "docs/extending.md shows a whole one."
    )


def path_of(module: ModuleType) -> str:
    """A method's file, as a reader finds it in the project."""
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
