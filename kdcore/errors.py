"""The errors that a user can act on: one small family of exceptions.

Each carries a sentence that says what happened, why, and what to do. They are raised where the cause is known
and caught once, at the edge: a page, the command line, a worker. Pages are read by people whom the server's folders do
not concern: the sentence names none, and the shell adds where it is (`in_the_shell`).
"""

from __future__ import annotations

from pathlib import Path

from kdcore.texts import N_


class StillroomError(Exception):
    """An error with a sentence for the user; the base of all errors of this project.

    where: the file or the folder that it is about, of which the sentence gives the last part or the name alone.
    """

    def __init__(self, sentence: str = "", *, where: Path | None = None) -> None:
        super().__init__(sentence)
        self.where = where

    @property
    def in_the_shell(self) -> str:
        """The sentence, and where it is, for the owner of the machine."""
        return str(self) if self.where is None else N_(f"{self} It is about {self.where}")


class InvalidExperiment(StillroomError):
    """A field of an experiment is missing, out of bounds, or does not fit another."""


class DataUnavailable(StillroomError):
    """A dataset is missing, damaged, unreadable or cannot be fetched."""


class NetworkRefused(StillroomError):
    """A network is unknown, or cannot take these images."""


class TeacherUnavailable(StillroomError):
    """A teacher's weights are missing, damaged, or of another shape than its card says."""


class ProjectionRefused(StillroomError):
    """Features cannot be laid out in a plane: an unknown method, too few of them, or values that are not finite."""


class TrainingDiverged(StillroomError):
    """A loss or a gradient became NaN or infinite."""


class OutOfResources(StillroomError):
    """No memory on the device, or no space on the disk."""


class UnfinishedMethod(StillroomError):
    """A method's file lacks its card or its plan, or gives terms of a wrong shape."""


class PluginRefused(StillroomError):
    """A plugin cannot be imported, or does not offer what it has to."""


class RunRefused(StillroomError):
    """A run is unknown, belongs to another browser, or is in a state that does not allow what was asked."""


class HandInRefused(StillroomError):
    """A hand-in, an archive of them or a list of claims is no such thing, damaged, too large, or of a newer version."""


class ClassRefused(StillroomError):
    """A class is unknown or over, or this browser may not do in it what was asked."""


class PictureRefused(StillroomError):
    """A file that a user uploads is too large, damaged, empty, or not a picture."""


class BrokenInstallation(StillroomError):
    """A package that Stillroom depends on is missing, too old, or incompatible with another."""
