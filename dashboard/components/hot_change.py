"""What another temperature or weight does to a training that goes on, shown beside the sliders while they are dragged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.components.live_run import live_address, live_script
from dashboard.components.style import theme
from dashboard.data import method_cards
from dashboard.data.page_state import is_going_on
from dashboard.text.roles import TEACHER, TWIN
from dashboard.text.translation import _
from kdcore.runs.run_record import Run

HERE = Path(__file__).parent
FILES = ("softmax", "soft_target_gradient", "page_elements", "number_text", "hot_change")
_component = st.components.v2.component(
    "hot_change",
    html='<div class="hot_change" role="group" hidden><p class="title"></p><p class="image"></p><div class="targets"></div>'
    '<div class="shares" hidden><p></p><div class="shared"><i class="teacher"></i></div></div></div>',
    css=(HERE / "hot_change.css").read_text("utf-8"),
    js=live_script(*FILES),
)


def hot_change(run: Run) -> None:
    """Draw it. Shares are told where the method's loss is that of soft targets, since they are computed from that."""
    data: dict[str, Any] = {
        "address": live_address(run.id),
        "over": not is_going_on(run),
        "softened": method_cards.is_taught_by_soft_targets(run.experiment),
        "smoothing": run.experiment.recipe.label_smoothing,
        "colours": {"teacher": TEACHER.colour(theme()), "labels": TWIN.colour(theme())},
        "texts": _texts(),
    }
    _component(data=data, key="hot_change")


def _texts() -> dict[str, str]:
    return {
        "does": _("Now, at T = {T} and weight {w}"),
        "would": _("What T = {T} and weight {w} would do now"),
        "image": _("to the targets of the large image, a {label}:"),
        "share": _(
            "{now} of the gradient comes from the teacher, the rest from the labels (on the six images):"
        ),
        "shares": _(
            "{next} of the gradient would come from the teacher, now {now}; its part would be {times} times as large (on the six images):"
        ),
    }
