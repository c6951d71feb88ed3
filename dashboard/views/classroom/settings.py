"""What a class's runs may ask for at most, and the class's end."""

from __future__ import annotations

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import class_seat, dataset_choices
from dashboard.session import Key, add_notice
from dashboard.text.translation import _
from dashboard.views.classroom.make import make
from kdcore.classroom.classroom import Classroom
from kdcore.classroom.locks import MOST_PICTURES, ClassBounds
from kdcore.experiment import FLAT_FIELDS

PREFIX = "class_bounds"


def settings(classroom: Classroom) -> None:
    """Draw them."""
    if classroom.open:
        _bounds(classroom)
        st.markdown("### " + _("The end"))
        st.caption(
            _(
                "A closed class locks nothing and takes nobody in. What it holds is kept for you until its time is over."
            )
        )
        st.button(
            _("Close the class"),
            key="class_close",
            icon=":material/block:",
            on_click=_close,
            args=(classroom.code,),
        )
    with st.popover(_("Delete the class"), icon=":material/delete:", key="class_delete"):
        st.markdown(
            _("Its plan, its students' pseudonyms, votes and hand-ins are deleted at once. Runs stay.")
        )
        st.button(_("Delete it for good"), key="class_delete_yes", on_click=_delete, args=(classroom.code,))
    with st.expander(_("Make another class"), key="class_another"):
        make()


def _bounds(classroom: Classroom) -> None:
    bounds = classroom.bounds
    st.markdown("### " + _("What a run may ask for"))
    st.caption(
        _("The server keeps to this, whatever a page or a link says. A student's runs train one at a time.")
    )
    names = dataset_choices.dataset_names("digits")
    with st.form("class_bounds_form", border=False):
        st.number_input(
            _("Most epochs"), min_value=1, max_value=int(FLAT_FIELDS["epochs"].bound("le") or 2000),
            value=bounds.epochs, step=1, key=f"{PREFIX}.epochs", placeholder=_("no bound for this class"),
        )  # fmt: skip
        st.multiselect(
            _("Datasets (all where none is named)"),
            names,
            default=[name for name in bounds.datasets if name in names],
            format_func=dataset_choices.dataset_title,
            key=f"{PREFIX}.datasets",
            placeholder=_("all"),
        )
        st.number_input(
            _("Runs of one student that may wait"), min_value=1, max_value=20, value=bounds.waiting, step=1,
            key=f"{PREFIX}.waiting",
        )  # fmt: skip
        st.number_input(
            _("Networks that one job may train as students, as in a sweep"), min_value=1, max_value=1000, value=bounds.students,
            step=1, key=f"{PREFIX}.students",
        )  # fmt: skip
        st.number_input(
            _("Pictures in an upload of a student's own; 0 takes none"), min_value=0, max_value=MOST_PICTURES,
            value=bounds.pictures, step=1, key=f"{PREFIX}.pictures", placeholder=_("no bound of the class's own"),
        )  # fmt: skip
        st.form_submit_button(
            _("Set these bounds"), key="class_bounds_set", on_click=_set_bounds, args=(classroom.code,)
        )


def _set_bounds(code: str) -> None:
    with errors_as_notices():
        said = {name: st.session_state[f"{PREFIX}.{name}"] for name in ClassBounds.model_fields}
        bounds = ClassBounds(**said | {"datasets": tuple(said["datasets"])})
        browser = class_seat.known_browser()
        class_seat.classrooms().table.change(code, browser, bounds=bounds.model_dump_json())
        add_notice(_("The bounds are set."))


def _close(code: str) -> None:
    with errors_as_notices():
        rooms, browser = class_seat.classrooms(), class_seat.known_browser()
        if rooms.table.classroom(code).paused:
            rooms.queue.go_on(code, browser)
        rooms.table.close(code, browser)


def _delete(code: str) -> None:
    with errors_as_notices():
        class_seat.classrooms().table.delete(code, class_seat.known_browser())
        st.session_state.pop(Key.CLASS_OF, None)
