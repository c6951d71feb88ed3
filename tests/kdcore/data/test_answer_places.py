"""Which images the rows of a table are about."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from kdcore.data import datasets
from kdcore.data.answer_places import PublishedImages, placed, published
from kdcore.data.answer_tables import AnswerRows
from kdcore.errors import TeacherUnavailable


@pytest.fixture(scope="module")
def digits() -> PublishedImages:
    return published(datasets.load("digits"), {})


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> PublishedImages:
    folder = tmp_path_factory.mktemp("data")
    for split, count in (("train", 20), ("test", 6)):
        for name in ("cat", "dog"):
            (folder / "pets" / split / name).mkdir(parents=True)
            for n in range(count):
                shade = (7 * n, 200 * (name == "cat"), 3)
                Image.new("RGB", (8, 8), shade).save(folder / "pets" / split / name / f"{split}{n:02}.png")
    dataset = datasets.load("pets", folder=folder, image_size=8)
    return published(dataset, datasets.published_names("pets", folder))


def table(count: int, **about: object) -> AnswerRows:
    return AnswerRows(str(about.pop("split", "")), np.zeros((count, 2)), **about)  # type: ignore[arg-type]


def test_as_many_rows_as_were_published_stand_in_that_order(pets: PublishedImages) -> None:
    [train] = placed(table(40), pets)
    assert train.list == "train"
    assert train.places.tolist() == [*range(40)]
    [test] = placed(table(12), pets)
    assert test.list == "test"
    both = placed(table(52), pets)
    assert [(part.list, len(part.places)) for part in both] == [("train", 40), ("test", 12)]


def test_as_many_as_we_train_on_stand_in_our_order(pets: PublishedImages) -> None:
    of, ours = pets.splits["train"]
    assert len(ours) == 36
    [part] = placed(table(36, split="train"), pets)
    assert part.list == of == "train"
    assert part.places.tolist() == ours.tolist()


def test_digits_have_one_list_in_which_our_splits_lie(digits: PublishedImages) -> None:
    [part] = placed(table(360, split="test"), digits)
    assert part.list == "all"
    assert part.places.tolist() == digits.splits["test"][1].tolist()
    with pytest.raises(TeacherUnavailable, match="fit several parts"):
        placed(table(360), digits)


def test_an_index_counts_in_the_split_that_is_said(pets: PublishedImages) -> None:
    [part] = placed(table(2, index=np.array([9, 4])), pets, split="test")
    assert (part.list, part.places.tolist()) == ("test", [9, 4])
    [late] = placed(table(1, index=np.array([41]), split="all"), pets)
    assert (late.list, late.places.tolist()) == ("test", [1])
    _list, ours = pets.splits["validation"]
    [held] = placed(table(1, index=np.array([2]), split="validation"), pets)
    assert held.places.tolist() == [ours[2]]


def test_files_are_found_by_path_or_by_name(pets: PublishedImages) -> None:
    names = ("test/dog/test03.png", "train\\cat\\train07.png", "cat/test00.png")
    parts = {part.list: part for part in placed(table(3, files=names), pets)}
    assert [pets.names["test"][place] for place in parts["test"].places] == [
        "test/dog/test03.png",
        "test/cat/test00.png",
    ]
    assert parts["test"].rows.tolist() == [0, 2]
    assert [pets.names["train"][place] for place in parts["train"].places] == ["train/cat/train07.png"]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (table(5), "fit no part of these images"),
        (table(1, index=np.array([3])), "say --split"),
        (table(1, index=np.array([12]), split="test"), "names image 12, and there are 12"),
        (table(1, files=("test07.gif",)), "name no picture"),
        (table(1, files=("test00.png",)), "or several"),
        (table(2, files=("test/cat/test00.png", "./test/cat/test00.png")), "Two rows name the picture"),
    ],
)
def test_rows_that_fit_no_images_are_refused(rows: AnswerRows, sentence: str, pets: PublishedImages) -> None:
    with pytest.raises(TeacherUnavailable, match=sentence):
        placed(rows, pets)


def test_images_that_are_no_files_have_no_names(digits: PublishedImages) -> None:
    with pytest.raises(TeacherUnavailable, match="no folder of pictures"):
        placed(table(1, files=("a.png",)), digits)


def test_a_dataset_with_its_validation_in_training_knows_its_places() -> None:
    joined = datasets.load("digits").with_validation_in_training()
    images = published(joined, {})
    assert len(images.splits["train"][1]) == len(joined.train)
    assert images.sizes == {"all": 1797}
