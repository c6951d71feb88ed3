"""What a sweep has measured, setting by setting: the errors and the NLL of students and twins that its figures draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.data import network_choices
from dashboard.data.sweep_progress import MemberProgress, SweepProgress


@dataclass(frozen=True)
class MeasuredSetting:
    """A setting's errors by seed, and its NLL.

    Attributes:
        setting: the varied fields and their values.
        student: its students' errors, shares.
        twin: its twins' errors, shares.
        runs: the id of each student's run, empty until it has ended.
        parameters: the number of the student network's parameters; None where it is not known.
        tested: whether the errors are on the test images; else they are the newest on validation.
        student_nll: its students' NLL on the test images, in nats an image; empty before all settings are tested.
        twin_nll: its twins'.
    """

    setting: dict[str, Any]
    student: list[float]
    twin: list[float]
    runs: list[str]
    parameters: int | None
    tested: bool
    student_nll: list[float] = field(default_factory=list)
    twin_nll: list[float] = field(default_factory=list)


def measured_settings(progress: SweepProgress) -> list[MeasuredSetting]:
    """Every started setting: its test errors where all settings are tested, else its newest validation errors."""
    tested = progress.complete
    settings = (_measured(group, tested) for group in progress.by_setting())
    return [setting for setting in settings if setting is not None]


def _measured(group: Sequence[MemberProgress], tested: bool) -> MeasuredSetting | None:
    known = [member for member in group if (member.run if tested else member.curve)]
    if not known:
        return None
    return MeasuredSetting(
        known[0].spec.setting,
        [_error(member, "student", tested) for member in known],
        [_error(member, "twin", tested) for member in known if tested or member.twin_curve],
        [member.run.id if member.run else "" for member in known],
        _parameters(known[0]),
        tested,
        _nll(known, "student") if tested else [],
        _nll(known, "twin") if tested else [],
    )


def teachers_nll(progress: SweepProgress) -> float | None:
    """The teacher's NLL on the test images, in nats an image; None before it is tested, and without a teacher."""
    runs = (member.run for group in progress.by_setting() for member in group)
    return next(
        (run.results["teacher"]["test_nll"] for run in runs if run and "teacher" in run.results), None
    )


def _nll(members: Sequence[MemberProgress], role: str) -> list[float]:
    return [float(member.run.results[role]["test_nll"]) for member in members if member.run is not None]


def _error(member: MemberProgress, role: str, tested: bool) -> float:
    if tested and member.run is not None:
        return 1 - float(member.run.results[role]["test_accuracy"])
    return (member.curve if role == "student" else member.twin_curve)[-1][1]


def _parameters(member: MemberProgress) -> int | None:
    if member.run is not None:
        return int(member.run.results["student"]["parameters"])
    facts = network_choices.describe(member.spec.experiment.student, member.spec.experiment)
    return facts.parameters if facts else None
