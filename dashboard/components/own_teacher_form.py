"""What is asked of a stranger's teacher, as a form: by the kind of its file."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

import streamlit as st

from dashboard.data import dataset_choices, network_choices
from dashboard.text.translation import _, plain, told
from kdcore.texts import N_

TABLES = (".npy", ".npz", ".csv", ".parquet")
KINDS = (*TABLES, ".safetensors", ".onnx")
ANSWERS = {
    "": N_("as they look"),
    "logits": N_("logits"),
    "probabilities": N_("probabilities"),
    "counts": N_("counts of people's answers"),
}
SPLITS = {
    "": N_("as the file says, or by their number"),
    "train": N_("training images"),
    "validation": N_("validation images"),
    "test": N_("test images"),
    "all": N_("training, then test images"),
}
COLOURS = {
    "": N_("as the images are"),
    "rgb": N_("red, green, blue"),
    "bgr": N_("blue, green, red"),
    "grey": N_("grey"),
}
NORMALISED = {
    "imagenet": N_("as ImageNet's: 0.485, 0.456, 0.406 and 0.229, 0.224, 0.225"),
    "none": N_("not at all: from 0 (black) to 1 (white)"),
    "own": N_("by other numbers"),
}
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


def described(file_name: str, kind: str, dataset: str, image_size: int) -> tuple[dict[str, Any], str, bool]:
    """Draw the form; returns what is said, as a card says it, the name, and whether everybody may choose the teacher."""
    title = dataset_choices.dataset_title(dataset)
    # Named: a larger file that is refused leaves the one before it in its place, and what is said of that.
    st.markdown(
        plain(
            _("{file} is to know the images that the recipe has: {dataset}.").format(
                file=file_name, dataset=title
            )
        )
    )
    said: dict[str, Any] = {"dataset": dataset, "image_size": image_size}
    network = kind == ".onnx" or (kind == ".safetensors" and _holds_weights())
    said |= _network(kind) if network else _table()
    columns = st.text_input(
        _(
            "Class map: for each class, in order, its column by number from 0 or by name; empty where they stand alike"
        ),
        key="own_teacher.columns",
        placeholder="3, 7, 12",
    )
    if wanted := [part.strip() for part in columns.split(",") if part.strip()]:
        said["columns"] = wanted
    name = st.text_input(_("Name"), value=_plain_name(file_name), key="own_teacher.name", max_chars=54)
    shared = st.toggle(
        _("Everybody on this server may choose it"),
        key="own_teacher.shared",
        help=_(
            "Else only this browser is offered it. Whoever has a link to a run that learned from it sees that run."
        ),
    )
    return said, name.strip() or _plain_name(file_name), shared


def is_unsaid(kind: str, said: dict[str, Any]) -> bool:
    """Whether it still has to be said how a network normalises its images; torchvision's do as ImageNet's where nothing is said."""
    if said.get("mean") or "answers" not in said or "split" in said:
        return False
    return kind == ".onnx" or not network_choices.is_published(said.get("network") or "")


def _holds_weights() -> bool:
    holds = {"weights": _("a network's weights"), "answers": _("recorded answers")}
    chosen = st.radio(
        _("It holds"), list(holds), format_func=holds.__getitem__, horizontal=True, key="own_teacher.holds"
    )
    return chosen == "weights"


def _table() -> dict[str, Any]:
    left, right = st.columns(2)
    with left:
        answers = _select(_("Its numbers are"), ANSWERS, "answers")
    with right:
        split = _select(_("They are about"), SPLITS, "split")
    return {"answers": answers, "split": split}


def _network(kind: str) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if kind == ".safetensors":
        said["network"] = st.selectbox(
            _("Weights of"), network_choices.weights_of(), key="own_teacher.network", accept_new_options=True
        )
    left, middle, right = st.columns(3)
    with left:
        answers = {name: ANSWERS[name] for name in ("logits", "probabilities")}
        said["answers"] = _select(_("It answers"), answers, "network_answers")
    with middle:
        said["size"] = st.number_input(
            _("Side of its images in pixels; 0: theirs"), 0, 512, 0, step=1, key="own_teacher.size"
        )
    with right:
        said["colour"] = _select(_("Colour"), COLOURS, "colour")
    return said | _normalisation()


def _normalisation() -> dict[str, Any]:
    """How it normalises: with another normalisation than its own a network errs without a word, so that nothing is taken for granted."""
    how = st.selectbox(
        _("It normalises its images"),
        list(NORMALISED),
        index=None,
        format_func=lambda one: _(NORMALISED[one]),
        placeholder=_("Say how: errors come of another normalisation than its own"),
        key="own_teacher.normalised",
    )
    if how == "imagenet":
        return IMAGENET
    if how == "none":
        return {"mean": [0.0], "std": [1.0]}
    if how is None:
        return {}
    left, right = st.columns(2)
    with left:
        mean = _numbers(
            _("Mean of each channel, black being 0 and white 1"), "mean", "0.4914, 0.4822, 0.4465"
        )
    with right:
        std = _numbers(_("Deviation of each channel"), "std", "0.2470, 0.2435, 0.2616")
    return {"mean": mean, "std": std}


def _numbers(label: str, key: str, example: str) -> list[float]:
    text = st.text_input(label, key=f"own_teacher.{key}", placeholder=example)
    found: list[float] = []
    for part in filter(None, re.split(r"[,;\s]+", text.strip())):
        try:
            found.append(float(part))
        except ValueError:
            st.error(told(_("{text} is no number.").format(text=part)))
    return found


def _select(label: str, words: dict[str, str], key: str) -> str:
    return st.selectbox(label, list(words), format_func=lambda one: _(words[one]), key=f"own_teacher.{key}")


def _plain_name(file_name: str) -> str:
    """The file's name as a teacher may be called."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", PurePath(file_name).stem).strip("-._")[:40] or "mine"
