"""Networks that are refused before a run starts: no such network, or images that it cannot take."""

from __future__ import annotations

import difflib

from kdcore.errors import NetworkRefused
from kdcore.experiment import OWN_PREFIX
from kdcore.networks import mlp as perceptrons
from kdcore.networks.network_entry import NetworkEntry, Shape
from kdcore.networks.table import TABLE, entry_of, offered, plugged
from kdcore.texts import N_, together


def refusal(name: str, shape: Shape, classes: int) -> str:
    """Why this network cannot take these images, in a sentence; empty where it can."""
    try:
        accepted(name, shape, classes)
    except NetworkRefused as error:
        return str(error)
    return ""


def accepted(name: str, shape: Shape, classes: int) -> NetworkEntry:
    """The network's entry in the table.

    Raises:
        NetworkRefused: no such network, or it cannot take these images.
    """
    entry = entry_of(name)
    if entry is None:
        raise NetworkRefused(_unknown(name))
    channels, height, width = shape
    if channels < 1 or classes < 2:
        raise NetworkRefused(
            f"{name} needs images of at least one channel and at least two classes; it was given {channels} and {classes}."
        )
    if min(height, width) < entry.smallest_side:
        raise NetworkRefused(
            f"{name} needs images of at least {entry.smallest_side} x {entry.smallest_side} pixels; these have "
            f"{height} x {width}. Choose a network for smaller images, such as mlp-30 or cnn-small, or larger images."
        )
    if sentence := entry.refuses(shape, classes):
        raise NetworkRefused(sentence)
    return entry


def _unknown(name: str) -> str:
    if name.startswith("mlp-"):
        return N_(
            f"There is no network '{name}': a perceptron is called mlp-WIDTH or mlp-WIDTHxDEPTH, width 1 to "
            f"{perceptrons.WIDEST} and depth 1 to {perceptrons.DEEPEST}, such as mlp-30 or mlp-800x2."
        )
    if name.startswith("lowrank-"):
        return N_(
            f"There is no network '{name}': a perceptron of low rank is called lowrank-WIDTHrRANK or "
            f"lowrank-WIDTHxDEPTHrRANK, width 1 to {perceptrons.WIDEST}, depth 1 to {perceptrons.DEEPEST} and rank 1 to its "
            "width, such as lowrank-300r8 or lowrank-128x3r8."
        )
    if name.startswith(OWN_PREFIX):
        return N_(
            f"'{name}' is a network that a program brought along: only that program can build it. What was recorded is "
            "shown as for any other."
        )
    near = difflib.get_close_matches(name, offered(), n=1, cutoff=0.75)
    unknown, hint = N_(f"There is no network '{name}'."), N_(f"Did you mean {near[0]}?") if near else ""
    there = N_(f"There are mlp-WIDTH[xDEPTH], lowrank-WIDTH[xDEPTH]rRANK, {', '.join([*TABLE, *plugged()])}.")
    return together([unknown, hint, there])
