"""Studies are made of sound runs: one with a fault on purpose has no part in a comparison, a sweep or a preset."""

from __future__ import annotations

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment


def refuse_fault(experiment: Experiment) -> None:
    """Refuse an experiment with a fault, or with the riddle of one.

    Raises:
        InvalidExperiment: it has one.
    """
    if experiment.fault:
        raise InvalidExperiment(
            f"fault = {experiment.fault}: a run with a fault on purpose has no part in what compares runs. Leave the fault out."
        )
