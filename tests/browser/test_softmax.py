"""The first screen's arithmetic, as a real Chromium computes it, against kdcore's float64 and closed forms."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page
from scipy.special import log_softmax, softmax
from scipy.stats import entropy

from dashboard.components.soft_targets import HERE, texts
from kdcore.methods.soft_targets import plain_loss
from kdcore.metrics.dark_knowledge import log_soft_targets

TEMPERATURES = (0.25, 1.0, 4.0, 20.0, 100.0)
Logits = list[list[float]]


@pytest.fixture(scope="module")
def maths(browser: Browser) -> Iterator[Page]:
    """An empty page that knows the component's functions, and nothing else of it."""
    page = browser.new_page()
    for name in ("softmax", "soft_target_gradient", "temperature_scale", "number_text", "belief_sentence"):
        page.add_script_tag(content=(HERE / f"{name}.js").read_text("utf-8"))
    yield page
    page.close()


def logits(classes: int) -> Logits:
    """Rows of every size up to 10,000, ties, and one class far ahead of all others."""
    draw = np.random.default_rng(classes)
    rows = [draw.normal(0, size, classes) for size in (0.1, 1, 5, 30, 300, 3000)]
    rows += [draw.uniform(-1e4, 1e4, classes), np.zeros(classes), np.full(classes, 1e4)]
    ahead = draw.normal(0, 1, classes)
    ahead[classes // 2] = 30.0
    extremes = np.full(classes, -1e4)
    extremes[0] = 1e4
    return [row.tolist() for row in [*rows, ahead, extremes]]


def over(maths: Page, function: str, rows: Logits, *more: Any) -> Any:
    return maths.evaluate(f"([rows, more]) => rows.map(z => {function}(z, ...more))", [rows, more])


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("classes", [10, 100])
def test_log_probabilities_are_those_of_kdcore(maths: Page, classes: int, temperature: float) -> None:
    rows = logits(classes)
    ours = torch.tensor(over(maths, "logSoftmax", rows, temperature), dtype=torch.float64)
    theirs = log_soft_targets(torch.tensor(rows, dtype=torch.float64), temperature)

    assert torch.isfinite(ours).all()
    # Below 1e-15 there is nothing to compare: log(1 + tiny) in float64 has no digit of it, log1p has all.
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-15)
    torch.testing.assert_close(
        ours.exp().sum(1), torch.ones(len(rows), dtype=torch.float64), rtol=1e-12, atol=0
    )


def test_a_belief_just_under_one_keeps_its_digits(maths: Page) -> None:
    [row] = over(maths, "logSoftmax", [[40.0, 0.0]], 1.0)
    assert row[0] == pytest.approx(-math.exp(-40), rel=1e-9, abs=0)


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_entropy_is_scipys_and_never_leaves_its_range(maths: Page, temperature: float) -> None:
    rows = logits(10)
    bits = over(maths, f"(z => entropyBits(logSoftmax(z, {temperature})))", rows)
    assert bits == pytest.approx(
        entropy(softmax(np.array(rows) / temperature, axis=1), base=2, axis=1), abs=1e-12
    )


def test_the_gradient_of_a_student_that_knows_nothing_is_pytorchs(maths: Page) -> None:
    row = [9.0, 4.0, 3.5, -2.0, 0.0]
    student = torch.zeros(5, dtype=torch.float64, requires_grad=True)
    target = torch.softmax(torch.tensor(row, dtype=torch.float64) / 4, 0)
    torch.nn.functional.cross_entropy(student, target).backward()
    assert student.grad is not None
    sizes = student.grad.abs()
    assert over(maths, "gradientShare", [row], 4.0) == pytest.approx([1 - float(sizes[0] / sizes.sum())])


def test_a_hard_target_sends_half_of_the_gradient_past_its_answer(maths: Page) -> None:
    assert over(maths, "gradientShare", [[50.0, 0.0, 0.0, 0.0]], 0.25) == pytest.approx([0.5])


def test_all_logits_equal_have_no_gradient_to_share(maths: Page) -> None:
    [share] = maths.evaluate("() => [gradientShare([3, 3, 3], 4)]")
    assert math.isnan(share)


def test_the_sizes_of_the_gradient_are_those_of_pytorchs_gradient(maths: Page) -> None:
    z, v, heat = np.array([1.0, -2.0, 0.5, 3.0]), np.array([6.0, 1.0, -4.0, 2.0]), 4.0
    student = torch.tensor(z, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(student / heat, torch.tensor(softmax(v / heat)))
    loss.backward()
    assert student.grad is not None
    size = np.linalg.norm(student.grad.numpy())
    sizes = maths.evaluate("([z, v, T]) => gradientSizes(z, v, T)", [z.tolist(), v.tolist(), heat])
    assert sizes["plain"] == pytest.approx(size)
    assert sizes["scaled"] == pytest.approx(heat**2 * size)
    limit = np.linalg.norm(z - z.mean() - v + v.mean()) / 4
    hot = maths.evaluate("([z, v]) => gradientSizes(z, v, 1e4)", [z.tolist(), v.tolist()])
    assert hot["scaled"] == pytest.approx(limit, rel=1e-3), "it keeps its size"


def test_the_order_of_the_classes_is_that_of_the_logits(maths: Page) -> None:
    assert over(maths, "ranking", [[1.0, 3.0, 2.0, 3.0]]) == [[1, 3, 2, 0]]


def test_the_slider_is_logarithmic_and_meets_its_marks(maths: Page) -> None:
    places = maths.evaluate("() => [0.25, 1, 4, 20, 100].map(T => [placeOf(T), temperatureAt(placeOf(T))])")
    assert [T for _, T in places] == [0.25, 1, 4, 20, 100]
    assert places[1][0] == pytest.approx(math.log(4) / math.log(400))


def test_the_pointer_reaches_both_ends_and_the_ticks_from_a_few_pixels_away(maths: Page) -> None:
    near, far = (
        maths.evaluate(
            "away => TEMPERATURE_TICKS.flatMap(T => [-away, away].map(by => temperatureAt(Math.min(1, Math.max(0, placeOf(T) + by)))))",
            away,
        )
        for away in (0.003, 0.02)
    )
    assert near == [T for T in (0.25, 0.5, 1, 2, 4, 10, 20, 50, 100) for _ in range(2)]
    assert not {0.5, 1, 2, 4, 10, 20, 50} & {*far}, "and what lies between can be had"


def test_arrow_keys_meet_one_in_both_directions_and_stop_at_the_ends(maths: Page) -> None:
    up, down = maths.evaluate(
        """() => [1, -1].map(by => {
          const met = [by > 0 ? 0.25 : 100];
          for (let k = 0; k < 400; k++) met.push(fineStep(met.at(-1), by));
          return [...new Set(met)];
        })"""
    )
    assert up == down[::-1]
    assert (up[0], up[-1], len(up)) == (0.25, 100, 256)
    assert {1, 4, 20} <= set(up)


def test_page_keys_double(maths: Page) -> None:
    assert maths.evaluate(
        "() => [coarseStep(1, 1), coarseStep(3, 1), coarseStep(3, -1), coarseStep(80, 1)]"
    ) == [2, 4, 2, 100]


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.713, "71 %"), (0.061, "6 %"), (0.0021, "0.2 %"), (0.99, "99 %"), (0.9995, "99.95 %"), (0.99998, "99.998 %"),
        (0.99999999, "> 99.9999 %"), (1 / 40_000, "1 in 40,000"), (1e-6, "1 in 1,000,000"), (1e-9, "10⁻⁹"),
        (3.2e-9, "3 × 10⁻⁹"), (9.96e-9, "10⁻⁸"), (1.0, "100 %"),
    ],
)  # fmt: skip
def test_a_share_gets_the_digits_that_it_deserves(maths: Page, share: float, said: str) -> None:
    assert maths.evaluate("([l, texts]) => shareText(l, texts)", [math.log(share), texts()]) == said


def test_a_share_too_small_for_float64_is_still_told(maths: Page) -> None:
    assert maths.evaluate("texts => shareText(-40000, texts)", texts()).endswith("10⁻¹⁷³⁷²")


SAID = "([networks, label, T, texts]) => beliefSentence(networks, label, T, ['0', '1', '2', '3', '7'], texts)"
SEVEN_LIKE = [-9.0, -9.0, 9.0, -1.6, 2.8]


def test_the_sentence_is_made_from_the_numbers(maths: Page) -> None:
    networks = [{"title": "the teacher", "logits": SEVEN_LIKE}]
    beliefs = np.exp(log_softmax(np.array(SEVEN_LIKE) / 4))
    said = maths.evaluate(SAID, [networks, 2, 4, texts()])
    assert said == (
        "At T = 1 the 7 is invisible (0.2 %). "
        f"At T = 4.0 the 7 has {100 * beliefs[4]:.0f} %: the second answer, 3 times likelier than the 3."
    )
    assert beliefs[4] / beliefs[3] == pytest.approx(3, abs=0.05)


def test_the_sentence_says_where_label_and_network_differ(maths: Page) -> None:
    networks = [{"title": "the teacher", "logits": SEVEN_LIKE}, {"title": "the twin", "logits": SEVEN_LIKE}]
    said = maths.evaluate(SAID, [networks, 3, 100, texts()])
    assert said.startswith("The label says 3, the teacher says 2.")
    assert "almost alike" in said
    assert said.endswith("The 7 gets 21 % from the twin.")


@pytest.mark.parametrize(
    ("temperature", "weight", "smoothing"), [(4.0, 0.9, 0.0), (0.25, 0.5, 0.1), (100.0, 1.0, 0.0)]
)
def test_the_sides_of_the_gradient_are_those_of_the_loss(
    maths: Page, temperature: float, weight: float, smoothing: float
) -> None:
    """Against what autograd says of the loss that trains, one image at a time."""
    draw = torch.Generator().manual_seed(3)
    student, teacher = (3 * torch.randn(6, 10, generator=draw, dtype=torch.float64) for _who in range(2))
    answers = [0, 3, 9, 1, 3, 5]
    ours = maths.evaluate(
        "([z, v, y, T, w, s]) => gradientSides(z, v, y, T, w, s)",
        [student.tolist(), teacher.tolist(), answers, temperature, weight, smoothing],
    )
    sides = {"labels": 0.0, "teacher": 0.0}
    for z, v, y in zip(student, teacher, answers, strict=True):
        for side, share in (("labels", 0.0), ("teacher", 1.0)):
            logits_ = z[None].clone().requires_grad_()
            hard = torch.nn.functional.cross_entropy(logits_, torch.tensor([y]), label_smoothing=smoothing)
            loss = plain_loss(logits_, v[None], hard, temperature, share)
            [gradient] = torch.autograd.grad(loss, logits_)
            sides[side] += (weight if share else 1 - weight) * float(gradient.norm()) / len(answers)
    assert ours == pytest.approx(sides, rel=1e-9, abs=1e-12)
