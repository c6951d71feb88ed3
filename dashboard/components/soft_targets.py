"""The first screen's component: a picture, its label, and what networks believe of it at a temperature.

Logits travel once. The softmax, the bars, the curves and the formula are computed and drawn in the browser while something
is dragged; a value comes back when it is released.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

from dashboard.components.browser_component import BrowserComponent
from dashboard.components.style import theme
from dashboard.data.gallery import SoftTargetPicture
from dashboard.text.roles import TRUTH, Theme, role
from dashboard.text.translation import _, html_language

HERE = Path(__file__).parent
SCRIPTS = (
    "softmax",
    "temperature_scale",
    "number_text",
    "belief_sentence",
    "page_elements",
    "line_figure",
    "temperature_figures",
    "softmax_formula",
    "belief_bars",
    "temperature_slider",
    "image_chooser",
    "soft_targets",
)
"""The component's code, in this order; the last exports what Streamlit calls."""


class SoftTargetNetwork(TypedDict):
    """One network: its role (`dashboard.text.roles`) and what it is called in a sentence ("the teacher")."""

    role: str
    title: str


class MeanEntropy(TypedDict):
    """The mean entropy in bits over many images at some temperatures, one row for each network; `of`: of which images."""

    of: NotRequired[str]
    temperatures: list[float]
    bits: list[list[float]]


class SoftTargetData(TypedDict):
    """What the component shows. `morph`: the classes {"from", "to"} of a morph's two ends. `beside_lesson`: on a phone, whose other half is
    the lesson's, the bars stand beside the picture in place of the label's."""

    networks: list[SoftTargetNetwork]
    classes: list[str]
    images: list[SoftTargetPicture]
    mode: Literal["morph", "gallery", "single"]
    morph: Mapping[str, int] | None
    index: int
    temperature: float
    log: bool
    mean_entropy: MeanEntropy | None
    beside_lesson: bool


def script() -> str:
    """The component's JavaScript in one piece."""
    return "\n".join((HERE / f"{name}.js").read_text("utf-8") for name in SCRIPTS)


SOFT_TARGETS = BrowserComponent(
    "soft_targets", '<div class="soft"></div>', (HERE / "soft_targets.css").read_text("utf-8"), script()
)
_component = SOFT_TARGETS.registered()


def soft_targets(
    data: SoftTargetData, key: str, released: Callable[[str], None], *, locked: bool = False
) -> Any:
    """Draw it; locked: the temperature stays as it is.

    `released` is called with `temperature`, `index` or `log` when the reader releases it, before the rerun that follows; its
    value is then in `st.session_state[key]`. The others are unchanged, or not known yet.
    """
    return _component(
        data={**data, "texts": texts(), "lang": html_language(), **looks(data, theme()), "locked": locked},
        key=key,
        on_temperature_change=partial(released, "temperature"),
        on_index_change=partial(released, "index"),
        on_log_change=partial(released, "log"),
    )


def looks(data: SoftTargetData, theme: Theme) -> dict[str, Any]:
    """What of its data depends on the theme."""
    networks = [{**svg_role_style(network["role"], theme), **network} for network in data["networks"]]
    return {"networks": networks, "truth": svg_role_style(TRUTH.name, theme), "theme": theme}


def svg_role_style(name: str, theme: Theme) -> dict[str, Any]:
    """The role's colour, dash, width and mark as SVG attributes."""
    who = role(name)
    dash = "" if who.dash == (1, 0) else " ".join(map(str, who.dash))
    return {
        "role": name,
        "colour": who.colour(theme),
        "mark": who.mark,
        "dash": dash,
        "width": who.width,
        "shape": who.shape,
    }


def texts() -> dict[str, str]:
    """All texts of the component, in the reader's language; {names} are filled in by the browser."""
    return {
        "label_says": _("the label says"),
        "no_label": _("no label"),
        "nothing_else": _("0 bits: nothing else"),
        "says": _("{title} says"),
        "at": _(", at T = {T}"),
        "says_at": _("{title} says, at T = {T}"),
        "bits": _("entropy {bits} of {most} bits"),
        "bits_short": _("{bits} of {most} bits"),
        "bits_unit": _("bits"),
        "uniform": _("all alike: {share}"),
        "joint": _("{first} {then}"),
        "comma": _("{first}, {then}"),
        "one_in": _("1 in {n}"),
        "choose_bar": _("Choose a bar to read its exact value."),
        "exact": _("{name}: {title} gives it {share}. Exactly {p}, natural logarithm {logp}, logit {z}."),
        "temperature": _("Temperature"),
        "to_one": _("T = 1"),
        "log_scale": _("log scale"),
        "images": _("Images"),
        "picture": _("The picture"),
        "morph": _("From {from} to {to}"),
        "morph_at": _("{share} % of the way from {from} to {to}"),
        "class_name": _("class"),
        "table": _("Beliefs by class"),
        **_sentences(),
        **_below(),
    }


def _sentences() -> dict[str, str]:
    """The sentences about the numbers; `second` and `third` are the second and third answer of the first network."""
    return {
        "differs": _("The label says {label}, {title} says {answer}."),
        "wavers": _("At T = 1 {title} wavers between the {answer} ({first}) and the {second} ({one})."),
        "invisible": _("At T = 1 the {second} is invisible ({one})."),
        "faint": _("At T = 1 the {second} is faint ({one})."),
        "seen": _("At T = 1 the {second} has {one}."),
        "ahead": _("Yet it is the second answer, {times} times likelier than the {third}."),
        "likelier": _(
            "At T = {T} the {second} has {now}: the second answer, {times} times likelier than the {third}."
        ),
        "level": _("At T = {T} the {second} has {now}, hardly more than the {third}."),
        "alike": _("At T = {T} all answers are almost alike: the {second} has {now}."),
        "gone": _("At T = {T} hardly anything but the {answer} is left."),
        "others": _("The {second} gets {shares}."),
        "from_other": _("{share} from {title}"),
    }


def _below() -> dict[str, str]:
    return {
        "formula": _("How these numbers are made"),
        "more_terms": _(" + {n} more"),
        "tip": _("Point at a symbol to read what it is."),
        "tip_p": _("p: the belief in a class, the length of its bar."),
        "tip_z": _("z: the logit, the number that the network gives a class; it stands beside the bar."),
        "tip_T": _("T: the temperature. It divides every logit."),
        "tip_sum": _("The sum over all classes makes the beliefs add up to 1."),
        "this_image": _("this image"),
        "mean": _("mean of {of}"),
        "data_set": _("the data set"),
        "entropy": _("Entropy against T"),
        "entropy_caption": _(
            "How spread out the belief is, the probabilities that the network gives the classes: 0 bits for one certain answer, most "
            "when all answers are alike."
        ),
        "most": _("all alike: {bits}"),
        "gradient": _("Gradient from the non-answers"),
        "gradient_caption": _(
            "A student that knows nothing (all logits 0) is taught by these soft targets; its gradient is p − 1/C. "
            "Shown: the part of its absolute sum that lies outside the likeliest class."
        ),
        "hard_half": _("a hard label: 50 %"),
        "square": _("Why the loss is multiplied by T²"),
        "square_caption": _(
            "How large the gradient is that pulls {z} towards {v}. Without T² it fades as T grows, and the labels' gradient "
            "drowns it; times T² it keeps its size."
        ),
        "zeros": _("a student with all logits 0"),
        "with_square": _("times T²"),
        "without_square": _("without T²"),
    }
