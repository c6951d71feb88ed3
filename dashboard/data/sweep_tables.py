"""A sweep's numbers to download: a row per student, per setting, or per point of a curve. Errors in percent, test errors as counts."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard.data.sweep_link import values_text
from dashboard.data.sweep_progress import ErrorCurve, SweepProgress
from kdcore.studies.sweep_results import setting_errors


def of_students(progress: SweepProgress) -> pd.DataFrame:
    """Every started student beside its twin: on test once all are tested, with the NLL, else on validation so far."""
    rows: list[dict[str, Any]] = []
    for member in progress.members:
        if progress.complete and member.run is not None:
            tested = member.run.results
            student, twin = (100 * (1 - tested[who]["test_accuracy"]) for who in ("student", "twin"))
            nll = {f"{who}_nll": tested[who]["test_nll"] for who in ("student", "twin")}
        elif member.curve and not progress.complete:
            student, twin = _newest(member.curve), _newest(member.twin_curve)
            nll = {}
        else:
            continue
        rows.append(
            _setting(member.spec.setting)
            | {"seed": member.spec.seed, "measured_on": "test" if progress.complete else "validation"}
            | {"student_error": student, "twin_error": twin, **nll}
            | {"run": member.run.id if member.run else None}
        )
    return pd.DataFrame(rows)


def of_settings(progress: SweepProgress) -> pd.DataFrame:
    """The ranking: each setting's means over its seeds, best on validation first."""
    tested = {str(one.setting): one for one in setting_errors(progress.found_members)}
    rows: list[dict[str, Any]] = []
    for place, (error, group) in enumerate(progress.ranked(), 1):
        setting = group[0].spec.setting
        row = {"place": place, **_setting(setting), "validation_error": 100 * error}
        if one := tested.get(str(setting)):
            apart = one.against_twin
            row |= {"test_errors": sum(one.errors) / len(one.errors), "errors_student_minus_twin": apart.mean}
            row |= {"standard_error": apart.standard_error if len(one.errors) > 1 else None}
        rows.append(row)
    return pd.DataFrame(rows)


def of_curves(frame: pd.DataFrame) -> pd.DataFrame:
    """The curves of all members, from the frame of their chart: a row per point."""
    drawn = frame[frame.kind.isin(["line", "flat"])]
    return drawn[["label", "x", "y"]].rename(columns={"label": "who", "x": "epoch", "y": "validation_error"})


def _newest(curve: ErrorCurve) -> float | None:
    return 100 * curve[-1][1] if curve else None


def _setting(setting: dict[str, Any]) -> dict[str, str]:
    return {name: values_text([value]) for name, value in setting.items()}
