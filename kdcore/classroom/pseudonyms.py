"""What students are called: an adjective and a glass, drawn for each class anew."""

from __future__ import annotations

import secrets
from collections.abc import Collection

ADJECTIVES = (
    "amber", "blue", "bright", "broad", "calm", "clear", "cool", "copper", "crimson", "dark", "fine", "frosted",
    "golden", "green", "grey", "light", "little", "long", "narrow", "open", "pale", "plain", "quiet", "red",
    "round", "shiny", "silver", "slender", "small", "smooth", "square", "steady", "tall", "thick", "thin", "violet",
    "warm", "white", "wide", "yellow",
)  # fmt: skip
GLASSES = (
    "ampoule", "beaker", "bottle", "bowl", "burette", "carafe", "column", "condenser", "crucible", "cup", "cylinder", "dish",
    "flask", "funnel", "goblet", "jar", "jug", "lamp", "lens", "mirror", "phial", "pipette", "prism", "retort",
    "siphon", "slide", "still", "tube", "tumbler", "vase",
)  # fmt: skip


def draw_pseudonym(taken: Collection[str]) -> str:
    """One that nobody of the class has; with a number once all 1,200 are taken."""
    number = 1 + len(taken) // (len(ADJECTIVES) * len(GLASSES) // 2)
    while True:
        name = f"{secrets.choice(ADJECTIVES)} {secrets.choice(GLASSES)}"
        if number > 1:
            name = f"{name} {number}"
        if name not in taken:
            return name
