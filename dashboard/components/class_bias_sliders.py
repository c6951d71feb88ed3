"""A slider for each class that a run left out: what the networks answer with a bias added to that class's logit.

The answers travel once. What a bias changes is counted and drawn in the browser while a slider is dragged; the biases
come back when it is released.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypedDict

import streamlit as st

from dashboard.components.soft_targets import svg_role_style
from dashboard.components.style import theme
from dashboard.text.translation import _, html_language

HERE = Path(__file__).parent
SCRIPTS = (
    "softmax",
    "temperature_scale",
    "number_text",
    "page_elements",
    "line_figure",
    "class_bias_counts",
    "class_bias_sliders",
)
"""The component's code, in this order; the last exports what Streamlit calls."""
STYLES = ("soft_targets", "class_bias_sliders")


class BiasNetwork(TypedDict):
    """A network's answers in base64, and the biases that are best for it on validation, where some are offered.

    role: see `dashboard.text.roles`. name: what a table calls it. title: what a sentence calls it. margins: float32 [n, K], by how much the logit of each of the K omitted classes
    exceeds the strongest of the others'. right: uint8 [n], whether that strongest one is the label.
    """

    role: str
    name: str
    title: str
    margins: str
    right: str
    best: Sequence[float] | None


class BiasData(TypedDict):
    """What the component shows.

    classes: the omitted ones. images: how many there are of each. labels: uint16 [n] in base64, 0 for an image of
    another class, k + 1 for one of the omitted class k. low, high, ticks: the sliders' bounds and marks. bias: one a
    class, taken over when turn has changed.
    """

    networks: Sequence[BiasNetwork]
    classes: Sequence[str]
    images: Sequence[int]
    labels: str
    low: float
    high: float
    ticks: Sequence[float]
    bias: Sequence[float]
    turn: int


def script() -> str:
    """The component's JavaScript in one piece."""
    return "\n".join((HERE / f"{name}.js").read_text("utf-8") for name in SCRIPTS)


_component = st.components.v2.component(
    "omitted_bias",
    html='<div class="soft omitted"></div>',
    css="\n".join((HERE / f"{name}.css").read_text("utf-8") for name in STYLES),
    js=script(),
)


def class_bias_sliders(data: BiasData, key: str, released: Callable[[], None]) -> Any:
    """Draw it. `released` is called when a slider is released; the biases are then in the key's `bias`."""
    shown_theme = theme()
    drawn = [{**svg_role_style(network["role"], shown_theme), **network} for network in data["networks"]]
    return _component(
        data={**data, "networks": drawn, "theme": shown_theme, "texts": _texts(), "lang": html_language()},
        key=key,
        on_bias_change=released,
    )


def _texts() -> dict[str, str]:
    """All texts of the component, in the reader's language; {names} are filled in by the browser."""
    return {
        "comma": _("{first}, {then}"),
        "named": _("{name}: {what}"),
        "bias_of": _("Bias of {name}"),
        "meaning": _(
            "The bias is added to the logit of that class, for every image and in every network: the higher it is, the sooner they answer it."
        ),
        "best_for": _("best on validation for {title}"),
        "none": _("no bias"),
        "recall": _("Recall of {names}"),
        "wrong": _("Errors on {names}, of {images}"),
        "errors": _("Errors in all, of {images}"),
        "at_bias": _("now, bias {value}"),
        "at_zero": _("bias 0"),
        "sentence": _(
            "With the bias {title} gets {right} of the {images} images of {names} right; without it, {before}. In all it makes "
            "{errors} errors; without it, {errors_before}."
        ),
        "sentence_zero": _(
            "Without a bias {title} gets {before} of the {images} images of {names} right, and makes {errors_before} errors in all."
        ),
        "errors_against": _("Errors in all, against the bias of {name}"),
        "wrong_against": _("Errors on {names}, against the bias of {name}"),
        "others_stand": _("The other biases as they stand."),
    }
