"""The first screen: what the teacher says of a picture beyond its label, at a temperature that can be dragged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components import network_picker
from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.inference_wait import wait_for, wait_until_warm
from dashboard.components.page_frame import draw_page, notices_above
from dashboard.components.soft_targets import soft_targets
from dashboard.data import gallery
from dashboard.data.gallery import DRAWN, MORPHS, UPLOADED, GalleryOrder, ShownPictures
from dashboard.data.network_answers import of_a_run
from dashboard.data.screen import Screen, goto_networks, screen
from dashboard.session import Key
from dashboard.text.roles import role
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from dashboard.url.permalink import choice, goto, is_echo, left_out, number, put, read_pair, show, unknown
from kdcore.data.drawn_digits import UNDECIDED
from kdcore.metrics.image_order import ORDERS

if TYPE_CHECKING:
    from kdcore.inference.models import InferenceModel

SPLIT = "test"
FIRST_SOURCE = next(iter(MORPHS))
PAD = (1.0, 2.9)


def page() -> None:
    """Draw the page."""
    draw_page(_draw)


def _draw(now: Screen) -> None:
    with notices_above(now) as problems:
        if wait_until_warm():
            _look(now, problems)


def _look(now: Screen, problems: list[str]) -> None:
    tested = network_picker.of_run(now.run)
    with st.container(horizontal=True, vertical_alignment="center", key="sources"):
        source = _source(tested, problems)
        shown = _networks(now, source, tested, problems)
    if now.run and not tested:
        network_picker.say_unasked(now.run, _("The networks below are not its own.") if shown else "")
    if not shown:
        st.info(_("No trained network can look at these pictures. Train one, or choose others."))
        return
    order = _order(source, shown, problems)
    asked, answered = _places(source)
    with asked:
        pictures = _pictures(source, shown, order)
    with answered:
        if pictures is not None and pictures.images:
            _show(now, source, shown, pictures, problems)
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


def _source(tested: Sequence[InferenceModel], problems: list[str]) -> str:
    known = tested[0].dataset if tested else gallery.dataset_of(st.query_params.get(Param.OF, ""))
    sources = gallery.sources(known if tested else "")
    own = known in sources and not gallery.can_look(known, FIRST_SOURCE)
    default = known if own else FIRST_SOURCE
    chosen = choice(Param.SHOW, Key.SHOW, sources, default) or default
    why = gallery.why_not(st.query_params.get(Param.SHOW, ""))
    problems += unknown(Param.SHOW, sources, gallery.source_title(chosen), why)
    st.pills(
        _("Pictures"),
        sources,
        default=chosen,
        format_func=gallery.source_title,
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
        chosen, of = st.session_state[Key.SHOW], st.query_params.get(Param.OF)
        keeps = of is not None and gallery.can_look(gallery.dataset_of(of), chosen)
        to = None if chosen == default else chosen
        put(**{Param.SHOW: to, Param.OF: of if keeps else None, Param.AT: None, Param.PAIR: None})


def _networks(
    now: Screen, source: str, tested: Sequence[InferenceModel], problems: list[str]
) -> tuple[InferenceModel, ...]:
    """Whose soft targets are shown: a teacher's, all siblings', or those of a run's teacher, twin and students."""
    taught = gallery.teachers_for(source)
    fits = bool(tested) and gallery.can_look(tested[0].dataset, source)
    offered = {knower.key: knower.title for knower in taught}
    alike = [one for one in taught if one.knows == taught[0].knows]
    if len(alike) > 1:
        offered[",".join(one.key for one in alike)] = _("all {n} teachers side by side").format(n=len(alike))
    offered |= network_picker.finished_runs(
        now.run if fits else None, lambda run: gallery.can_look(run.experiment.dataset, source)
    )
    return network_picker.pick(
        now, Key.OF, offered, taught, tested if fits else (), problems, _choose_networks
    )


def _choose_networks(chosen: str | None) -> None:
    """Other networks: the same frame of a morph, or the first of the images as they now come."""
    link = st.query_params
    orders_alike = link.get(Param.SORT) == "random" or link.get(Param.SHOW, FIRST_SOURCE) in MORPHS
    goto_networks(chosen, **({} if orders_alike else {Param.AT: None}))


# ---------------------------------------------------------------------------------------------- which pictures


def _order(source: str, shown: Sequence[InferenceModel], problems: list[str]) -> GalleryOrder | None:
    """Which images of a dataset come first; nothing to choose of the others."""
    if source in MORPHS or source in gallery.HANDED_IN:
        return None
    names = [name for name in ORDERS if name != "disagree" or len(shown) > 1]
    with st.container(horizontal=True, vertical_alignment="bottom", key="orders"):
        by = choice(Param.SORT, Key.SORT, names, names[0]) or names[0]
        problems += unknown(Param.SORT, ORDERS, _(ORDERS[by]))  # one network alone disagrees with nobody
        st.selectbox(
            _("Images"),
            names,
            names.index(by),
            format_func=lambda name: _(ORDERS[name]),
            key=Key.SORT,
            on_change=_choose_order,
            args=(names[0],),
            label_visibility="collapsed",
        )
        pair = _pair(shown[0].classes, problems) if by == "pair" else (0, 1)
        seed = _seed(problems) if by == "random" else 0
    return GalleryOrder(by, pair, seed)


def _choose_order(default: str) -> None:
    if not is_echo(Key.SORT):
        chosen = st.session_state[Key.SORT]
        put(**{Param.SORT: None if chosen == default else chosen, Param.AT: None})


def _pair(classes: Sequence[str], problems: list[str]) -> tuple[int, int]:
    places, said = range(len(classes)), st.query_params.get(Param.PAIR)
    label, other = read_pair(said, len(classes)) or (0, 1)
    if said is not None and read_pair(said, len(classes)) is None:
        why = _("it names no two classes of these images.")
        problems.append(left_out(Param.PAIR, why, f"{classes[label]}, {classes[other]}"))
    for key, value, words in ((Key.PAIR_OF, label, _("Label")), (Key.PAIR_AS, other, _("looks like"))):
        st.selectbox(words, places, show(key, value), classes.__getitem__, key=key, on_change=_choose_pair)
    return label, other


def _choose_pair() -> None:
    if not is_echo(Key.PAIR_OF, Key.PAIR_AS):
        put(pair=f"{st.session_state[Key.PAIR_OF]}-{st.session_state[Key.PAIR_AS]}", at=None)


def _seed(problems: list[str]) -> int:
    seed = number(Param.SHUFFLE, 0, 0, 2**31 - 1, problems)
    show(Key.SHUFFLE, seed)
    st.number_input(_("Seed"), 0, 2**31 - 1, seed, 1, key=Key.SHUFFLE, on_change=_choose_seed)
    return seed


def _choose_seed() -> None:
    if not is_echo(Key.SHUFFLE):
        put(shuffle=str(st.session_state[Key.SHUFFLE]), at=None)


def _pictures(
    source: str, shown: tuple[InferenceModel, ...], order: GalleryOrder | None
) -> ShownPictures | None:
    """The pictures; None while they are not there yet, which has been said."""
    if source in MORPHS:
        return gallery.morph(source, shown)
    if source == DRAWN:
        return _drawn(shown)
    if source == UPLOADED:
        return _uploaded(shown)
    if order is None or not wait_for(shown, (SPLIT,)):
        return None
    return gallery.gallery(shown, SPLIT, order)


def _drawn(shown: Sequence[InferenceModel]) -> ShownPictures | None:
    from dashboard.components.drawing_pad import SIDE, drawing_pad
    from kdcore.data import uploads

    ink = drawing_pad(Key.PAD)
    if not any(ink):
        return None
    title = _("centred and scaled as MNIST was")
    return gallery.handed_in(uploads.canvas(ink, SIDE, shown[0].shape), shown, title)


def _uploaded(shown: Sequence[InferenceModel]) -> ShownPictures | None:
    from kdcore.data import uploads

    file = st.file_uploader(
        _("A PNG or JPEG picture, at most 10 MB and 25 megapixels; nothing of it is kept."),
        key=Key.UPLOAD,
    )
    st.caption(_("A link cannot carry an upload: it opens this page without it."))
    if file is None:
        return None
    return gallery.handed_in(uploads.picture(file.getvalue(), shown[0].shape), shown)


# ---------------------------------------------------------------------------------------------- on the screen


def _show(
    now: Screen, source: str, shown: Sequence[InferenceModel], pictures: ShownPictures, problems: list[str]
) -> None:
    last = len(pictures.images) - 1
    start, end = MORPHS.get(source, (0, 0))
    first = round(UNDECIDED.get((start, end), 0.0) * last)
    problems += unknown(Param.LOG, ("0", "1"), _("the shares themselves"))
    soft_targets(
        {
            "networks": [{"role": one.role, "title": _called(one, shown)} for one in shown],
            "classes": list(shown[0].classes),
            "images": list(pictures.images),
            "mode": "morph" if source in MORPHS else "gallery" if last else "single",
            "morph": {"from": start, "to": end} if source in MORPHS else None,
            "index": number(Param.AT, first, 0, last, problems) if last else 0,
            "temperature": now.draft.temperature,
            "log": st.query_params.get(Param.LOG) == "1",
            "mean_entropy": {
                "of": pictures.mean_of,
                "temperatures": list(gallery.TEMPERATURES),
                "bits": [list(bits) for bits in pictures.mean_bits],
            }
            if pictures.mean_bits
            else None,
        },
        key=Key.SOFT_TARGETS,
        released=_released,
    )


def _called(one: InferenceModel, shown: Sequence[InferenceModel]) -> str:
    """A network as a sentence names it; teachers side by side go by their own names."""
    alone = len(shown) == 1
    return role(one.role).in_words if alone or of_a_run(one) else one.title


def _released(which: str) -> None:
    """The reader let go of the temperature, the morph or a thumbnail, or changed the scale: the link says so."""
    with errors_as_notices():
        value = st.session_state[Key.SOFT_TARGETS][which]
        if which == "temperature":
            now = screen()
            goto(now.draft.with_flat(temperature=float(value)), now.base)
        elif which == "index":
            put(at=str(int(value)))
        else:
            put(log="1" if value else None)
