"""What is said of presets' claims: tested on the side that they name, corrected together, read back as they were measured."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kdcore.data.catalogue import GENERATED
from kdcore.runs.store import Store
from kdcore.studies.control_experiments import control
from kdcore.studies.preset_verification import (
    MeasuredPreset,
    as_json,
    claims_report,
    figures_report,
    finished_run,
    judge,
    read,
)
from kdcore.studies.presets import PRESETS, Claim, preset
from kdcore.translation import pseudo

DIGITS = replace(preset("digits-100"), claims=(Claim("student", "twin"), Claim("student", "T=1")))


def measured(name: str = "digits-100", **errors: tuple[int, ...]) -> MeasuredPreset:
    found = {
        "teacher": (8, 8, 8),
        "twin": (42, 38, 29),
        "student": (23, 20, 14),
        "T=1": (41, 33, 21),
    } | errors
    return MeasuredPreset(replace(DIGITS, name=name), (0, 1, 2), found, 360, (1.0, 1.1, 1.2))


def held(*presets: MeasuredPreset) -> list[list[bool]]:
    return [[found.verdict.holds for found in judged] for judged in judge(presets)]


def test_a_claim_is_tested_on_the_side_that_it_names() -> None:
    """Against T = 1 two sides give p = 0.058, one gives 0.029."""
    [[_twin, softened]] = judge([measured()])
    assert softened.verdict.difference.p == pytest.approx(0.0288, abs=1e-4)
    assert held(measured()) == [[True, True]]
    assert held(measured(student=(60, 57, 51))) == [[False, False]], "the other way round is no claim"


def test_the_claims_of_one_table_are_corrected_together() -> None:
    unclear = measured("mnist-plain", student=(40, 39, 30))
    assert held(measured(), unclear) == [[True, False], [False, False]]


def test_a_claim_in_nll_is_judged_by_nll() -> None:
    claimed = replace(DIGITS, claims=(Claim("student", "twin", "nll"),))
    nll = {"student": (0.1, 0.11, 0.12), "twin": (0.3, 0.32, 0.33)}
    one = replace(measured(student=(42, 38, 29)), preset=claimed, nll=nll)
    assert held(one) == [[True]]
    assert "student has a lower NLL than twin (mean difference -0.2067" in claims_report([one])
    assert "0.1100" in figures_report(one)


def test_a_claim_about_the_truth_is_judged_by_the_distance_from_it() -> None:
    claimed = replace(DIGITS, claims=(Claim("student", "oracle", "truth"),))
    truth = {"student": (0.2, 0.21, 0.22), "oracle": (0.3, 0.32, 0.33)}
    one = replace(measured(), preset=claimed, truth=truth)
    assert held(one) == [[True]]
    assert "student is nearer to the truth than oracle (mean difference -0.1067" in claims_report([one])
    [written] = json.loads(json.dumps(as_json([one])))
    assert written["truth"]["oracle"] == [0.3, 0.32, 0.33]
    with pytest.raises(KeyError):
        judge([replace(one, truth={})])


def test_the_oracle_takes_the_teachers_place_unsoftened() -> None:
    asked = control(preset("drawn-truth").experiment, "oracle")
    assert (asked.teacher, asked.temperature) == ("drawn-oracle", 1.0)
    assert asked.with_flat(teacher="drawn-cnn-medium", temperature=4) == preset("drawn-truth").experiment


def test_every_sibling_is_a_preset_on_images_that_come_along() -> None:
    included = {"digits", *GENERATED}
    for one in PRESETS:
        if one.experiment.dataset not in included:
            sibling = preset(one.sibling)
            assert sibling.experiment.dataset in included, one.name
            assert {claim.better for claim in sibling.claims} <= {"student", "twin", *sibling.controls}
    experiments = [one.experiment.hash for one in PRESETS]
    assert len(set(experiments)) == len(experiments), "a recipe on screen belongs to one preset"


def test_what_cannot_be_claimed_says_how_many_seeds_could_tell() -> None:
    report = claims_report([measured(student=(36, 35, 28))])
    assert "FAILS: digits-100: student errs less than twin" in report
    assert "seeds could tell" in report
    assert "holds" not in report.split("twin")[0]


def test_what_was_measured_is_read_back_and_judged_anew() -> None:
    [written] = json.loads(json.dumps(as_json([measured()])))
    assert written["claims"][0]["measure"] == "errors"
    assert (written["holds"], written["claims"][1]["seeds_that_could_tell"]) == (True, None)
    [back] = read([written | {"holds": False}])
    assert back.errors == measured().errors
    assert (back.preset.name, back.seeds, back.nll) == ("digits-100", (0, 1, 2), {})
    one_seed = replace(measured(), errors={who: found[:1] for who, found in measured().errors.items()})
    assert json.loads(json.dumps(as_json([one_seed])))[0]["claims"][0]["standard_error"] is None


# ---- what was interrupted --------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from kdcore.events import Checkpoint
from kdcore.experiment import Experiment
from kdcore.runs import leases
from kdcore.runs.store import Store
from kdcore.studies.preset_verification import finished_run

leases.LEASE_SECONDS = 0.0

def watch(events):
    for event in events:
        yield event
        if isinstance(event, Checkpoint) and event.phase == "students" and event.step > 3:
            os.kill(os.getpid(), signal.SIGKILL)

finished_run(Experiment.read({}), "killed", Store(Path(sys.argv[1])), Path(sys.argv[1]), watch)
"""


def test_a_run_whose_process_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    """It is the same run afterwards, with the results of one that nothing disturbed."""
    run = [sys.executable, "-c", KILLED, str(tmp_path)]
    assert subprocess.run(run, check=False, capture_output=True).returncode == -signal.SIGKILL
    store, quiet = Store(tmp_path), Store(tmp_path / "quiet")
    [left] = store.runs()
    assert left.status == "running", "nobody has noticed"
    for _ in range(2):
        found = finished_run(left.experiment, "killed", store, tmp_path, iter)
        assert (found.id, found.status) == (left.id, "finished")
    assert len(store.runs()) == 1
    undisturbed = finished_run(left.experiment, "quiet", quiet, tmp_path, iter)
    for role in ("twin", "student"):
        assert found.results[role]["test_nll"] == undisturbed.results[role]["test_nll"]
    assert finished_run(left.experiment, "fresh", store, tmp_path, iter, fresh=True).id != left.id


def test_the_reports_are_said_in_the_readers_language() -> None:
    one = measured(student=(23, 20, 14))
    for line in [*figures_report(one, pseudo).splitlines(), *claims_report([one], pseudo).splitlines()]:
        assert "⟦" in line
    assert "student errs less than twin" in claims_report([one])
