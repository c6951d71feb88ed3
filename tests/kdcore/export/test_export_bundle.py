"""What is refused, and what the files are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdcore import export
from kdcore.errors import RunRefused, StillroomError
from kdcore.experiment import Experiment
from kdcore.export.recorded_run import read
from kdcore.runs.store import Store
from tests.kdcore.export.helpers import Finished, packed_export


def test_a_run_that_has_not_ended_has_nothing_but_its_experiment(folder: Path) -> None:
    store = Store(folder)
    record = read(store, store.create(Experiment(), "test").id)
    store.close()
    refused = {name for name in export.format_modules() if export.refusal(name, record)}
    assert refused == export.format_modules().keys() - {"json", "link"}


def test_one_run_at_a_time_where_there_is_no_comparison(finished: Finished) -> None:
    records = [finished(), finished(temperature=8)]
    with pytest.raises(RunRefused, match="Several at once: csv, parquet, tensorboard, html"):
        export.export_runs("onnx", records)


def test_the_experiment_is_loaded_again(finished: Finished) -> None:
    record = finished()
    assert Experiment.from_json(packed_export("json", record).decode()) == record.run.experiment


def test_what_is_made_says_which_run_and_format(finished: Finished) -> None:
    names = {
        export.bundle_name(module.FORMAT, [finished()], "student")
        for module in export.format_modules().values()
    }
    assert len(names) == len(export.format_modules())
    assert all(finished().short_id in name for name in names)
    assert issubclass(RunRefused, StillroomError)
