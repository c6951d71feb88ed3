"""How much space the runs take, and a clean-up that says beforehand what it will remove and afterwards what it has freed."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.components.dialog import draw_dialog
from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.refused_values import out_of_bounds
from dashboard.data import run_manager
from dashboard.session import Key, browser_id
from dashboard.text.numbers import grouped, size_of
from dashboard.text.translation import _, ngettext, together
from kdcore.data.catalogue import data_folder
from kdcore.runs.clean_up import CLEAN_UP_KINDS, DAY, CleanUp, CleanUpKind, to_clean
from kdcore.runs.disk_usage import disk_usage
from kdcore.texts import N_

MOST_DAYS = 3650
TITLES: dict[CleanUpKind, str] = {
    "deleted": N_("what I deleted"),
    "unfinished": N_("that, and what was stopped, failed or interrupted"),
    "all": N_("all of my runs that have ended"),
}


def open_storage(owner: str, closed: Callable[[], None]) -> None:
    """Draw the dialog over the page; a page that runs without this closes it. closed: called when the reader closes it."""
    draw_dialog(_("Storage"), storage_contents, owner, close=closed, width="medium")


def storage_contents(owner: str) -> None:
    """Draw the contents of the dialog."""
    store = run_manager.manager().store
    held = disk_usage(store.folder, data_folder())
    rows = {
        _("Runs: weights and checkpoints"): held.runs,
        _("Database: settings, curves, results"): held.database,
        _("Shared: teachers, kept logits and answers"): held.shared,
        _("Uploads: pictures of all browsers"): held.uploads,
    }
    line = _("{name}: {what}")
    st.markdown(
        "  \n".join(line.format(name=name, what=f"**{size_of(size)}**") for name, size in rows.items())
    )
    st.subheader(_("Clean up"), anchor=False)
    kind: CleanUpKind = st.radio(
        _("Remove for good"), list(CLEAN_UP_KINDS), key=Key.CLEAN, format_func=lambda one: _(TITLES[one])
    )
    older = _("older than this many days")
    days = st.number_input(older, value=0, step=1, key=Key.OLDER)
    if not 0 <= days <= MOST_DAYS:
        st.error(out_of_bounds(older, 0, MOST_DAYS))
        return
    removed = to_clean(store, kind, owner=owner, older=days * DAY)
    st.markdown(_forecast(removed))
    st.button(
        _("Remove for good"),
        key="clean",
        type="primary",
        disabled=not removed.run_ids,
        on_click=clean_up,
        args=(kind, float(days)),
    )
    if (freed := st.session_state.pop(Key.FREED, None)) is not None:
        st.success(freed)
    st.caption(
        _(
            "Starred runs and those of other browsers stay. Deleted runs are removed after seven days. The database keeps its size, and fills what is freed in it again."
        )
    )


def _forecast(removed: CleanUp) -> str:
    n = len(removed.run_ids)
    if not n:
        sentence = _("There is nothing to remove.")
    else:
        sentence = ngettext("This frees {size}: {n} run.", "This frees {size}: {n} runs.", n).format(
            size=f"**{size_of(removed.bytes)}**", n=grouped(n)
        )
    if removed.starred:
        stay = ngettext("{n} starred run stays.", "{n} starred runs stay.", removed.starred)
        return together([sentence, stay.format(n=grouped(removed.starred))])
    return sentence


def clean_up(kind: CleanUpKind, days: float) -> None:
    """The button was pressed: remove what the forecast named."""
    with errors_as_notices():
        freed = run_manager.manager().clean_up(kind, browser_id(), older=days * DAY)
        n = len(freed.run_ids)
        sentence = ngettext("{n} run was removed, {size} freed.", "{n} runs were removed, {size} freed.", n)
        st.session_state[Key.FREED] = sentence.format(n=grouped(n), size=size_of(freed.bytes))
        st.session_state.pop(Key.DELETED, None)
