"""How truly the others follow the first network (Stanton et al. 2021): agreement and KL, and where they part most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

import pandas as pd
import streamlit as st

from dashboard.components.figure_downloads import figure_downloads
from dashboard.components.html_table import html_table
from dashboard.components.image_grid import image_grid
from dashboard.components.inference_wait import wait_for_outputs
from dashboard.components.network_label import network_html
from dashboard.data import run_manager
from dashboard.data.compared_networks import ComparedNetworks, compared_networks
from dashboard.data.network_metrics import fidelities
from dashboard.data.run_titles import run_title
from dashboard.session import Key
from dashboard.text.numbers import grouped, percentage
from dashboard.text.split_titles import split_title
from dashboard.text.translation import _, plain
from dashboard.url.parameters import Param
from dashboard.url.query_parameters import unknown
from dashboard.url.widget_values import read_choice, write_choice
from dashboard.views.dark_knowledge.selection import pictures
from dashboard.views.dark_knowledge.view_state import ViewState, highlight_row
from kdcore.inference import models
from kdcore.inference.models import InferenceModel
from kdcore.runs.run_record import Run
from kdcore.runs.runs_folder import runs_folder

CONTROL = "control"
TRAIN = "train"  # each run has training images of its own: the control never saw these
SPLITS = (TRAIN, "validation", "test")
APART, RUNS = 12, 50


def draw(state: ViewState) -> None:
    """The table by split, the classes, and the images on which the last network parts most from the first."""
    compared = state.compared
    if len(compared.shown) < 2:
        st.info(_("Fidelity compares two networks: choose a run, or several teachers side by side."))
        return
    parts = _parts(compared, _control(state))
    frame = fidelity_frame(parts, state.temperature)
    st.html(_table(parts, frame, state.at))
    st.caption(
        _(
            "KL: how far a network's belief is from {first}'s, in nats per image; 0 where they are equal."
        ).format(first=plain(compared.spoken[0]))
    )
    figure_downloads("fidelity", frame, picture=False)
    left, right = st.columns(2, gap="medium")
    with left:
        _by_class(state)
    with right:
        _disagreements(state)


def _by_class(state: ViewState) -> None:
    """Agreement and KL class by class, on the page's split."""
    title = _("**By class**, on {split} images, KL at T = {T}")
    st.markdown(title.format(split=split_title(state.compared.split), T=state.at))
    frame = class_frame(state.compared, state.temperature)
    styled = frame.rename(columns=_title).style.apply(highlight_row, axis=1, chosen=state.chosen_classes)
    st.dataframe(styled.format(precision=3), hide_index=True, key="fidelity_classes")
    figure_downloads("fidelity_by_class", frame, picture=False)


def _disagreements(state: ViewState) -> None:
    """The images on which the last network parts most from the first."""
    compared = state.compared
    apart = fidelities(compared, state.temperature)[-1].disagreements
    title = _("**Where {name} and {first} part most**: {n} of {images} images")
    st.markdown(
        title.format(
            name=plain(compared.spoken[-1]),
            first=plain(compared.spoken[0]),
            n=grouped(len(apart)),
            images=grouped(compared.count),
        )
    )
    image_grid(pictures(compared, apart[:APART].tolist()), compared.names, compared.roles)


def _parts(compared: ComparedNetworks, control: Sequence[InferenceModel]) -> list[ComparedNetworks]:
    """The networks' outputs on every split that is ready; the others are computed, with their progress drawn."""
    networks = {split: [*compared.shown, *(control if split != TRAIN else ())] for split in SPLITS}
    by_split = {split: compared_networks(networks[split], split) for split in SPLITS}
    if missing := [split for split in SPLITS if by_split[split] is None]:
        wait_for_outputs(networks[missing[-1]], missing)
    return [part for part in by_split.values() if part is not None]


# ---------------------------------------------------------------------------------------------- the control


def _control(state: ViewState) -> list[InferenceModel]:
    """The student of another run, to say how much agreement there is without this teacher; nothing where there is none."""
    runs = {run.id: run for run in _others(state.run, state.compared.shown[0])} if state.run else {}
    state.problems.extend(unknown(Param.CONTROL, runs, _("no control")))
    if not runs:
        return []
    chosen = read_choice(Param.CONTROL, Key.CONTROL, runs, None)
    st.selectbox(
        _("Control: the student of another run"),
        [None, *runs],
        [None, *runs].index(chosen),
        format_func=lambda key: run_title(runs[key]) if key else _("none"),
        key=Key.CONTROL,
        placeholder=_("none"),
        on_change=write_choice,
        args=(Param.CONTROL, Key.CONTROL, None),
        help=_(
            "How far does a student that never saw this teacher agree with it? Only what goes beyond that was taught."
        ),
    )
    if chosen is None:
        return []
    taught = [one for one in models.of_run(runs[chosen], runs_folder()) if one.role == "student"]
    return [replace(one, role=CONTROL) for one in taught]


def _others(shown: Run, first: InferenceModel) -> list[Run]:
    """The finished runs on the same images, split alike, that have a student."""
    return [
        run
        for run in run_manager.manager().runs(limit=RUNS)
        if run.id != shown.id
        and not run.experiment.fault
        and "student" in run.results
        and run.results.get("dataset", {}).get("name") == first.dataset
        and tuple(run.results["dataset"]["shape"]) == first.shape
        and run.experiment.split_seed == first.split_seed
    ]


# ---------------------------------------------------------------------------------------------- numbers


def fidelity_frame(parts: Sequence[ComparedNetworks], temperature: float) -> pd.DataFrame:
    """Agreement with the first network, KL at 1 and at T (one column where T is 1): a split and a network a row."""
    rows = [
        {
            "images": part.split,
            "count": part.count,
            "network": k,
            "who": part.names[k],
            "agreement": measured.agreement,
            "KL at T = 1": measured.kl,
            f"KL at T = {temperature:g}": measured.kl_at_temperature,
        }
        for part in parts
        for k, measured in enumerate(fidelities(part, temperature), 1)
    ]
    return pd.DataFrame(rows)


def class_frame(compared: ComparedNetworks, temperature: float) -> pd.DataFrame:
    """Agreement and KL at T with the first network, a class a row."""
    by_name = dict(zip(_short_names(compared), fidelities(compared, temperature), strict=True))
    agree = {f"agrees {name}": measured.class_agreement.tolist() for name, measured in by_name.items()}
    apart = {f"KL {name}": measured.class_kl_at_temperature.tolist() for name, measured in by_name.items()}
    return pd.DataFrame({"class": list(compared.classes)} | agree | apart)


def _short_names(compared: ComparedNetworks) -> list[str]:
    """The marks of all but the first network; with their names where two have one mark."""
    marks = [role.mark for role in compared.roles[1:]]
    if len(set(marks)) == len(marks):
        return marks
    return [f"{mark} {name}" for mark, name in zip(marks, compared.names[1:], strict=True)]


def _title(column: str) -> str:
    """A column of `class_frame` in the reader's language."""
    figure, _space, mark = column.partition(" ")
    if figure == "agrees":
        return _("agrees {mark}").format(mark=mark)
    return _("class") if figure == "class" else column


def _table(parts: Sequence[ComparedNetworks], frame: pd.DataFrame, at: str) -> str:
    """At T = 1 the two columns of KL are one."""
    heads = [_("images"), _("network"), _("agreement"), _("KL at T = 1")]
    divergences = [name for name in map(str, frame.columns) if name.startswith("KL")]
    if len(divergences) > 1:
        heads.append(_("KL at T = {T}").format(T=at))
    by_split = {part.split: part for part in parts}
    rows, last = [], ""
    for _i, row in frame.iterrows():
        part = by_split[row["images"]]
        images = _("{split}, {n}").format(split=split_title(part.split), n=grouped(part.count))
        split_cell = images if part.split != last else ""
        last = part.split
        rows.append(
            [
                escape(split_cell),
                network_html(part.roles[row["network"]], row["who"]),
                percentage(row["agreement"], 1),
                *(f"{row[name]:.4f}" for name in divergences),
            ]
        )
    return html_table(heads, rows)
