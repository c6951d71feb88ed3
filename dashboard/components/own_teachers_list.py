"""The teachers that this browser has added: to remove, and to bring back."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import own_teachers
from dashboard.text.translation import _, plain


def own_teachers_list() -> None:
    """Draw them, the removed ones last; nothing where there are none."""
    there, removed = own_teachers.own_cards(), own_teachers.removed_cards()
    if not there and not removed:
        return
    st.markdown(f"**{_('Added by this browser')}**")
    for card in there:
        said = f"{card.name} · {card.dataset_title}"
        _line(card.name, said, _("Remove"), ":material/delete:", "remove", own_teachers.remove)
    for card in removed:
        said = _("{name} is removed, and goes for good after seven days.").format(name=card.name)
        _line(card.name, said, _("Undo"), ":material/undo:", "restore", own_teachers.restore)


def _line(name: str, said: str, label: str, icon: str, what: str, act: Callable[[str], None]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"own_teacher_{name}"):
        st.markdown(plain(said), width="stretch")
        st.button(label, key=f"{what}_{name}", icon=icon, on_click=_done, args=(act, name))


def _done(act: Callable[[str], None], name: str) -> None:
    with errors_as_notices():
        act(name)
