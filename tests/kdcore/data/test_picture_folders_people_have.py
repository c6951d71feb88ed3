"""Folders of pictures as people have them: mixed kinds, no split, numbered classes, umlauts, pictures that cannot be read."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kdcore.cli.main import main
from kdcore.data import catalogue, image_folder
from kdcore.data.class_numbers import class_numbers
from kdcore.data.datasets import load
from kdcore.data.picture_survey import LEFT_OUT_FILE, natural
from kdcore.errors import DataUnavailable, InvalidExperiment
from kdcore.runs.store import Store

RED, BLUE = (200, 10, 10), (10, 10, 200)


def picture(path: Path, colour: object = RED, mode: str = "RGB", kind: str | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (8, 8), colour).save(path, format=kind)  # type: ignore[arg-type]


def pets(
    data: Path, name: str = "pets", count: int = 20, *, splits: tuple[str, ...] = ("train", "test")
) -> Path:
    """Cats and dogs, so many of each in every split."""
    for split in splits:
        for animal, colour in (("cat", RED), ("dog", BLUE)):
            for number in range(count):
                picture(data / name / split / animal / f"{number:03}.png", colour)
    return data / name


def test_colour_counts_if_any_picture_has_it_and_how_many_are_grey_is_said(tmp_path: Path) -> None:
    root = pets(tmp_path)
    for animal in ("cat", "dog"):
        picture(root / "train" / animal / "000.png", 100, "L")
    dataset = load("pets", folder=tmp_path)
    assert dataset.shape[0] == 3
    assert "2 of 80 pictures are grey: they are read as colour pictures, as the others are." in dataset.notes
    assert load("pets", folder=tmp_path).notes == dataset.notes, "from the cache too"
    for path in root.glob("*/*/*.png"):
        if path.stem != "019":
            picture(path, 100, "L")
    assert load("pets", folder=tmp_path).shape[0] == 3, "the last of its class is looked at as well"


def test_pictures_are_known_by_their_content_and_all_that_cannot_be_read_are_named_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = pets(tmp_path, count=30)
    for number in range(5):
        picture(root / "train/cat" / f"web-{number}.jpg", RED, kind="WEBP")
        (root / "train/dog" / f"empty-{number}.jpg").touch()
    (root / "test/dog/torn.png").write_bytes((root / "test/dog/000.png").read_bytes()[:40])
    with pytest.raises(DataUnavailable) as refused:
        load("pets", folder=tmp_path)
    sentence = str(refused.value)
    assert sentence.startswith("6 pictures cannot be read.")
    assert all(f"pets/train/dog/empty-{number}.jpg" in sentence for number in range(5))
    assert "pets/test/dog/torn.png" in sentence
    assert "web-" not in sentence
    assert "python -m kdcore datasets --leave-out pets" in sentence

    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path))
    assert main(["datasets", "--leave-out", "pets", "--json"]) == 0
    left_out = json.loads(capsys.readouterr().out)["left_out"]
    assert len(left_out) == 6
    dataset = load("pets", folder=tmp_path)
    assert len(dataset.train) + len(dataset.validation) == 65
    assert f"Left out: 6 listed in {LEFT_OUT_FILE}." in dataset.notes
    assert main(["datasets", "--leave-out", "pets"]) == 0
    assert "0 pictures cannot be read" in capsys.readouterr().out
    assert main(["datasets", "--leave-out", "mnist"]) == 2


def test_every_kind_that_can_be_read_is_and_what_is_left_out_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = pets(tmp_path, count=3)
    for number in range(30):
        picture(root / "train/cat" / f"w{number}.webp")
        picture(root / "train/dog" / f"b{number}.bmp", BLUE)
    (root / "train/cat/notes.txt").write_text("mine")
    (root / "train/cat/drawing.svg").write_text("<svg/>")
    picture(root / "train/dog/more/inside.png")
    (root / "train/dog/.DS_Store").touch()
    dataset = load("pets", folder=tmp_path)
    assert len(dataset.train) + len(dataset.validation) == 66
    assert "Left out: 1 .svg, 1 .txt, 1 in sub-folders." in dataset.notes
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path))
    assert main(["datasets"]) == 0
    assert "pets: Left out: 1 .svg, 1 .txt, 1 in sub-folders." in capsys.readouterr().out


def test_class_folders_alone_are_split_by_a_seed_and_it_is_said(tmp_path: Path) -> None:
    pets(tmp_path, splits=("",))
    [entry] = [one for one in catalogue.catalogue(tmp_path) if one.name == "pets"]
    assert entry.available
    first, again = (load("pets", folder=tmp_path) for _ in range(2))
    assert np.bincount(first.test.labels).tolist() == [4, 4], "a fifth of each class"
    assert len(first.train) + len(first.validation) == 32
    assert (first.test.images == again.test.images).all()
    assert (
        "It has no split: 8 of 40 pictures, of each class by its share, are kept for the test." in first.notes
    )


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_a_folder_of_validation_pictures_is_understood(name: str, tmp_path: Path) -> None:
    pets(tmp_path, splits=("train", name))
    dataset = load("pets", folder=tmp_path)
    assert (len(dataset.train) + len(dataset.validation), len(dataset.test)) == (40, 40)
    assert f"{name}/ serves as the test pictures: there is no test/." in dataset.notes
    pets(tmp_path, "all", splits=("train", name, "test"))
    whole = load("all", folder=tmp_path)
    assert (len(whole.train) + len(whole.validation), len(whole.test)) == (80, 40)
    assert any(f"The pictures of {name}/ are among the training pictures" in note for note in whole.notes)


def test_numbered_classes_are_in_the_order_in_which_people_count(tmp_path: Path) -> None:
    for number in range(1, 13):
        for split in ("train", "test"):
            for copy in range(2):
                picture(tmp_path / "numbered" / split / str(number) / f"{copy}.png", (number * 20, 0, 0))
    dataset = load("numbered", folder=tmp_path)
    assert dataset.classes == tuple(map(str, range(1, 13)))
    assert dataset.classes[2] == "3"
    assert sorted(["b10", "b9", "a", "B1", "10", "9"], key=natural) == ["9", "10", "a", "B1", "b9", "b10"]


def test_a_class_is_left_out_by_its_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pets(tmp_path)
    for split in ("train", "test"):
        for number in range(20):
            picture(tmp_path / "pets" / split / "bird" / f"{number}.png", (1, 200, 1))
    assert class_numbers("pets", ["dog", 0], tmp_path) == (2, 0)
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path))
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    words = [
        "--dataset",
        "pets",
        "--teacher",
        "mlp-10",
        "--student",
        "mlp-10",
        "--epochs",
        "1",
        "--teacher-epochs",
        "1",
    ]
    assert main(["distill", *words, "--omit", "dog"]) == 0
    store = Store(tmp_path / "runs")
    [run] = store.runs()
    store.close()
    assert run.experiment.omit == (2,)
    with pytest.raises(InvalidExperiment, match=r"has no class .dgo.\. Did you mean dog"):
        class_numbers("pets", ["dgo"], tmp_path)


def test_a_name_spelled_in_two_ways_is_one_class(tmp_path: Path) -> None:
    composed, apart = (unicodedata.normalize(form, "Käse") for form in ("NFC", "NFD"))
    assert composed != apart
    for split, name in (("train", composed), ("test", apart)):
        for number in range(4):
            picture(tmp_path / "food" / split / name / f"{number}.png")
            picture(tmp_path / "food" / split / "Brot" / f"{number}.png", BLUE)
    dataset = load("food", folder=tmp_path)
    assert dataset.classes == ("Brot", composed)
    assert np.bincount(dataset.test.labels).tolist() == [4, 4]
    assert class_numbers("food", [apart], tmp_path) == (1,)


def test_a_kind_that_starts_another_program_is_not_read(tmp_path: Path) -> None:
    root = pets(tmp_path)
    (root / "train/cat/001.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n")
    assert "EPS" not in image_folder.KINDS
    with pytest.raises(DataUnavailable, match=r"001\.png is not a picture"):
        load("pets", folder=tmp_path)
