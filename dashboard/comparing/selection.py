"""The right-hand column: the selected images, what each network answers, and its mean soft target on them."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from dashboard import knowledge_charts as charts
from dashboard.comparing.answered import Answered, Chosen, answers_of, chosen, mean_beliefs
from dashboard.comparing.confusions import mistake_buttons
from dashboard.comparing.scene import Scene, chart, select
from dashboard.components.image_grid import Picture, image_grid
from dashboard.texts import _, ngettext, plain
from kdcore.pictures import png_url

SHOWN, BARS = 9, 10
CONFUSIONS = "confusions"  # this view has the list itself


def draw(now: Scene) -> None:
    """The selection, or how to make one."""
    about = now.about
    if now.cell is None:
        st.markdown(
            _(
                "**Nothing is selected.** Click a cell of a matrix, a point of the map, or a mistake in the list."
            )
        )
        if now.view != CONFUSIONS:
            mistake_buttons(about, None)
        return
    found = chosen(about, now.cell)
    label, answer = (about.classes[c] for c in now.cell)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{plain(title(label, answer))}**")
        st.button(
            _("Clear"),
            key="clear_cell",
            on_click=select,
            args=(None,),
            icon=":material/close:",
            type="tertiary",
        )
    st.markdown(plain(counted(about, found)))
    if not len(found.images):
        return
    image_grid(pictures(about, found.images[:SHOWN]), about.names, about.roles)
    if len(found.images) > SHOWN:
        st.caption(_("{shown} of {n} images").format(shown=SHOWN, n=f"{len(found.images):,}"))

    st.caption(_("Mean soft targets over these images at T = {T}").format(T=now.at))
    frame = belief_frame(about, found, now.temperature)
    order = list(dict.fromkeys(frame["class"]))
    spec = charts.beliefs(now.theme, about.names, about.roles, order, (label, answer))
    chart("selected_beliefs", frame, spec, _("Mean soft targets over the selected images, by network"))


def title(label: str, answer: str) -> str:
    """A cell in words."""
    if label == answer:
        return _("{label}, the doubtful ones first").format(label=label)
    return _("{label} answered as {answer}").format(label=label, answer=answer)


def counted(about: Answered, found: Chosen) -> str:
    """How many of the class's images each network answers so."""
    own = int((about.labels == found.cell[0]).sum())
    if not own:
        return _("No image has this label.")
    label, answer = (about.classes[c] for c in found.cell)
    if not found.by_answer:
        return _("Nobody answers {answer} to an image of {label}. These come closest for {name}.").format(
            answer=answer, label=label, name=about.spoken[0]
        )
    said = ", ".join(
        f"{role.mark} {name} {n:,}"
        for role, name, n in zip(about.roles, about.names, found.counts, strict=True)
    )
    return ngettext("Of {own} image: {said}.", "Of {own} images: {said}.", own).format(
        own=f"{own:,}", said=said
    )


def belief_frame(about: Answered, found: Chosen, temperature: float) -> pd.DataFrame:
    """Each network's mean belief, a class and a network a row; of many classes those that anybody believes in most."""
    means = mean_beliefs(about, found.cell, temperature)
    shown = sorted(range(means.shape[1]), key=lambda c: -means[:, c].max())[:BARS]
    shown = sorted({*shown, *found.cell})
    rows = [
        {"who": name, "class": about.classes[c], "belief": float(means[k, c])}
        for c in shown
        for k, name in enumerate(about.names)
    ]
    return pd.DataFrame(rows)


def pictures(about: Answered, places: Iterable[int]) -> list[Picture]:
    """The images at these places as the grid shows them."""
    found = []
    for place in map(int, places):
        said, label = answers_of(about, place), int(about.labels[place])
        found.append(
            Picture(
                png_url(about.pixels[place]),
                place,
                about.classes[label],
                tuple(about.classes[c] for c in said),
                tuple(c == label for c in said),
            )
        )
    return found
