"""How small, compared with what: a run's networks beside other ways to be small, as a table and a figure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd
import pyarrow as pa
import streamlit as st

from dashboard.charts.size_errors import size_errors_frame, size_errors_spec
from dashboard.components.dialog import draw_page_anew
from dashboard.components.error_boundary import errors_as_notices
from dashboard.components.figure_downloads import figure_downloads
from dashboard.components.html_table import html_table
from dashboard.components.network_label import role_html
from dashboard.components.style import theme
from dashboard.data import size_measurement
from dashboard.text.numbers import short_time, size_of
from dashboard.text.translation import _, plain, told
from kdcore.compression.small_network import SmallNetwork
from kdcore.runs.run_record import Run

POLL_SECONDS = 1.0


def size_comparison(run: Run, *, own: bool) -> None:
    """Draw what was measured, or, of this browser's own run, the button that measures it."""
    with st.container(key="sizes"):
        st.markdown(f"**{_('How small, compared with what?')}**")
        if rows := size_measurement.measured(run):
            _draw(run, rows)
        elif (asked := size_measurement.asked(run)) is not None and asked.running:
            st.fragment(_wait, run_every=POLL_SECONDS)(run)
        elif own:
            _offer(run, asked.failed if asked else "")
        else:
            st.caption(_("Nobody has measured it yet; whoever trained the run can."))


def _offer(run: Run, failed: str) -> None:
    st.caption(
        _(
            "A student is one way to be small. Others: the teacher in 8-bit integers, and the teacher without its smallest weights, trained on."
        )
    )
    if failed:
        st.error(plain(told(failed)))
    st.button(
        _("Measure them"),
        key="measure_sizes",
        icon=":material/straighten:",
        help=_(
            "Errors, NLL, size and time of each; this takes about as long as the run took, and half a minute."
        ),
        on_click=_measure,
        args=(run,),
    )


def _measure(run: Run) -> None:
    with errors_as_notices():
        size_measurement.measure(run)


def _wait(run: Run) -> None:
    asked = size_measurement.asked(run)
    if asked is None or not asked.running:
        draw_page_anew()
    st.progress(0.0, _("The networks are being made small and measured. The page can be used meanwhile."))


def _draw(run: Run, rows: Sequence[SmallNetwork]) -> None:
    images = rows[0].images
    heads = [
        "",
        _("errors of {n}").format(n=f"{images:,}"),
        _("NLL"),
        _("weights"),
        _("size"),
        _("compressed"),
        _("one image"),
        _("128 images"),
    ]
    st.html(html_table(heads, [_cells(row) for row in rows]))
    frame = size_errors_frame(rows)
    alt = _(
        "Errors against the compressed size of each network; what nothing else beats in both is joined by a line"
    )
    table = pa.Table.from_pandas(frame, preserve_index=False)
    st.vega_lite_chart(table, size_errors_spec(theme()), key="sizes_vega", width="stretch", alt=alt)
    st.caption(
        _(
            "All as ONNX in onnxruntime, on one thread, on the test images. Int8 is calibrated on 512 training images. The pruned teacher has as many weights as the student, and was trained on with the student's images for its budget. This is one seed."
        )
    )
    figure_downloads("sizes", _numbers(rows), picture=False)


def _cells(row: SmallNetwork) -> list[str]:
    one, many = row.seconds.values()
    return [
        f"{role_html(row.role)} {escape(_(row.how))}",
        f"{row.errors:,}",
        f"{row.nll:.3f}",
        f"{row.weights:,}",
        size_of(row.bytes),
        size_of(row.packed),
        short_time(one),
        short_time(many),
    ]


def _numbers(rows: Sequence[SmallNetwork]) -> pd.DataFrame:
    """The table's numbers, for keeping."""
    return pd.DataFrame(
        [
            {name: value for name, value in row.as_json().items() if name != "seconds"}
            | {f"seconds_{batch}": seconds for batch, seconds in row.seconds.items()}
            for row in rows
        ]
    )
