"""A run with a fault says so in the shell, in every export and in the report."""

from __future__ import annotations

import html
import io
import json
import zipfile
from pathlib import Path

import pytest
from safetensors import safe_open

from kdcore import export
from kdcore.cli.main import main
from kdcore.errors import RunRefused
from kdcore.export.format_registry import format_modules
from kdcore.export.recorded_run import RecordedRun, read
from kdcore.faults.badge import badge, riddle_seed
from kdcore.faults.registry import fault, faults
from kdcore.faults.titles import fault_title, shown_value, titles
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from tests.kdcore.faults.faulty_runs import SHORT

FAULT = "stored-logits-shuffled"
MARK = f"fault on purpose: {fault(FAULT).CARD.title}"


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> RecordedRun:
    store = Store(tmp_path_factory.mktemp("faulty"))
    run = store.create(SHORT.with_flat(epochs=3, fault=FAULT), "somebody", status="running")
    train_run(store, run.id, data_folder=store.folder)
    return read(store, run.id)


def test_the_mark_names_the_fault_but_not_the_riddles() -> None:
    assert badge("") == ""
    assert badge(FAULT) == MARK
    assert badge("?7") == "riddle 7: a fault on purpose, or none"
    assert (riddle_seed("?7"), riddle_seed(FAULT), riddle_seed("")) == (7, None, None)


def test_titles_are_those_of_the_cards() -> None:
    assert titles() == {name: one.CARD.title for name, one in faults().items()}
    assert fault_title("?7") == "?7"
    assert shown_value("fault", FAULT) == "Stored logits in another order"
    assert shown_value("student", FAULT) == FAULT
    assert shown_value("fault", "") == ""


def test_the_shell_marks_it(
    record: RecordedRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(record.folder))
    for command in (["runs", "show", record.run.id], ["runs", "list"]):
        assert main(command) == 0
        assert MARK in capsys.readouterr().out
    assert main(["runs", "show", record.run.id, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["fault"], shown["experiment"]["fault"]) == (MARK, FAULT)
    assert main(["runs", "show", record.run.id]) == 0
    assert (
        "its twin (the same, labels only) made" not in capsys.readouterr().out
    )  # nothing is concluded from it


def test_what_its_networks_know_is_marked_in_the_shell(
    record: RecordedRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(record.folder))
    assert main(["knowledge", record.run.id]) == 0
    assert MARK in capsys.readouterr().out
    assert main(["knowledge", record.run.id, "--json"]) == 0
    assert json.loads(capsys.readouterr().out.strip().splitlines()[-1])["fault"] == MARK
    assert main(["knowledge", "--teachers", "digits-mlp-300"]) == 0
    assert "fault" not in capsys.readouterr().out


def exported(record: RecordedRun, format: str) -> bytes:
    return export.export_runs(format, [record]).packed()


@pytest.mark.parametrize("format", ["csv", "html", "json", "link", "page", "torchscript"])
def test_what_is_exported_as_text_or_beside_a_graph_names_it(record: RecordedRun, format: str) -> None:
    packed = exported(record, format)
    if format == "torchscript":
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            packed = b"".join(
                archive.read(name) for name in archive.namelist() if name.endswith("about.json")
            )
    if format == "json":  # which is read again
        assert json.loads(packed)["fault"] == FAULT
    elif format != "link":  # it leads to the page, which is marked
        assert MARK in html.unescape(packed.decode())
    assert "-fault-" in export.export_runs(format, [record]).file_name


def test_the_other_formats_name_it_too(record: RecordedRun, tmp_path: Path) -> None:
    import pandas as pd

    (tmp_path / "network").write_bytes(exported(record, "safetensors"))
    with safe_open(tmp_path / "network", framework="pt") as file:
        assert file.metadata()["fault"] == MARK
    assert {*pd.read_parquet(io.BytesIO(exported(record, "parquet")))["fault"]} == {MARK}
    with zipfile.ZipFile(io.BytesIO(exported(record, "tensorboard"))) as archive:
        assert all(
            "/fault-on-purpose-stored-logits-in-another-order/" in f"/{name}" for name in archive.namelist()
        )
    for format in ("script", "notebook"):
        with pytest.raises(RunRefused, match="fault on purpose"):
            exported(record, format)
    same_metadata = {"onnx", "torch-export", "torchscript", "safetensors"}
    covered = {"csv", "html", "json", "link", "page"} | same_metadata
    assert covered | {"parquet", "tensorboard", "script", "notebook"} == {*format_modules()}


def test_a_report_draws_no_conclusion_from_it(record: RecordedRun) -> None:
    page = exported(record, "html").decode()
    assert f'<b class="fault">{MARK}</b>' in page
    assert page.count(FAULT) == 1, "for people by its title; by its name in what can be read again"
    assert "its twin (the same, labels only) made" not in page


def test_it_is_exported_by_itself_only(record: RecordedRun) -> None:
    with pytest.raises(RunRefused, match="has no part in a comparison"):
        export.export_runs("html", [record, record])
