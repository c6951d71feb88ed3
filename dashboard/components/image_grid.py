"""A grid of a dataset's images, each with its label and every network's answer as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from dashboard.text.roles import Role
from dashboard.text.translation import _


@dataclass(frozen=True)
class GridPicture:
    """One image: its data URL, its index in the split, the name of its label, each network's answer and whether it is right."""

    source: str
    place: int
    label: str
    answers: tuple[str, ...]
    right: tuple[bool, ...]


def image_grid(pictures: Sequence[GridPicture], names: Sequence[str], roles: Sequence[Role]) -> None:
    """Draw the images."""
    st.html(image_grid_html(pictures, names, roles))


def image_grid_html(pictures: Sequence[GridPicture], names: Sequence[str], roles: Sequence[Role]) -> str:
    """The images as HTML, every text escaped; a wrong answer is underlined."""
    cells = []
    for picture in pictures:
        answers = "".join(
            f'<span class="{role.css} who{"" if right else " wrong"}" title="{escape(name)}">{role.mark} {escape(answer)}</span>'
            for name, role, answer, right in zip(names, roles, picture.answers, picture.right, strict=True)
        )
        alt = escape(_("image {n}, label {label}").format(n=picture.place, label=picture.label))
        label = escape(_("label {name}").format(name=picture.label))
        cells.append(
            f'<figure><img src="{escape(picture.source)}" alt="{alt}" title="{alt}">'
            f'<figcaption><span class="truth">{label}</span><span class="answers">{answers}</span></figcaption></figure>'
        )
    return f'<div class="image_grid">{"".join(cells)}</div>'
