"""With two classes a method's term may be nothing: the run says so, on the page and in the shell."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import kdcore
from kdcore.cli.main import main
from kdcore.losses.logits import non_target_divergence
from kdcore.methods.registry import method


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path / "data"))


def test_the_term_of_the_others_is_nothing_and_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    student, teacher = torch.randn(2, 1, 8, 2)
    assert (
        non_target_divergence(student, teacher[0], torch.zeros(8, dtype=torch.long), 4.0).abs().max() < 1e-6
    )
    images, labels = kdcore.images("digits", "train")
    two = labels < 2
    fields = {"epochs": 2, "teacher_epochs": 2, "progress": False}
    run = kdcore.distill((images[two], labels[two]), "mlp-30", "mlp-10", method="decoupled", **fields).run
    said = method("decoupled").CARD.with_two_classes
    assert said.startswith("With two classes the term of the others (NCKD) is 0")
    assert run.results["dataset"]["notes"] == [said]
    assert main(["runs", "show", run.id]) == 0
    assert said in capsys.readouterr().out


def test_nothing_is_said_of_ten_classes_or_of_a_method_that_loses_nothing() -> None:
    images, labels = kdcore.images("digits", "train")
    two = labels < 2
    fields = {"epochs": 1, "teacher_epochs": 1, "progress": False}
    plain = kdcore.distill((images[two], labels[two]), "mlp-30", "mlp-10", **fields)
    ten = kdcore.distill(student="mlp-10", method="decoupled", count=100, epochs=1, progress=False)
    assert "notes" not in plain.run.results["dataset"]
    assert "notes" not in ten.run.results["dataset"]
