"""The chosen card of a choice whose cards are swept along sideways on a narrow page: it is in sight when the page opens."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "chosen_in_sight", html="<span hidden></span>", js=Path(__file__).with_suffix(".js").read_text("utf-8")
)


def chosen_in_sight(container: str, chosen: str) -> None:
    """Draw nothing but the script. container: the key of the container that holds the choice; chosen: what is chosen in it."""
    _component(data={"container": container, "chosen": chosen}, key=f"{container}_in_sight")
