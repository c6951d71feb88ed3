"""A teacher of the reader's own: a file, what has to be said of it, three images with its answers, then it is added."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, NoReturn

import streamlit as st

from dashboard.components.dialog import draw_dialog
from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.image_grid import GridPicture, image_grid
from dashboard.components.own_teacher_form import KINDS, described, is_unsaid
from dashboard.components.own_teachers_list import own_teachers_list
from dashboard.data import own_teachers
from dashboard.data.own_teachers import Attempt, TeacherFile
from dashboard.data.screen import Screen, read_screen
from dashboard.session import Key, take_notices
from dashboard.text.numbers import grouped, percentage
from dashboard.text.roles import TEACHER
from dashboard.text.translation import _, plain, together, told
from dashboard.url.permalink import write_recipe

POLL_SECONDS = 0.5


def own_teacher(screen: Screen) -> None:
    """Draw the quiet action below the teacher's picker, and over the page the dialog that it opens."""
    if screen.watching or "teacher" in screen.locks.fields or "teacher" in screen.varied:
        return
    st.button(
        _("A teacher of your own"),
        key="own_teacher",
        type="tertiary",
        icon=":material/add:",
        help=_("Recorded answers, or a network as a file: tried on three images before it counts."),
        on_click=_open,
    )
    if st.session_state.get(Key.OWN_TEACHER):
        draft = screen.draft
        draw_dialog(_("A teacher of your own"), _contents, draft.dataset, draft.image_size, close=_close)


def _open() -> None:
    st.session_state[Key.OWN_TEACHER] = True


def _close() -> None:
    for key in (Key.OWN_TEACHER, Key.OWN_TEACHER_TRIED, Key.OWN_TEACHER_ADDED):
        st.session_state.pop(key, None)


def _contents(dataset: str, image_size: int) -> None:
    for said in take_notices():
        st.error(plain(said))
    most = own_teachers.most_megabytes()
    file = st.file_uploader(
        _(
            "A table of its answers (npy, npz, csv, parquet, safetensors), or the network itself (onnx, safetensors); at most {n} MB. Nothing in it is run as a program."
        ).format(n=most),
        key=Key.OWN_TEACHER_FILE,
        max_upload_size=most,
    )
    if file is not None:
        kind = PurePath(file.name).suffix.lower()
        if kind not in KINDS:
            st.error(plain(told(_refusal_of(file.name, kind))))
        else:
            _ask(file.getvalue(), file.name, kind, dataset, image_size)
    own_teachers_list()


def _refusal_of(name: str, kind: str) -> str:
    """Why a file of this kind is not taken; what the shell says of it."""
    from kdcore.pipelines.refused_kinds import refusal_of_kind

    return refusal_of_kind(name) or _("There is no teacher in a file of this kind: {kind}.").format(
        kind=kind or name
    )


def _ask(content: bytes, file_name: str, kind: str, dataset: str, image_size: int) -> None:
    said, name, shared = described(file_name, kind, dataset, image_size)
    tried = TeacherFile(content, kind, said)
    added = TeacherFile(content, kind, said, name, shared)
    unsaid = is_unsaid(kind, said)
    # No callback: its arguments would be of the last drawing, and what was just said may not have been drawn yet.
    if st.button(
        _("Ask it about three images"), key="try_teacher", icon=":material/visibility:", disabled=unsaid
    ):
        _begin(tried, Key.OWN_TEACHER_TRIED)
    if unsaid:
        st.caption(_("Say first how it normalises its images."))
        return
    asked = _attempt(tried, Key.OWN_TEACHER_TRIED)
    if asked is None:
        st.caption(_("Then it is shown what it says, and it can be added."))
        return
    _wait(asked)
    if asked.failed:
        st.error(plain(told(asked.failed)))
    else:
        _trial(asked.said, file_name)
        _add(added)


def _begin(file: TeacherFile, key: str) -> None:
    with errors_as_notices():
        st.session_state[key] = own_teachers.begin(file)


def _attempt(file: TeacherFile, key: str) -> Attempt | None:
    """The attempt that was begun here with this very file; None before."""
    return own_teachers.attempt(file.key) if st.session_state.get(key) == file.key else None


def _wait(asked: Attempt) -> None:
    """Until it has answered. What the reader does meanwhile ends this and draws the dialog's contents again."""
    place = st.empty()
    while asked.running:
        place.progress(0.0, _("It is asked about images, in a process of its own. This takes some seconds."))
        time.sleep(POLL_SECONDS)
    place.empty()


def _trial(said: Mapping[str, Any], file_name: str) -> None:
    """Three images and its answers, and how many of some it names otherwise."""
    pictures = [
        GridPicture(
            image["picture"],
            place + 1,
            image["label"],
            tuple(
                _("{name}: {what}").format(name=name, what=percentage(share, 0))
                for name, share in image["answers"]
            ),
            (image["answers"][0][0] == image["label"], *[True] * (len(image["answers"]) - 1)),
        )
        for place, image in enumerate(said["images"])
    ]
    most = max(len(picture.answers) for picture in pictures)
    image_grid(pictures, [_("this teacher")] * most, [TEACHER] * most)
    for note in said["notes"]:
        st.caption(plain(told(note)))
    sentence = _("{file} names another class than the label for {errors} of {images} images.")
    counted = sentence.format(file=file_name, errors=grouped(said["errors"]), images=grouped(said["of"]))
    many = 2 * said["errors"] > said["of"]
    if many:
        st.warning(
            plain(together([counted, _("Look at its classes’ order, its normalisation and its size.")]))
        )
    else:
        st.markdown(plain(counted))


def _add(file: TeacherFile) -> None:
    if (adding := _attempt(file, Key.OWN_TEACHER_ADDED)) is not None:
        _wait(adding)
        if not adding.failed:
            _chosen(adding)
        st.error(plain(told(adding.failed)))
    place = st.empty()
    if place.button(_("Add it"), key="add_teacher", type="primary", icon=":material/add:"):
        place.empty()
        _begin(file, Key.OWN_TEACHER_ADDED)
        if (begun := _attempt(file, Key.OWN_TEACHER_ADDED)) is not None:
            _wait(begun)
        st.rerun()


def _chosen(adding: Attempt) -> NoReturn:
    """It was added: the recipe takes it, and the dialog closes."""
    with errors_as_notices():
        screen = read_screen()
        write_recipe(screen.draft.with_flat(teacher=adding.said[0]["name"]), screen.base)
    _close()
    st.rerun()
