"""A sweep some of whose students diverged is complete with the others, and says which failed and why."""

from __future__ import annotations

import pytest

import kdcore
from dashboard.data import sweep_progress, sweep_tables
from dashboard.data.sweep_progress import SweepProgress, _progress_of
from kdcore.runs.store import Store
from kdcore.studies.sweep_findings import Findings
from kdcore.studies.sweep_results import failure_lines, member_findings
from tests.kdcore.studies.test_diverged_members import BASE, SWEEP, VARIED


class StoreAlone:
    """A manager of which the record is asked and nothing else."""

    def __init__(self, store: Store) -> None:
        self.store = store


@pytest.fixture(scope="module")
def progress(tmp_path_factory: pytest.TempPathFactory) -> SweepProgress:
    folder = tmp_path_factory.mktemp("failed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STILLROOM_RUNS", str(folder / "runs"))
        patch.setenv("STILLROOM_DATA", str(folder / "data"))
        kdcore.sweep({VARIED: [0.1, 100]}, seeds=2, experiment=BASE, progress=False)
        patch.setattr(sweep_progress, "_running_curves", lambda unfinished: {})
        return _progress_of(SWEEP.to_json(), 0, StoreAlone(Store(folder / "runs")))


def test_it_is_complete_and_its_figures_are_of_those_that_went_on(progress: SweepProgress) -> None:
    assert progress.complete
    assert not progress.live
    assert progress.finished == 2
    assert isinstance(member_findings(progress.found_members), Findings)
    table = sweep_tables.of_students(progress)
    assert len(table) == 2
    assert set(table["measured_on"]) == {"test"}


def test_those_that_failed_are_named_with_their_sentence(progress: SweepProgress) -> None:
    lines = failure_lines(progress.failed)
    assert len(lines) == 2
    assert all(line.startswith("regression weight = 100, seed") for line in lines)
    assert all("The loss of the student became" in line for line in lines)
