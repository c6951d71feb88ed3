"""Who can be asked: found by the record and the weights that are here, loaded, and asked about pictures."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kdcore import teachers
from kdcore.data import datasets
from kdcore.errors import NetworkRefused, RunRefused, TeacherUnavailable
from kdcore.inference import models
from kdcore.runs.run_record import Run
from tests.kdcore.inference.finished_run import finished_run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def run(runs: Path) -> Run:
    return finished_run(runs, runs / "data")


def copied(card: teachers.TeacherCard, folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(teachers.BUNDLED / f"{card.name}.safetensors", folder / f"{name}.safetensors")
    values = dataclasses.asdict(card) | {"name": name}
    (folder / f"{name}.json").write_text(json.dumps(values))


def test_the_bundled_teachers_can_be_asked(tmp_path: Path) -> None:
    found = {model.key: model for model in models.of_teachers(tmp_path)}
    assert "teacher:digits-mlp-300" in found
    assert [k.key for k in models.of_teachers(tmp_path, "digits")] == ["teacher:digits-mlp-300"]
    model = found["teacher:digits-mlp-300"]
    assert (model.role, model.network, model.shape) == ("teacher", "mlp-300", (1, 8, 8))
    assert models.named(model.key, tmp_path) == model


def test_a_teacher_without_its_weights_cannot_be_asked(tmp_path: Path) -> None:
    card = teachers.find("digits-mlp-300", tmp_path)
    assert card is not None
    copied(card, tmp_path / "teachers", "mine")
    assert "teacher:mine" in [k.key for k in models.of_teachers(tmp_path, "digits")]
    (tmp_path / "teachers" / "mine.safetensors").unlink()
    assert "teacher:mine" not in [k.key for k in models.of_teachers(tmp_path, "digits")]


def test_a_run_names_its_teacher_its_twin_and_its_student(run: Run, runs: Path) -> None:
    found = models.of_run(run, runs)
    assert [k.key for k in found] == [f"run:{run.id}:{role}" for role in ("teacher", "twin", "student")]
    assert [k.network for k in found] == ["mlp-30", "mlp-10", "mlp-10"]
    assert all(models.named(k.key, runs) == k for k in found)
    loaded = datasets.load("digits")
    assert all((k.mean, k.std, k.classes) == (loaded.mean, loaded.std, loaded.classes) for k in found)


def test_who_is_not_there_gets_a_sentence(run: Run, runs: Path) -> None:
    with pytest.raises(TeacherUnavailable, match="nobody"):
        models.named("teacher:nobody", runs)
    with pytest.raises(TeacherUnavailable, match="nobody"):
        models.named(f"run:{run.id}:nobody", runs)
    with pytest.raises(TeacherUnavailable):
        models.named("something else", runs)
    with pytest.raises(RunRefused):
        models.named("run:nothing:twin", runs)


def test_a_run_without_results_has_nobody_to_ask(run: Run, runs: Path) -> None:
    assert models.of_run(dataclasses.replace(run, results={}), runs) == []


def test_a_student_whose_weights_are_gone_is_left_out(run: Run, runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / run.id, tmp_path / run.id)
    shutil.copytree(runs / "kept", tmp_path / "kept")
    (tmp_path / run.id / "twin.safetensors").unlink()
    assert [k.role for k in models.of_run(run, tmp_path)] == ["teacher", "student"]


def test_another_teacher_under_the_old_name_is_not_the_runs(runs: Path, tmp_path: Path) -> None:
    card = teachers.find("digits-mlp-300", tmp_path)
    assert card is not None
    copied(card, tmp_path / "teachers", "mine")
    run = finished_run(tmp_path, tmp_path / "data", teacher="mine")
    assert [k.title for k in models.of_run(run, tmp_path) if k.role == "teacher"] == ["mine"]
    values = json.loads((tmp_path / "teachers" / "mine.json").read_text())
    (tmp_path / "teachers" / "mine.json").write_text(json.dumps(values | {"weights": "0" * 64}))
    assert [k.role for k in models.of_run(run, tmp_path)] == ["twin", "student"]


def test_a_record_that_does_not_tell_its_teachers_weights_is_told_by_its_errors(run: Run, runs: Path) -> None:
    older = {name: value for name, value in run.results["teacher"].items() if name != "weights"}
    told = dataclasses.replace(run, results=run.results | {"teacher": older})
    assert models.of_run(told, runs)[0].digest == run.results["teacher"]["weights"]
    other = older | {"val_errors": older["val_errors"] + 1}
    told = dataclasses.replace(run, results=run.results | {"teacher": other})
    assert [k.role for k in models.of_run(told, runs)] == ["twin", "student"]


def test_they_answer_as_they_did_when_they_were_tested(run: Run, runs: Path) -> None:
    loaded = datasets.load("digits")
    pictures = (loaded.test.images * loaded.std[0] + loaded.mean[0]).numpy()
    assert pictures.min() >= -1e-6
    assert pictures.max() <= 1 + 1e-6
    for model in models.of_run(run, runs):
        logits = models.infer(model, pictures)
        assert logits.dtype == np.float64
        assert logits.shape == (360, 10)
        wrong = int((logits.argmax(axis=1) != loaded.test.labels.numpy()).sum())
        assert wrong == run.results[model.role]["test_errors"]


def test_where_no_record_tells_the_mean_the_images_do(run: Run, runs: Path) -> None:
    model = models.of_run(run, runs)[0]
    pictures = np.linspace(0, 1, 2 * 64, dtype=np.float32).reshape(2, 1, 8, 8)
    forgetful = dataclasses.replace(model, mean=(), std=())
    assert np.array_equal(models.infer(forgetful, pictures), models.infer(model, pictures))


def test_pictures_of_another_shape_are_refused(run: Run, runs: Path) -> None:
    model = models.of_run(run, runs)[0]
    with pytest.raises(NetworkRefused, match="1 × 8 × 8"):
        models.infer(model, np.zeros((1, 3, 8, 8), np.float32))


def test_altered_weights_are_not_loaded(run: Run, runs: Path, tmp_path: Path) -> None:
    model = models.of_run(run, runs)[1]
    altered = bytearray(model.path.read_bytes())
    altered[-1] ^= 1
    (tmp_path / "w.safetensors").write_bytes(altered)
    with pytest.raises(TeacherUnavailable, match="altered"):
        models.network(dataclasses.replace(model, path=tmp_path / "w.safetensors"))
    with pytest.raises(TeacherUnavailable, match="cannot be read"):
        models.network(dataclasses.replace(model, path=tmp_path / "nothing"))
    with pytest.raises(TeacherUnavailable, match="do not fit"):
        models.network(dataclasses.replace(model, network="mlp-11"))


def test_naming_them_imports_no_torch(tmp_path: Path) -> None:
    look = (
        "import sys; from pathlib import Path; from kdcore.inference import client, models; from kdcore.studies import knowledge_report; "
        f"assert models.of_teachers(Path({str(tmp_path)!r})); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", look], check=True)
