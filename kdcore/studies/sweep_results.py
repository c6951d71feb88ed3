"""What came of a sweep: a row per student, the errors of each setting, and what they support."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from kdcore.experiment_fields import field_label
from kdcore.pipelines.baseline_twin import is_distillation_field, twin_of
from kdcore.runs.run_record import Run
from kdcore.studies.sweep import Sweep, SweepMember
from kdcore.studies.sweep_findings import Findings, SettingErrors, field_value, findings
from kdcore.studies.sweep_sentences import sentence
from kdcore.studies.sweep_training import MemberRun
from kdcore.texts import signed


def result_rows(members: Sequence[MemberRun]) -> list[dict[str, Any]]:
    """One row per student in the sweep's order, then one per distinct twin: setting, seed, role, errors, accuracy, run."""
    trained = [(one.member, one.run) for one in members if one.run is not None]
    twins = {twin_of(member.experiment).hash: (member, run) for member, run in reversed(trained)}
    return [
        *(_row("student", member, run) for member, run in trained),
        *(_row("twin", member, run) for member, run in reversed(twins.values())),
    ]


def _row(role: str, member: SweepMember, run: Run) -> dict[str, Any]:
    tested, experiment, taught = run.results[role], member.experiment, role == "student"
    return {
        **{
            name: value for name, value in member.setting.items() if taught or not is_distillation_field(name)
        },
        "temperature": experiment.temperature if taught else None,
        "teacher_weight": experiment.teacher_weight if taught else None,
        "seed": member.seed,
        "role": role,
        "network": tested["network"],
        "parameters": tested["parameters"],
        "test_errors": tested["test_errors"],
        "test_images": tested["test_images"],
        "test_accuracy": tested["test_accuracy"],
        "test_nll": tested["test_nll"],
        "val_errors": tested["val_errors"],
        "val_images": tested["val_images"],
        "val_accuracy": 1 - tested["val_errors"] / tested["val_images"],
        "hash": experiment.hash,
        "run": run.id,
    }


def setting_errors(members: Sequence[MemberRun]) -> list[SettingErrors]:
    """The settings of which every seed is trained, with their errors by seed."""
    by_setting: dict[str, list[MemberRun]] = {}
    for one in members:
        by_setting.setdefault(json.dumps(one.member.setting, sort_keys=True), []).append(one)
    return [_errors(group) for group in by_setting.values() if all(one.run is not None for one in group)]


def _errors(group: Sequence[MemberRun]) -> SettingErrors:
    results = [one.run.results for one in group if one.run is not None]
    return SettingErrors(
        group[0].member.setting,
        tuple(r["student"]["test_errors"] for r in results),
        tuple(r["student"]["val_errors"] for r in results),
        tuple(r["twin"]["test_errors"] for r in results),
        results[0]["student"]["test_images"],
        tuple(r["student"]["test_nll"] for r in results),
        tuple(r["twin"]["test_nll"] for r in results),
    )


def member_findings(members: Sequence[MemberRun]) -> Findings | None:
    """Which of the sweep's settings can be told apart; None where none is trained with every seed."""
    return findings(setting_errors(members))


def supported_sentence(members: Sequence[MemberRun], say: Callable[[str], str] = str) -> str:
    """What the errors and the NLL of the sweep's settings support, in sentences; `say` translates."""
    return sentence(member_findings(members), say)


def failure_lines(failed: Sequence[MemberRun]) -> list[str]:
    """A sentence for each setting and seed that failed: which, and why."""
    return [
        f"{', '.join(f'{field_label(n)} = {field_value(v)}' for n, v in one.member.setting.items())}, "
        f"seed {one.member.seed} failed: {one.run.error}"
        for one in failed
        if one.run is not None
    ]


def sweep_json(
    sweep: Sweep, members: Sequence[MemberRun], fresh: int, failed: Sequence[MemberRun] = ()
) -> dict[str, Any]:
    """The sweep and its results as one JSON value; `fresh`: how many of its students were trained just now."""
    found = member_findings(members)
    return {
        "sweep": sweep.hash,
        "definition": sweep.model_dump(mode="json"),
        "trained": fresh,
        "found": sum(one.run is not None for one in members) - fresh,
        "sentence": sentence(found),
        "more_seeds": found.more_seeds if found else None,
        "members": result_rows(members),
        "failed": [
            {
                "setting": one.member.setting,
                "seed": one.member.seed,
                "run": one.run.id,
                "error": one.run.error,
            }
            for one in failed
            if one.run is not None
        ],
    }


def result_table(members: Sequence[MemberRun]) -> list[list[str]]:
    """Head and one line per setting: its errors and its twin's, mean and standard deviation over the seeds; student minus
    twin, mean and its standard error: below zero is better."""
    settings = setting_errors(members)
    fields = list(settings[0].setting) if settings else []
    seeds = max((len(one.errors) for one in settings), default=0)
    deviation, error = (" (mean ± SD)", " (mean ± SE)") if seeds > 1 else ("", "")
    lines = []
    for one in settings:
        apart = one.against_twin
        spread = f" ± {apart.standard_error:.1f}" if len(one.errors) > 1 else ""
        lines.append(
            [
                *(field_value(one.setting[name]) for name in fields),
                _spread(one.validation),
                _spread(one.errors),
                _spread(one.twin),
                f"{signed(apart.mean, 1)}{spread}",
            ]
        )
    heads = [
        *(name + deviation for name in ("validation errors", "test errors", "twin's errors")),
        f"errors, student − twin{error}",
    ]
    return [[*map(field_label, fields), *heads], *lines]


def _spread(values: Sequence[int]) -> str:
    if len(values) == 1:
        return f"{values[0]}"
    return f"{statistics.fmean(values):.1f} ± {statistics.stdev(values):.1f}"
