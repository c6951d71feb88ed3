"""A live region: screen readers announce its text when it changes. Nothing of it is visible."""

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
    "live_region", html='<p role="status" aria-live="polite"></p>', css=_CSS, js=_JS
)


def live_region(text: str, key: str) -> None:
    """Put the text there; a screen reader announces it when it has changed."""
    _component(data={"text": text}, key=key)
