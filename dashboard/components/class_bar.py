"""The class on every page: who one is in it, where the class is, its vote, and for its lecturer what moves it on."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.components.class_item_dialog import item_dialog_button
from dashboard.components.class_panel import class_panel
from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.presenter import presenter
from dashboard.components.style import style_sheet
from dashboard.data import class_links, class_seat, class_views
from dashboard.pages import CLASS, page_at
from dashboard.session import Key, browser_id
from dashboard.text.page_titles import page_titles
from dashboard.text.translation import _, plain
from dashboard.url.parameters import Param
from kdcore.classroom.classroom import Classroom
from kdcore.classroom.classrooms import Seat
from kdcore.classroom.pseudonyms import said_pseudonym


def class_bar(seat: Seat | None, here: str) -> None:
    """Draw it for who is in a class: the student of that seat, or a lecturer. here: the path of the page on screen."""
    classroom = None if seat else lectured_here(browser_id())
    if seat is not None:
        _students_bar(seat, here)
    elif classroom is not None and classroom.open:
        _lecturers_bar(classroom, here)
    presenter(classroom if classroom is not None and classroom.open else None)


def shown_pages(seat: Seat | None) -> list[str]:
    """The paths of the pages that who sits there has, in the bar's order: all but those that the class does not use."""
    kept = seat.classroom.locks.pages if seat else ()
    return [path for path in page_titles() if path == CLASS or path not in kept]


def lectured_here(browser: str) -> Classroom | None:
    """Of the classes of which the browser is the lecturer's the one that this tab has open: as the link says, else the newest."""
    found = class_seat.lectured_by(browser)
    if not found:
        return None
    asked = st.query_params.get(Param.CLASS) or st.session_state.get(Key.CLASS_OF)
    chosen = next((one for one in found if one.code == asked), found[0])
    st.session_state[Key.CLASS_OF] = chosen.code
    return chosen


def go_where_the_class_is() -> None:
    """Go where the lecturer has pointed, where that was asked for; call it before the page is drawn."""
    if not st.session_state.pop(Key.CLASS_GOES, False):
        return
    browser = browser_id()
    seat = class_seat.seat_of(browser)
    classroom = seat.classroom if seat else lectured_here(browser)
    if classroom is None or classroom.here is None or classroom.here.page not in page_titles():
        return
    st.switch_page(page_at(classroom.here.page), query_params=classroom.here.link)


def page_not_shown() -> None:
    """What stands in place of a page that the class does not have."""
    style_sheet()
    st.info(_("Your class does not use this page now. The others are in the line at the top."))


def _students_bar(seat: Seat, here: str) -> None:
    link = class_links.for_students(st.query_params.to_dict())
    class_views.note_view(seat.classroom.code, seat.member.number, here, link)
    with st.container(key="class_bar"):
        if here != CLASS:
            label = _("{pseudonym} · {name}").format(
                pseudonym=said_pseudonym(seat.member.pseudonym, _), name=plain(seat.classroom.name)
            )
            st.page_link(page_at(CLASS), label=label, icon=":material/groups:")
        class_panel(seat.classroom, "student", _own_answers(seat))


def _own_answers(seat: Seat) -> dict[str, Any]:
    votes = class_seat.classrooms().votes
    newest = votes.newest(seat.classroom.code)
    answer = None if newest is None else votes.answer_of(newest.id, browser_id())
    return {} if newest is None or answer is None else {str(newest.id): answer}


def _lecturers_bar(classroom: Classroom, here: str) -> None:
    place, items = classroom.place, classroom.plan.items
    with st.container(key="class_bar"):
        with st.container(horizontal=True, vertical_alignment="center", key="class_controls"):
            label = _("Class {name} · {code}").format(name=plain(classroom.name), code=classroom.code)
            st.page_link(page_at(CLASS), label=label, icon=":material/co_present:")
            _step_button(classroom, -1, _("Back"), ":material/chevron_left:", disabled=not place)
            at_end = not items or (place is not None and place >= len(items) - 1)
            _step_button(classroom, 1, _("Next"), ":material/chevron_right:", disabled=at_end)
            if here != CLASS:
                st.button(
                    _("Look here"),
                    key="class_look",
                    icon=":material/my_location:",
                    help=_(
                        "Students' pages offer a link to this page as you have it now; pages that follow you open it."
                    ),
                    on_click=_look_here,
                    args=(classroom.code, here),
                )
                item_dialog_button(classroom, here)
        class_panel(classroom, "lecturer", {})


def _step_button(classroom: Classroom, by: int, label: str, icon: str, *, disabled: bool) -> None:
    st.button(
        label,
        key=f"class_step_{by}",
        icon=icon,
        disabled=disabled,
        on_click=step,
        args=(classroom.code, by),
    )


def step(code: str, by: int) -> None:
    """The class goes on to the next prepared state, or back, and this page with it."""
    with errors_as_notices():
        table = class_seat.classrooms().table
        place = table.classroom(code).place
        table.go_to(code, class_seat.known_browser(), 0 if place is None else place + by)
        st.session_state[Key.CLASS_GOES] = True


def _look_here(code: str, here: str) -> None:
    with errors_as_notices():
        link = class_links.for_students(st.query_params.to_dict())
        class_seat.classrooms().table.look_here(code, class_seat.known_browser(), here, link)
