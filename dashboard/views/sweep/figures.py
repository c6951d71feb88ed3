"""A sweep's figures: the error against what is varied, every student's curve, and the conclusion that they support."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import pyarrow as pa
import streamlit as st

from dashboard import pages
from dashboard.charts.sweep_curves import sweep_curves_frame, sweep_curves_spec
from dashboard.charts.sweep_error_by_value import error_by_value_frame, error_by_value_spec
from dashboard.charts.sweep_heat_map import heat_map_frame, heat_map_spec
from dashboard.charts.sweep_scatter import scatter_spec
from dashboard.charts.sweep_size_accuracy import size_accuracy_frame, size_accuracy_spec
from dashboard.charts.vega import Spec
from dashboard.components.figure_downloads import figure_downloads
from dashboard.components.network_label import role_html
from dashboard.components.style import theme
from dashboard.data import sweep_tables
from dashboard.data.sweep_link import NETWORK_FIELDS
from dashboard.data.sweep_measurements import MeasuredSetting, measured_settings
from dashboard.data.sweep_progress import SweepProgress
from dashboard.text.roles import STUDENT, TEACHER, TWIN
from dashboard.text.translation import _, ngettext, plain
from dashboard.url.parameters import Param
from kdcore.experiment_fields import field_label
from kdcore.export.recorded_run import SHORT_ID
from kdcore.pipelines.varied_fields import numeric_range
from kdcore.studies.sweep_findings import field_value
from kdcore.studies.sweep_results import supported_sentence
from kdcore.texts import N_

CAUTION = N_(
    "Settings are compared by the test errors of the same seeds; the best is chosen on validation. Each comparison stands for itself: of many, some come out by chance."
)


def conclusion(progress: SweepProgress, students_to_train: int) -> None:
    """What the figures support, once every seed of every setting is tested; and how many students further seeds ask for."""
    supported = supported_sentence(progress.found_members, _) if progress.complete else ""
    if supported:
        st.container(key="findings").markdown(plain(supported), help=_(CAUTION))
        if students_to_train:
            sentence = ngettext(
                "From the seeds that are finished: {n} student of further seeds is still to be trained.",
                "From the seeds that are finished: {n} students of further seeds are still to be trained.",
                students_to_train,
            )
            st.caption(sentence.format(n=students_to_train))
        if pruned := progress.pruned:
            sentence = ngettext(
                "{n} further setting fell behind on validation and left early.",
                "{n} further settings fell behind on validation and left early.",
                pruned,
            )
            st.caption(sentence.format(n=pruned))
    elif progress.live:
        st.container(key="findings").markdown(_("What can be told apart is shown when all seeds are tested."))


def figures(progress: SweepProgress, comparable: SweepProgress) -> None:
    """The answer from the seeds that all settings have, beside the curves of all members."""
    if not progress.started:
        _announcement(progress)
        return
    answer, curves = st.columns(2, gap="medium")
    with answer:
        _answer(comparable)
    with curves:
        _curves(progress)


def download_name(progress: SweepProgress, part: str) -> str:
    """What the files of this part of the sweep are called."""
    return f"stillroom-sweep-{progress.sweep.hash[:SHORT_ID]}-{part}"


def missing_text(progress: SweepProgress) -> str:
    """How many settings are missing yet; empty where none is."""
    if not progress.missing:
        return ""
    sentence = _("{n} of {all} settings so far: the others are not trained yet.")
    return sentence.format(n=progress.started, all=progress.started + progress.missing)


def run_address() -> str:
    """The start of a run's address, from which the way back is this sweep."""
    kept = {
        name: st.query_params[name]
        for name in (Param.VARY, Param.SEEDS, Param.SAMPLER, Param.TRIALS)
        if name in st.query_params
    }
    return f"{pages.TRAIN}?" + urlencode([*kept.items(), (Param.RUN, "")])


def _announcement(progress: SweepProgress) -> None:
    """What will be drawn, in place of figures that would be empty."""
    names = [field_label(name, _) for name in progress.sweep.vary]
    if len(names) > 1:
        answer = _("Mean error by {x} and {y}, as a map").format(x=names[0], y=names[1])
    elif next(iter(progress.sweep.vary)) in NETWORK_FIELDS:
        answer = _("Size against accuracy: from each twin to its student")
    else:
        answer = _("Error against {field}, with every seed, the mean and the twin").format(field=names[0])
    curves = _("Validation error of every student against epoch")
    lines = [_("Drawn here as soon as the students train:"), "", f"- {plain(answer)}", f"- {plain(curves)}"]
    st.container(key="announced").markdown("\n".join(lines))


# ---------------------------------------------------------------------------------------------- the curves


def _curves(progress: SweepProgress) -> None:
    """The validation error of every student against epoch."""
    st.markdown(f"**{_('Validation error of every student')}**")
    alt = _(
        "Validation error of every student against epoch; the best setting, the twins and the teacher in their colours"
    )
    frame = sweep_curves_frame(progress, progress.sweep.base.recipe.epochs)
    _chart("member_curves_chart", frame, sweep_curves_spec(theme()), alt)
    _curves_caption(progress)
    if not progress.live:  # like a run's figures, offered for keeping only when nothing goes on
        figure_downloads(
            "member_curves_chart", sweep_tables.of_curves(frame), name=download_name(progress, "curves")
        )


def _curves_caption(progress: SweepProgress) -> None:
    """Whose curves are bold, and whose are faint."""
    best = (
        _("bold: {setting}, the best on validation.")
        if progress.complete
        else _("bold: {setting}, the best on validation so far.")
    )
    sentences = [escape(best.format(setting=progress.best))]
    if progress.started > 1:
        sentences.append(escape(_("Faint: the other settings.")))
    others = " ".join(role_html(name) for name in (TWIN.name, TEACHER.name))
    st.html(f'<p class="small">{role_html(STUDENT.name)} {" ".join(sentences)} {others}</p>')


# ---------------------------------------------------------------------------------------------- the answer


def _answer(progress: SweepProgress) -> None:
    """The answer: against one field, a map of two, or size against accuracy where networks are varied."""
    measured, names = measured_settings(progress), [*progress.sweep.vary]
    if len(names) > 1:
        _error_map(progress, measured)
    elif names[0] in NETWORK_FIELDS:
        _size_against_accuracy(progress, measured)
    else:
        _error_against_field(progress, measured)
    _answer_caption(names, measured, missing_text(progress))
    if measured and not progress.live:
        figure_downloads(
            "answer_chart", sweep_tables.of_students(progress), name=download_name(progress, "answer")
        )


def _size_against_accuracy(progress: SweepProgress, measured: Sequence[MeasuredSetting]) -> None:
    st.markdown(f"**{_('Size against accuracy: from each twin to its student')}**")
    title = _("test accuracy, %") if progress.complete else _("validation accuracy, %")
    teacher = progress.teacher_size, _error_of_teacher(progress)
    frame = size_accuracy_frame(measured, run_address(), teacher)
    if len(frame):
        _chart("answer_chart", frame, size_accuracy_spec(theme(), title), title)


def _error_against_field(progress: SweepProgress, measured: Sequence[MeasuredSetting]) -> None:
    [(name, values)] = progress.sweep.vary.items()
    title = (
        _("Test error against {field}")
        if progress.complete
        else _("Validation error against {field}, so far")
    )
    st.markdown(f"**{plain(title.format(field=field_label(name, _)))}**")
    frame = error_by_value_frame(measured, _error_of_teacher(progress), run_address())
    alt = _("Error of students and twins against the varied field: mean, spread and every seed")
    spec = error_by_value_spec(theme(), field_label(name, _), _error_title(progress), values)
    _chart("answer_chart", frame, spec, alt)


def _error_map(progress: SweepProgress, measured: Sequence[MeasuredSetting]) -> None:
    """The mean error by two fields: as points where numbers were drawn between the ends, else as a grid."""
    x, y = [*progress.sweep.vary][:2]
    x_title, y_title, error = field_label(x, _), field_label(y, _), _error_title(progress)
    title = (
        _("Mean test error by {x} and {y}")
        if progress.complete
        else _("Mean validation error by {x} and {y}, so far")
    )
    st.markdown(f"**{plain(title.format(x=x_title, y=y_title))}**")
    values: list[Sequence[Any]] = [progress.sweep.vary[x], progress.sweep.vary[y]]
    drawn = progress.sweep.sampler != "grid"
    if drawn and all(map(numeric_range, values)):
        spec = scatter_spec(theme(), (x_title, y_title), (values[0], values[1]), error)
    else:
        if drawn:
            values = [[setting.setting[name] for setting in measured] for name in (x, y)]
        columns, rows = (list(dict.fromkeys(field_value(value, _) for value in axis)) for axis in values)
        spec = heat_map_spec(theme(), (x_title, y_title), (columns, rows), error)
    frame = heat_map_frame(measured, run_address())
    if len(frame):
        _chart("answer_chart", frame, spec, error)


def _error_title(progress: SweepProgress) -> str:
    return _("test error, %") if progress.complete else _("validation error, %")


def _error_of_teacher(progress: SweepProgress) -> float | None:
    return progress.teacher_test if progress.complete else progress.teacher


def _answer_caption(names: Sequence[str], measured: Sequence[MeasuredSetting], missing: str) -> None:
    """What the answer's marks mean, what a click opens, and what is missing yet."""
    roles = " ".join(role_html(name) for name in (STUDENT.name, TWIN.name, TEACHER.name))
    if len(names) > 1:
        roles = ""
        marks = (
            _("Darker: a higher mean error over the seeds.")
            if theme() == "light"
            else _("Lighter: a higher mean error over the seeds.")
        )
    elif names[0] in NETWORK_FIELDS:
        marks = _("Large marks: means; small ones: each seed.")
    else:
        marks = _("Small marks: each seed. Bars and band: ± 1 standard deviation.")
    opens = _click_text(names) if any(run for setting in measured for run in setting.runs) else ""
    caption = " ".join(filter(None, [marks, opens, missing]))
    st.html(f'<p class="small">{roles} {escape(caption)}</p>')


def _click_text(names: Sequence[str]) -> str:
    """What a click opens: a mean stands for several runs."""
    if len(names) > 1:
        return _("A click on a mark opens the run of its first seed.")
    return _("A click on a mark opens its run, on a mean that of its first seed.")


def _chart(key: str, frame: pd.DataFrame, spec: Spec, alt: str) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with st.container(key=key):
        st.vega_lite_chart(table, spec, key=f"{key}_vega", width="stretch", alt=alt)
