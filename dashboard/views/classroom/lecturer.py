"""The lecturer's page of a class: its links, its plan, its votes, its board, its students, and its end."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.share_dialog import qr_code
from dashboard.data import class_links, class_seat
from dashboard.session import Key
from dashboard.text.numbers import date_text
from dashboard.text.translation import _, plain
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import set_parameters
from dashboard.url.widget_values import read_choice, write_choice
from dashboard.views.classroom.board_controls import board_and_controls
from dashboard.views.classroom.hand_in_list import hand_in_list
from dashboard.views.classroom.plan import plan
from dashboard.views.classroom.settings import settings
from dashboard.views.classroom.students import students
from dashboard.views.classroom.vote import vote
from kdcore.classroom.classroom import Classroom
from kdcore.texts import N_

PARTS: dict[str, tuple[str, Callable[[Classroom], None]]] = {
    "plan": (N_("Plan"), plan),
    "vote": (N_("Vote"), vote),
    "board": (N_("Board"), board_and_controls),
    "students": (N_("Students"), students),
    "hand-ins": (N_("Hand-ins"), hand_in_list),
    "settings": (N_("Settings and end"), settings),
}


def lecturers_page(classroom: Classroom) -> None:
    """Draw it."""
    st.markdown("## " + plain(classroom.name))
    if not classroom.open:
        st.info(
            _("This class is closed. What it holds is kept until {day}.").format(
                day=date_text(classroom.ends)
            )
        )
    else:
        _links(classroom)
        _now(classroom)
    part = read_choice(Param.PART, Key.CLASS_PART, PARTS, "plan") or "plan"
    st.segmented_control(
        _("Part"),
        [*PARTS],
        default=part,
        format_func=lambda name: _(PARTS[name][0]),
        key=Key.CLASS_PART,
        on_change=write_choice,
        args=(Param.PART, Key.CLASS_PART, "plan"),
        required=True,
        label_visibility="collapsed",
    )
    PARTS[part][1](classroom)
    if classroom.open:
        _keys()
    _others(classroom)


def _now(classroom: Classroom) -> None:
    """Where the class is, with the notes for it: on the lecturer's own device, while the projector shows the page."""
    item = classroom.item
    if item is None or classroom.place is None:
        return
    with st.container(border=True, key="class_now"):
        of = len(classroom.plan.items)
        template = _("Step {n} of {of}: **{title}**")
        st.markdown(template.format(n=classroom.place + 1, of=of, title=plain(item.title)))
        if item.notes:
            st.markdown(plain(item.notes).replace("\n", "  \n"))
        if (after := classroom.plan.item(classroom.place + 1)) is not None:
            st.caption(_("Next: {title}").format(title=plain(after.title)))


def _links(classroom: Classroom) -> None:
    address = class_links.students_link(classroom.code)
    with st.container(key="class_links"):
        left, right = st.columns([1, 2], gap="medium")
    with left:
        if (code := qr_code(address)) is not None:
            st.html(f'<div class="class_qr">{code}</div>')
    with right:
        st.markdown(
            _("Students open this link, or enter the code **{code}** under Classroom:").format(
                code=classroom.code
            )
        )
        st.code(address, language=None, wrap_lines=True)
        _secret(classroom)


def _secret(classroom: Classroom) -> None:
    """The lecturer's link: shown once, since the server keeps its digest alone, and only where it is asked for."""
    secret = st.session_state.get(Key.CLASS_SECRETS, {}).get(classroom.code)
    with st.popover(_("Your own link, for another device"), icon=":material/key:", key="class_secret"):
        if secret is None:
            st.markdown(
                _(
                    "The server keeps no copy of your secret link. A new one takes its place: other devices that had the old one are the lecturer's no more."
                )
            )
            st.button(_("Make a new link"), key="class_renew", on_click=_renew, args=(classroom.code,))
            return
        st.markdown(_("Whoever opens it is the lecturer of this class. Do not show it on a projector."))
        st.code(class_links.lecturers_link(classroom.code, secret), language=None, wrap_lines=True)


def _renew(code: str) -> None:
    with errors_as_notices():
        secret = class_seat.classrooms().table.renew_secret(code, class_seat.known_browser())
        st.session_state.setdefault(Key.CLASS_SECRETS, {})[code] = secret


def _keys() -> None:
    """How the presenter's view is moved."""
    with st.expander(_("Presenting: keys"), key="class_keys"):
        st.markdown(
            _(
                "**P** begins and ends the presenter's view, on any page. In it **PageDown** and **PageUp**, as clickers send them, or the "
                "arrows go through the plan; **V** hides and shows the vote, **B** or **.** blanks the screen, **R** puts a ring around the "
                "pointer. Keep this page open on a device of your own for your notes."
            )
        )


def _others(classroom: Classroom) -> None:
    """The lecturer's other classes, and one more."""
    others = [one for one in class_seat.lectured_by(class_seat.known_browser()) if one.code != classroom.code]
    if not others:
        return
    st.divider()
    st.caption(_("Your other classes"))
    for one in others:
        state = "" if one.open else " · " + _("closed")
        st.button(
            f"{plain(one.name)} · {one.code}{state}",
            key=f"class_open_{one.code}",
            on_click=_open,
            args=(one.code,),
            type="tertiary",
        )


def _open(code: str) -> None:
    st.session_state[Key.CLASS_OF] = code
    set_parameters(**{Param.CLASS: code})
