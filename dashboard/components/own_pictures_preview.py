"""What an upload holds, before it counts: its classes, sizes, split, twelve pictures, and what was left out and why."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from dashboard.components.html_table import html_table
from dashboard.components.image_grid import GridPicture, image_grid
from dashboard.data import own_pictures
from dashboard.session import Key
from dashboard.text.numbers import grouped, size_of
from dashboard.text.translation import _, ngettext, plain, together, told
from kdcore.data.offered_pictures import OfferedPictures
from kdcore.data.uploaded_pictures import AS_THEY_ARE, LONGEST_TITLE, Colour
from kdcore.experiment import FLAT_FIELDS
from kdcore.texts import N_

SIDES = (8, 16, 28, 32, 48, 64, 96, 128, 160, 192, 224, 256)
USUAL_SIDE = 32
COLOURS: dict[Colour, str] = {
    AS_THEY_ARE: N_("as they are"),
    "grey": N_("in grey"),
    "colour": N_("in colour"),
}
NAMED = 10
"""Pictures that cannot be read whose reason is told; further ones are counted."""


def pictures_preview(offered: OfferedPictures, use: Callable[[], None]) -> None:
    """Draw it, with what is chosen: name, size and colour. use: called when the pictures are to be used."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="pictures_named"):
        st.text_input(_("Name"), value=_titled(offered), max_chars=LONGEST_TITLE, key=Key.PICTURES_NAME)
        st.button(
            _("Use these pictures"), type="primary", key="pictures_use", icon=":material/check:", on_click=use
        )
    left, right = st.columns(2)
    most = int(FLAT_FIELDS["image_size"].bound("le") or USUAL_SIDE)
    left.selectbox(
        _("Size for the networks"),
        sides := [side for side in SIDES if side <= most],
        index=sides.index(_suggested(offered, sides)),
        format_func=lambda side: _("{side} × {side} pixels").format(side=side),
        key=Key.PICTURES_SIDE,
        help=_("It can be changed later: data, Image size."),
    )
    right.selectbox(
        _("Colour"), [*COLOURS], format_func=lambda name: _(COLOURS[name]), key=Key.PICTURES_COLOUR
    )
    st.markdown(plain(together(_facts(offered))))
    thumbnails = own_pictures.thumbnails(offered, chosen_side(), chosen_colour())
    image_grid([GridPicture(url, n, name, (), ()) for n, (name, url) in enumerate(thumbnails)], [], [])
    with st.container(
        height=220 if len(offered.survey.classes) > 4 else "content", border=False, key="pictures_counts"
    ):
        st.html(_counts(offered))
    _unreadable(offered.unreadable)


def chosen_side() -> int:
    """The size that is chosen, in pixels."""
    return int(st.session_state.get(Key.PICTURES_SIDE) or USUAL_SIDE)


def chosen_colour() -> Colour:
    """How the pictures are to be read."""
    colour: Colour = st.session_state.get(Key.PICTURES_COLOUR) or AS_THEY_ARE
    return colour


def _titled(offered: OfferedPictures) -> str:
    return offered.root.name.replace("-", " ").capitalize()


def _suggested(offered: OfferedPictures, sides: list[int]) -> int:
    """The usual size, or that of the pictures where they are smaller."""
    smaller = [side for side in sides if side <= max(offered.largest)]
    return min(USUAL_SIDE, smaller[-1] if smaller else sides[0])


def _facts(offered: OfferedPictures) -> list[str]:
    """Sentences about all pictures together."""
    count = len(offered.survey.train) + len(offered.survey.test)
    said = ngettext("{n} picture", "{n} pictures", count).format(n=grouped(count))
    classes = len(offered.survey.classes)
    first = _("{pictures} in {classes} classes, {size}.").format(
        pictures=said, classes=grouped(classes), size=size_of(offered.bytes)
    )
    grey = _("{n} of them are grey.").format(n=grouped(offered.grey)) if 0 < offered.grey < count else ""
    return [first, _sizes(offered), grey, *map(told, offered.notes)]


def _sizes(offered: OfferedPictures) -> str:
    (width, height), (wide, high) = offered.smallest, offered.largest
    if (width, height) == (wide, high):
        return _("Each is {width} × {height} pixels.").format(width=width, height=height)
    return _("They are from {width} × {height} to {wide} × {high} pixels.").format(
        width=width, height=height, wide=wide, high=high
    )


def _counts(offered: OfferedPictures) -> str:
    heads = [_("class"), _("to train and validate"), _("to test")]
    rows = [[escape(name), grouped(train), grouped(test)] for name, train, test in offered.counts()]
    return html_table(heads, rows)


def _unreadable(sentences: tuple[str, ...]) -> None:
    if not sentences:
        return
    n = len(sentences)
    title = ngettext(
        "{n} picture cannot be read and is left out", "{n} pictures cannot be read and are left out", n
    )
    with st.expander(title.format(n=grouped(n)), icon=":material/broken_image:"):
        named = [told(one) for one in sentences[:NAMED]]
        more = [_("And {n} more.").format(n=grouped(n - NAMED))] if n > NAMED else []
        st.markdown("\n\n".join(map(plain, [*named, *more])))
