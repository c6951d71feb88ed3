"""The lesson beside the page: its steps, what is to be done now, and what the learner expected beside what was measured."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.lesson_question import ask, show_measured
from dashboard.data import lesson_walk, selected_run
from dashboard.data.lesson import Lesson, Seen, Step
from dashboard.data.lesson_walk import Walk
from dashboard.data.screen import Screen, read_screen
from dashboard.lessons.registry import lessons
from dashboard.pages import page_at
from dashboard.session import Key, browser_id, started_sweeps
from dashboard.text.translation import _
from dashboard.url.parameters import FIELD_OF, Param
from dashboard.url.permalink import read_recipe
from dashboard.url.query_parameters import set_parameters
from dashboard.url.stale_requests import restore_newest_link, write_link
from kdcore.errors import StillroomError
from kdcore.runs.lesson_progress import PassedStep

HERE = Path(__file__).parent
RING = """
<style>
.st-key-{key} {{ border-radius: 8px; outline: 3px solid var(--role-student); outline-offset: 6px; }}
@media (min-width: 641px) {{
  .st-key-{key} {{ box-shadow: 0 0 0 100vmax rgba(128, 128, 128, 0.18); clip-path: none; }}
}}
</style>
"""
_keys = st.components.v2.component(
    "lesson_keys",
    html='<span class="lesson_keys" hidden></span>',
    js=(HERE / "lesson_keys.js").read_text("utf-8"),
)


def open_lesson() -> Lesson | None:
    """The lesson that the link opens, or that this tab has open: a link of a page that leads on does not end it."""
    name = st.query_params.get(Param.LESSON, st.session_state.get(Key.LESSON, ""))
    if (lesson := lessons().get(name)) is not None:
        st.session_state[Key.LESSON] = name
        if Param.LESSON not in st.query_params:
            set_parameters(**{Param.LESSON: name})
    return lesson


def lesson_rail(lesson: Lesson, page: str) -> None:
    """Draw it in the sidebar; page: the path of the page that was drawn."""
    owner = browser_id()
    walked = lesson_walk.walk(lesson, owner, st.query_params.get(Param.LESSON_STEP))
    seen = _seen(read_screen(), page)
    undone = _seen_undone()
    if (request := get_script_run_ctx()) is not None and request.is_history_navigation and walked.open:
        undone.discard(walked.open.name)  # who goes back stays
    if walked.open is not None and lesson_walk.notice(walked, seen, undone):
        walked = _gone_on(walked, walked.open)
    if walked.open is not None and Param.LESSON_STEP not in st.query_params:
        set_parameters(**{Param.LESSON_STEP: walked.open.name})
    begun = lesson_walk.is_done(walked, seen)
    if walked.open is not None and walked.open.name not in walked.passed and not begun:
        undone.add(walked.open.name)
    with st.sidebar, st.container(key="lesson"):
        _head(walked)
        if walked.open is not None:
            _open_step(walked, walked.open, page, to_set_up=begun)
        if walked.ended:
            _end(walked)
        _passed_steps(walked, page)
    if walked.open is not None and walked.open.points_at and walked.open.page == page:
        st.html(RING.format(key=walked.open.points_at))


def _seen_undone() -> set[str]:
    """The steps that this tab showed before they were done; they stay here, since a late request may still name one as open."""
    undone: set[str] = st.session_state.setdefault(Key.LESSON_UNDONE, set())
    return undone


def _seen(screen: Screen, page: str) -> Seen:
    link = st.query_params.to_dict()
    return Seen(page, link, screen.run, screen.draft.temperature, started_sweeps())


def _gone_on(walked: Walk, passed: Step) -> Walk:
    """A step was done: the next is open."""
    there = {**walked.passed, passed.name: PassedStep()}
    following = lesson_walk.after(walked.lesson, passed, there)
    set_parameters(**{Param.LESSON_STEP: following.name if following else None})
    return Walk(walked.lesson, walked.owner, there, following)


def _head(walked: Walk) -> None:
    lesson = walked.lesson
    st.markdown(f"### {_(lesson.title)}")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(
            _("Lesson {number} · {minutes} minutes · {passed} of {steps} steps").format(
                number=lesson.number,
                minutes=lesson.minutes,
                passed=len([step for step in lesson.steps if step.name in walked.passed]),
                steps=len(lesson.steps),
            )
        )
        st.button(
            _("Leave"),
            key="lesson_leave",
            help=_("Leave the lesson; what is done stays noted. Escape does the same."),
            icon=":material/close:",
            on_click=leave,
            type="tertiary",
        )
    _keys(key="lesson_keys", on_leave_change=leave)


def _open_step(walked: Walk, step: Step, page: str, *, to_set_up: bool) -> None:
    with st.container(key="lesson_open", border=True):
        st.markdown(f"**{walked.lesson.steps.index(step) + 1}.** {_(step.text)}")
        _to_do(walked, step, page, to_set_up=to_set_up)


def _passed_steps(walked: Walk, page: str) -> None:
    """Below the open step, which keeps its place at the top of the rail and of a phone's sheet however many there are."""
    for place, step in enumerate(walked.lesson.steps, start=1):
        passed = walked.passed.get(step.name)
        if passed is None or step is walked.open:
            continue
        mark = ":material/remove:" if passed.skipped else ":material/check:"
        with st.expander(f"{mark} {place}. {_first_words(_(step.text))}", key=f"lesson_step_{step.name}"):
            st.markdown(_(step.text))
            _told(step, passed)
            st.button(
                _("Go back to this step"),
                key=f"lesson_back_{step.name}",
                on_click=go_to,
                args=(walked.lesson, step, page),
            )


def _to_do(walked: Walk, step: Step, page: str, *, to_set_up: bool) -> None:
    passed = walked.passed.get(step.name)
    undecided = step.question is not None and (passed is None or passed.skipped)
    is_to_do = passed is None or undecided
    if page != step.page or (is_to_do and (to_set_up or not _stands(step))):
        _way_there(walked.lesson, step, page)
    elif step.question is not None and undecided:
        ask(walked, step, step.question)
    elif passed is not None:
        _told(step, passed)
        following = lesson_walk.after(walked.lesson, step, walked.passed)
        if following is not None:
            st.button(
                _("Go on"),
                key="lesson_on",
                on_click=go_to,
                args=(walked.lesson, following, page),
                type="primary",
            )
    if passed is None:
        st.button(_("Skip"), key="lesson_skip", on_click=skip, args=(walked, step, page), type="tertiary")


def _stands(step: Step) -> bool:
    """Whether the page is as the step begins: a question is asked before what it asks for can be seen."""
    screen = read_screen()
    draft, wanted = screen.draft.flat(), read_recipe(dict(step.link), screen.base).experiment.flat()
    for name, value in step.link.items():
        field = FIELD_OF.get(name, name)
        if field in draft:
            if draft[field] != wanted[field]:
                return False
        elif st.query_params.get(name) != value:
            return False
    return True


def _way_there(lesson: Lesson, step: Step, page: str) -> None:
    """The page as the step begins with it: by a button where it is on screen already, else by a link."""
    label = _("Set the page up for this step")
    if page == step.page:
        st.button(
            label, key="lesson_set_up", icon=":material/my_location:", on_click=set_up, args=(lesson, step)
        )
    else:
        st.page_link(
            page_at(step.page),
            label=label,
            icon=":material/my_location:",
            query_params=({} if step.link else _present_link(step.page)) | _link(lesson, step),
        )


def _present_link(page: str) -> dict[str, str]:
    """What is on screen, for a step that asks for no state of its own: a run stays selected."""
    with suppress(StillroomError):  # the page itself says what is wrong with the link
        return selected_run.link_to(page)
    return {}


def _link(lesson: Lesson, step: Step) -> dict[str, str]:
    return {**step.link, Param.LESSON: lesson.name, Param.LESSON_STEP: step.name}


def set_up(lesson: Lesson, step: Step) -> None:
    """The page takes the state with which the step begins."""
    restore_newest_link()
    write_link(_link(lesson, step))


def _told(step: Step, passed: PassedStep) -> None:
    """What came of it, and why."""
    if step.question is not None and not passed.skipped:
        show_measured(step, step.question, passed.prediction)
    if step.why:
        with st.popover(_("Why"), key=f"lesson_why_{step.name}"):
            st.markdown(_(step.why))


def _first_words(text: str) -> str:
    words = text.split()
    if len(text) > 24 * len(words):  # a language without blanks between its words
        return text[:16] + "…"
    return " ".join(words[:6]) + ("…" if len(words) > 6 else "")


def _end(walked: Walk) -> None:
    came_out, made = walked.expected()
    st.success(_(walked.lesson.ends))
    if made:
        st.markdown(_("{n} of {made} came out as you expected.").format(n=came_out, made=made))


def start(name: str) -> None:
    """A lesson was chosen: it opens where this browser left it, with the page as that step begins."""
    st.session_state[Key.LESSON_BEGINS] = name
    st.session_state[Key.LESSONS_BEGUN] = st.session_state.get(Key.LESSONS_BEGUN, 0) + 1


def begin_lesson() -> None:
    """Go to where the lesson that was just chosen begins; call it before the page is drawn."""
    lesson = lessons().get(st.session_state.pop(Key.LESSON_BEGINS, ""))
    if lesson is not None:
        step = lesson_walk.walk(lesson, browser_id(), None).open or lesson.steps[0]
        st.switch_page(
            page_at(step.page),
            query_params=_link(lesson, step),
        )


def leave() -> None:
    """The lesson is left; what was done stays noted."""
    st.session_state.pop(Key.LESSON, None)
    set_parameters(**{Param.LESSON: None, Param.LESSON_STEP: None})


def go_to(lesson: Lesson, step: Step, page: str) -> None:
    """Another step is opened, with the page as it begins where that is on screen."""
    _seen_undone().discard(step.name)
    if step.link and step.page == page:
        set_up(lesson, step)
    else:
        set_parameters(**{Param.LESSON_STEP: step.name})


def skip(walked: Walk, step: Step, page: str) -> None:
    """A step is left out."""
    with errors_as_notices():
        lesson_walk.skip(walked, step)
        following = lesson_walk.after(
            walked.lesson, step, {**walked.passed, step.name: PassedStep(skipped=True)}
        )
        if following is None:
            set_parameters(**{Param.LESSON_STEP: None})
        else:
            go_to(walked.lesson, following, page)
