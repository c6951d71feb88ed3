"""The project's own digits: read by the bundled teacher as what they are, and morphs over which its belief crosses once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy import ndimage

from kdcore import networks, teachers
from kdcore.data import drawn_digits
from kdcore.data.datasets import load
from kdcore.errors import PictureRefused

Numbers = npt.NDArray[np.float64]
Ask = Callable[[list[npt.NDArray[np.float32]]], Numbers]
SHARES = np.linspace(0, 1, 41)


@pytest.fixture(scope="module")
def logits() -> Ask:
    """A function from pictures [28, 28] to the bundled MNIST teacher's logits [n, 10]."""
    nowhere = Path("no such folder")
    card = teachers.find("mnist-cnn-medium", nowhere)
    assert card is not None
    network = networks.build(card.network, card.shape, 10, 0)
    network.load_state_dict(teachers.load(card, nowhere))
    network.eval()

    def ask(pictures: list[npt.NDArray[np.float32]]) -> Numbers:
        with torch.no_grad():
            return network((torch.from_numpy(np.stack(pictures))[:, None] - 0.1307) / 0.3081).double().numpy()

    return ask


def softmax(logits: Numbers, temperature: float = 1.0) -> Numbers:
    e = np.exp((logits - logits.max(axis=-1, keepdims=True)) / temperature)
    return e / e.sum(axis=-1, keepdims=True)


# ---- digits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digit", range(10))
def test_the_teacher_reads_a_digit_at_every_slant_and_width(digit: int, logits: Ask) -> None:
    hands = [(slant, width) for slant in np.linspace(-0.2, 0.3, 6) for width in (1.8, 2.4, 3.2)]
    beliefs = softmax(
        logits([drawn_digits.draw(digit), *(drawn_digits.draw(digit, *hand) for hand in hands)])
    )
    assert beliefs[0, digit] > 0.99
    assert beliefs[:, digit].min() > 0.9


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("slant", [-0.2, 0.0, 0.3])
def test_a_digit_is_laid_out_as_in_mnist(digit: int, slant: float) -> None:
    ink = drawn_digits.draw(digit, slant)
    assert ink.shape == (28, 28)
    assert ink.dtype == np.float32
    assert ink.min() == 0
    assert ink.max() == 1
    assert ndimage.center_of_mass(ink) == pytest.approx((14, 14), abs=0.1)
    marked = np.argwhere(ink > 0)
    # 20 pixels that fall between the grid's lines touch 21; half an edge more on either side touches 22.
    assert np.ptp(marked, axis=0).max() + 1 in (20, 21, 22)


def test_the_pen_is_as_wide_as_asked() -> None:
    for width in (1.8, 2.4, 3.2):
        across = drawn_digits.draw(1, slant=-0.12, width=width)[10:18].sum(
            axis=1
        )  # an upright stem, seen far from its ends
        assert across == pytest.approx(np.full(8, width), rel=0.05)


def test_slant_leans_the_top_to_the_right() -> None:
    def lean(ink: npt.NDArray[np.float32]) -> float:
        columns = np.arange(28)
        top, bottom = ink[6:10].sum(axis=0), ink[19:23].sum(axis=0)
        return float(top @ columns / top.sum() - bottom @ columns / bottom.sum())

    assert (
        lean(drawn_digits.draw(1, 0.3))
        > lean(drawn_digits.draw(1)) + 2
        > lean(drawn_digits.draw(1, -0.2)) + 3
    )


# ---- morphs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("start", "end"), drawn_digits.MORPHS)
def test_belief_crosses_over_once_and_no_third_digit_comes_between(start: int, end: int, logits: Ask) -> None:
    beliefs = softmax(logits([drawn_digits.morph(start, end, share) for share in SHARES]))
    assert beliefs[0, start] > 0.99
    assert beliefs[-1, end] > 0.99
    ahead = beliefs[:, start] > beliefs[:, end]
    assert (np.diff(ahead.astype(int)) != 0).sum() == 1
    assert np.delete(beliefs, [start, end], axis=1).max() < 0.1
    assert np.diff(beliefs[:, end]).min() > -0.02
    assert np.diff(beliefs[:, end]).max() < 0.4


@pytest.mark.parametrize(("start", "end"), drawn_digits.MORPHS)
def test_a_morph_moves_from_one_drawing_to_the_other_without_a_jump(start: int, end: int) -> None:
    frames = np.stack([drawn_digits.morph(start, end, share) for share in SHARES])
    assert (frames[0] == drawn_digits.draw(start)).all()
    assert (frames[-1] == drawn_digits.draw(end)).all()
    assert np.abs(np.diff(frames, axis=0)).sum(axis=(1, 2)).max() < 0.2 * frames[0].sum()


@pytest.mark.parametrize(("start", "end"), drawn_digits.MORPHS)
def test_a_morph_opens_where_the_teacher_is_sure_and_already_has_a_second_thought(
    start: int, end: int, logits: Ask
) -> None:
    z = logits([drawn_digits.morph(start, end, drawn_digits.UNDECIDED[start, end])])[0]
    assert softmax(z)[start] > 0.94
    assert softmax(z).argsort()[-2] == end
    soft = softmax(z, 4.0)
    assert soft[end] > 1.9 * np.delete(soft, [start, end]).max()


def test_the_first_picture_is_a_2_whose_7_is_invisible_until_the_temperature_rises(logits: Ask) -> None:
    pair, share = next(iter(drawn_digits.UNDECIDED.items()))
    assert pair == (2, 7)
    z = logits([drawn_digits.morph(*pair, share)])[0]
    assert softmax(z)[2] > 0.99
    assert softmax(z)[7] < 0.01
    assert softmax(z, 4.0)[7] > 0.1


def test_the_frames_of_a_morph_are_drawn_at_once() -> None:
    def seconds() -> float:
        start = time.process_time()
        for share in SHARES:
            drawn_digits.morph(2, 7, share)
        return time.process_time() - start

    assert min(seconds() for _ in range(5)) < 0.15


# ---- laid out as MNIST ----------------------------------------------------------------------------------------------


def test_a_drawing_is_laid_out_wherever_and_however_large_it_was_drawn() -> None:
    digit = drawn_digits.draw(5)
    for factor, above, left in ((10, 0, 0), (7, 90, 33), (3, 5, 200)):
        canvas = np.pad(np.kron(digit, np.ones((factor, factor))), ((above, 20), (left, 50))) * 255
        assert np.abs(drawn_digits.centred(canvas) - digit).mean() < 0.02
        assert ndimage.center_of_mass(drawn_digits.centred(canvas)) == pytest.approx((14, 14), abs=0.1)


def test_a_drawing_keeps_its_proportions_and_fits_the_box() -> None:
    ink = drawn_digits.centred(np.pad(np.ones((100, 50)), 30))
    assert ink.sum() == pytest.approx(20 * 10, rel=0.01)
    assert ink.max(axis=1).sum() == pytest.approx(20, abs=0.1)
    assert ink.max(axis=0).sum() == pytest.approx(10, abs=0.1)


def test_ink_is_not_pushed_over_the_edge_by_its_centre_of_mass() -> None:
    heavy = np.zeros((100, 100))
    heavy[:8, :], heavy[:, :5] = 255, 255
    assert (drawn_digits.centred(heavy) > 0.1).any(axis=1).sum() in (20, 21)


def test_mnist_itself_comes_out_as_it_went_in(data_folder: Path, logits: Ask) -> None:
    test = load("mnist", folder=data_folder).test
    pictures = [image[0].float().numpy() for image in test.images[:500]]
    pictures = [(p - p.min()) / (p.max() - p.min()) for p in pictures]
    again = [drawn_digits.centred(np.pad(np.kron(p, np.ones((5, 5))), ((40, 0), (0, 70)))) for p in pictures]
    assert np.mean([ndimage.center_of_mass(p) for p in pictures]) == pytest.approx(14, abs=0.05)
    assert (
        np.abs(np.stack(again) - np.stack(pictures)).mean() < 0.03
    )  # MNIST's own were moved by whole pixels
    assert (logits(again).argmax(1) == test.labels[:500].numpy()).mean() > 0.99


@pytest.mark.parametrize("empty", [np.zeros((280, 280)), np.zeros((0, 0)), np.full((28, 28), -1.0)])
def test_an_empty_canvas_is_refused(empty: Numbers) -> None:
    with pytest.raises(PictureRefused, match="Nothing is drawn"):
        drawn_digits.centred(empty)
