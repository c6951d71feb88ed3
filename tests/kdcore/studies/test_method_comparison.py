"""Comparing methods: the same twin for all, found again when it was measured, and honest lines."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kdcore.cli.main import main
from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from kdcore.studies import method_comparison
from kdcore.studies.method_comparison import Row, table

BASE = Experiment.from_flat(
    {"count": 100, "epochs": 3, "teacher": "digits-mlp-300", "student": "mlp-10", "threads": 1}
)


def test_all_methods_are_measured_against_the_same_twin_and_found_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    names = ["soft-targets", "mutual-learning"]
    rows = list(method_comparison.compare(BASE, names, 2, store, data_folder=tmp_path))
    assert [row.method for row in rows] == names
    assert rows[0].twin == rows[1].twin
    assert len(rows[0].student) == len(rows[0].seconds) == 2
    assert rows[0].images == 360
    assert len(rows[0].student_nll) == len(rows[0].twin_nll) == 2
    assert rows[0].twin_nll == rows[1].twin_nll != rows[0].student_nll
    assert rows[0].parameters == {"teacher": 22_510, "twin": 760, "student": 760}
    assert rows[0].teacher_errors == rows[1].teacher_errors == 8
    runs = len(store.runs())
    assert runs == 4

    assert list(method_comparison.compare(BASE, names, 2, store, data_folder=tmp_path)) == rows
    assert len(store.runs()) == runs, "nothing was trained again"


def test_further_seeds_are_added_to_those_that_were_measured_elsewhere(tmp_path: Path) -> None:
    one, another = tmp_path / "one", tmp_path / "another"
    both = list(method_comparison.compare(BASE, ["soft-targets"], 2, Store(one), data_folder=tmp_path))
    known = method_comparison.compare(BASE, ["soft-targets"], 1, Store(one), data_folder=tmp_path)
    store = Store(another)
    rows = list(
        method_comparison.compare(BASE, ["soft-targets"], 2, store, data_folder=tmp_path, known=known)
    )
    assert [replace(row, seconds=()) for row in rows] == [replace(row, seconds=()) for row in both]
    assert [run.experiment.init_seed for run in store.runs()] == [1]


def test_one_twin_is_trained_for_all_methods(tmp_path: Path) -> None:
    base = BASE.with_flat(student="cnn-small", teacher="cnn-small", teacher_epochs=1, epochs=1)
    names = ["soft-targets", "mutual-learning", "attention-transfer"]
    store = Store(tmp_path)
    rows = list(method_comparison.compare(base, names, 1, store, data_folder=tmp_path))
    assert rows[0].twin == rows[1].twin == rows[2].twin
    runs = {run.experiment.method: run for run in store.runs()}
    source = runs["soft-targets"]
    assert "twin_run" not in source.results
    found = {run.results.get("twin_run") for run in runs.values() if run is not source}
    assert found == {source.id}, "the others, and the run that says what a twin costs, take it over"
    own = runs["mutual-learning"].results["processor_seconds"]["students"]
    scratch = runs["labels-only"].results["processor_seconds"]["students"]
    assert rows[1].seconds[0] == pytest.approx(own + scratch)


def test_networks_that_a_method_cannot_take_are_told_in_its_line(tmp_path: Path) -> None:
    [row] = method_comparison.compare(BASE, ["attention-transfer"], 1, Store(tmp_path), data_folder=tmp_path)
    assert row.refused.startswith("The method 'Attention transfer' compares maps, and the student has none")
    assert table([row]) == [
        [
            "method",
            "errors",
            "twin's errors",
            "errors, student − twin",
            "claimed in errors",
            "time",
            "refused",
        ],
        ["attention-transfer", "", "", "", "", "", row.refused],
    ]
    [row] = method_comparison.compare(BASE, ["hint"], 1, Store(tmp_path), data_folder=tmp_path)
    assert "has no feature point 'middle', which the method 'Hint' compares" in row.refused


def test_a_comparison_that_measures_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path))
    assert main(["compare", "--methods", "attention-transfer,flow", "--seeds", "1"]) == 2
    assert capsys.readouterr().out.count("compares maps") == 2


def test_a_method_that_loses_is_shown_losing() -> None:
    rows = [
        Row("soft-targets", (10, 12, 11), (20, 21, 21), (2.0, 2.0)),
        Row("hint", (25, 27, 26), (20, 21, 21), (5.0, 7.0)),
        Row("flow", (20, 25, 19), (20, 21, 21), (5.0, 7.0)),
    ]
    _head, soft, hint, flow = table(rows)
    assert soft == ["soft-targets", "11.0 ± 1.0", "20.7 ± 0.6", "−9.7 ± 0.3", "fewer errors", "1.0 x"]
    assert hint == ["hint", "26.0 ± 1.0", "20.7 ± 0.6", "+5.3 ± 0.3", "more errors", "3.0 x"]
    assert flow[4] == "more than 50 seeds needed"


def test_errors_and_nll_are_judged_apart_and_corrected_together() -> None:
    """Errs as often as its twin, and has a lower NLL."""
    row = Row(
        "hint",
        (20, 22, 21),
        (21, 20, 22),
        student_nll=(0.100, 0.110, 0.101),
        twin_nll=(0.300, 0.312, 0.303),
    )
    head, line = table([row])
    told = dict(zip(head, line, strict=True))
    assert told["claimed in NLL"] == "lower NLL"
    assert (told["NLL"], told["NLL, student − twin"]) == ("0.104 ± 0.006", "−0.201 ± 0.001")
    assert told["claimed in errors"] == "more than 50 seeds needed"
    rows = [row, *(replace(row, method=name, student_nll=(0.1, 0.3, 0.5)) for name in "abcdefgh")]
    judged = method_comparison.verdicts(rows)
    assert len(judged) == 18
    assert judged["hint", "nll"].less
    assert not judged["a", "nll"].holds


def test_what_says_nothing_of_its_probabilities_is_marked_and_its_fitted_nll_shown() -> None:
    """The NLL that one temperature, fitted on validation, makes of the student's."""
    rows = [
        Row("standardised-logits", (20, 22), (21, 20), student_nll=(2.1, 2.2), twin_nll=(0.3, 0.31), student_nll_fitted=(0.06, 0.062)),
        Row("hint", (20, 22), (21, 20), student_nll=(0.3, 0.32), twin_nll=(0.3, 0.31)),
    ]  # fmt: skip
    head, *lines = table(rows)
    assert [line[head.index("NLL at fitted T")] for line in lines] == ["0.061 ± 0.001", ""]
    assert [*method_comparison.uncalibrated_methods(BASE, rows)] == ["standardised-logits"]
    [note] = method_comparison.uncalibrated_notes(BASE, rows)
    assert note.startswith(
        "† standardised-logits: The student's probabilities cannot be taken at their word: "
    )
    assert not method_comparison.uncalibrated_notes(BASE.with_flat(teacher_weight=0), rows)


def test_one_seed_claims_nothing_and_asks_for_nothing() -> None:
    _head, line = table([Row("hint", (25,), (20,), (5.0,))])
    assert line[:5] == ["hint", "25", "20", "+5.0", ""]


def test_the_shell_writes_what_it_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    out = tmp_path / "kept" / "small.json"
    out.parent.mkdir()
    words = ["--count", "100", "--epochs", "2", "--student", "mlp-10", "--seeds", "1", "--out", str(out)]
    assert main(["compare", "--methods", "soft-targets", *words]) == 0
    assert "soft-targets" in capsys.readouterr().out
    [kept] = method_comparison.kept(out.parent)
    assert kept.name == "small"
    assert kept.command.startswith("python -m kdcore compare --count 100")
    assert kept.rows[0].method == "soft-targets"
    assert kept.experiment.student == "mlp-10"
    assert json.loads(out.read_text())["rows"][0]["refused"] == ""
    assert kept.rows[0].images == 360
    assert kept.rows[0].student == tuple(json.loads(out.read_text())["rows"][0]["student"])
    assert kept.rows[0].student_nll == tuple(json.loads(out.read_text())["rows"][0]["student_nll"]) != ()


def test_what_a_file_holds_is_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On another machine, too, which has the file and not the runs."""
    out = tmp_path / "small.json"
    words = [
        "compare",
        "--count",
        "100",
        "--epochs",
        "2",
        "--student",
        "mlp-10",
        "--seeds",
        "1",
        "--out",
        str(out),
    ]
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "one"))
    assert main([*words, "--methods", "soft-targets"]) == 0
    first = json.loads(out.read_text())["rows"]
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "another"))
    assert main([*words, "--methods", "soft-targets,smooth-labels"]) == 0
    assert json.loads(out.read_text())["rows"][0] == first[0]
    assert [run.experiment.method for run in Store(tmp_path / "another").runs()] == ["smooth-labels"]

    assert main([*words, "--methods", "smooth-labels"]) == 0
    told = json.loads(out.read_text())
    assert [row["method"] for row in told["rows"]] == ["soft-targets", "smooth-labels"], "nothing is lost"
    assert "--methods smooth-labels,soft-targets " in told["command"]

    other = Experiment.from_flat({"count": 100, "epochs": 3, "student": "mlp-10"})
    assert method_comparison.known_from(out, other) == (), "another experiment"
    capsys.readouterr()


def test_no_seed_and_no_such_method_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidExperiment, match="one seed or more"):
        list(method_comparison.compare(BASE, ["soft-targets"], 0, Store(tmp_path), data_folder=tmp_path))
    with pytest.raises(InvalidExperiment, match="no method 'sof'"):
        method_comparison.chosen("soft-targets, sof")
    assert "labels-only" not in method_comparison.chosen("all")
