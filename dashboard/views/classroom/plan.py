"""The class's plan: prepared states and lessons in their order, each with what it locks, and where the class is."""

from __future__ import annotations

import streamlit as st

from dashboard.components.class_item_dialog import chosen_locks, lock_fields
from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import class_seat
from dashboard.lessons.registry import lessons
from dashboard.pages import page_at
from dashboard.session import Key
from dashboard.text.field_labels import field_title
from dashboard.text.page_titles import page_titles
from dashboard.text.translation import _, listing, plain
from kdcore.classroom.class_plan import ClassPlan, PlanItem
from kdcore.classroom.classroom import Classroom

FOLLOW = "class_follow.choice"
LESSON = "class_lesson.choice"


def plan(classroom: Classroom) -> None:
    """Draw it."""
    items = classroom.plan.items
    if not items:
        st.info(
            _(
                "The plan is empty. Open a page, set it as your class should find it, and press Keep for the class in the line at its top; or add a lesson below."
            )
        )
    st.toggle(
        _("Students' pages follow you"),
        value=classroom.following,
        key=FOLLOW,
        on_change=_follow,
        args=(classroom.code,),
        disabled=not classroom.open,
        help=_("Otherwise they are offered the page to which you point, and go there by themselves."),
    )
    for place, item in enumerate(items):
        _item(classroom, place, item)
    if classroom.open:
        _add_lesson(classroom)


def _item(classroom: Classroom, place: int, item: PlanItem) -> None:
    here, last = place == classroom.place, len(classroom.plan.items) - 1
    titles = page_titles()
    with st.container(border=True, key=f"class_item_{place}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            mark = ":material/location_on: " if here else ""
            st.markdown(f"{mark}**{place + 1}. {plain(item.title)}** · {titles.get(item.page, item.page)}")
            _button(_("Go here"), "go", place, ":material/my_location:", _go, classroom, disabled=here)
            _button("", "up", place, ":material/arrow_upward:", _move_up, classroom, disabled=place == 0)
            _button(
                "", "down", place, ":material/arrow_downward:", _move_down, classroom, disabled=place == last
            )
            _button("", "remove", place, ":material/delete:", _remove, classroom)
        st.caption(_locked_sentence(item))
        if item.notes:
            st.markdown(plain(item.notes))
        with st.container(horizontal=True):
            if item.page in titles:
                lesson = {"lesson": item.lesson} if item.lesson else {}
                st.page_link(page_at(item.page), label=_("Open it yourself"), query_params=item.link | lesson)
            with st.popover(
                _("What is locked, and notes"), key=f"class_edit_{place}", disabled=not classroom.open
            ):
                _edit_form(classroom, place, item)


def _button(
    label: str, what: str, place: int, icon: str, act: object, classroom: Classroom, *, disabled: bool = False
) -> None:
    helps = {"up": _("Earlier"), "down": _("Later"), "remove": _("Remove this step")}
    st.button(
        label, key=f"class_{what}_{place}", icon=icon, help=helps.get(what), on_click=act, args=(classroom.code, place),  # type: ignore[arg-type]
        disabled=disabled or not classroom.open, type="secondary" if label else "tertiary",
    )  # fmt: skip


def _locked_sentence(item: PlanItem) -> str:
    """What students cannot change there, in words."""
    locks, titles = item.locks, page_titles()
    parts = []
    for kind, said in (("locked", _("locked: {names}")), ("hidden", _("hidden: {names}"))):
        if names := [field_title(name) for name, found in locks.fields.items() if found == kind]:
            parts.append(said.format(names=listing(names)))
    if gone := [titles[path] for path in locks.pages if path in titles]:
        parts.append(_("pages left out: {names}").format(names=listing(gone)))
    if locks.methods:
        parts.append(_("methods: {names}").format(names=listing(locks.methods)))
    if not locks.presets:
        parts.append(_("no presets"))
    return " · ".join(parts) or _("Nothing is locked.")


def _edit_form(classroom: Classroom, place: int, item: PlanItem) -> None:
    prefix = f"class_edit.{place}"
    with st.form(f"class_edit_form_{place}", border=False):
        lock_fields(prefix, item.locks)
        st.text_area(_("Notes for you alone"), value=item.notes, max_chars=4000, key=f"{prefix}.notes")
        st.form_submit_button(
            _("Keep it"), key=f"class_edit_keep_{place}", on_click=_edit, args=(classroom.code, place)
        )


def _add_lesson(classroom: Classroom) -> None:
    offered = lessons()
    with (
        st.form("class_lesson_form", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.selectbox(
            _("Add a lesson"), [*offered], format_func=lambda name: _(offered[name].title), key=LESSON
        )
        st.form_submit_button(
            _("Add"), icon=":material/add:", on_click=_add, args=(classroom.code,), key="class_lesson_add"
        )


# ---- what is pressed


def _changed(code: str, plan: ClassPlan) -> None:
    class_seat.classrooms().table.set_plan(code, class_seat.known_browser(), plan)


def _plan_of(code: str) -> ClassPlan:
    return class_seat.classrooms().table.classroom(code).plan


def _follow(code: str) -> None:
    with errors_as_notices():
        on = int(bool(st.session_state[FOLLOW]))
        class_seat.classrooms().table.change(code, class_seat.known_browser(), following=on)


def _go(code: str, place: int) -> None:
    with errors_as_notices():
        class_seat.classrooms().table.go_to(code, class_seat.known_browser(), place)
        st.session_state[Key.CLASS_OF] = code


def _move_up(code: str, place: int) -> None:
    with errors_as_notices():
        _changed(code, _plan_of(code).moved(place, -1))


def _move_down(code: str, place: int) -> None:
    with errors_as_notices():
        _changed(code, _plan_of(code).moved(place, 1))


def _remove(code: str, place: int) -> None:
    with errors_as_notices():
        _changed(code, _plan_of(code).without(place))


def _edit(code: str, place: int) -> None:
    with errors_as_notices():
        plan, prefix = _plan_of(code), f"class_edit.{place}"
        if (item := plan.item(place)) is not None:
            changes = {"locks": chosen_locks(prefix), "notes": st.session_state[f"{prefix}.notes"]}
            _changed(code, plan.with_item(item.model_copy(update=changes), place))


def _add(code: str) -> None:
    with errors_as_notices():
        lesson = lessons()[st.session_state[LESSON]]
        first = lesson.steps[0]
        item = PlanItem(title=_(lesson.title), page=first.page, link=dict(first.link), lesson=lesson.name)
        _changed(code, _plan_of(code).with_item(item))
