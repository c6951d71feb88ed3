"""What a run would begin with, done before it: the run is the same, and finds everything."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from kdcore.data import datasets
from kdcore.errors import DataUnavailable, TeacherUnavailable
from kdcore.events import Finished, NoCommands, Trained
from kdcore.experiment import Experiment
from kdcore.pipelines import experiment_pipeline, prefetched_images
from kdcore.pipelines.prefetch import prefetch
from kdcore.studies.presets import preset
from kdcore.training.logit_cache import LogitCache
from kdcore.training.teacher_outputs import TeacherOutputs

SHORT = preset("digits-100").experiment.with_flat(epochs=2)
PICTURES = Experiment.from_flat({"dataset": "patches", "image_size": 8, "teacher": "mlp-10"})


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    return {"data_folder": tmp_path / "data", "runs_folder": tmp_path / "runs"}


@pytest.fixture(autouse=True)
def nothing_prefetched() -> Iterator[None]:
    yield
    prefetched_images.forget()


def never() -> bool:
    return False


def weights_of(experiment: Experiment, folders: dict[str, Path]) -> dict[str, Any]:
    events = list(experiment_pipeline.run(experiment, commands=NoCommands(), **folders))
    assert isinstance(events[-1], Finished)
    return {event.role: event.tensors for event in events if isinstance(event, Trained)}


def refused(*_: Any, **__: Any) -> Any:
    raise AssertionError("this was to be found")


def test_the_run_reads_no_image_and_asks_no_teacher_and_learns_the_same(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = weights_of(SHORT, {**folders, "runs_folder": tmp_path / "others"})
    assert prefetch(SHORT, run_has_come=never, **folders), "the teacher has answered everything"
    monkeypatch.setattr(LogitCache, "_keep", refused)
    monkeypatch.setattr(datasets, "load", refused)
    found = weights_of(SHORT, folders)
    assert found.keys() == without.keys() == {"student", "twin"}
    for role, weights in without.items():
        for name, tensor in weights.items():
            assert tensor.equal(found[role][name])


@pytest.mark.parametrize("known", range(4))
def test_it_ends_where_the_run_has_come(folders: dict[str, Path], known: int) -> None:
    """The teacher answers for validation images, the transfer set, and test images."""
    logits = folders["runs_folder"] / "kept" / "logits"
    answered = prefetch(SHORT, run_has_come=lambda: len([*logits.glob("*")]) >= known, **folders)
    assert answered == (known == 3)
    assert len([*logits.glob("*")]) == known


def test_a_run_that_comes_while_the_teacher_answers_does_not_wait_for_all_of_it(
    folders: dict[str, Path],
) -> None:
    asked = itertools.count()
    assert not prefetch(SHORT, run_has_come=lambda: next(asked) >= 3, **folders)
    assert not [*(folders["runs_folder"] / "kept" / "logits").glob("*")], "it was asked within the first pass"
    assert prefetch(SHORT, run_has_come=never, **folders), "nothing is left that would stop another one"


def test_a_run_that_comes_while_pictures_are_decoded_is_not_kept_waiting(folders: dict[str, Path]) -> None:
    paint(folders["data_folder"], light=200)
    assert not prefetch(PICTURES, run_has_come=lambda: True, **folders)
    assert prefetched_images.take(PICTURES, folders["data_folder"]) is None


def test_features_too_large_to_keep_leave_their_images_to_the_run(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TeacherOutputs, "computed_once", False)
    monkeypatch.setattr(TeacherOutputs, "on_transfer_set", property(refused))
    assert prefetch(SHORT, run_has_come=never, **folders)


def test_validation_images_that_are_trained_on_are_prefetched_too(folders: dict[str, Path]) -> None:
    last_fit = SHORT.with_flat(train_on_validation=True, count=None)
    assert prefetch(last_fit, run_has_come=never, **folders)
    kept = prefetched_images.take(last_fit, folders["data_folder"])
    assert kept is not None
    assert not kept.trains_on_validation
    assert prefetched_images.take(last_fit, folders["data_folder"]) is None, (
        "the run has it, and no copy stays"
    )


def test_more_images_than_memory_is_spared_for_are_left_to_the_run(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kdcore.pipelines.prefetch.MOST_BYTES", 1e5)
    monkeypatch.setattr(datasets, "load", refused)
    assert not prefetch(SHORT, run_has_come=never, **folders)


def test_a_teacher_that_is_not_trained_yet_is_not_trained(folders: dict[str, Path]) -> None:
    assert not prefetch(SHORT.with_flat(teacher="mlp-10"), run_has_come=never, **folders)
    assert not (folders["runs_folder"] / "kept").exists()


def test_nothing_is_downloaded_for_a_recipe_that_is_only_looked_at(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kdcore.data.downloads._fetch", refused)
    with pytest.raises(DataUnavailable):
        prefetch(SHORT.with_flat(dataset="mnist", teacher="mnist-cnn-medium"), run_has_come=never, **folders)
    with pytest.raises(TeacherUnavailable):
        prefetch(SHORT.with_flat(teacher="mnist-cnn-medium"), run_has_come=never, **folders)


@pytest.mark.parametrize(
    "changed",
    [{}, {"image_size": 16}, {"split_seed": 1}, {"light": 90}],
    ids=["nothing", "size", "split", "files"],
)
def test_images_are_handed_over_where_they_are_still_the_same(
    folders: dict[str, Path], changed: dict[str, int]
) -> None:
    paint(folders["data_folder"], light=200)
    prefetch(PICTURES, run_has_come=never, **folders)
    if light := changed.pop("light", 0):
        paint(folders["data_folder"], light=light)
    found = prefetched_images.take(PICTURES.with_flat(**changed), folders["data_folder"])
    assert (found is not None) == (not light and not changed)


def test_pictures_that_change_while_they_are_read_are_not_kept(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    paint(folders["data_folder"], light=200)
    load = datasets.load

    def load_slowly(*args: Any, **options: Any) -> datasets.Dataset:
        found = load(*args, **options)
        paint(folders["data_folder"], light=90)
        return found

    monkeypatch.setattr(datasets, "load", load_slowly)
    assert not prefetch(PICTURES, run_has_come=never, **folders)
    assert prefetched_images.take(PICTURES, folders["data_folder"]) is None


def paint(data_folder: Path, light: int) -> None:
    """Two classes of grey patches."""
    for part in ("train", "test"):
        for label, shade in (("dark", 10), ("light", light)):
            folder = data_folder / "patches" / part / label
            folder.mkdir(parents=True, exist_ok=True)
            for i in range(12):
                pixels = np.full((8, 8), shade + i, dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{i}.bmp")
