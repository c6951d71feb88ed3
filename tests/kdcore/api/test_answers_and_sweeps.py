"""`kdcore.soft_targets`, `kdcore.images`, `kdcore.sweep`, the figures of both, and the way to the page."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import kdcore
from kdcore.api import dashboard_link
from kdcore.errors import DataUnavailable, InvalidExperiment, NetworkRefused, TeacherUnavailable
from kdcore.events import Event, Progress
from kdcore.role_styles import ROLE_STYLES

SHORT: dict[str, Any] = {"count": 100, "epochs": 4, "progress": False}


# ---- soft targets ---------------------------------------------------------------------------------------------------


def test_soft_targets_are_the_softmax_of_logits_over_t() -> None:
    images, _ = kdcore.images("digits", "test")
    teacher = kdcore.trained("digits-mlp-300")
    logits = teacher(images).double()
    for T in (0.5, 1, 4, 20):  # noqa: N806
        wanted = (logits / T).softmax(dim=1)
        assert (kdcore.soft_targets("digits-mlp-300", images, T) - wanted).abs().max() < 1e-6
        assert (kdcore.soft_targets(teacher, images, T) - wanted).abs().max() < 1e-6


def test_a_module_in_training_is_asked_in_eval_mode_and_goes_on_training() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 10)).train()
    images, _ = kdcore.images("digits", "test")
    first, second = (kdcore.soft_targets(network, images) for _ in range(2))
    assert torch.equal(first, second)
    assert network.training
    assert not first.requires_grad


def test_images_come_in_each_way_that_they_are_held() -> None:
    images, labels = kdcore.images("digits", "test")
    assert 0 <= images.min() <= images.max() <= 1
    assert len(labels) == 360
    teacher = kdcore.trained("digits-mlp-300")
    held = (images[:3], images[:3, 0], images[:3].numpy())
    answers = [kdcore.soft_targets(teacher, one) for one in held]
    assert all(torch.equal(answers[0], answer) for answer in answers)


def test_what_cannot_be_asked_gets_a_sentence() -> None:
    images, _ = kdcore.images("digits", "test")
    with pytest.raises(InvalidExperiment, match="T = 0"):
        kdcore.soft_targets("digits-mlp-300", images, T=0)
    with pytest.raises(TeacherUnavailable, match="nobody"):
        kdcore.soft_targets("nobody", images)
    with pytest.raises(NetworkRefused, match="cannot take these images"):
        kdcore.soft_targets(nn.Linear(3, 10), images)
    with pytest.raises(DataUnavailable, match="from 0"):
        kdcore.soft_targets("digits-mlp-300", images * 3)
    with pytest.raises(InvalidExperiment, match="no split 'all'"):
        kdcore.images("digits", "all")


# ---- sweeps ---------------------------------------------------------------------------------------------------------


def test_a_sweep_is_the_shells_and_finds_what_was_trained(capsys: pytest.CaptureFixture[str]) -> None:
    events: list[Event] = []
    swept = kdcore.sweep({"temperature": [1, 4]}, seeds=2, on_event=events.append, **SHORT)
    table = swept.table
    assert len(table[table["role"] == "student"]) == 4
    assert any(isinstance(event, Progress) for event in events)
    events.clear()
    again = kdcore.sweep({"temperature": [1, 4]}, seeds=2, on_event=events.append, **SHORT)
    assert events == [], "nothing is trained a second time"
    assert again.table.equals(table)
    assert again.conclusion == swept.conclusion != ""
    assert [one.errors["student"] for one in swept.results] == [
        *table[table["role"] == "student"]["test_errors"]
    ]
    from kdcore.cli.main import main

    words = ["--vary", "temperature=1,4", "--seeds", "2", "--count", "100", "--epochs", "4"]
    assert main(["sweep", *words]) == 0
    assert "All 4 students were trained before" in capsys.readouterr().err


def test_a_sweep_of_modules_and_losses_of_ones_own() -> None:
    def near(student: torch.Tensor, teacher: torch.Tensor, T: float) -> torch.Tensor:
        return (student - teacher).abs().mean()

    student = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    swept = kdcore.sweep(
        {"teacher_weight": [0.1, 0.9]}, seeds=1, student=student, method=kdcore.own_method(near), **SHORT
    )
    assert len(swept.results) == 2
    assert "teacher_weight" in swept._repr_html_()
    assert repr(swept) == "<SweepResult teacher_weight 2, seeds 1: 2 students>"


def test_a_field_that_does_not_exist_cannot_be_varied() -> None:
    with pytest.raises(InvalidExperiment, match="tempreature"):
        kdcore.sweep({"tempreature": [1, 4]}, **SHORT)


# ---- figures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True])
def test_a_figure_has_the_pages_colours_and_the_records_values(dark: bool) -> None:
    result = kdcore.distill(**SHORT)
    figure = result.figure(dark=dark)
    drawn = {trace.name: trace for trace in figure.data}
    assert {*drawn} == {"teacher", "twin", "student"}
    for role, trace in drawn.items():
        style = ROLE_STYLES[role]
        assert trace.line.color == (style.dark if dark else style.light)
    curves = result.curves
    rows = curves[(curves["series"] == "val_errors") & (curves["role"] == "student")]
    assert [*drawn["student"].y] == [*rows["value"]]
    assert drawn["twin"].line.dash != drawn["student"].line.dash, "not told by colour alone"
    assert {*drawn["teacher"].y} == {float(result.tested["teacher"]["val_errors"])}


def test_a_sweeps_figure_has_a_mark_for_each_student_and_the_level_of_the_twin() -> None:
    swept = kdcore.sweep({"temperature": [1, 4]}, seeds=2, **SHORT)
    figure = swept.figure()
    [marks] = figure.data
    assert [*marks.x] == [1, 1, 4, 4]
    assert "twin" in figure.layout.annotations[0].text


def test_plotly_is_imported_for_a_figure_and_for_nothing_else() -> None:
    program = (
        "import sys, kdcore\n"
        "r = kdcore.distill(count=100, epochs=1, progress=False)\n"
        "r.curves, r.networks, repr(r), r._repr_html_()\n"
        "print('plotly' in sys.modules); r.figure(); print('plotly' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


# ---- the page -------------------------------------------------------------------------------------------------------


def test_a_result_is_shown_by_a_server_of_its_own_and_by_one_that_is_there(folders: Path) -> None:
    result = kdcore.distill(**SHORT)
    named = result.show_in_dashboard("http://lab.example.org:8501/")
    assert str(named) == f"http://lab.example.org:8501/train?run={result.run.id}"
    assert f'href="{named}"' in named._repr_html_()
    link = result.show_in_dashboard()
    process, address = dashboard_link._servers[folders / "runs"]
    try:
        assert str(link) == f"{address}/train?run={result.run.id}"
        with urllib.request.urlopen(str(link), timeout=20) as page:
            assert page.status == 200
        assert str(result.show_in_dashboard()) == str(link), "one server serves them all"
    finally:
        dashboard_link._end(process)
    assert process.poll() is not None


def test_a_server_that_does_not_start_is_said(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = kdcore.distill(**SHORT)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(kdcore.StillroomError, match="did not start"):
        result.show_in_dashboard()
