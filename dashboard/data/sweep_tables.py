"""A sweep's numbers as a reader takes them: a row a student, a row a setting, a row a curve's point. Errors in percent, test errors counted."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard.data.sweeps import Curve, SweepProgress, values_written
from kdcore.studies.sweep_results import setting_errors


def of_students(now: SweepProgress) -> pd.DataFrame:
    """Each student that something is known of, beside its twin: on test once all are tested, else on validation so far."""
    rows: list[dict[str, Any]] = []
    for racer in now.racers:
        if now.over and racer.run is not None:
            tested = racer.run.results
            student, twin = (100 * (1 - tested[who]["test_accuracy"]) for who in ("student", "twin"))
        elif racer.curve:
            student, twin = _newest(racer.curve), _newest(racer.twin)
        else:
            continue
        rows.append(
            _setting(racer.member.setting)
            | {"seed": racer.member.seed, "measured_on": "test" if now.over else "validation"}
            | {"student_error": student, "twin_error": twin, "run": racer.run.id if racer.run else None}
        )
    return pd.DataFrame(rows)


def of_settings(now: SweepProgress) -> pd.DataFrame:
    """The ranking: each setting's means over its seeds, best on validation first."""
    tested = {str(one.setting): one for one in setting_errors(now.found)}
    rows: list[dict[str, Any]] = []
    for place, (error, group) in enumerate(now.ranked(), 1):
        setting = group[0].member.setting
        row = {"place": place, **_setting(setting), "validation_error": 100 * error}
        if one := tested.get(str(setting)):
            gain = one.against_twin
            row |= {"test_errors": sum(one.errors) / len(one.errors), "fewer_than_twin": -gain.mean}
            row |= {"standard_error": gain.standard_error if len(one.errors) > 1 else None}
        rows.append(row)
    return pd.DataFrame(rows)


def of_curves(race: pd.DataFrame) -> pd.DataFrame:
    """The curves that the race shows, from its frame."""
    drawn = race[race.kind.isin(["line", "flat"])]
    return drawn[["label", "x", "y"]].rename(columns={"label": "who", "x": "epoch", "y": "validation_error"})


def _newest(curve: Curve) -> float | None:
    return 100 * curve[-1][1] if curve else None


def _setting(setting: dict[str, Any]) -> dict[str, str]:
    return {name: values_written([value]) for name, value in setting.items()}
