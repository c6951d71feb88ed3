"""Deleting the chosen runs, and bringing them back: Delete, Undo and Restore."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import run_manager
from dashboard.session import Key, browser_id
from dashboard.text.translation import _, ngettext
from dashboard.views.runs.chosen_runs import choose_none, choose_runs, chosen_ids
from kdcore.runs.history import Summary
from kdcore.runs.run_record import Run, digest
from kdcore.texts import N_

NOT_YOURS = N_("Only the browser that started a run can delete it.")


def chosen_bar(owner: str, chosen: list[Run]) -> None:
    """How many runs are chosen, and the buttons that act on them."""
    own = [run for run in chosen if run.owner == digest(owner)]
    count = ngettext("{n} chosen", "{n} chosen", len(chosen)).format(n=len(chosen))
    st.markdown(count, width="content")
    st.button(_("Choose none"), key="choose_none", on_click=choose_none, type="tertiary")
    label = _("Delete") if len(own) == len(chosen) else _("Delete {n} of mine").format(n=len(own))
    help_ = None if own else _(NOT_YOURS)
    st.button(label, key="delete", on_click=delete, icon=":material/delete:", disabled=not own, help=help_)


def restore_button(lines: Sequence[Summary]) -> None:
    """The button that brings the listed deleted runs back."""
    if lines:
        st.button(
            _("Restore these"), key="restore", on_click=restore, args=([line.id for line in lines],), icon=":material/undo:"
        )  # fmt: skip


def undo_bar() -> None:
    """What was just deleted, and the way back; it stays until something else is deleted, or the tab is closed."""
    gone = st.session_state.get(Key.DELETED, [])
    if gone:
        with st.container(horizontal=True, vertical_alignment="center", key="undo"):
            count = ngettext("{n} run is deleted.", "{n} runs are deleted.", len(gone)).format(n=len(gone))
            st.markdown(count, width="content")
            st.button(_("Undo"), key="undo_delete", on_click=undo, icon=":material/undo:")


def delete() -> None:
    """Delete was pressed: this browser's chosen runs go, unless they train; the others stay chosen, and a notice says why."""
    owner, chosen, gone = browser_id(), chosen_ids(), []
    for run_id in chosen:
        with errors_as_notices():
            if run_manager.manager().may_command(run_id, owner):
                run_manager.manager().delete(run_id, owner)
                gone.append(run_id)
    st.session_state[Key.DELETED] = gone
    st.session_state[Key.CHOSEN_BEFORE] = chosen
    choose_runs([run_id for run_id in chosen if run_id not in gone])


def undo() -> None:
    """Undo was pressed: what was just deleted is back, chosen as before among those that are chosen now."""
    gone, before = st.session_state.get(Key.DELETED, []), st.session_state.get(Key.CHOSEN_BEFORE, [])
    now = chosen_ids()
    restore(gone)
    back = [run_id for run_id in before if run_id in now or run_id in gone]
    choose_runs([*back, *(run_id for run_id in now if run_id not in before)])


def restore(run_ids: Sequence[str]) -> None:
    """Bring deleted runs back."""
    for run_id in run_ids:
        with errors_as_notices():
            run_manager.manager().restore(run_id, browser_id())
    st.session_state.pop(Key.DELETED, None)
