"""An experiment in a file that was handed in."""

from __future__ import annotations

from dashboard.text.translation import _
from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment

LARGEST_EXPERIMENT = 100_000  # bytes


def read_experiment(handed: bytes) -> Experiment:
    """The experiment in a file that was handed in.

    Raises:
        InvalidExperiment: it is too large, no text, no experiment, or a field is out of its bounds.
    """
    if len(handed) > LARGEST_EXPERIMENT:
        raise InvalidExperiment(
            _("This file is too large for an experiment. Choose the JSON that a run gave.")
        )
    try:
        return Experiment.from_json(handed.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidExperiment(_("This file is not text. Choose the JSON that a run gave.")) from error
