"""The page's one file: its figures, the components' files, what they draw, and what mounts them in a browser."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboard.components.live_run import LIVE_CHART
from dashboard.components.style import role_colours
from dashboard.handout.explorer import ExplorerSet
from dashboard.handout.figures import handout_figures
from dashboard.handout.mounted import MountedComponent
from dashboard.handout.replay import Replay
from dashboard.handout.vega_modules import LICENCE, vega_modules
from dashboard.streamlit_settings import FILE
from dashboard.text.roles import Theme
from dashboard.text.translation import _, language
from kdcore.errors import RunRefused
from kdcore.translation import written_language

HERE = Path(__file__).parent
MOST_BYTES = 3_000_000
STEPS = (240, 120, 60, 30)
"""Recorded steps that are tried, the most first, until the page is small enough."""
IMAGES = (60, 30, 15, 8)
"""Pictures of a set, likewise."""


@dataclass(frozen=True)
class Handout:
    """What is handed out.

    Attributes:
        title: of the page.
        facts: what it is of, a line of texts.
        sets: pictures for the explorer.
        replay: a finished run; None for none.
        only: the one figure that is wanted; empty for all.
    """

    title: str
    facts: Sequence[str]
    sets: Sequence[ExplorerSet]
    replay: Replay | None = None
    only: str = ""

    def html(self) -> str:
        """The page, below three megabytes.

        Raises:
            RunRefused: there is no such figure, or the page would be larger.
        """
        for steps, images in zip(STEPS, IMAGES, strict=True):
            page = self._html(steps, images)
            size = len(page.encode())
            if size < MOST_BYTES:
                return page
        raise RunRefused(
            f"The page would have {size / 1e6:.1f} MB, and 3 is the most. Choose one figure of it, such as --figure curves."
        )

    def _html(self, steps: int, images: int) -> str:
        figures = handout_figures([one.at_most(images) for one in self.sets], self.replay, self.only)
        first_moving = next((figure for figure in figures if figure.moves), None)
        mounts = [one for figure in figures for one in figure.components]
        player, recordings = None, {}
        if first_moving and self.replay:
            player, recordings = self.replay.player(), {self.replay.address: [self.replay.message(steps)]}
            mounts.append(player)
        return (
            _templates()
            .get_template("page.html.jinja")
            .render(
                title=self.title,
                facts=self.facts,
                figures=figures,
                first_moving=first_moving,
                player=player,
                alone=bool(self.only),
                place_of=mounts.index,
                language=written_language(language()),
                plan=_script_json(_plan(mounts, recordings)),
                styles="\n".join(_styles(mounts)),
                script=(HERE / "page.js").read_text("utf-8"),
                licence=LICENCE,
                texts=_texts(),
            )
        )


def _plan(mounts: Sequence[MountedComponent], recordings: dict[str, Any]) -> dict[str, Any]:
    """What page.js reads."""
    components = {mount.component.name: mount.component for mount in mounts}
    return {
        "components": {
            name: {"html": one.html, "css": one.css, "js": one.js, "isolated": one.isolated}
            for name, one in components.items()
        },
        "mounts": [
            {"component": mount.component.name, "data": mount.data, "themed": mount.themed}
            for mount in mounts
        ],
        "recordings": recordings,
        "vega": vega_modules() if LIVE_CHART.name in components else [],
    }


def _styles(mounts: Sequence[MountedComponent]) -> Iterator[str]:
    """The style sheets: the themes' colours, the app's own sheet, those of components in the page itself, the page's."""
    theme = tomllib.loads(FILE.read_text(encoding="utf-8"))["theme"]
    for name in get_args(Theme):
        colours = "".join(
            f"--st-{_dashed(key)}: {value};" for key, value in theme[name].items() if isinstance(value, str)
        )
        yield f":root[data-theme='{name}'] {{ color-scheme: {name}; {colours}{role_colours(name)} }}"
    yield (HERE.parent / "style.css").read_text("utf-8")
    sheets = {mount.component.css for mount in mounts if not mount.component.isolated}
    yield from sorted(sheets)
    yield (HERE / "page.css").read_text("utf-8")


def _dashed(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)


def _script_json(value: Any) -> str:
    """JSON inside a script element: nothing in it can end the element or begin another."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _texts() -> dict[str, str]:
    return {
        "theme": _("Light or dark"),
        "print": _("Print"),
        "figures": _("One figure alone, large"),
        "whole": _("The whole page"),
        "pictures": _("Pictures"),
        "no_script": _("This page draws its figures with JavaScript, which is switched off here."),
        "made": _("Made with Stillroom. It needs no server and no network, and sends nothing."),
    }


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )
