"""What a screen reader says of a change on the page: a live region that stays while its text changes."""

from __future__ import annotations

import streamlit as st

_JS = """
export default function ({ parentElement, data }) {
  const line = parentElement.querySelector('p');
  if (line.textContent !== data.text) line.textContent = data.text;
}
"""
_CSS = "p { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); }"
_component = st.components.v2.component(
    "announce", html='<p role="status" aria-live="polite"></p>', css=_CSS, js=_JS
)


def live_region(text: str, key: str) -> None:
    """Say the text when it changes; nothing of it is seen."""
    _component(data={"text": text}, key=key)
