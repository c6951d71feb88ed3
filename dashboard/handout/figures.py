"""What stands on the page, figure by figure: each can be shown alone and large, for a slide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.handout.explorer import ExplorerSet, mounted
from dashboard.handout.mounted import MountedComponent
from dashboard.handout.replay import Replay
from dashboard.text.translation import _
from kdcore.errors import RunRefused
from kdcore.export.export_format import FIGURES


@dataclass(frozen=True)
class HandoutFigure:
    """One figure.

    Attributes:
        name: one of FIGURES.
        title: its heading.
        components: what is drawn, one beside the other; of several with titles the reader chooses one.
        html: what stands below them, escaped.
        moves: whether it shows the step that the player shows.
    """

    name: str
    title: str
    components: Sequence[MountedComponent] = ()
    html: str = ""
    moves: bool = False


def handout_figures(
    sets: Sequence[ExplorerSet], replay: Replay | None, only: str = ""
) -> list[HandoutFigure]:
    """The figures of the page, in order. only: the one that is wanted; empty for all.

    Raises:
        RunRefused: there is no such figure.
    """
    figures = [HandoutFigure("soft-targets", _("Soft targets"), mounted(sets))] if sets else []
    if replay is not None:
        figures += [
            HandoutFigure("numbers", _("How often they err"), [replay.numbers()], moves=True),
            HandoutFigure(
                "curves", _("The training, step by step"), [replay.curve(), replay.large_image()], moves=True
            ),
            HandoutFigure("losses", _("Loss terms and gradients"), replay.details(), moves=True),
            HandoutFigure("images", _("Soft targets of pinned images"), replay.images(), moves=True),
            HandoutFigure("results", _("What this shows"), html=replay.results_html()),
        ]
    chosen = [figure for figure in figures if only in ("", figure.name)]
    if not chosen:
        raise RunRefused(
            f"There is no figure '{only}' here. There are: {', '.join(name for name in FIGURES if name in {f.name for f in figures})}."
        )
    return chosen
