"""The curves as other tools read them."""

from __future__ import annotations

import codecs
import io
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from kdcore import export
from kdcore.export.spreadsheet_text import csv_bytes
from tests.kdcore.export.helpers import Finished, packed_export


def test_pandas_reads_the_curves_as_they_were_said(finished: Finished) -> None:
    record = finished()
    csv = pd.read_csv(io.BytesIO(packed_export("csv", record)), keep_default_na=False)
    parquet = pd.read_parquet(io.BytesIO(packed_export("parquet", record)))
    for table in (csv, parquet):
        assert list(table) == ["step", "epoch", "phase", "role", "series", "value"]
        assert list(table.itertuples(index=False, name=None)) == [tuple(point)[1:] for point in record.points]


def test_a_spreadsheet_reads_umlauts_and_so_does_pandas() -> None:
    table = pd.DataFrame({"class": ["Müll", "=1+1"], "errors": [3, 4]})
    content = csv_bytes(table)
    assert content.startswith(codecs.BOM_UTF8), "else a spreadsheet takes it for the codes of its own country"
    for read in (pd.read_csv(io.BytesIO(content)), pd.read_csv(io.StringIO(content.decode("utf-8-sig")))):
        assert read["class"].tolist() == ["Müll", "'=1+1"]
        assert [*read] == ["class", "errors"]


def test_curves_of_several_runs_name_their_run(finished: Finished) -> None:
    records = [finished(), finished(temperature=8)]
    made = export.export_runs("csv", records)
    table = pd.read_csv(io.BytesIO(made.packed()))
    assert made.file_name == f"stillroom-2-runs-{records[0].short_id}-curves.csv"
    assert table.groupby("run").size().to_dict() == {r.run.id: len(r.points) for r in records}


def test_tensorboard_reads_every_finite_value_under_its_network(finished: Finished, tmp_path: Path) -> None:
    record = finished()
    export.write_bundle(export.export_runs("tensorboard", [record]), tmp_path / "log")
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == ["student", "teacher", "twin"]
    reader = EventAccumulator(str(tmp_path / "log/student"), size_guidance={"scalars": 0})
    reader.Reload()
    for tag, series in {
        "val_error": "val_error",
        "loss/soft targets.scaled": "loss.soft targets.scaled",
    }.items():
        said = [(p.step, p.value) for p in record.points if (p.role, p.series) == ("student", series)]
        assert [event.step for event in reader.Scalars(tag)] == [step for step, _ in said]
        assert [event.value for event in reader.Scalars(tag)] == pytest.approx([value for _, value in said])


def test_tensorboard_has_the_times_at_which_points_were_measured(finished: Finished, tmp_path: Path) -> None:
    record = finished()
    export.write_bundle(export.export_runs("tensorboard", [record]), tmp_path / "log")
    run = record.run
    assert run.started is not None
    assert run.finished is not None
    for role in ("twin", "student"):
        reader = EventAccumulator(str(tmp_path / "log" / role), size_guidance={"scalars": 0})
        reader.Reload()
        times = [event.wall_time for event in reader.Scalars("val_error")]
        assert times == sorted(times)
        assert run.started <= times[0] <= times[-1] <= run.finished
        said = [record.times[p.seq] for p in record.points if (p.role, p.series) == (role, "val_error")]
        assert times == said
        if role == "student":
            assert times[-1] > times[0]


def test_points_of_a_record_that_noted_no_times_have_that_of_the_run(
    finished: Finished, tmp_path: Path
) -> None:
    record = replace(finished(), times={})
    export.write_bundle(export.export_runs("tensorboard", [record]), tmp_path / "log")
    reader = EventAccumulator(str(tmp_path / "log/student"), size_guidance={"scalars": 0})
    reader.Reload()
    assert {event.wall_time for event in reader.Scalars("val_error")} == {record.run.created}


def test_tensorboards_hparams_are_the_experiment_and_the_test_figures(
    finished: Finished, tmp_path: Path
) -> None:
    record = finished()
    export.write_bundle(export.export_runs("tensorboard", [record]), tmp_path / "log")
    for role in ("twin", "student"):
        reader = EventAccumulator(str(tmp_path / "log" / role), size_guidance={"scalars": 0})
        reader.Reload()
        start = HParamsPluginData.FromString(
            reader.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
        ).session_start_info
        assert start.hparams["temperature"].number_value == record.run.experiment.temperature
        assert start.hparams["method"].string_value == "soft-targets"
        assert start.hparams["role"].string_value == role
        [errors] = reader.Scalars("hparam/test_errors")
        assert errors.value == record.run.results[role]["test_errors"]
