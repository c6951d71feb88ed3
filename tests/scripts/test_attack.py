"""The campaign finds nothing in the server as it is, and would say what it found."""

from __future__ import annotations

from pathlib import Path

from kdcore.events import Command
from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from scripts.attack import campaign

SOME = 40


def test_the_server_stands_a_short_campaign(tmp_path: Path) -> None:
    findings = campaign.attack(tmp_path, SOME, seed=1)
    assert findings.faults == []
    assert findings.asked == SOME
    assert findings.slowest > 0


def test_what_became_of_the_run_of_another_browser_is_found(tmp_path: Path) -> None:
    store = Store(tmp_path / "runs")
    runs = [store.create(Experiment(), campaign.OWNER, status="running") for _ in range(2)]
    ids, before = [run.id for run in runs], [campaign._marks(run) for run in runs]
    assert campaign._changes(store, ids, before) == []
    store.command(ids[0], Command("stop"))
    store.finish(ids[1], "stopped", {})
    store.create(Experiment(), "nobody")
    found = "\n".join(campaign._changes(store, ids, before))
    for sign in ("was told to stop", "another browser's run became", "started by nobody"):
        assert sign in found


def test_a_traceback_of_ours_is_found_and_one_of_streamlits_is_not() -> None:
    ours = f'{campaign.TRACEBACK}:\n  File "/x/dashboard/app.py", line 1\nValueError: x\n'
    forged = (
        f'{campaign.TRACEBACK}:\n  File "/x/dashboard/app.py"\n  in {campaign.STREAMLITS}\nValueError: x\n'
    )
    assert len(campaign._tracebacks(f"2026 {ours}2026 {forged}")) == 1
    assert campaign._tracebacks(f"2026 {forged}") == []
