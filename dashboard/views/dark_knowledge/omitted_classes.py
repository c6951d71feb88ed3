"""Classes that the transfer set left out: what each network makes of them, and what one number added to a logit mends."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.figure_downloads import take_away
from dashboard.components.inference_wait import wait_for
from dashboard.components.omitted_bias import BiasNetwork, omitted_bias
from dashboard.data.network_answers import ComparedNetworks, answered, kept
from dashboard.session import Key
from dashboard.text.names import split_title
from dashboard.text.roles import TEACHER, TWIN
from dashboard.text.translation import _, ngettext, plain
from dashboard.url.parameters import Param
from dashboard.url.permalink import follow_link, left_out, put
from dashboard.views.dark_knowledge.view_state import ViewState

if TYPE_CHECKING:
    from torch import Tensor

    from kdcore.metrics.class_bias import Recall
    from kdcore.runs.run_record import Run

Classes = tuple[int, ...]
Biases = tuple[float, ...]
REACH = 5.0
"""The sliders reach so far at least, and end at a multiple of it."""
BEYOND = 1.5
"""The sliders reach so many times as far as the bias that is best for a network."""


def draw(now: ViewState) -> None:
    """The sliders with what they change, how the best bias was found, and why the twin cannot know the class."""
    about = now.about
    if now.run is None or not wait_for(about.shown, ("validation",)):
        return
    validation = answered(about.shown, "validation")
    if validation is None:
        return
    omitted = now.run.experiment.omit
    names = [about.classes[c] for c in omitted]
    best = best_biases(validation, omitted)
    low, high = reach([one for one in best if one is not None])
    bias = _bias(len(omitted), low, high, now.problems)
    images = own_images(about, omitted)
    for absent in [name for name, n in zip(names, images, strict=True) if not n]:
        st.info(
            _("None of these {split} images is of {name}: there is nothing of it to recall.").format(
                split=split_title(about.split), name=plain(absent)
            )
        )
    turn, told = _told(bias)
    omitted_bias(
        {
            "networks": _networks(about, omitted, best),
            "classes": names,
            "images": images,
            "labels": packed_labels(about, omitted),
            "low": low,
            "high": high,
            "ticks": ticks(low, high),
            "turn": turn,
            "bias": told,
        },
        Key.OMITTED,
        _released,
    )
    take_away("omitted", frame(about, omitted, bias), picture=False)
    st.caption(plain(" ".join(_notes(now.run, about, validation, best))))


def _notes(
    run: Run, about: ComparedNetworks, validation: ComparedNetworks, best: Sequence[Biases | None]
) -> list[str]:
    """How to read the figures: what cannot be known, where the best bias is from, and what the paper found."""
    said, omitted = [], run.experiment.omit
    listed = ", ".join(about.classes[c] for c in omitted)
    if TWIN.name in {one.role for one in about.shown} and not run.experiment.label_noise:
        said.append(
            ngettext(
                "The twin cannot know {names}: no image of it was in its transfer set, and its loss pushed that logit down on every image.",
                "The twin cannot know {names}: no image of them was in its transfer set, and its loss pushed those logits down on every image.",
                len(omitted),
            ).format(names=listed)
        )
    own = sum(own_images(validation, omitted))
    if own:
        said.append(
            _(
                "The best bias is tuned on {n} validation images, {own} of them of {names}, never on test images."
            ).format(n=f"{validation.count:,}", own=f"{own:,}", names=listed)
        )
    else:
        said.append(_("No validation image is of {names}: there is no bias to tune.").format(names=listed))
    for title, its_best in zip(about.spoken, best, strict=True):
        if its_best is not None and not any(its_best):
            said.append(_("No bias makes the errors of {title} fewer there.").format(title=title))
    if about.split == validation.split:
        said.append(_("It is tuned and measured on the same images here: on others it may gain less."))
    said.append(
        _(
            "The paper tuned it on test images: without 3s its student made 206 errors, 133 of them on the 1,010 threes; with the bias "
            "fixed 109 and 14 (Hinton et al. 2015, section 3)."
        )
    )
    return said


# ---------------------------------------------------------------------------------------------- numbers


@kept
def best_biases(validation: ComparedNetworks, omitted: Classes) -> list[Biases | None]:
    """The bias of each omitted class that suits each network best on validation images, to a thousandth.

    None for the teacher, which saw the classes, and for everyone where no validation image is of them. A class without
    validation images keeps 0; so do all where no bias makes a network's errors fewer.
    """
    there = [c for c, n in zip(omitted, own_images(validation, omitted), strict=True) if n]
    if not there:
        return [None] * len(validation.shown)
    return [
        None if one.role == TEACHER.name else _best(logits, validation.labels, there, omitted)
        for one, logits in zip(validation.shown, validation.logits, strict=True)
    ]


def _best(logits: Tensor, labels: Tensor, there: Sequence[int], omitted: Classes) -> Biases:
    from kdcore.metrics.class_bias import recall, tuned_bias

    found = {c: round(value, 3) for c, value in tuned_bias(logits, labels, there).items()}
    if recall(logits, labels, there, found).errors >= recall(logits, labels, there).errors:
        return (0.0,) * len(omitted)
    return tuple(found.get(c, 0.0) for c in omitted)


def own_images(about: ComparedNetworks, omitted: Classes) -> list[int]:
    """How many images there are of each omitted class."""
    return [int((about.labels == c).sum()) for c in omitted]


@kept
def recalls(about: ComparedNetworks, omitted: Classes, bias: Biases) -> list[Recall]:
    """What each network gets wrong with these biases."""
    from kdcore.metrics.class_bias import recall

    return [
        recall(logits, about.labels, omitted, dict(zip(omitted, bias, strict=True)))
        for logits in about.logits
    ]


def frame(about: ComparedNetworks, omitted: Classes, bias: Biases) -> pd.DataFrame:
    """The numbers to take away: a network a row, without a bias and with this one."""
    rows = []
    for value in dict.fromkeys([(0.0,) * len(omitted), bias]):
        for name, found in zip(about.names, recalls(about, omitted, value), strict=True):
            biases = {f"bias of {about.classes[c]}": b for c, b in zip(omitted, value, strict=True)}
            rows.append(
                {
                    "who": name,
                    **biases,
                    "errors": found.errors,
                    "images": found.images,
                    "errors on omitted": found.omitted_errors,
                    "images of omitted": found.omitted_images,
                }
            )
    return pd.DataFrame(rows)


# ---------------------------------------------------------------------------------------------- what travels


def _networks(about: ComparedNetworks, omitted: Classes, best: Sequence[Biases | None]) -> list[BiasNetwork]:
    sent = zip(about.shown, about.names, about.spoken, packed_answers(about, omitted), best, strict=True)
    return [
        {
            "role": one.role,
            "name": name,
            "title": title,
            "margins": margins,
            "right": right,
            "best": its_best if any(its_best or ()) else None,
        }
        for one, name, title, (margins, right), its_best in sent
    ]


@kept
def packed_answers(about: ComparedNetworks, omitted: Classes) -> list[tuple[str, str]]:
    """What the browser needs of each network's answers to count errors at any bias (see `omitted_bias.Network`)."""
    labels, left = about.labels.numpy(), list(omitted)
    sent = []
    for logits in about.logits:
        others = logits.numpy().astype(np.float64)
        own = others[:, left].copy()
        others[:, left] = -np.inf
        margins = own - others.max(axis=1, keepdims=True)
        right = others.argmax(axis=1) == labels
        sent.append((_packed(margins, "<f4"), _packed(right, "u1")))
    return sent


@kept
def packed_labels(about: ComparedNetworks, omitted: Classes) -> str:
    """Which omitted class each image is of (see `omitted_bias.Data`)."""
    place = np.zeros(len(about.classes))
    place[list(omitted)] = np.arange(1, len(omitted) + 1)
    return _packed(place[about.labels.numpy()], "<u2")


def _packed(values: Any, kind: str) -> str:
    return b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode("ascii")


def reach(best: Sequence[Biases]) -> tuple[float, float]:
    """From where to where the sliders go: well beyond every bias that is best for somebody."""
    values = [BEYOND * value for one in best for value in one]
    return REACH * math.floor(min([-1.0, *values]) / REACH), REACH * math.ceil(max([1.0, *values]) / REACH)


def ticks(low: float, high: float) -> list[float]:
    """Round values between two multiples of `REACH`, nought among them: nine at most."""
    step = next(s for s in (REACH * m * 10**k for k in range(9) for m in (1, 2, 5)) if (high - low) / s <= 8)
    return [step * k for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


# ---------------------------------------------------------------------------------------------- the link


def read_biases(text: str, many: int) -> Biases | None:
    """As many numbers as there are omitted classes from a link ("4.32,-1"); None where it holds no such."""
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        return None
    return found if len(found) == many and all(map(math.isfinite, found)) else None


def _bias(many: int, low: float, high: float, problems: list[str]) -> Biases:
    none = (0.0,) * many
    text = st.query_params.get(Param.BIAS)
    if text is None:
        return none
    said = read_biases(text, many)
    bias = tuple(min(max(value, low), high) for value in said or none)
    if said != bias:
        why = _("it takes a number for each omitted class, {low} to {high}.").format(
            low=f"{low:g}", high=f"{high:g}"
        )
        problems.append(left_out(Param.BIAS, why, _text(bias)))
    return bias


def _text(bias: Sequence[float]) -> str:
    return ",".join(f"{value:.3f}".rstrip("0").rstrip(".") for value in bias)


def _told(bias: Biases) -> tuple[int, Biases]:
    """What the browser is told of the bias, and a number that changes when it is to be taken over.

    What it let go of itself is not told back to it: so long nothing of what it is sent changes, and the answers do not
    travel again.
    """
    turn, told, shown = st.session_state.get(Key.BIAS_SHOWN, (0, None, None))
    if bias != shown or Key.OMITTED not in st.session_state:
        turn, told = turn + 1, bias
    st.session_state[Key.BIAS_SHOWN] = (turn, told, bias)
    return turn, told


def _released() -> None:
    """A slider was let go, or a button pressed: the link says it."""
    with errors_as_notices():
        follow_link()
        said = st.session_state[Key.OMITTED]["bias"]
        if not isinstance(said, list) or not all(
            isinstance(value, int | float) and math.isfinite(value) for value in said
        ):
            return
        turn, told, _shown = st.session_state.get(Key.BIAS_SHOWN, (0, None, None))
        st.session_state[Key.BIAS_SHOWN] = (turn, told, tuple(map(float, said)))
        put(bias=_text(said) if any(said) else None)
