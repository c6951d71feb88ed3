"""Everything that can go wrong for a reason the user can act on: one small family of exceptions.

Each carries a sentence that says what happened, why, and what to do. They are raised where the cause is known
and caught once, at the edge: a page, the command line, a worker.
"""


class StillroomError(Exception):
    """A sentence for the user. Every other error of this project is one of these."""


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


class RunRefused(StillroomError):
    """A run is unknown, belongs to another browser, or cannot do what was asked in its state."""


class PictureRefused(StillroomError):
    """A picture that a user hands in is too large, damaged, empty, or none."""


class BrokenInstallation(StillroomError):
    """A package that Stillroom stands on is missing, too old, or does not fit another."""
