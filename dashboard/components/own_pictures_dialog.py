"""The dialog for pictures of one's own: handed in as a zip or a folder or sorted here, looked at, then used as a dataset; and those that are kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from dashboard.components.dialog import draw_dialog
from dashboard.components.error_boundary import errors_as_notices, errors_in_place, sentence
from dashboard.components.own_pictures_list import kept_pictures
from dashboard.components.own_pictures_preview import chosen_colour, chosen_side, pictures_preview
from dashboard.components.recipe_edits import with_dependent_fields
from dashboard.components.sorted_pictures import asked_to_look, sorted_classes
from dashboard.data import dataset_choices, own_pictures
from dashboard.data.screen import Screen, read_screen
from dashboard.session import Key, take_notices
from dashboard.text.numbers import grouped
from dashboard.text.translation import _, pgettext, plain
from dashboard.url.permalink import write_recipe
from kdcore.data.raw_images import Progress
from kdcore.data.upload_bounds import MEGABYTE, MEGAPIXEL, UploadBounds
from kdcore.texts import N_

Look = Callable[[Progress], own_pictures.Waiting]
SORTED = "sorted"
KINDS = {"zip": N_("a zip"), "folder": N_("a folder"), SORTED: N_("single pictures")}
UPLOADER = "pictures_upload"


def own_pictures_button(screen: Screen) -> None:
    """The quiet button that opens it, below the dataset; not where the dataset cannot be chosen."""
    if screen.watching or "dataset" in screen.varied or "dataset" in screen.locks.fields:
        return
    st.button(
        _("Your own pictures"),
        key="own_pictures",
        type="tertiary",
        icon=":material/add_photo_alternate:",
        help=_("Upload pictures that are sorted into classes, and train on them."),
        on_click=_open,
    )
    if st.session_state.get(Key.PICTURES_OPEN):
        draw_dialog(_("Your own pictures"), _contents, close=_close)


def _open() -> None:
    st.session_state[Key.PICTURES_OPEN] = True


def _close() -> None:
    for key in (Key.PICTURES_OPEN, Key.PICTURES_CLASSES):
        st.session_state.pop(key, None)
    own_pictures.forget_waiting()


def _contents() -> None:
    if not st.session_state.get(
        Key.PICTURES_OPEN
    ):  # something was chosen: the page behind is drawn without the dialog
        st.rerun()
    for said in take_notices():
        st.error(plain(said))
    with errors_in_place():
        _upload(own_pictures.bounds())
    with errors_in_place():
        kept_pictures(_use_kept)


def _upload(bounds: UploadBounds) -> None:
    kind = st.segmented_control(
        pgettext("of pictures", "Hand in"),
        [*KINDS],
        default="zip",
        format_func=lambda name: _(KINDS[name]),
        key=Key.PICTURES_KIND,
        required=True,
    )
    look = _sorted_here(bounds) if kind == SORTED else _handed_in(kind or "zip", bounds)
    if look is None:
        own_pictures.forget_waiting()
        return
    place = st.empty()

    def progress(_what: str, done: int, total: int) -> None:
        said = _("{done} of {total} pictures are read.").format(done=grouped(done), total=grouped(total))
        place.progress(done / total, said)

    found = look(progress)
    place.empty()
    if found.offered is None:
        st.error(plain(sentence(found.refused or RuntimeError())))
        return
    pictures_preview(found.offered, _use_new)


def _sorted_here(bounds: UploadBounds) -> Look | None:
    """What looks at the pictures that are sorted on the page, once that is asked for."""
    st.caption(
        _bounded(
            bounds,
            _(
                "Name each class and choose its pictures, in several goes if you like. At most {pictures} pictures and {megabytes} MB together, none of more than {megapixels} megapixels."
            ),
        )
    )
    classes = sorted_classes(_most_megabytes(bounds))
    asked = asked_to_look(classes, own_pictures.was_looked_at(classes))
    return partial(own_pictures.look_at_sorted, classes) if asked else None


def _handed_in(kind: str, bounds: UploadBounds) -> Look | None:
    files = _uploader(kind, bounds)
    if kind == "zip" and files:  # another that is refused as too large leaves this one in its place
        st.markdown(f"**{plain(files[0].name)}**")
    return partial(own_pictures.look_at, files) if files else None


def _most_megabytes(bounds: UploadBounds) -> int:
    """How large one file may be, as an uploader says it."""
    return max(1, bounds.packed // MEGABYTE)


def _bounded(bounds: UploadBounds, text: str) -> str:
    return text.format(
        pictures=grouped(bounds.pictures),
        megabytes=grouped(bounds.packed / MEGABYTE),
        megapixels=f"{bounds.pixels / MEGAPIXEL:g}",
    )


def _uploader(kind: str, bounds: UploadBounds) -> list[Any]:
    said = _bounded(
        bounds,
        _(
            "One folder a class, called as the class is. At most {pictures} pictures and {megabytes} MB, none of more than {megapixels} megapixels."
        ),
    )
    most = _most_megabytes(bounds)
    if kind == "folder":
        return st.file_uploader(
            said, accept_multiple_files="directory", key=f"{UPLOADER}_folder", max_upload_size=most
        )
    one = st.file_uploader(said, type=["zip"], key=f"{UPLOADER}_zip", max_upload_size=most)
    return [] if one is None else [one]


# ---- what is pressed ------------------------------------------------------------------------------------------------


def _use_new() -> None:
    with errors_as_notices():
        title = st.session_state[Key.PICTURES_NAME]
        card = own_pictures.keep(title, chosen_colour())
        _choose(card.name, chosen_side())


def _use_kept(name: str) -> None:
    with errors_as_notices():
        _choose(name, None)


def _choose(name: str, side: int | None) -> None:
    """The recipe's dataset is this one from here on, at this size."""
    dataset_choices.forget()
    screen = read_screen()
    draft = screen.draft if side is None else screen.draft.with_flat(image_size=side)
    write_recipe(with_dependent_fields(draft, "dataset", name), screen.base)
    _close()
