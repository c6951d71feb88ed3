"""Classes that the transfer set left out: what each network makes of them, and what a bias added to their logits mends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard.components.class_bias_sliders import BiasNetwork, class_bias_sliders
from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.figure_downloads import figure_downloads
from dashboard.components.inference_wait import wait_for_outputs
from dashboard.data.compared_networks import ComparedNetworks, compared_networks
from dashboard.data.omitted_class_bias import (
    Biases,
    Classes,
    best_biases,
    own_images,
    packed_labels,
    packed_outputs,
    recalls,
)
from dashboard.session import Key
from dashboard.text.numbers import grouped
from dashboard.text.roles import TWIN
from dashboard.text.split_titles import split_title
from dashboard.text.translation import _, listing, ngettext, plain, together
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import left_out, set_parameters
from dashboard.url.stale_requests import restore_newest_link
from dashboard.views.dark_knowledge.view_state import ViewState

if TYPE_CHECKING:
    from kdcore.runs.run_record import Run

REACH = 5.0
"""The sliders reach so far at least, and end at a multiple of it."""
BEYOND = 1.5
"""The sliders reach so many times as far as the bias that is best for a network."""


def draw(state: ViewState) -> None:
    """The sliders with what they change, how the best bias was found, and why the twin cannot know the class."""
    compared = state.compared
    if state.run is None or not wait_for_outputs(compared.shown, ("validation",)):
        return
    validation = compared_networks(compared.shown, "validation")
    if validation is None:
        return
    omitted = state.run.experiment.omit
    names = [compared.classes[c] for c in omitted]
    best = best_biases(validation, omitted)
    low, high = slider_ends([one for one in best if one is not None])
    bias = _bias_in_link(len(omitted), low, high, state.problems)
    images = own_images(compared, omitted)
    for absent in [name for name, n in zip(names, images, strict=True) if not n]:
        st.info(
            _("None of these {split} images is of {name}: there is nothing of it to recall.").format(
                split=split_title(compared.split), name=plain(absent)
            )
        )
    turn, sent_bias = _sent_to_browser(bias)
    class_bias_sliders(
        {
            "networks": _networks(compared, omitted, best),
            "classes": names,
            "images": images,
            "labels": packed_labels(compared, omitted),
            "low": low,
            "high": high,
            "ticks": slider_ticks(low, high),
            "turn": turn,
            "bias": sent_bias,
        },
        Key.OMITTED,
        _write_bias_in_link,
    )
    figure_downloads("omitted", error_frame(compared, omitted, bias), picture=False)
    st.caption(plain(together(_notes(state.run, compared, validation, best))))


def _trained_on(run: Run) -> list[str]:
    """What a run that trains on the validation images makes of a bias that is tuned on them."""
    if not run.experiment.train_on_validation:
        return []
    return [_("All the others were trained on: the bias may suit them better than new images.")]


def _without_a_gain(compared: ComparedNetworks, best: Sequence[Biases | None]) -> list[str]:
    """The networks that no bias makes err less on validation."""
    sentence = _("Whatever the bias, {title} errs there as often as without one, or more often.")
    titles = zip(compared.spoken, best, strict=True)
    return [
        sentence.format(title=title)
        for title, its_best in titles
        if its_best is not None and not any(its_best)
    ]


def _notes(
    run: Run, compared: ComparedNetworks, validation: ComparedNetworks, best: Sequence[Biases | None]
) -> list[str]:
    """How to read the figures: what cannot be known, where the best bias is from, and what the paper found."""
    sentences, omitted = [], run.experiment.omit
    listed = listing(compared.classes[c] for c in omitted)
    if TWIN.name in {one.role for one in compared.shown} and not run.experiment.label_noise:
        sentences.append(
            ngettext(
                "The twin cannot know {names}: no image of it was in its transfer set, and its loss pushed that logit down on every image.",
                "The twin cannot know {names}: no image of them was in its transfer set, and its loss pushed those logits down on every image.",
                len(omitted),
            ).format(names=listed)
        )
    own = sum(own_images(validation, omitted))
    if own:
        sentences.append(
            _(
                "The best bias is tuned on {n} validation images, {own} of them of {names}, never on test images."
            ).format(n=grouped(validation.count), own=grouped(own), names=listed)
        )
        sentences += _trained_on(run)
    else:
        sentences.append(
            _("No validation image is of {names}: there is no bias to tune.").format(names=listed)
        )
    sentences += _without_a_gain(compared, best)
    if compared.split == validation.split:
        sentences.append(_("It is tuned and measured on the same images here: on others it may gain less."))
    sentences.append(
        _(
            "The paper tuned it on test images: without 3s its student made 206 errors, 133 of them on the 1,010 threes; with the bias "
            "fixed 109 and 14 (Hinton et al. 2015, section 3)."
        )
    )
    return sentences


def error_frame(compared: ComparedNetworks, omitted: Classes, bias: Biases) -> pd.DataFrame:
    """The numbers to take away: a network a row, without a bias and with this one."""
    rows = []
    for value in dict.fromkeys([(0.0,) * len(omitted), bias]):
        for name, found in zip(compared.names, recalls(compared, omitted, value), strict=True):
            biases = {f"bias of {compared.classes[c]}": b for c, b in zip(omitted, value, strict=True)}
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


def _networks(
    compared: ComparedNetworks, omitted: Classes, best: Sequence[Biases | None]
) -> list[BiasNetwork]:
    sent = zip(
        compared.shown, compared.names, compared.spoken, packed_outputs(compared, omitted), best, strict=True
    )
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


def slider_ends(best: Sequence[Biases]) -> tuple[float, float]:
    """From where to where the sliders go: well beyond every bias that is best for somebody."""
    values = [BEYOND * value for one in best for value in one]
    return REACH * math.floor(min([-1.0, *values]) / REACH), REACH * math.ceil(max([1.0, *values]) / REACH)


def slider_ticks(low: float, high: float) -> list[float]:
    """Round values between two multiples of `REACH`, nought among them: nine at most."""
    step = next(s for s in (REACH * m * 10**k for k in range(9) for m in (1, 2, 5)) if (high - low) / s <= 8)
    return [step * k for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def read_biases(text: str, count: int) -> Biases | None:
    """As many numbers as there are omitted classes from a link ("4.32,-1"); None where it holds no such."""
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        return None
    return values if len(values) == count and all(map(math.isfinite, values)) else None


def _bias_in_link(count: int, low: float, high: float, problems: list[str]) -> Biases:
    none = (0.0,) * count
    text = st.query_params.get(Param.BIAS)
    if text is None:
        return none
    link_bias = read_biases(text, count)
    bias = tuple(min(max(value, low), high) for value in link_bias or none)
    if link_bias != bias:
        why = _("it takes a number for each omitted class, {low} to {high}.").format(
            low=f"{low:g}", high=f"{high:g}"
        )
        problems.append(left_out(Param.BIAS, why, _bias_text(bias)))
    return bias


def _bias_text(bias: Sequence[float]) -> str:
    return ",".join(f"{value:.3f}".rstrip("0").rstrip(".") for value in bias)


def _sent_to_browser(bias: Biases) -> tuple[int, Biases]:
    """What the browser is told of the bias, and a number that changes when it is to be taken over.

    What it let go of itself is not told back to it: so long nothing of what it is sent changes, and the answers do not
    travel again.
    """
    turn, sent_bias, shown = st.session_state.get(Key.BIAS_SHOWN, (0, None, None))
    if bias != shown or Key.OMITTED not in st.session_state:
        turn, sent_bias = turn + 1, bias
    st.session_state[Key.BIAS_SHOWN] = (turn, sent_bias, bias)
    return turn, sent_bias


def _write_bias_in_link() -> None:
    """A slider was let go, or a button pressed: the link says it."""
    with errors_as_notices():
        restore_newest_link()
        values = st.session_state[Key.OMITTED]["bias"]
        if not isinstance(values, list) or not all(
            isinstance(value, int | float) and math.isfinite(value) for value in values
        ):
            return
        turn, sent_bias, _shown = st.session_state.get(Key.BIAS_SHOWN, (0, None, None))
        st.session_state[Key.BIAS_SHOWN] = (turn, sent_bias, tuple(map(float, values)))
        set_parameters(bias=_bias_text(values) if any(values) else None)
