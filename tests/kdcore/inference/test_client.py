"""What networks answer: computed by another process, kept whole, found again, and never waited for in vain."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file

from kdcore import teachers
from kdcore.data import datasets, transfer_set
from kdcore.errors import DataUnavailable, StillroomError, TeacherUnavailable
from kdcore.inference import client, models, network_outputs, output_cache, worker
from kdcore.inference.client import InferenceClient
from kdcore.inference.job import InferenceJob, JobProgress, JobStatus
from kdcore.inference.models import InferenceModel
from kdcore.runs.run_record import Run
from kdcore.system.processes import Process
from tests.kdcore.inference.finished_run import finished_run
from tests.kdcore.runs.helping import until


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def run(runs: Path) -> Run:
    return finished_run(runs, runs / "data")


@pytest.fixture(scope="module")
def asked(run: Run, runs: Path) -> list[InferenceModel]:
    """The run's three networks, asked about everything by a process."""
    shown = models.of_run(run, runs)
    asker = InferenceClient(runs)
    until(lambda: asker.need(shown) is None)
    return shown


@pytest.fixture
def make_asker(tmp_path: Path) -> Iterator[Callable[..., InferenceClient]]:
    made: list[InferenceClient] = []

    def make(**folders: Path) -> InferenceClient:
        made.append(InferenceClient(folders.get("runs", tmp_path), folders.get("data")))
        return made[-1]

    yield make
    for asker in made:
        asker.close()


@pytest.fixture
def digits(tmp_path: Path) -> list[InferenceModel]:
    return models.of_teachers(tmp_path, "digits")


# ---- what is kept ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("split", "said"), [("validation", "val_errors"), ("test", "test_errors")])
def test_the_answers_are_those_of_the_runs_own_test(
    split: str, said: str, run: Run, asked: list[InferenceModel], runs: Path
) -> None:
    for model in asked:
        answers, images = (
            output_cache.cached_outputs(model, split, runs),
            output_cache.cached_images(model, split, runs),
        )
        assert answers is not None
        assert images is not None
        assert isinstance(answers.logits, np.memmap)
        assert answers.logits.dtype == np.float32
        assert int((answers.logits.argmax(1) != images.labels).sum()) == run.results[model.role][said]


def test_the_images_are_the_datasets(asked: list[InferenceModel], runs: Path) -> None:
    loaded = datasets.load("digits")
    images = output_cache.cached_images(asked[0], "test", runs)
    assert images is not None
    assert isinstance(images.pixels, np.memmap)
    assert images.pixels.dtype == np.uint8
    sixteenths = (loaded.test.images * loaded.std[0] + loaded.mean[0]).mul(16).round().numpy()
    assert np.abs(images.pixels - sixteenths * (255 / 16)).max() <= 0.5, "the nearest byte"
    assert images.pixels.max() == 255
    assert np.array_equal(images.labels, loaded.test.labels)


def test_the_features_are_what_the_last_layer_reads(asked: list[InferenceModel], runs: Path) -> None:
    for model in asked:
        answers = output_cache.cached_outputs(model, "test", runs)
        assert answers is not None
        assert answers.features is not None
        weights = load_file(model.path)
        last = max(name.removesuffix(".weight") for name in weights if name.endswith(".weight"))
        matrix, bias = weights[f"{last}.weight"], weights[f"{last}.bias"]
        assert np.allclose(answers.features @ matrix.T + bias, answers.logits, atol=1e-4)


def test_training_images_are_those_of_the_runs_transfer_set(
    run: Run, asked: list[InferenceModel], runs: Path
) -> None:
    loaded = datasets.load("digits")
    transfer = transfer_set.transfer_set(loaded.train, run.experiment)
    for model in asked:
        images, answers = (
            output_cache.cached_images(model, "train", runs),
            output_cache.cached_outputs(model, "train", runs),
        )
        assert images is not None
        assert answers is not None
        assert len(images.labels) == len(answers.logits) == 150
        assert np.array_equal(images.labels, transfer.clean_labels)
        assert answers.features is None
        normal = (torch.from_numpy(images.pixels / 255).float() - loaded.mean[0]) / loaded.std[0]
        assert torch.allclose(normal, transfer.images, atol=0.01)
    alone = models.of_teachers(runs, "digits")
    assert output_cache.cached_images(alone[0], "train", runs) is None, (
        "a teacher alone saw all training images"
    )


def test_where_validation_images_were_trained_on_they_are_among_the_training_images(tmp_path: Path) -> None:
    run = finished_run(tmp_path, tmp_path / "data", train_on_validation=True, count=None, omit=())
    student = next(m for m in models.of_run(run, tmp_path) if m.role == "student")
    network_outputs.compute_outputs([student], tmp_path, splits=("train", "validation"))
    images = output_cache.cached_images(student, "train", tmp_path)
    assert images is not None
    whole = datasets.load("digits").with_validation_in_training().train
    assert np.array_equal(images.labels, whole.labels.numpy())


def test_of_many_training_images_the_same_ones_are_asked_about(
    tmp_path: Path, digits: list[InferenceModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_outputs, "MAX_TRAIN_IMAGES", 50)
    network_outputs.compute_outputs(digits, tmp_path, splits=["train"])
    images, answers = (
        of(digits[0], "train", tmp_path) for of in (output_cache.cached_images, output_cache.cached_outputs)
    )
    assert isinstance(images, output_cache.CachedImages)
    assert isinstance(answers, output_cache.NetworkOutputs)
    chosen = output_cache.sample_rows(1077, 50)
    assert np.array_equal(images.labels, datasets.load("digits").train.labels[chosen])
    assert len(answers.logits) == 50
    assert output_cache.MAX_TRAIN_IMAGES == 10_000


def test_a_choice_is_ascending_seeded_and_without_repetition() -> None:
    chosen = output_cache.sample_rows(10_000, 2_000)
    assert len(set(chosen.tolist())) == 2_000
    assert (np.diff(chosen) > 0).all()
    assert 4_000 < chosen.mean() < 6_000
    assert np.array_equal(chosen, output_cache.sample_rows(10_000, 2_000))
    assert np.array_equal(output_cache.sample_rows(5, 2_000), np.arange(5))


def test_what_was_asked_is_not_asked_again(
    asked: list[InferenceModel], runs: Path, make_asker: Callable[..., InferenceClient]
) -> None:
    asker = make_asker(runs=runs)
    assert asker.need(asked) is None
    assert asker.process is None
    assert not list(output_cache.cache_folder(runs).glob("*.progress.json")), (
        "a finished job leaves no progress"
    )
    assert not list(output_cache.cache_folder(runs).rglob("*.part"))


def test_only_the_splits_that_are_wanted_are_asked_about(
    tmp_path: Path, digits: list[InferenceModel], make_asker: Callable[..., InferenceClient]
) -> None:
    asker = make_asker()
    until(lambda: asker.need(digits, ["test"]) is None)
    assert output_cache.cached_outputs(digits[0], "test", tmp_path) is not None
    assert output_cache.cached_outputs(digits[0], "train", tmp_path) is None
    assert isinstance(asker.need(digits), JobProgress)


def test_progress_counts_the_images_of_all_networks(tmp_path: Path, digits: list[InferenceModel]) -> None:
    told: list[tuple[str, int, int]] = []
    network_outputs.compute_outputs(digits, tmp_path, report=lambda *said: told.append(said))
    counts = [(done, total) for what, done, total in told if what == network_outputs.INFERRING]
    assert counts[0] == (0, 1797)
    assert counts[-1] == (1797, 1797)
    assert JobProgress(*counts[-1], what="").share == 1.0
    assert JobProgress().share == 0.0


def test_the_oldest_answers_go_first(tmp_path: Path) -> None:
    place = output_cache.cache_folder(tmp_path)
    for age in range(5):
        output_cache.store_array(place / f"old-{age}" / "test.logits.npy", np.zeros(1))
        os.utime(place / f"old-{age}", (1000 - age, 1000 - age))
    output_cache.store_array(place / "projection-x.npy", np.zeros(1))
    output_cache.forget_old(tmp_path, newest=3)
    assert sorted(path.name for path in place.iterdir()) == ["old-0", "old-1", "projection-x.npy"]


def test_what_is_in_use_is_not_forgotten(
    tmp_path: Path, digits: list[InferenceModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    network_outputs.compute_outputs(digits[:1], tmp_path, splits=["test"])
    place = output_cache.cache_folder(tmp_path)
    for path in place.iterdir():
        os.utime(path, (1000, 1000))
    for age in range(3):
        output_cache.store_array(place / f"projection-{age}.npy", np.zeros(1))
        os.utime(place / f"projection-{age}.npy", (2000, 2000))
    forget = output_cache.forget_old
    monkeypatch.setattr(output_cache, "forget_old", lambda folder: forget(folder, newest=3))
    network_outputs.compute_outputs(digits[:1], tmp_path, splits=["test"])
    assert not output_cache.missing_outputs(digits[:1], ["test"], tmp_path)
    assert len(list(place.glob("projection-*"))) == 1


def test_what_jobs_told_goes_a_day_after_they_ended(tmp_path: Path) -> None:
    place = output_cache.cache_folder(tmp_path)
    place.mkdir(parents=True)
    for hours in (1, 23, 25):
        path = place / f"{hours}.progress.json"
        path.write_text("{}")
        then = path.stat().st_mtime - 3600 * hours
        os.utime(path, (then, then))
    output_cache.forget_old(tmp_path)
    assert sorted(path.name for path in place.iterdir()) == ["1.progress.json", "23.progress.json"]


# ---- which images they are ------------------------------------------------------------------------------------------


def pictures(folder: Path) -> None:
    for split in ("train", "test"):
        for label, name in enumerate(("dark", "light")):
            place = folder / "mine" / split / name
            place.mkdir(parents=True, exist_ok=True)
            for i in range(8):
                Image.new("L", (8, 8), 200 * label + i).save(place / f"{i}.png")


def test_other_images_in_the_data_folder_are_another_question(tmp_path: Path) -> None:
    pictures(tmp_path)
    before = output_cache.ImageSelection("mine", 8, 0, tmp_path)
    assert output_cache.ImageSelection("mine", 8, 0, tmp_path).key == before.key
    assert output_cache.ImageSelection("mine", 8, 1, tmp_path).key != before.key
    Image.new("L", (8, 8)).save(tmp_path / "mine" / "test" / "dark" / "more.png")
    assert output_cache.ImageSelection("mine", 8, 0, tmp_path).key != before.key
    assert (
        output_cache.ImageSelection("digits", 8, 0, tmp_path).key
        == output_cache.ImageSelection("digits", 8, 0, tmp_path / "x").key
    )


def test_images_with_other_classes_than_the_networks_are_refused(tmp_path: Path) -> None:
    pictures(tmp_path)
    run = finished_run(tmp_path / "runs", tmp_path, dataset="mine", image_size=8, count=None, omit=())
    shown = models.of_run(run, tmp_path / "runs")
    network_outputs.compute_outputs(shown, tmp_path / "runs", data_folder=tmp_path)
    for split in ("train", "test"):
        shutil.copytree(tmp_path / "mine" / split / "dark", tmp_path / "mine" / split / "middle")
    with pytest.raises(DataUnavailable, match="mlp-30"):
        network_outputs.compute_outputs(shown, tmp_path / "runs", data_folder=tmp_path)


def test_images_that_are_not_here_get_a_sentence_and_no_process(
    tmp_path: Path, make_asker: Callable[..., InferenceClient]
) -> None:
    asker = make_asker(data=tmp_path / "empty")
    with pytest.raises(DataUnavailable, match="MNIST is not in"):
        asker.need(models.of_teachers(tmp_path, "mnist"))
    assert asker.process is None


# ---- the process ----------------------------------------------------------------------------------------------------


def test_a_process_that_died_is_told_and_can_be_started_again(
    tmp_path: Path, digits: list[InferenceModel], make_asker: Callable[..., InferenceClient]
) -> None:
    asker = make_asker()
    assert isinstance(asker.need(digits), JobProgress)
    assert asker.process is not None
    asker.process.kill()
    asker.process.wait()
    with pytest.raises(StillroomError, match="ended before it was done"):
        asker.need(digits)
    assert isinstance(asker.need(digits, again=True), JobProgress)
    until(lambda: asker.need(digits) is None)


def test_what_was_answered_and_forgotten_is_asked_for_once_more(
    tmp_path: Path, digits: list[InferenceModel], make_asker: Callable[..., InferenceClient]
) -> None:
    asker = make_asker()
    until(lambda: asker.need(digits, ["test"]) is None)
    shutil.rmtree(output_cache.cache_folder(tmp_path))
    assert isinstance(asker.need(digits, ["test"]), JobProgress)
    until(lambda: asker.need(digits, ["test"]) is None)


def test_a_process_that_has_ended_is_waited_for(
    digits: list[InferenceModel], make_asker: Callable[..., InferenceClient]
) -> None:
    asker = make_asker()
    asker.need(digits, ["test"])
    assert asker.process is not None
    os.waitid(os.P_PID, asker.process.pid, os.WEXITED | os.WNOWAIT)
    assert asker.process.returncode is None
    assert asker.need(digits, ["test"]) is None
    assert asker.process.returncode == 0


def test_a_dead_process_of_an_earlier_server_hinders_nobody(
    tmp_path: Path, digits: list[InferenceModel], make_asker: Callable[..., InferenceClient]
) -> None:
    asker = make_asker()
    asker.need(digits)
    assert asker.process is not None
    until(lambda: list(output_cache.cache_folder(tmp_path).glob("*.progress.json")))
    asker.process.kill()
    asker.process.wait()
    later = make_asker()
    assert isinstance(later.need(digits), JobProgress)
    assert later.process is not None


def test_one_process_asks_at_a_time(
    tmp_path: Path, digits: list[InferenceModel], make_asker: Callable[..., InferenceClient]
) -> None:
    asker = make_asker()
    asker.need(digits, ["test"])
    first = asker.process
    assert asker.need(digits, ["train"]) == JobProgress(what=client.WAITING)
    assert asker.process is first
    until(lambda: asker.need(digits, ["train"]) is None)
    assert asker.need(digits, ["test"]) is None


def test_what_another_server_is_asking_is_waited_for(
    tmp_path: Path, digits: list[InferenceModel], make_asker: Callable[..., InferenceClient]
) -> None:
    asker = make_asker()
    job = InferenceJob(tuple(digits), ("test",), tmp_path, asker._data())
    JobStatus(3, 10, "Asking", process=str(Process.me())).write(job)
    assert asker.need(digits, ["test"]) == JobProgress(3, 10, "Asking")
    assert asker.process is None


def test_what_stops_the_process_reaches_the_page_in_its_own_words(
    tmp_path: Path, make_asker: Callable[..., InferenceClient]
) -> None:
    own = tmp_path / "teachers"
    own.mkdir()
    card = json.loads((teachers.BUNDLED / "digits-mlp-300.json").read_text())
    (own / "mine.json").write_text(json.dumps(card | {"name": "mine"}))
    (own / "mine.safetensors").write_bytes(b"no weights")
    shown = [k for k in models.of_teachers(tmp_path, "digits") if k.title == "mine"]
    asker = make_asker()

    def failure() -> StillroomError | None:
        try:
            assert asker.need(shown) is not None
        except StillroomError as error:
            return error
        return None

    found = until(failure)
    assert isinstance(found, TeacherUnavailable)
    assert "'mine' were altered" in str(found)


def test_a_process_that_nobody_waits_for_ends(
    tmp_path: Path, digits: list[InferenceModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = worker._ProgressReporter(InferenceJob(tuple(digits), ("test",), tmp_path, tmp_path))
    report("Asking", 1, 2)
    monkeypatch.setattr(os, "getppid", lambda: 1_000_000)
    with pytest.raises(SystemExit):
        report("Asking", 2, 2)


def test_an_unknown_network_ends_the_process_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "nice", lambda _: 0)  # it would stay with the tests that come after this one
    assert worker.main(["--networks", "teacher:nobody", "--runs", str(tmp_path)]) == 2
    assert "nobody" in capsys.readouterr().err


# ---- projections ----------------------------------------------------------------------------------------------------


def test_a_projection_is_computed_by_a_process_and_kept(
    asked: list[InferenceModel], runs: Path, make_asker: Callable[..., InferenceClient]
) -> None:
    asker = make_asker(runs=runs)
    assert output_cache.cached_projection(asked, "test", "pca", runs, most=100) is None
    until(lambda: asker.need_projection(asked, "test", "pca", most=100) is None)
    points = output_cache.cached_projection(asked, "test", "pca", runs, most=100)
    assert points is not None
    assert [p.shape for p in points] == [(100, 2)] * 3
    answers = output_cache.cached_outputs(asked[0], "test", runs)
    assert answers is not None
    assert answers.features is not None
    features = np.asarray(answers.features, np.float64)[output_cache.sample_rows(360, 100)]
    centred = features - features.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    expected = np.abs(left[:, :2] * sizes[:2])
    assert np.allclose(np.abs(points[0] - points[0].mean(axis=0)), expected, atol=1e-3)


def test_a_projection_depends_on_the_networks_in_their_order(asked: list[InferenceModel], runs: Path) -> None:
    def path(of: list[InferenceModel], method: str = "pca", most: int = 100) -> Path:
        return output_cache.projection_path(of, "test", method, runs, most)

    paths = {path(asked), path(asked[::-1]), path(asked[:2]), path(asked, "t-sne"), path(asked, most=50)}
    assert len(paths) == 5
    renamed = [dataclasses.replace(model, title="another") for model in asked]
    assert path(renamed) == path(asked)
