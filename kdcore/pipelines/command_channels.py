"""Commands while several phases of a run share one channel: hot settings wait for the students."""

from __future__ import annotations

from kdcore.events import (
    Command,
    Commands,
)


class DeferredSettings:
    """A channel while the teacher trains: hot settings are the students', and wait for them."""

    def __init__(self, inner: Commands) -> None:
        self.inner, self.held = inner, list[Command]()

    def poll(self) -> list[Command]:
        """What is for the teacher's training."""
        return self._without_settings(self.inner.poll())

    def wait(self) -> list[Command]:
        """What is for the teacher's training, within a short while."""
        return self._without_settings(self.inner.wait())

    def _without_settings(self, commands: list[Command]) -> list[Command]:
        self.held += [command for command in commands if command.kind == "set"]
        return [command for command in commands if command.kind != "set"]


class ForwardedCommands:
    """The channel of the students: first what was held back for them, then what comes."""

    def __init__(self, inner: Commands, held: list[Command]) -> None:
        self.inner, self.held = inner, held

    def poll(self) -> list[Command]:
        """What has come, and once what was held back."""
        held, self.held = self.held, []
        return held + self.inner.poll()

    def wait(self) -> list[Command]:
        """What comes within a short while."""
        return self.inner.wait()
