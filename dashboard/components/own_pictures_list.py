"""The uploads that this browser keeps: to use, to share, to delete, and to bring back."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import dataset_choices, own_pictures
from dashboard.text.numbers import size_of
from dashboard.text.translation import _, plain
from kdcore.data.uploaded_pictures import Keeper, UploadCard


def kept_pictures(use: Callable[[str], None]) -> None:
    """Draw them. use: what is called with the name of the dataset that is to be used."""
    cards = own_pictures.own()
    if not cards:
        return
    st.markdown("#### " + _("Kept here"))
    mine = own_pictures.owner()
    for number, card in enumerate(cards):
        keeper = card.keepers[mine]
        with st.container(horizontal=True, vertical_alignment="center", key=f"pictures_kept_{number}"):
            if keeper.deleted is None:
                _there(number, card, keeper, use)
            else:
                said = _("{title} is deleted, and goes for good after seven days.")
                st.markdown(plain(said.format(title=keeper.title)), width="stretch")
                _button(_("Undo"), "undo", number, ":material/undo:", _restore, card.name)
    st.caption(
        _(
            "They are your browser's own: others see them only where you share them, or in a run of yours that they open."
        )
    )


def _there(number: int, card: UploadCard, keeper: Keeper, use: Callable[[str], None]) -> None:
    entry = dataset_choices.dataset(card.name)
    parts = [keeper.title, size_of(card.bytes)]
    if entry is not None and entry.classes:
        parts.insert(1, _("{classes} classes").format(classes=entry.classes))
    st.markdown(plain(" · ".join(parts)), width="stretch")
    st.toggle(
        _("Shared"),
        value=keeper.shared,
        key=f"pictures_share_{number}.{card.name}",
        help=_("Everybody who reaches this server may train on them."),
        on_change=_share,
        args=(card.name, not keeper.shared),
    )
    _button(_("Use"), "use_kept", number, ":material/check:", use, card.name)
    _button(_("Delete"), "delete", number, ":material/delete:", _delete, card.name)


def _button(label: str, what: str, number: int, icon: str, act: Callable[[str], None], name: str) -> None:
    st.button(label, key=f"pictures_{what}_{number}", icon=icon, type="tertiary", on_click=act, args=(name,))


def _share(name: str, on: bool) -> None:
    with errors_as_notices():
        own_pictures.share(name, on)


def _delete(name: str) -> None:
    with errors_as_notices():
        own_pictures.delete(name)
        dataset_choices.forget()


def _restore(name: str) -> None:
    with errors_as_notices():
        own_pictures.restore(name)
        dataset_choices.forget()
