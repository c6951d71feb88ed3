"""What students are called: an adjective and a glass, drawn for each class anew."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection

from kdcore.texts import N_

ADJECTIVES = (
    N_("amber {glass}"), N_("blue {glass}"), N_("bright {glass}"), N_("broad {glass}"), N_("calm {glass}"),
    N_("clear {glass}"), N_("cool {glass}"), N_("copper {glass}"), N_("crimson {glass}"), N_("dark {glass}"),
    N_("fine {glass}"), N_("frosted {glass}"), N_("golden {glass}"), N_("green {glass}"), N_("grey {glass}"),
    N_("light {glass}"), N_("little {glass}"), N_("long {glass}"), N_("narrow {glass}"), N_("open {glass}"),
    N_("pale {glass}"), N_("plain {glass}"), N_("quiet {glass}"), N_("red {glass}"), N_("round {glass}"),
    N_("shiny {glass}"), N_("silver {glass}"), N_("slender {glass}"), N_("small {glass}"), N_("smooth {glass}"),
    N_("square {glass}"), N_("steady {glass}"), N_("tall {glass}"), N_("thick {glass}"), N_("thin {glass}"),
    N_("violet {glass}"), N_("warm {glass}"), N_("white {glass}"), N_("wide {glass}"), N_("yellow {glass}"),
)  # fmt: skip
GLASSES = (
    N_("ampoule"), N_("beaker"), N_("bottle"), N_("bowl"), N_("burette"), N_("carafe"), N_("column"), N_("condenser"),
    N_("crucible"), N_("cup"), N_("cylinder"), N_("dish"), N_("flask"), N_("funnel"), N_("goblet"), N_("jar"),
    N_("jug"), N_("lamp"), N_("lens"), N_("mirror"), N_("phial"), N_("pipette"), N_("prism"), N_("retort"),
    N_("siphon"), N_("slide"), N_("still"), N_("tube"), N_("tumbler"), N_("vase"),
)  # fmt: skip


def draw_pseudonym(taken: Collection[str]) -> str:
    """One that nobody of the class has; with a number once all 1,200 are taken."""
    number = 1 + len(taken) // (len(ADJECTIVES) * len(GLASSES) // 2)
    while True:
        name = secrets.choice(ADJECTIVES).format(glass=secrets.choice(GLASSES))
        if number > 1:
            name = f"{name} {number}"
        if name not in taken:
            return name


def said_pseudonym(name: str, translate: Callable[[str], str]) -> str:
    """A pseudonym as a reader of another language has it; any other name as it is."""
    adjective, _blank, rest = name.partition(" ")
    glass, _blank, number = rest.partition(" ")
    template = f"{adjective} {{glass}}"
    if template not in ADJECTIVES or glass not in GLASSES:
        return name
    return f"{translate(template).format(glass=translate(glass))} {number}".strip()
