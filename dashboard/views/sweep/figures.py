"""A sweep's figures: the error against what is varied, every student's curve, and the conclusion that they support."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import pandas as pd
import pyarrow as pa
import streamlit as st

from dashboard import pages
from dashboard.charts.sweep_curves import sweep_curves_frame, sweep_curves_spec
from dashboard.charts.vega import Spec
from dashboard.components.figure_downloads import figure_downloads
from dashboard.components.live_run import live_chart, live_text
from dashboard.components.style import theme
from dashboard.components.sweep_answer import answer_caption, answer_chart, curves_caption, nll_chart
from dashboard.data import sweep_tables, torch_imports
from dashboard.data.sweep_link import NETWORK_FIELDS, vary_text
from dashboard.data.sweep_measurements import measured_settings
from dashboard.data.sweep_progress import SweepProgress
from dashboard.text.translation import _, listing, ngettext, plain
from dashboard.url.parameters import Param
from dashboard.views.sweep.start import start_sweep
from kdcore.experiment_fields import field_label
from kdcore.export.recorded_run import SHORT_ID
from kdcore.studies.sweep import MOST_MEMBERS, Sweep
from kdcore.studies.sweep_headline import at_the_edge, beyond_the_edge, headline
from kdcore.studies.sweep_results import failure_lines, member_findings
from kdcore.studies.sweep_sentences import details
from kdcore.texts import N_

ANSWER, NLL, CURVES = "answer_chart", "nll_chart", "member_curves_chart"
CAUTION = N_(
    "Settings are compared at the same seeds by a paired test, errors and NLL apart; the best is chosen on validation. All comparisons of the sweep are corrected together: where nothing differs, something is claimed in at most 5 % of sweeps."
)
AGAIN = N_(
    "Starts this sweep with that many seeds; what is already trained is kept. Judging by the spread so far, they would tell the difference in four of five cases. Looking again gives chance another try: settle on a number beforehand."
)


def conclusion(progress: SweepProgress, students_to_train: int) -> None:
    """What the figures support, once every seed of every setting is tested; and how many students further seeds ask for."""
    found = member_findings(progress.found_members) if progress.complete else None
    if found:
        st.container(key="findings").markdown(f"**{plain(headline(found, _))}**", help=_(CAUTION))
        if texts := [*filter(None, [at_the_edge(found, _)]), *details(found, _)]:
            st.container(key="details").markdown("\n\n".join(map(plain, texts)))
        with st.container(horizontal=True):
            _more_seeds(progress.sweep, found.more_seeds)
            _beyond(progress.sweep, beyond_the_edge(found))
        if students_to_train:
            text = ngettext(
                "From the finished seeds: {n} student of the others is still to be trained.",
                "From the finished seeds: {n} students of the others are still to be trained.",
                students_to_train,
            )
            st.caption(text.format(n=students_to_train))
        _failures(progress)
        if pruned := progress.pruned:
            text = ngettext(
                "{n} further setting fell behind on validation and left early.",
                "{n} further settings fell behind on validation and left early.",
                pruned,
            )
            st.caption(text.format(n=pruned))
    elif progress.live:
        st.container(key="findings").markdown(_("What can be told apart is shown when all seeds are tested."))


def _failures(progress: SweepProgress) -> None:
    """Which students are not in the figures because their training diverged, and why."""
    if failed := progress.failed:
        text = ngettext(
            "{n} student failed and is in no figure; the others went on:",
            "{n} students failed and are in no figure; the others went on:",
            len(failed),
        )
        lines = [text.format(n=len(failed)), *failure_lines(failed)]
        st.warning("\n\n".join(map(plain, lines)))


def _more_seeds(sweep: Sweep, seeds: int | None) -> None:
    """The button that trains the seeds that could tell more; none where no number in reach could."""
    if seeds is None or sweep.search or seeds <= sweep.seeds or seeds * len(sweep.settings) > MOST_MEMBERS:
        return
    st.button(
        ngettext("Take {n} seed", "Take {n} seeds", seeds).format(n=seeds),
        key="more_seeds",
        icon=":material/play_arrow:",
        help=_(AGAIN),
        on_click=start_sweep,
        args=(seeds,),
        disabled=not torch_imports.warm(),
    )


def _beyond(sweep: Sweep, values: Sequence[float]) -> None:
    """The button that tries further values where the best is the last of those that were tried."""
    if not values or sweep.search or sweep.sampler != "grid":
        return
    [(field, tried)] = sweep.vary.items()
    if (len(tried) + len(values)) * sweep.seeds > MOST_MEMBERS:
        return
    st.button(
        _("Try {field} = {values} too").format(
            field=field_label(field, _), values=listing(f"{value:g}" for value in values)
        ),
        key="beyond",
        icon=":material/play_arrow:",
        on_click=start_sweep,
        args=(None, vary_text({field: [*tried, *values]})),
        disabled=not torch_imports.warm(),
    )


def figures(progress: SweepProgress, comparable: SweepProgress, address: str) -> None:
    """The answer from the seeds that all settings have, beside the curves of all members.

    address: of the stream while the sweep goes on, else empty.
    """
    if not progress.started:
        announcement(progress)
        return
    answer, curves = st.columns(2, gap="medium")
    with answer:
        _answer(comparable, address)
    with curves:
        _curves(progress, address)


def download_name(progress: SweepProgress, part: str) -> str:
    """What the files of this part of the sweep are called."""
    return f"stillroom-sweep-{progress.sweep.hash[:SHORT_ID]}-{part}"


def run_address() -> str:
    """The start of a run's address, from which the way back is this sweep."""
    kept = {
        name: st.query_params[name]
        for name in (Param.VARY, Param.SEEDS, Param.SAMPLER, Param.TRIALS)
        if name in st.query_params
    }
    return f"{pages.TRAIN}?" + urlencode([*kept.items(), (Param.RUN, "")])


def announcement(progress: SweepProgress) -> None:
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


def _curves(progress: SweepProgress, address: str) -> None:
    """The validation error of every student against epoch."""
    st.markdown(f"**{_('Validation error of every student')}**")
    alt = _(
        "Validation error of every student against epoch; the best setting, the twins and the teacher in their colours"
    )
    if address:
        live_chart(CURVES, address, "members", sweep_curves_spec(theme()), alt)
        live_text("curves_caption", address, "curves.caption", curves_caption(progress))
        return
    frame = sweep_curves_frame(progress)
    _chart(CURVES, frame, sweep_curves_spec(theme()), alt)
    st.html(curves_caption(progress))
    # Like a run's figures, offered for keeping only when nothing goes on.
    figure_downloads(CURVES, sweep_tables.of_curves(frame), name=download_name(progress, "curves"))


# ---------------------------------------------------------------------------------------------- the answer


def _answer(progress: SweepProgress, address: str) -> None:
    """The answer: against one field, a map of two, or size against accuracy where networks are varied."""
    chart = answer_chart(progress, theme(), run_address())
    st.markdown(f"**{plain(chart.title)}**")
    drawn = len(chart.frame) > 0
    if address:
        if drawn:
            live_chart(ANSWER, address, "answer", chart.spec, chart.alt)
        caption = f"answer.caption.{theme()}"
        live_text("answer_caption", address, caption, answer_caption(progress, theme()))
        return
    if drawn:
        _chart(ANSWER, chart.frame, chart.spec, chart.alt)
    st.html(answer_caption(progress, theme()))
    if (nll := nll_chart(progress, theme(), run_address())) is not None:
        st.markdown(f"**{plain(nll.title)}**")
        _chart(NLL, nll.frame, nll.spec, nll.alt)
    if measured_settings(progress):
        figure_downloads(ANSWER, sweep_tables.of_students(progress), name=download_name(progress, "answer"))


def _chart(key: str, frame: pd.DataFrame, spec: Spec, alt: str) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with st.container(key=key):
        st.vega_lite_chart(table, spec, key=f"{key}_vega", width="stretch", alt=alt)
