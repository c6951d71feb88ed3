"""What is known of the teacher's validation error: by an earlier training, while this run trains it, or afterwards."""

from __future__ import annotations

from dashboard.data.curves import Curve, Curves
from dashboard.text.roles import TEACHER


def teacher_training_curve(curves: Curves) -> Curve:
    """The curve of a teacher that this run trains; empty for one that was trained before.

    A teacher is validated once more before its students begin, at epoch 0: that point is no part of the curve.
    """
    validations = curves.curve(TEACHER.name, "val_error", "teacher")
    trained = [(epoch, value) for epoch, value in validations.pairs if epoch > 0]
    return Curve([epoch for epoch, _value in trained], [value for _epoch, value in trained])


def teacher_is_ready(curves: Curves) -> bool:
    """Whether the teacher's training is over, or was before this run."""
    phases = [event["name"] for event in curves.of_kind("Phase")]
    return phases[-1:] != ["teacher"] or not teacher_training_curve(curves).values


def teacher_error(curves: Curves) -> float | None:
    """The teacher's newest validation error (a share); None until there is one."""
    return curves.curve(TEACHER.name, "val_error", teacher_phase(curves)).last


def teacher_phase(curves: Curves) -> str:
    """In which phase the teacher was last validated."""
    phases = {phase for phase, who, series in curves.series if who == TEACHER.name and series == "val_error"}
    return next((phase for phase in ("students", "teacher_logits", "teacher") if phase in phases), "teacher")
