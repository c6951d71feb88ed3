"""Commands while several phases of a run share one channel: what concerns the students waits for them."""

from __future__ import annotations

from kdcore.events import Command, Commands

OF_STUDENTS = ("set", "pace", "begin_paused")
"""The kinds of command that concern the students alone: hot settings, their pace, and a pause before their first step."""


class DeferredSettings:
    """The channel of every phase before the students: what concerns them is held back for them."""

    def __init__(self, inner: Commands) -> None:
        self.inner, self.held = inner, list[Command]()

    def poll(self) -> list[Command]:
        """The commands that have come, without those of the students."""
        return self._of_this_phase(self.inner.poll())

    def wait(self) -> list[Command]:
        """The commands that come within a short while, without those of the students."""
        return self._of_this_phase(self.inner.wait())

    def _of_this_phase(self, commands: list[Command]) -> list[Command]:
        self.held += [command for command in commands if command.kind in OF_STUDENTS]
        return [command for command in commands if command.kind not in OF_STUDENTS]


class ForwardedCommands:
    """The students' channel: first what was held back for them, then what comes."""

    def __init__(self, inner: Commands, held: list[Command]) -> None:
        self.inner, self.held = inner, held

    def poll(self) -> list[Command]:
        """The commands that have come, after those that were held back."""
        held, self.held = self.held, []
        return held + self.inner.poll()

    def wait(self) -> list[Command]:
        """The commands that come within a short while."""
        return self.inner.wait()
