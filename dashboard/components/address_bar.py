"""The address as the browser's history keeps it: which changes of it are entries that Back leads to."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, get_origin

import streamlit as st

from dashboard.url.parameters import PARAMETER_OF, Param
from dashboard.url.stale_requests import restore_newest_link
from kdcore.experiment import FLAT_FIELDS

LIVE = (
    Param.AT,
    Param.BIAS,
    Param.COMPARED_AT,
    Param.LOG,
    Param.SHUFFLE,
    Param.SEEDS,
    Param.TRIALS,
    Param.FIND,
    Param.WORDS,
)
"""Parameters of pages that say what a slider, a number or a search says."""
_component = st.components.v2.component(
    "address_bar", html="<span hidden></span>", js=Path(__file__).with_suffix(".js").read_text("utf-8")
)


def address_bar() -> None:
    """Draw nothing but the script in the browser. Call it before all that reads the address."""
    restore_newest_link()
    _component(data={"live": live_parameters()}, key="address_bar")


def live_parameters() -> list[str]:
    """The parameters that change too often for an entry each: those, and the recipe's numbers."""
    numbers = [
        PARAMETER_OF.get(name, name)
        for name, entry in FLAT_FIELDS.items()
        if _is_number(entry.info.annotation)
    ]
    return sorted({*LIVE, *numbers, "parameters"})


def _is_number(annotation: object) -> bool:
    if get_origin(annotation) is tuple:  # classes: a choice
        return False
    return bool({*(get_args(annotation) or [annotation])} & {int, float})
