"""The first screen: what the teacher says of a picture beyond its label, at a temperature that can be dragged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import library, showcase
from dashboard.comparing.words import run_title
from dashboard.components.asking import wait_for, wait_until_warm
from dashboard.components.soft_targets import soft_targets
from dashboard.screen import Screen, goto_networks, page_of, screen
from dashboard.showcase import DRAWN, MORPHS, UPLOADED, Order, Pictures
from dashboard.state import Key, Param, choice, edge, goto, is_echo, number, put, read_pair, show, told
from dashboard.texts import _, plain
from kdcore.gallery import ORDERS
from kdcore.strokes import UNDECIDED

if TYPE_CHECKING:
    from kdcore.runs.store import Run
    from kdcore.studies.knowers import Knower

SPLIT = "test"
FIRST_SOURCE = next(iter(MORPHS))
RUNS = 20
PAD = (1.0, 2.9)


def page() -> None:
    """Draw the page."""
    page_of(_draw)


def _draw(now: Screen) -> None:
    if sentences := [*now.problems, *told()]:
        st.warning("\n\n".join(map(plain, sentences)))
    if not wait_until_warm():
        return
    tested = showcase.of_run(now.run) if now.run else []
    with st.container(horizontal=True, vertical_alignment="center", key="sources"):
        source = _source(tested[0].dataset if tested else "")
        shown = _networks(now, source, tested)
    if now.run and not tested:
        st.caption(_("This run has not been tested yet: its networks can be asked when it has ended."))
    if not shown:
        st.info(_("No trained network can look at these pictures. Train one, or choose others."))
        return
    order = _order(source, shown)
    asked, answered = _places(source)
    with asked:
        pictures = _pictures(source, tuple(shown), order)
    with answered:
        if pictures is not None and pictures.images:
            _show(now, source, shown, pictures)
        elif source == DRAWN:
            st.caption(_("Draw a digit: what the networks say of it appears here."))
        elif pictures is not None and source != UPLOADED:
            st.info(_("There is no such picture among these images."))


def _places(source: str) -> Sequence[DeltaGenerator]:
    """Where pictures are chosen and where they are shown: side by side where one draws, so that the answer is seen."""
    if source != DRAWN:
        return st.container(), st.container()
    with st.container(key="drawing"):
        return st.columns(PAD, gap="medium")


# ---------------------------------------------------------------------------------------------- what is looked at


def _source(run_dataset: str) -> str:
    sources = showcase.sources(run_dataset)
    own = run_dataset in sources and not showcase.can_look(run_dataset, FIRST_SOURCE)
    default = run_dataset if own else FIRST_SOURCE
    chosen = choice(Param.SHOW, Key.SHOW, sources, default) or default
    st.pills(
        _("Pictures"),
        sources,
        format_func=showcase.source_title,
        key=Key.SHOW,
        on_change=_choose_source,
        args=(default,),
        required=True,
        label_visibility="collapsed",
    )
    return chosen


def _choose_source(default: str) -> None:
    """Other pictures: the first of them, and the networks that know them."""
    if not is_echo(Key.SHOW):
        chosen = st.session_state[Key.SHOW]
        put(**{Param.SHOW: None if chosen == default else chosen, Param.AT: None, Param.PAIR: None})


def _networks(now: Screen, source: str, tested: list[Knower]) -> list[Knower]:
    """Whose soft targets are shown: a teacher's, all siblings', or those of a run's teacher, twin and students."""
    taught = showcase.teachers_for(source)
    fits = bool(tested) and showcase.can_look(tested[0].dataset, source)
    names = {knower.key: knower.title for knower in taught}
    alike = [one for one in taught if one.knows == taught[0].knows]
    if len(alike) > 1:
        names[_together(alike)] = _("all {n} teachers side by side").format(n=len(alike))
    runs = _finished_runs(source, now.run if fits else None)
    names |= {f"run:{run.id}": run_title(run) for run in runs}
    if not names:
        return []
    default = next(iter(names))
    wanted = f"run:{now.run.id}" if now.run and fits else st.query_params.get(Param.OF, default)
    titles = {knower.key: knower.title for knower in alike}
    if wanted not in names and (keys := wanted.split(",")) and titles.keys() >= set(keys):
        names[wanted] = " · ".join(titles[key] for key in keys)
    chosen = wanted if wanted in names else default
    show(Key.OF, chosen)
    st.selectbox(
        _("Networks"),
        list(names),
        format_func=lambda key: names.get(key, key),
        key=Key.OF,
        on_change=_choose_networks,
        label_visibility="collapsed",
    )
    if chosen.startswith("run:"):
        return tested
    first, *others = [one for one in taught if one.key in chosen.split(",")]
    return [first, *(replace(one, role=f"teacher {n}") for n, one in enumerate(others, 2))]


def _together(taught: Sequence[Knower]) -> str:
    """Several teachers in the link."""
    return ",".join(one.key for one in taught)


def _choose_networks() -> None:
    if not is_echo(Key.OF):
        with edge():
            goto_networks(st.session_state[Key.OF])


def _finished_runs(source: str, shown: Run | None) -> list[Run]:
    """The newest tested runs whose networks can look at these pictures, the one on show among them."""
    found = [
        run
        for run in library.manager().runs(limit=RUNS)
        if run.results.get("dataset") and showcase.can_look(run.experiment.dataset, source)
    ]
    if shown and shown.id not in {run.id for run in found}:
        found.append(shown)
    return found


# ---------------------------------------------------------------------------------------------- which pictures


def _order(source: str, shown: Sequence[Knower]) -> Order | None:
    """Which images of a dataset come first; nothing to choose of the others."""
    if source in MORPHS or source in showcase.HANDED_IN:
        return None
    names = [name for name in ORDERS if name != "disagree" or len(shown) > 1]
    with st.container(horizontal=True, vertical_alignment="center", key="orders"):
        by = choice(Param.SORT, Key.SORT, names, names[0]) or names[0]
        st.selectbox(
            _("Images"),
            names,
            format_func=lambda name: _(ORDERS[name]),
            key=Key.SORT,
            on_change=_choose_order,
            args=(names[0],),
            label_visibility="collapsed",
        )
        pair = _pair(shown[0].classes) if by == "pair" else (0, 1)
        seed = _seed() if by == "random" else 0
    return Order(by, pair, seed)


def _choose_order(default: str) -> None:
    if not is_echo(Key.SORT):
        chosen = st.session_state[Key.SORT]
        put(**{Param.SORT: None if chosen == default else chosen, Param.AT: None})


def _pair(classes: Sequence[str]) -> tuple[int, int]:
    places = range(len(classes))
    label, other = read_pair(st.query_params.get(Param.PAIR), len(classes)) or (0, 1)
    for key, value, words in ((Key.PAIR_OF, label, _("A")), (Key.PAIR_AS, other, _("that looks like a"))):
        show(key, value)
        st.selectbox(words, places, format_func=classes.__getitem__, key=key, on_change=_choose_pair)
    return label, other


def _choose_pair() -> None:
    if not is_echo(Key.PAIR_OF, Key.PAIR_AS):
        put(pair=f"{st.session_state[Key.PAIR_OF]}-{st.session_state[Key.PAIR_AS]}", at=None)


def _seed() -> int:
    seed = number(Param.SHUFFLE, 0, 0, 2**31 - 1)
    show(Key.SHUFFLE, seed)
    st.number_input(_("Seed"), 0, 2**31 - 1, step=1, key=Key.SHUFFLE, on_change=_choose_seed)
    return seed


def _choose_seed() -> None:
    if not is_echo(Key.SHUFFLE):
        put(shuffle=str(st.session_state[Key.SHUFFLE]), at=None)


def _pictures(source: str, shown: tuple[Knower, ...], order: Order | None) -> Pictures | None:
    """The pictures; None while they are not there yet, which has been said."""
    if source in MORPHS:
        return showcase.morph(source, shown)
    if source == DRAWN:
        return _drawn(shown)
    if source == UPLOADED:
        return _uploaded(shown)
    if order is None or not wait_for(shown, (SPLIT,)):
        return None
    return showcase.gallery(shown, SPLIT, order)


def _drawn(shown: Sequence[Knower]) -> Pictures | None:
    from dashboard.components.drawing_pad import SIDE, drawing_pad
    from kdcore import handed_in

    ink = drawing_pad(Key.PAD)
    if not any(ink):
        return None
    title = _("centred and scaled as MNIST was")
    return showcase.handed_in(handed_in.canvas(ink, SIDE, shown[0].shape), shown, title)


def _uploaded(shown: Sequence[Knower]) -> Pictures | None:
    from kdcore import handed_in

    file = st.file_uploader(
        _("A PNG or JPEG picture, at most 10 MB and 25 megapixels; nothing of it is kept."),
        key=Key.UPLOAD,
    )
    st.caption(_("A link cannot carry an upload: it opens this page without it."))
    if file is None:
        return None
    return showcase.handed_in(handed_in.picture(file.getvalue(), shown[0].shape), shown)


# ---------------------------------------------------------------------------------------------- on the screen


def _show(now: Screen, source: str, shown: Sequence[Knower], pictures: Pictures) -> None:
    last = len(pictures.images) - 1
    start, end = MORPHS.get(source, (0, 0))
    first = round(UNDECIDED.get((start, end), 0.0) * last)
    soft_targets(
        {
            "networks": [{"role": one.role, "title": _called(one, shown)} for one in shown],
            "classes": list(shown[0].classes),
            "images": list(pictures.images),
            "mode": "morph" if source in MORPHS else "gallery" if last else "single",
            "morph": {"from": start, "to": end} if source in MORPHS else None,
            "index": number(Param.AT, first, 0, last),
            "temperature": now.draft.temperature,
            "log": st.query_params.get(Param.LOG) == "1",
            "mean_entropy": {
                "of": pictures.mean_of,
                "temperatures": list(showcase.TEMPERATURES),
                "bits": [list(bits) for bits in pictures.mean_bits],
            }
            if pictures.mean_bits
            else None,
        },
        key=Key.SOFT_TARGETS,
        released=_released,
    )


def _called(one: Knower, shown: Sequence[Knower]) -> str:
    """A network as a sentence names it; teachers side by side go by their own names."""
    if one.role == "teacher" and not any(other.key.startswith("teacher:") for other in shown[1:]):
        return _("the teacher")
    return {"twin": _("the twin"), "student": _("the student")}.get(one.role, one.title)


def _released(which: str) -> None:
    """The reader let go of the temperature, the morph or a thumbnail, or changed the scale: the link says so."""
    with edge():
        value = st.session_state[Key.SOFT_TARGETS][which]
        if which == "temperature":
            now = screen()
            goto(now.draft.with_flat(temperature=float(value)), now.base)
        elif which == "index":
            put(at=str(int(value)))
        else:
            put(log="1" if value else None)
