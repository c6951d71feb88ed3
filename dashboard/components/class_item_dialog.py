"""The dialog in which a lecturer keeps the page on screen for the class: what it is called, and what students cannot change."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.components.dialog import draw_dialog
from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import class_links, class_seat, method_cards
from dashboard.data.screen import read_screen
from dashboard.pages import CLASS
from dashboard.session import Key, add_notice, take_notices
from dashboard.text.field_labels import field_title
from dashboard.text.page_titles import page_titles
from dashboard.text.translation import _, plain
from kdcore.classroom.class_plan import PlanItem
from kdcore.classroom.classroom import Classroom
from kdcore.classroom.locks import LockKind, Locks
from kdcore.errors import ClassRefused
from kdcore.experiment import FLAT_FIELDS

PREFIX = "class_item"


def item_dialog_button(classroom: Classroom, here: str) -> None:
    """The button that opens it for the page on screen."""
    st.button(
        _("Keep for the class"),
        key="class_keep",
        icon=":material/bookmark_add:",
        help=_(
            "Keeps this page as it is now as a step of the class's plan, together with what students cannot change."
        ),
        on_click=_open,
    )
    if st.session_state.get(Key.CLASS_KEEPS):
        draw_dialog(_("Keep this page for the class"), _contents, classroom, here, close=_close)


def _open() -> None:
    st.session_state[Key.CLASS_KEEPS] = True


def _close() -> None:
    st.session_state.pop(Key.CLASS_KEEPS, None)


def _contents(classroom: Classroom, here: str) -> None:
    if not st.session_state.get(Key.CLASS_KEEPS):  # it was kept: the page behind is drawn without the dialog
        st.rerun()
    for sentence in take_notices():
        st.error(plain(sentence))
    title = page_titles().get(here, here)
    with st.form(f"{PREFIX}_form", border=False):
        st.text_input(_("Title"), value=title, max_chars=80, key=f"{PREFIX}.title")
        lock_fields(PREFIX, Locks())
        st.text_area(_("Notes for you alone"), max_chars=4000, key=f"{PREFIX}.notes", height=80)
        st.form_submit_button(
            _("Keep it"), type="primary", on_click=_keep, args=(classroom.code, here), key=f"{PREFIX}_keep"
        )


def lock_fields(prefix: str, locks: Locks) -> None:
    """The widgets that say what is locked and hidden; `chosen_locks` reads them."""
    names = [*FLAT_FIELDS]
    locked, hidden = ([n for n in names if locks.fields.get(n) == kind] for kind in ("locked", "hidden"))
    st.multiselect(
        _("Locked: shown, cannot be changed"),
        names,
        default=locked,
        format_func=field_title,
        key=f"{prefix}.locked",
        placeholder=_("none"),
    )
    st.multiselect(
        _("Hidden: not shown, cannot be changed"),
        names,
        default=hidden,
        format_func=field_title,
        key=f"{prefix}.hidden",
        placeholder=_("none"),
    )
    titles = {path: title for path, title in page_titles().items() if path != CLASS}
    st.multiselect(
        _("Pages that are left out"),
        [*titles],
        default=[path for path in locks.pages if path in titles],
        format_func=titles.__getitem__,
        key=f"{prefix}.pages",
        placeholder=_("none"),
    )
    methods = method_cards.method_titles()
    st.multiselect(
        _("Methods that can be chosen (all where none is named)"),
        [*methods],
        default=[name for name in locks.methods if name in methods],
        format_func=lambda name: methods[name],
        key=f"{prefix}.methods",
        placeholder=_("all"),
    )
    st.toggle(_("Presets are offered"), value=locks.presets, key=f"{prefix}.presets")


def chosen_locks(prefix: str) -> Locks:
    """What the widgets of `lock_fields` say; what is both locked and hidden is hidden."""
    said: dict[str, Any] = {
        name: st.session_state[f"{prefix}.{name}"]
        for name in ("locked", "hidden", "pages", "methods", "presets")
    }
    fields: dict[str, LockKind] = {name: "locked" for name in said["locked"]}
    fields |= {name: "hidden" for name in said["hidden"]}
    return Locks(
        fields=fields,
        pages=tuple(said["pages"]),
        methods=tuple(said["methods"]),
        presets=bool(said["presets"]),
    )


def _keep(code: str, here: str) -> None:
    with errors_as_notices():
        title = str(st.session_state[f"{PREFIX}.title"]).strip()
        if not title:
            raise ClassRefused(_("Give the step a title."))
        item = PlanItem(
            title=title,
            page=here,
            link=class_links.for_students(st.query_params.to_dict()),
            experiment=read_screen().draft,
            locks=chosen_locks(PREFIX),
            notes=st.session_state[f"{PREFIX}.notes"],
        )
        rooms = class_seat.classrooms()
        plan = rooms.table.classroom(code).plan.with_item(item)
        rooms.table.set_plan(code, class_seat.known_browser(), plan)
        add_notice(_("Kept as step {n} of the class's plan.").format(n=len(plan.items)))
        _close()
