"""The numbers behind the comparing page: against scikit-learn, against the run's own record, and from the shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, log_loss, roc_auc_score

from kdcore.cli.main import main
from kdcore.errors import DataUnavailable, TeacherUnavailable
from kdcore.inference import models, network_outputs, output_cache
from kdcore.runs.run_record import Run
from kdcore.studies.knowledge_report import lines, report
from kdcore.translation import pseudo
from tests.kdcore.inference.finished_run import finished_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def run(runs: Path) -> Run:
    return finished_run(runs, runs / "data")


@pytest.fixture(scope="module")
def asked(run: Run, runs: Path) -> list[models.InferenceModel]:
    shown = models.of_run(run, runs)
    network_outputs.compute_outputs(shown, runs)
    return shown


@pytest.fixture(scope="module")
def found(run: Run, asked: list[models.InferenceModel], runs: Path) -> dict[str, Any]:
    return report(asked, 4.0, runs, results=run.results)


def logits(model: models.InferenceModel, split: str, runs: Path) -> tuple[np.ndarray, np.ndarray]:
    answers, images = (
        output_cache.cached_outputs(model, split, runs),
        output_cache.cached_images(model, split, runs),
    )
    assert answers is not None
    assert images is not None
    return np.asarray(answers.logits, np.float64), np.asarray(images.labels)


def softmax(z: np.ndarray, T: float = 1.0) -> np.ndarray:
    e = np.exp((z - z.max(axis=1, keepdims=True)) / T)
    return e / e.sum(axis=1, keepdims=True)


def test_it_says_what_the_run_itself_recorded(found: dict[str, Any], run: Run) -> None:
    for network in found["networks"]:
        recorded = run.results[network["role"]]
        for name in ("network", "parameters", "macs", "bytes", "latency"):
            assert network[name] == recorded[name]
        assert network["test"]["errors"] == recorded["test_errors"]
        assert network["validation"]["errors"] == recorded["val_errors"]
        assert network["test"]["nll"] == pytest.approx(recorded["test_nll"], rel=1e-5)
        assert network["test"]["ece"] == pytest.approx(recorded["test_ece"], rel=1e-3)


def test_its_figures_are_scikit_learns(
    found: dict[str, Any], asked: list[models.InferenceModel], runs: Path
) -> None:
    for network, model in zip(found["networks"], asked, strict=True):
        z, labels = logits(model, "test", runs)
        beliefs = softmax(z)
        macro = network["per_class"]["macro"]
        assert macro["f1"] == pytest.approx(f1_score(labels, z.argmax(axis=1), average="macro"))
        assert macro["auc"] == pytest.approx(roc_auc_score(labels, beliefs, multi_class="ovr"), abs=1e-6)
        z, labels = logits(model, "validation", runs)
        warm = network["calibration"]["temperature"]
        at, below, above = (log_loss(labels, softmax(z, warm * f)) for f in (1, 0.99, 1.01))
        assert at < min(below, above), "the fitted temperature is the likeliest"


def test_students_are_compared_with_the_teacher_on_test_and_on_training_images(
    found: dict[str, Any], asked: list[models.InferenceModel], runs: Path
) -> None:
    assert found["compared_with"] == asked[0].key
    assert [pair["network"] for pair in found["pairs"]] == [asked[1].key, asked[2].key]
    for pair, model in zip(found["pairs"], asked[1:], strict=True):
        for split, images in (("test", 360), ("train", 150)):
            teacher, student = (logits(of, split, runs)[0] for of in (asked[0], model))
            p, q = softmax(teacher, 4.0), softmax(student, 4.0)
            said = pair[split]
            assert said["images"] == images
            assert said["agreement"] == pytest.approx((teacher.argmax(1) == student.argmax(1)).mean())
            assert said["kl_at_temperature"] == pytest.approx((p * np.log(p / q)).sum(axis=1).mean())
            assert said["disagreeing"] == round((1 - said["agreement"]) * images)


def test_the_gap_is_between_the_runs_own_teacher_and_twin(found: dict[str, Any], run: Run) -> None:
    teacher, twin, student = (run.results[role]["test_errors"] for role in ("teacher", "twin", "student"))
    assert found["gap_closed"] == {
        f"run:{run.id}:student": pytest.approx((twin - student) / (twin - teacher))
    }


def test_it_is_json_with_no_number_that_is_none(found: dict[str, Any]) -> None:
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    on_training = found["networks"][0]["train"]
    assert on_training["images"] == 150
    assert lines(found)[0] == ["", "teacher", "twin", "student"]
    told = lines(found, pseudo)
    assert all(row[0].startswith("⟦") for row in told[1:]), "said in the reader's language"


def test_a_class_that_nobody_saw_leaves_gaps_not_nan(
    asked: list[models.InferenceModel], run: Run, runs: Path
) -> None:
    pair = report(asked, 4.0, runs, split="validation")["pairs"][0]
    assert pair["train"]["class_agreement"][8] is None, "the transfer set has no 8"
    assert pair["validation"]["class_agreement"][8] is not None


def test_training_images_of_two_transfer_sets_are_not_compared(
    asked: list[models.InferenceModel], runs: Path
) -> None:
    alone = models.of_teachers(runs, "digits")
    network_outputs.compute_outputs(alone, runs)
    assert report([asked[0], *alone], 4.0, runs)["pairs"][0]["train"] is None
    beside = [models.with_transfer_of(asked[0], model) for model in alone]
    network_outputs.compute_outputs(beside, runs)
    assert report([asked[0], *beside], 4.0, runs)["pairs"][0]["train"]["images"] == 150


def test_what_cannot_be_compared_gets_a_sentence(
    asked: list[models.InferenceModel], runs: Path, tmp_path: Path
) -> None:
    with pytest.raises(TeacherUnavailable, match="different images"):
        report([asked[0], *models.of_teachers(runs, "mnist")], 4.0, runs)
    with pytest.raises(DataUnavailable, match="not been asked"):
        report(asked, 4.0, tmp_path)


# ---- from the shell -------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def folders(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(runs))


def test_the_shell_prints_the_numbers_of_a_run(
    found: dict[str, Any], run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["knowledge", run.id[:8], "--json"]) == 0
    said = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert said == found | {"run": run.id, "temperature": run.experiment.temperature}
    assert main(["knowledge", run.id, "--split", "validation", "--temperature", "2"]) == 0
    out = capsys.readouterr().out
    assert f"{run.results['student']['val_errors']} of 360" in out
    assert "KL at T = 2" in out


def test_the_shell_asks_teachers_alone_and_beside_a_run(
    run: Run, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["knowledge", "--teachers", "digits-mlp-300", "--json"]) == 0
    said = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert [network["title"] for network in said["networks"]] == ["digits-mlp-300"]
    assert said["networks"][0]["test"]["errors"] == 8
    assert main(["knowledge", run.id, "--teachers", "digits-mlp-300", "--json"]) == 0
    said = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert len(said["networks"]) == 4
    assert said["pairs"][-1]["train"]["images"] == 150, "asked about the run's own images"


def test_a_teacher_that_trained_on_the_runs_validation_images_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path))
    other = finished_run(tmp_path, tmp_path / "data", split_seed=1, epochs=1)
    assert main(["knowledge", other.id, "--teachers", "digits-mlp-300"]) == 2
    said = capsys.readouterr().err
    assert "split seed 0" in said
    assert "split seed 1" in said
    assert "Compare networks of one dataset, split with the same seed" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["knowledge"], "Name a run"),
        (["knowledge", "nothing"], "nothing"),
        (["knowledge", "--teachers", "nobody"], "nobody"),
        (["knowledge", "--teachers", "digits-mlp-300", "mnist-cnn-medium"], "different images"),
        (["knowledge", "--teachers", "digits-mlp-300", "--temperature", "0"], "temperature"),
    ],
)
def test_wrong_words_get_a_sentence_and_exit_code_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert said in capsys.readouterr().err
