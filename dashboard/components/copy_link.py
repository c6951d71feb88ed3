"""A button that copies the address of what is on screen."""

from __future__ import annotations

import streamlit as st

from dashboard.text.translation import _

_JS = """
export default function ({ parentElement, data }) {
  const button = parentElement.querySelector('button');
  button.style.visibility = 'visible';
  button.textContent = button.dataset.done ? data.done : data.label;
  button.onclick = async () => {
    const address = window.location.href;
    try {
      await navigator.clipboard.writeText(address);
    } catch {  // no clipboard without https: select and copy as of old
      const field = document.createElement('textarea');
      field.value = address;
      document.body.append(field);
      field.select();
      document.execCommand('copy');
      field.remove();
    }
    button.dataset.done = '1';
    button.textContent = data.done;
    setTimeout(() => { delete button.dataset.done; button.textContent = data.label; }, 2000);
  };
}
"""
_CSS = """
button {
  font: inherit; font-size: 0.875rem; color: var(--st-text-color); background: transparent; cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); padding: 0.3rem 0.7rem; white-space: nowrap;
}
button:hover, button:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }
"""
_HTML = '<button type="button" style="visibility: hidden"></button>'
"""Hidden until it has its words: a screen reader would meet a button without a name."""
_component = st.components.v2.component("copy_link", html=_HTML, css=_CSS, js=_JS)


def copy_link() -> None:
    """Draw the button."""
    _component(data={"label": _("Copy link"), "done": _("Copied")}, key="copy_link", width="content")
