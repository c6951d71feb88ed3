"""Single pictures sorted into classes on the page: for each class its name and its pictures, and as many classes as one adds."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.data.own_pictures import SortedUploads
from dashboard.session import Key
from dashboard.text.translation import _
from kdcore.data.picture_survey import SUFFIXES
from kdcore.data.sorted_pictures import LONGEST_CLASS

FEWEST, MOST = 2, 30
"""Classes; whoever has more of them sorts them in folders of a disk."""


def sorted_classes(megabytes: int) -> SortedUploads:
    """Draw a card for each class; returns what they are called, and the files in them. megabytes: the most of one file."""
    numbers = _numbers()
    return [
        _class(place, number, len(numbers) > FEWEST, megabytes)
        for place, number in enumerate(numbers, start=1)
    ]


def asked_to_look(classes: SortedUploads, looked_at: bool) -> bool:
    """Draw what is done next: a class more, or all of them looked at, which waits until two have pictures.

    Returns whether they are to be looked at. looked_at: whether they were already, as they are now.
    """
    ready = sum(bool(files) for _name, files in classes) >= FEWEST
    pressed = False
    with st.container(horizontal=True, key="pictures_sorted"):
        _more(full=len(classes) >= MOST)
        if not looked_at:
            place = st.empty()
            pressed = place.button(
                _("Look at them"),
                key="pictures_look",
                icon=":material/visibility:",
                disabled=not ready,
                type="primary",
            )
            if pressed:
                place.empty()
    if not ready:
        st.caption(_("Two classes or more need a name and pictures. Then it is shown what they make."))
    return pressed or looked_at


def _more(full: bool) -> None:
    st.button(
        _("Add a class"),
        key="pictures_add_class",
        icon=":material/add:",
        on_click=_add,
        disabled=full,
        help=_("More than {n} classes are handed in as a folder or a zip.").format(n=MOST) if full else None,
    )


def _numbers() -> list[int]:
    """A number for each class, which stays with it while others come and go."""
    numbers: list[int] = st.session_state.setdefault(Key.PICTURES_CLASSES, [*range(FEWEST)])
    return numbers


def _class(place: int, number: int, removable: bool, megabytes: int) -> tuple[str, list[Any]]:
    with st.container(border=True, key=f"pictures_class_{number}"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(
                _("Name of class {n}").format(n=place),
                key=f"pictures_class_name_{number}",
                max_chars=LONGEST_CLASS,
            )
            if removable:
                st.button(
                    _("Remove class {n}").format(n=place),
                    key=f"pictures_class_remove_{number}",
                    icon=":material/delete:",
                    type="tertiary",
                    on_click=_remove,
                    args=(number,),
                )
        files = st.file_uploader(
            _("Pictures of class {n}").format(n=place),
            type=[suffix[1:] for suffix in SUFFIXES],
            accept_multiple_files=True,
            key=f"pictures_class_files_{number}",
            max_upload_size=megabytes,
        )
    return name.strip(), files


def _add() -> None:
    numbers = _numbers()
    st.session_state[Key.PICTURES_CLASSES] = [*numbers, max(numbers, default=-1) + 1]


def _remove(number: int) -> None:
    st.session_state[Key.PICTURES_CLASSES] = [one for one in _numbers() if one != number]
