"""Splits, normalisation and transfer sets: what is promised about counts, seeds and the images nobody may touch."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from kdcore.data import catalogue
from kdcore.data.datasets import Dataset, Split, load
from kdcore.data.transfer_set import transfer_set
from kdcore.errors import DataUnavailable, InvalidExperiment
from kdcore.experiment import Experiment, Recipe


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


@pytest.fixture
def uneven() -> Split:
    """Classes of 50, 30, 15 and 5 one-pixel images, each image its own number."""
    labels = torch.tensor([0] * 50 + [1] * 30 + [2] * 15 + [3] * 5)
    return Split(torch.arange(100.0).view(100, 1, 1, 1), labels)


def raw(dataset: Dataset, split: Split) -> np.ndarray:
    """Pixels as they were before normalisation, 0 to 1."""
    mean, std = (torch.tensor(m).view(1, -1, 1, 1) for m in (dataset.mean, dataset.std))
    return (split.images * std + mean).numpy()


# ---- digits ---------------------------------------------------------------------------------------------------------


def test_the_digits_are_scikit_learns_each_once_with_its_label(digits: Dataset) -> None:
    pixels, numbers = load_digits(return_X_y=True)
    expected = sorted(
        (*row, number) for row, number in zip(pixels.astype(int).tolist(), numbers.tolist(), strict=True)
    )
    found = []
    for split in (digits.train, digits.validation, digits.test):
        rows = np.rint(raw(digits, split) * 16).astype(int).reshape(-1, 64)
        found += [(*row, number) for row, number in zip(rows.tolist(), split.labels.tolist(), strict=True)]
    assert sorted(found) == expected


def test_the_digits_are_split_60_20_20_with_every_class_in_its_share(digits: Dataset) -> None:
    assert [len(s) for s in (digits.train, digits.validation, digits.test)] == [1077, 360, 360]
    for split in (digits.validation, digits.test):
        counts = torch.bincount(split.labels, minlength=10)
        assert counts.min() >= 34
        assert counts.max() <= 37


def test_training_images_have_mean_0_and_standard_deviation_1_and_black_is_black(digits: Dataset) -> None:
    images = digits.train.images.double()
    assert images.mean().item() == pytest.approx(0, abs=1e-5)
    assert images.std(correction=0).item() == pytest.approx(1, abs=1e-5)
    torch.testing.assert_close(digits.black, images.float().amin().view(1))
    assert (digits.shape, digits.num_classes) == ((1, 8, 8), 10)


def test_tensors_are_what_the_loop_expects(digits: Dataset) -> None:
    for split in (digits.train, digits.validation, digits.test):
        assert (split.images.dtype, split.labels.dtype) == (torch.float32, torch.int64)
        assert split.images.is_contiguous()


def test_another_split_seed_moves_validation_but_never_the_test_images(digits: Dataset) -> None:
    again, other = load("digits"), load("digits", split_seed=1)
    assert torch.equal(again.train.images, digits.train.images)
    assert torch.equal(again.validation.labels, digits.validation.labels)
    assert not np.array_equal(raw(other, other.validation), raw(digits, digits.validation))
    np.testing.assert_allclose(raw(other, other.test), raw(digits, digits.test), atol=1e-6)
    assert torch.equal(other.test.labels, digits.test.labels)


def test_the_catalogue_knows_what_loads(digits: Dataset) -> None:
    entry = catalogue.entry("digits")
    assert (entry.channels, entry.size, entry.classes, entry.images) == (1, 8, 10, len(digits.train))


def test_an_unknown_dataset_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match=r"no dataset 'mnits'; there are digits, drawn, shapes, mnist"):
        load("mnits", folder=tmp_path)


def test_a_name_cannot_climb_out_of_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "outside" / "train").mkdir(parents=True)
    with pytest.raises(DataUnavailable, match="no dataset"):
        load("../outside", folder=tmp_path / "inside")


# ---- real images ----------------------------------------------------------------------------------------------------


def test_mnist_loads_whole_and_fast(data_folder: Path) -> None:
    began = time.process_time()
    mnist = load("mnist", folder=data_folder, download=False)
    assert time.process_time() - began < 3, "about 0.4 s when measured; an image at a time would take ten"
    assert [len(s) for s in (mnist.train, mnist.validation, mnist.test)] == [55_000, 5_000, 10_000]
    assert mnist.shape == (1, 28, 28)
    assert mnist.mean[0] == pytest.approx(0.1307, abs=5e-4)
    assert mnist.std[0] == pytest.approx(0.3081, abs=5e-4)
    assert torch.bincount(mnist.test.labels).tolist() == [
        980,
        1135,
        1032,
        1010,
        982,
        892,
        958,
        1028,
        974,
        1009,
    ]
    share = torch.bincount(mnist.validation.labels) / 5_000
    torch.testing.assert_close(share, torch.bincount(mnist.train.labels) / 55_000, atol=3e-4, rtol=0)


def test_mnist_is_what_torchvision_reads(data_folder: Path) -> None:
    from torchvision.datasets import MNIST

    mnist, theirs = load("mnist", folder=data_folder), MNIST(data_folder, train=False)
    ours = np.rint(raw(mnist, mnist.test) * 255).astype(np.uint8)
    assert np.array_equal(ours[:, 0], theirs.data.numpy())
    assert torch.equal(mnist.test.labels, theirs.targets)


@pytest.mark.slow
def test_cifar_as_jpeg_is_called_so_and_loads_again_from_its_cache(data_folder: Path) -> None:
    cifar = load("cifar10-jpeg", folder=data_folder)
    assert cifar.title == "CIFAR-10 (JPEG)"
    assert [len(s) for s in (cifar.train, cifar.validation, cifar.test)] == [45_000, 5_000, 10_000]
    assert cifar.shape == (3, 32, 32)
    assert cifar.classes[:3] == ("airplane", "automobile", "bird")
    assert torch.bincount(cifar.train.labels).tolist() == [4_500] * 10
    assert cifar.mean == pytest.approx((0.491, 0.482, 0.447), abs=2e-3)
    decoded: list[str] = []
    again = load("cifar10-jpeg", folder=data_folder, progress=lambda what, done, total: decoded.append(what))
    assert not decoded
    assert torch.equal(again.train.images, cifar.train.images)


# ---- transfer sets --------------------------------------------------------------------------------------------------


def test_by_default_it_is_the_whole_training_set_uncopied(digits: Dataset) -> None:
    whole = transfer_set(digits.train, Experiment())
    assert whole.images.data_ptr() == digits.train.images.data_ptr()
    assert torch.equal(whole.labels, digits.train.labels)
    assert torch.equal(whole.chosen, torch.arange(1077))
    assert whole.known is None


def test_a_count_is_spread_evenly_over_the_classes(digits: Dataset) -> None:
    transfer = transfer_set(digits.train, Experiment(count=103))
    assert len(transfer) == 103
    assert sorted(torch.bincount(transfer.labels).tolist()) == [10] * 7 + [11] * 3
    assert torch.equal(transfer.images, digits.train.images[transfer.chosen])
    assert torch.equal(transfer.labels, digits.train.labels[transfer.chosen])


def test_what_a_small_class_lacks_the_others_give(uneven: Split) -> None:
    transfer = transfer_set(uneven, Experiment(count=60))
    assert torch.bincount(transfer.labels).tolist() == [20, 20, 15, 5]
    assert len(transfer_set(uneven, Experiment(count=100))) == 100


def test_a_fraction_takes_its_share_of_each_class(uneven: Split) -> None:
    assert torch.bincount(transfer_set(uneven, Experiment(fraction=0.2)).labels).tolist() == [10, 6, 3, 1]


def test_a_larger_count_keeps_the_images_of_a_smaller_one(digits: Dataset) -> None:
    small, large = (set(transfer_set(digits.train, Experiment(count=n)).chosen.tolist()) for n in (50, 200))
    assert small < large


def test_omitted_classes_are_gone_and_the_others_whole(digits: Dataset) -> None:
    transfer = transfer_set(digits.train, Experiment(omit=(3, 7)))
    counts, there = torch.bincount(transfer.labels, minlength=10), torch.bincount(digits.train.labels)
    there[[3, 7]] = 0
    assert torch.equal(counts, there)
    evenly = torch.bincount(
        transfer_set(digits.train, Experiment(omit=(3, 7), count=80)).labels, minlength=10
    )
    assert evenly.tolist() == [10, 10, 10, 0, 10, 10, 10, 0, 10, 10]


def test_half_the_labels_drawn_at_random_leaves_45_percent_wrong() -> None:
    labels = torch.arange(10).repeat(2_000)
    split = Split(torch.zeros(20_000, 1, 1, 1), labels)
    noisy = transfer_set(split, Experiment(label_noise=0.5))
    wrong = (noisy.labels != labels).double().mean().item()
    assert wrong == pytest.approx(0.45, abs=0.015)
    assert torch.equal(noisy.clean_labels, labels)
    assert torch.equal(split.labels, torch.arange(10).repeat(2_000)), "the training set keeps its labels"


def test_noise_knows_every_class_even_one_left_out(digits: Dataset) -> None:
    noisy = transfer_set(digits.train, Experiment(omit=(9,), label_noise=1.0))
    assert torch.bincount(noisy.labels, minlength=10).min() > 60


def test_hidden_labels_are_exactly_as_many_as_asked(digits: Dataset) -> None:
    transfer = transfer_set(digits.train, Experiment(count=200, hidden_labels=0.75))
    assert transfer.known is not None
    assert transfer.known.dtype == torch.bool
    assert transfer.known.sum() == 50


def test_everything_follows_from_the_noise_seed_and_each_choice_alone(digits: Dataset) -> None:
    settings = {"count": 300, "hidden_labels": 0.3, "label_noise": 0.4}
    one, same = (transfer_set(digits.train, Experiment(**settings)) for _ in range(2))
    assert torch.equal(one.chosen, same.chosen)
    assert torch.equal(one.labels, same.labels)
    assert torch.equal(one.known, same.known)
    other = transfer_set(digits.train, Experiment(**settings, noise_seed=1))
    assert not torch.equal(one.chosen, other.chosen)
    assert not torch.equal(one.known, other.known)
    quiet = transfer_set(digits.train, Experiment(count=300))
    assert torch.equal(one.chosen, quiet.chosen), "noise must not change which images are taken"
    other_order = transfer_set(
        digits.train, Experiment(**settings, order_seed=5, init_seed=5, teacher_seed=5)
    )
    assert torch.equal(one.labels, other_order.labels)


def test_more_noise_keeps_the_labels_that_less_noise_drew(digits: Dataset) -> None:
    little, much = (transfer_set(digits.train, Experiment(label_noise=share)) for share in (0.2, 0.6))
    moved = little.labels != little.clean_labels
    assert torch.equal(little.labels[moved], much.labels[moved])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"count": 1_078}, "count = 1078: there are 1,077 training images"),
        ({"count": 970, "omit": (0, 1)}, "count = 970: there are 862"),
        ({"omit": (10,)}, "omit = 10: there are the classes 0 to 9"),
        ({"omit": tuple(range(10))}, "two classes or more"),
        ({"omit": tuple(range(9))}, "two classes or more"),
        ({"fraction": 0.001}, r"fraction = 0.001: no image of 1,077 is left"),
        ({"recipe": Recipe(crop=8)}, "crop = 8: images of 8 pixels"),
    ],
)
def test_what_cannot_be_is_said(digits: Dataset, settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidExperiment, match=sentence):
        transfer_set(digits.train, Experiment.model_validate(settings))


# ---- images whose truth is known ------------------------------------------------------------------------------------


def test_the_truth_goes_where_its_images_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No label is impossible by the truth of its own image, in any split and in a transfer set; it would be by another's."""
    source = replace(catalogue.GENERATED["drawn"], images=900, test_images=300)
    monkeypatch.setitem(catalogue.GENERATED, "drawn", source)
    drawn = load("drawn", folder=tmp_path, split_seed=3)
    chosen = transfer_set(drawn.train, Experiment().with_flat(dataset="drawn", count=50))
    assert [len(s) for s in (drawn.train, drawn.validation, drawn.test, chosen)] == [810, 90, 300, 50]
    for truth, labels in (
        *((split.truth, split.labels) for split in (drawn.train, drawn.validation, drawn.test)),
        (chosen.truth, chosen.clean_labels),
    ):
        assert truth is not None
        assert truth.shape == (len(labels), 10)
        assert float(truth.gather(1, labels[:, None]).min()) > 0


def test_elsewhere_nobody_knows_the_truth(digits: Dataset) -> None:
    chosen = transfer_set(digits.train, Experiment())
    assert [digits.train.truth, digits.validation.truth, digits.test.truth, chosen.truth] == [None] * 4
