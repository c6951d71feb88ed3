"""What a browser session holds: its keys, the browser's id, and the notices that wait for the next full run of a page."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

import streamlit as st

from dashboard.serving_address import port

BROWSER_ID = re.compile(r"[0-9a-f]{32}")
OLD_COOKIE = "stillroom_browser"
"""The cookie of all ports together, until each had its own."""
ANONYMOUS = "anonymous "


class Key:
    """Session keys other than those of the recipe's widgets (see `widget`). Values ending in .choice, .number or .text are widgets'."""

    BROWSER = "browser"
    NAMED_FAULTS = "named_faults"
    NAMED_FAULT = "named_fault.choice"
    NAMED_WHY = "named_why.text"
    PREDICTION = "prediction"
    LESSON = "lesson"
    LESSON_BEGINS = "lesson_begins"
    LESSONS_BEGUN = "lessons_begun"
    LESSON_UNDONE = "lesson_undone"
    NOTICES = "notices"
    LAST_COMMAND = "last_command"
    LANGUAGE = "language"
    LINKS = "links"
    REPLACED = "replaced"
    REFUSED_VALUES = "refused_values"
    REFUSED_FIELDS = "refused_fields"
    EQUAL_RUN = "equal_run"
    COPY_LINK = "copy_link"
    SHARED = "shared"
    MORE = "more.choice"
    FORM = "form.choice"
    SHOW = "show.choice"
    OF = "of.choice"
    SORT = "sort.choice"
    PAIR_OF = "pair.of"
    PAIR_AS = "pair.as"
    SHUFFLE = "shuffle.choice"
    SPLIT = "split.choice"
    VIEW = "view.choice"
    BY = "by.choice"
    CONTROL = "control.choice"
    CARD = "card.choice"
    FIND = "find.text"
    VARIED = "varied"
    SEEDS = "seeds.number"
    SAMPLER = "sampler.choice"
    TRIALS = "trials.number"
    EXPLORE = "explore.choice"
    STARTED_SWEEPS = "started_sweeps"
    OWN_SWEEP = "own_sweep"
    NETWORKS = "networks.choice"
    AT_T = "at_t.choice"
    PICKS = "picks"
    CLICKED = "clicked"
    CELL_LABEL = "cell.label"
    CELL_ANSWER = "cell.answer"
    SOFT_TARGETS = "soft_targets"
    PAD = "drawing_pad"
    UPLOAD = "upload"
    PICTURES_OPEN = "pictures_open"
    PICTURES_OFFERED = "pictures_offered"
    PICTURES_CLASSES = "pictures_classes"
    PICTURES_KIND = "pictures_kind.choice"
    PICTURES_NAME = "pictures_name.text"
    PICTURES_SIDE = "pictures_side.choice"
    PICTURES_COLOUR = "pictures_colour.choice"
    EXPORT_ROLE = "export.role"
    DIALOG = "dialog"
    EXPERIMENT = "experiment"
    WORDS = "words.text"
    STATUS = "status.choice"
    ON = "on.choice"
    HOW = "how.choice"
    TAG = "tag.choice"
    SWEEP = "sweep.choice"
    STARRED = "starred.choice"
    MINE = "mine.choice"
    PAGE = "page.choice"
    TABLE = "runs_table"
    OPEN = "open"
    DELETED = "deleted"
    CHOSEN_BEFORE = "chosen_before"
    REFUSED_MARKS = "refused_marks"
    TABLE_NEWS = "table_news"
    STORAGE = "storage.asked"
    CLEAN = "clean.choice"
    OLDER = "older.choice"
    FREED = "freed"
    OMITTED = "omitted_bias"
    BIAS_SHOWN = "bias.shown"
    CODE = "code.open"
    CODE_BEFORE = "code_before"
    OWN_PARAMETERS = "own.parameters"
    OWN_TEACHER = "own_teacher.asked"
    OWN_TEACHER_FILE = "own_teacher.file"
    OWN_TEACHER_TRIED = "own_teacher.tried"
    OWN_TEACHER_ADDED = "own_teacher.added"
    CLASS_GOES = "class_goes"
    CLASS_KEY = "class_key"
    CLASS_KEEPS = "class_keeps"
    CLASS_SECRETS = "class_secrets"
    CLASS_NAME = "class_name.text"
    CLASS_LANGUAGE = "class_language.choice"
    CLASS_ASKS_NAMES = "class_asks_names.choice"
    CLASS_CODE = "class_code.text"
    CLASS_OWN_NAME = "class_own_name.text"
    CLASS_PART = "class_part.choice"
    CLASS_OF = "class_of.choice"


def widget(name: str) -> str:
    """The session key of the widget that edits a field of the recipe."""
    return f"recipe.{name}"


def cookie_name(port: int, *, secure: bool = False, framed: bool = False) -> str:
    """The cookie with a browser's id. Cookies do not know ports: each server on a machine has its own name for it.

    secure: over https, where a browser takes a cookie that begins like this from this very host alone. framed: in a frame
    of another site, where a browser has an id of its own for each such site.
    """
    return f"{'__Host-' if secure or framed else ''}stillroom_{port}{'_framed' if framed else ''}"


def id_in_cookies(cookies: Mapping[str, str]) -> str:
    """The browser's id, empty where its cookies have none."""
    own = port()
    names = (cookie_name(own, secure=True), cookie_name(own), cookie_name(own, framed=True))
    values = (cookies.get(name, "") for name in names)
    return next((value for value in values if BROWSER_ID.fullmatch(value)), "")


def browser_id() -> str:
    """The browser's id from its HttpOnly cookie; without cookies, an anonymous one that lasts as long as the session."""
    if known := id_in_cookies(st.context.cookies):
        return known
    return str(st.session_state.setdefault(Key.BROWSER, f"{ANONYMOUS}{secrets.token_hex(16)}"))


def is_anonymous(browser: str) -> bool:
    """Whether a browser's id comes from no cookie: whatever it started, it could not stop from its next tab."""
    return browser.startswith(ANONYMOUS)


def add_notice(sentence: str) -> None:
    """Keep a sentence for the top of the page, until the next full run of it."""
    st.session_state.setdefault(Key.NOTICES, []).append(sentence)


def take_notices() -> list[str]:
    """The sentences that wait; they are then forgotten."""
    return list(st.session_state.pop(Key.NOTICES, []))


def started_sweeps() -> set[str]:
    """The hashes of the sweeps that were started in this tab, or that it saw going on as its browser's own."""
    started: set[str] = st.session_state.setdefault(Key.STARTED_SWEEPS, set())
    return started
