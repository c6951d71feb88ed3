"""Commands while several phases of a run share one channel: hot settings wait for the students."""

from __future__ import annotations

from kdcore.events import Command, Commands


class DeferredSettings:
    """The channel of every phase before the students: hot settings concern the students and are held back for them."""

    def __init__(self, inner: Commands) -> None:
        self.inner, self.held = inner, list[Command]()

    def poll(self) -> list[Command]:
        """The commands that have come, without hot settings."""
        return self._without_settings(self.inner.poll())

    def wait(self) -> list[Command]:
        """The commands that come within a short while, without hot settings."""
        return self._without_settings(self.inner.wait())

    def _without_settings(self, commands: list[Command]) -> list[Command]:
        self.held += [command for command in commands if command.kind == "set"]
        return [command for command in commands if command.kind != "set"]


class ForwardedCommands:
    """The students' channel: first the settings that were held back for them, then what comes."""

    def __init__(self, inner: Commands, held: list[Command]) -> None:
        self.inner, self.held = inner, held

    def poll(self) -> list[Command]:
        """The commands that have come, after those that were held back."""
        held, self.held = self.held, []
        return held + self.inner.poll()

    def wait(self) -> list[Command]:
        """The commands that come within a short while."""
        return self.inner.wait()
