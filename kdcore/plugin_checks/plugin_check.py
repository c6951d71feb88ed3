"""One check of a plugin: what was asked, whether it holds, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kdcore.errors import StillroomError
from kdcore.plugins import fault_of


@dataclass(frozen=True)
class PluginCheck:
    """A check that was made.

    Attributes:
        part: of the plugin: a network, a method or a format, by its name; the file itself where empty.
        what: was asked, as a phrase.
        holds: whether it is so.
        found: what was measured, or why it is not so.
    """

    part: str
    what: str
    holds: bool
    found: str = ""


Question = tuple[str, Callable[[], str]]
"""What is asked, and what finds it: returns what was measured and raises PluginRefused."""


def answers(part: str, questions: list[Question]) -> Iterator[PluginCheck]:
    """The checks in their order; after one that does not hold the later ones are not asked, for they build on it."""
    for what, ask in questions:
        try:
            yield PluginCheck(part, what, True, ask())
        except StillroomError as failed:
            yield PluginCheck(part, what, False, str(failed))
            return
        except Exception as error:
            yield PluginCheck(part, what, False, fault_of(error))
            return
