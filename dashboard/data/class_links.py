"""The addresses of a class: the students' link, the lecturer's, and those of its prepared states."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import streamlit as st

from dashboard.data import shared_address
from dashboard.pages import CLASS
from dashboard.url.parameters import Param

KEPT_FROM_STUDENTS = frozenset({Param.JOIN, Param.CLASS, Param.PART, Param.PRESENT, Param.LESSON_STEP})
"""Parameters of the lecturer's own that no student's page takes over."""


def students_link(code: str) -> str:
    """The address at which students join, as others reach it."""
    return f"{_root()}/{CLASS}?{urlencode({Param.JOIN: code})}"


def lecturers_link(code: str, secret: str) -> str:
    """The address that makes a browser the lecturer's. Browsers keep what stands behind # to themselves: no request carries it."""
    return f"{_root()}/{CLASS}#lecturer={code}.{secret}"


def for_students(link: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a page as the lecturer has it on screen that students' pages take over."""
    return {name: value for name, value in link.items() if name not in KEPT_FROM_STUDENTS}


def _root() -> str:
    """The address of the first page, without a slash at its end; also below a path of the server's own."""
    parts = urlsplit(st.context.url or "")
    origin = shared_address.origin() or (f"{parts.scheme}://{parts.netloc}" if parts.netloc else "")
    return origin + parts.path.rpartition("/")[0]
