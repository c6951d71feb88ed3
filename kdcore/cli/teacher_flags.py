"""Flags that say what a stranger's teacher needs; what is not said stays as the card beside its file says it."""

from __future__ import annotations

import argparse
from typing import Any

from kdcore.cli.command_parser import number_argument
from kdcore.texts import N_

LISTS = ("mean", "std", "columns")
WHOLE, NUMBER = number_argument(int, N_("a whole number")), number_argument(float, N_("a number"))

# fmt: off
FLAGS: dict[str, dict[str, Any]] = {
    "dataset": {"metavar": "NAME", "help": N_("Whose images it knows.")},
    "image_size": {"type": WHOLE, "metavar": "INT", "help": N_("Side at which a folder's pictures are looked at.")},
    "answers": {"choices": ("logits", "probabilities", "counts"), "help": N_("What its numbers are. Default: what recorded ones look like; logits of networks.")},
    "floor": {"type": NUMBER, "metavar": "FLOAT", "help": N_("The least probability that is believed. Default: 1e-06.")},
    "columns": {"metavar": "COLUMN,COLUMN", "help": N_("The class map: for each class of the dataset, in order, its column, by place from 0 or by name.")},
    "split": {"choices": ("train", "validation", "test", "all"), "help": N_("Which images recorded answers are about, where the file does not say it.")},
    "network": {"metavar": "NAME", "help": N_("Of weights: the network that they are of.")},
    "mean": {"metavar": "FLOAT,FLOAT", "help": N_("What it takes from each channel, black being 0 and white 1.")},
    "std": {"metavar": "FLOAT,FLOAT", "help": N_("What it divides each channel by.")},
    "size": {"type": WHOLE, "metavar": "INT", "help": N_("Side in pixels of what it looks at. Default: the images'.")},
    "colour": {"choices": ("rgb", "bgr", "grey"), "help": N_("Its channels. Default: the images'.")},
}
# fmt: on


def add_description_flags(group: argparse._ArgumentGroup) -> None:
    """Add them; without defaults, so that what was not said can be told from what was."""
    for name, about in FLAGS.items():
        group.add_argument(f"--{name.replace('_', '-')}", default=argparse.SUPPRESS, **about)


def said_by_flags(options: argparse.Namespace) -> dict[str, Any]:
    """What they say, under the names of a card."""
    given = {name: value for name, value in vars(options).items() if name in FLAGS}
    for name in LISTS:
        if isinstance(given.get(name), str):
            given[name] = tuple(part.strip() for part in given[name].split(",") if part.strip())
    return given
