"""The first screen: what the teacher says of a picture beyond its label, at a temperature that can be dragged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components import network_picker
from dashboard.components.distillation_line import distillation_line
from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.inference_wait import wait_for_outputs, wait_until_warm
from dashboard.components.page_frame import draw_page, notices_above
from dashboard.components.refused_values import whole_number
from dashboard.components.soft_target_data import soft_target_data
from dashboard.components.soft_targets import soft_targets
from dashboard.data import gallery, picture_sources, trained_teachers
from dashboard.data.gallery import GalleryOrder, PictureSet
from dashboard.data.picture_sources import DRAWING_PAD, MORPHS, UPLOADED
from dashboard.data.screen import Screen, read_screen, show_networks
from dashboard.handout.handout_button import handout_button
from dashboard.session import Key
from dashboard.text.translation import _
from dashboard.url.parameters import Param
from dashboard.url.permalink import write_recipe
from dashboard.url.query_parameters import left_out, number, read_pair, set_parameters, unknown
from dashboard.url.widget_values import is_echo, read_choice, sync_widget
from kdcore.experiment import SEED_BOUND
from kdcore.metrics.image_order import ORDERS

if TYPE_CHECKING:
    from kdcore.inference.models import InferenceModel

SPLIT = "test"
FIRST_SOURCE = next(iter(MORPHS))
PAD = (1.0, 2.9)


def page() -> None:
    """Draw the page."""
    draw_page(_draw)


def _draw(screen: Screen) -> None:
    with notices_above(screen) as problems:
        if wait_until_warm():
            _draw_pictures(screen, problems)


def _draw_pictures(screen: Screen, problems: list[str]) -> None:
    run_networks = network_picker.of_run(screen.run)
    distillation_line()
    with st.container(horizontal=True, vertical_alignment="center", key="sources"):
        source = _source(run_networks, problems)
        shown = _networks(screen, source, run_networks, problems)
    if screen.run and not run_networks:
        network_picker.say_unasked(screen.run, _("The networks below are not its own.") if shown else "")
    if not shown:
        st.info(_("No trained network can look at these pictures. Train one, or choose others."))
        return
    order = _order(source, shown, problems)
    chooser, display = _columns(source)
    with chooser:
        pictures = _pictures(source, shown, order)
    with display:
        if pictures is not None and pictures.images:
            _show(screen, source, shown, pictures, problems)
        elif source == DRAWING_PAD:
            st.caption(_("Draw a digit: what the networks say of it appears here."))
        elif pictures is not None and source != UPLOADED:
            st.info(_("There is no such picture among these images."))


def _columns(source: str) -> Sequence[DeltaGenerator]:
    """Where pictures are chosen and where they are shown: side by side for drawing, so that the answer stays in sight."""
    if source != DRAWING_PAD:
        return st.container(), st.container()
    with st.container(key="drawing"):
        return st.columns(PAD, gap="medium")


# ---------------------------------------------------------------------------------------------- what is looked at


def _source(run_networks: Sequence[InferenceModel], problems: list[str]) -> str:
    own_dataset = (
        run_networks[0].dataset
        if run_networks
        else picture_sources.dataset_of(st.query_params.get(Param.OF, ""))
    )
    sources = picture_sources.sources(own_dataset if run_networks else "")
    shows_own = own_dataset in sources and not picture_sources.can_look(own_dataset, FIRST_SOURCE)
    default = own_dataset if shows_own else FIRST_SOURCE
    chosen = read_choice(Param.SHOW, Key.SHOW, sources, default) or default
    why = picture_sources.refusal(st.query_params.get(Param.SHOW, ""))
    problems += unknown(Param.SHOW, sources, picture_sources.source_title(chosen), why)
    st.pills(
        _("Pictures"),
        sources,
        default=chosen,
        format_func=picture_sources.source_title,
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
        chosen, teachers = st.session_state[Key.SHOW], st.query_params.get(Param.OF)
        if teachers is not None and not picture_sources.can_look(
            picture_sources.dataset_of(teachers), chosen
        ):
            teachers = None
        show = None if chosen == default else chosen
        set_parameters(**{Param.SHOW: show, Param.OF: teachers, Param.AT: None, Param.PAIR: None})


def _networks(
    screen: Screen, source: str, run_networks: Sequence[InferenceModel], problems: list[str]
) -> tuple[InferenceModel, ...]:
    """Whose soft targets are shown: a teacher's, all siblings', or those of a run's teacher, twin and students."""
    teachers = picture_sources.teachers_for_source(source)
    fits = bool(run_networks) and picture_sources.can_look(run_networks[0].dataset, source)
    offered = {teacher.key: teacher.title for teacher in teachers}
    siblings = [teacher for teacher in teachers if teacher.knows == teachers[0].knows]
    for together in trained_teachers.side_by_side(siblings):
        title = _("all {n} teachers side by side").format(n=len(together))
        if together[-1].is_recorded:
            title = _("{first} beside {second}").format(first=together[1].title, second=together[0].title)
        offered[",".join(teacher.key for teacher in together)] = title
    offered |= network_picker.finished_runs(
        screen.run if fits else None, lambda run: picture_sources.can_look(run.experiment.dataset, source)
    )
    return network_picker.pick(
        screen, Key.OF, offered, teachers, run_networks if fits else (), problems, _choose_networks
    )


def _choose_networks(chosen: str | None) -> None:
    """Other networks: the same frame of a morph, or the first of the images as they now come."""
    link = st.query_params
    orders_alike = link.get(Param.SORT) == "random" or link.get(Param.SHOW, FIRST_SOURCE) in MORPHS
    show_networks(chosen, **({} if orders_alike else {Param.AT: None}))


# ---------------------------------------------------------------------------------------------- which pictures


def _order(source: str, shown: Sequence[InferenceModel], problems: list[str]) -> GalleryOrder | None:
    """Which images of a dataset come first; nothing to choose of the others."""
    if source in MORPHS or source in picture_sources.HANDED_IN:
        return None
    names = [name for name in ORDERS if name != "disagree" or len(shown) > 1]
    with st.container(horizontal=True, vertical_alignment="bottom", key="orders"):
        by = read_choice(Param.SORT, Key.SORT, names, names[0]) or names[0]
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
        set_parameters(**{Param.SORT: None if chosen == default else chosen, Param.AT: None})


def _pair(classes: Sequence[str], problems: list[str]) -> tuple[int, int]:
    places, link_pair = range(len(classes)), st.query_params.get(Param.PAIR)
    label, other = read_pair(link_pair, len(classes)) or (0, 1)
    if link_pair is not None and read_pair(link_pair, len(classes)) is None:
        why = _("it does not name two classes of these images.")
        problems.append(left_out(Param.PAIR, why, f"{classes[label]}, {classes[other]}"))
    for key, value, words in ((Key.PAIR_OF, label, _("Label")), (Key.PAIR_AS, other, _("looks like"))):
        st.selectbox(
            words, places, sync_widget(key, value), classes.__getitem__, key=key, on_change=_choose_pair
        )
    return label, other


def _choose_pair() -> None:
    if not is_echo(Key.PAIR_OF, Key.PAIR_AS):
        set_parameters(pair=f"{st.session_state[Key.PAIR_OF]}-{st.session_state[Key.PAIR_AS]}", at=None)


def _seed(problems: list[str]) -> int:
    seed = number(Param.SHUFFLE, 0, 0, SEED_BOUND, problems)
    whole_number(_("Seed"), 0, SEED_BOUND, seed, key=Key.SHUFFLE, take=_choose_seed)
    return seed


def _choose_seed(seed: int) -> None:
    set_parameters(shuffle=str(seed), at=None)


def _pictures(
    source: str, shown: tuple[InferenceModel, ...], order: GalleryOrder | None
) -> PictureSet | None:
    """The pictures; None while they are not there yet, which has been said."""
    if source in MORPHS:
        return gallery.morph(source, shown)
    if source == DRAWING_PAD:
        return _drawn(shown)
    if source == UPLOADED:
        return _uploaded(shown)
    if order is None or not wait_for_outputs(shown, (SPLIT,)):
        return None
    return gallery.gallery(shown, SPLIT, order)


def _drawn(shown: Sequence[InferenceModel]) -> PictureSet | None:
    from dashboard.components.drawing_pad import SIDE, drawing_pad
    from kdcore.data import uploads

    ink = drawing_pad(Key.PAD)
    if not any(ink):
        return None
    title = _("centred and scaled as MNIST was")
    return gallery.handed_in(uploads.canvas(ink, SIDE, shown[0].shape), shown, title)


def _uploaded(shown: Sequence[InferenceModel]) -> PictureSet | None:
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
    screen: Screen, source: str, shown: tuple[InferenceModel, ...], pictures: PictureSet, problems: list[str]
) -> None:
    data = soft_target_data(source, shown, pictures, screen.draft.temperature)
    last = len(pictures.images) - 1
    problems += unknown(Param.LOG, ("0", "1"), _("the shares themselves"))
    data["index"] = number(Param.AT, data["index"], 0, last, problems) if last else 0
    data["beside_lesson"] = Param.LESSON in st.query_params
    data["log"] = st.query_params.get(Param.LOG) == "1"
    locked = "temperature" in screen.locks.fields
    soft_targets(data, key=Key.SOFT_TARGETS, released=_released, locked=locked)
    handout_button(screen.run, source, shown, data)


def _released(which: str) -> None:
    """The reader let go of the temperature, the morph or a thumbnail, or changed the scale: the link says so."""
    with errors_as_notices():
        value = st.session_state[Key.SOFT_TARGETS][which]
        if which == "temperature":
            screen = read_screen()
            write_recipe(screen.draft.with_flat(temperature=float(value)), screen.base)
        elif which == "index":
            set_parameters(at=str(int(value)))
        else:
            set_parameters(log="1" if value else None)
