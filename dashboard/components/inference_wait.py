"""Waiting for the outputs of networks on a dataset: computed in another process, with progress, while the page stays usable."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.components.dialog import draw_page_anew
from dashboard.components.error_boundary import errors_in_place
from dashboard.data import torch_imports
from dashboard.text.numbers import grouped
from dashboard.text.translation import _, plain, told
from kdcore.errors import StillroomError
from kdcore.inference import client
from kdcore.inference.job import JobProgress
from kdcore.inference.models import InferenceModel
from kdcore.runs.runs_folder import runs_folder

POLL_SECONDS = 0.5
ReadProgress = Callable[[bool], JobProgress | None]
"""Called with whether to retry what failed; returns the progress, or None when everything is there."""


def wait_until_warm() -> bool:
    """Whether the modules that run networks are imported, as they are some seconds after the server has started."""
    if torch_imports.warm():
        return True
    st.fragment(_warming, run_every=POLL_SECONDS)()
    return False


def _warming() -> None:
    st.caption(_("The networks are being loaded; this takes a few seconds after the start."))
    if torch_imports.warm():
        draw_page_anew()


def wait_for_outputs(shown: Sequence[InferenceModel], splits: Sequence[str]) -> bool:
    """Whether the outputs of all networks on these splits are there; if not, requests them and draws the progress."""
    need = client.inference_client(runs_folder()).need
    return _wait(
        lambda again: need(tuple(shown), tuple(splits), again=again),
        _name(shown, *splits),
    )


def wait_for_projection(shown: Sequence[InferenceModel], split: str, method: str) -> bool:
    """The same for the networks' features on a split, projected to the plane."""
    need = client.inference_client(runs_folder()).need_projection
    return _wait(
        lambda again: need(tuple(shown), split, method, again=again),
        _name(shown, split, method),
    )


def _name(shown: Sequence[InferenceModel], *about: str) -> str:
    return " ".join(["again", *(network.key for network in shown), *about])


def _wait(read_progress: ReadProgress, name: str) -> bool:
    with contextlib.suppress(StillroomError):  # shown below, where it can be tried again
        if read_progress(False) is None:
            return True
    st.fragment(_progress, run_every=POLL_SECONDS)(read_progress, name)
    return False


def _progress(read_progress: ReadProgress, name: str) -> None:
    with errors_in_place():
        try:
            progress = read_progress(False)
        except StillroomError as error:
            st.error(plain(told(error)))
            st.button(_("Try again"), key=name, on_click=_try_again, args=(read_progress,))
            return
        if progress is None:
            draw_page_anew()
            return
        what = _(progress.what)
        text = _("The networks are looking at the images: {what}").format(what=what)
        if progress.total:
            text = _("The networks are looking at the images: {what}, {done} of {total} answers").format(
                what=what, done=grouped(progress.done), total=grouped(progress.total)
            )
        st.progress(progress.share, text)


def _try_again(read_progress: ReadProgress) -> None:
    with contextlib.suppress(StillroomError):  # the next poll shows it
        read_progress(True)
