"""A finished sweep to explore: as a surface over two fields, and as lines across all that was varied and measured."""

from __future__ import annotations

import streamlit as st

from dashboard.charts.sweep_parallel_coordinates import FEWEST, parallel_coordinates_figure
from dashboard.charts.sweep_surface import has_surface, surface_figure
from dashboard.components.explored_figure import explored_figure, viewpoint
from dashboard.components.style import theme
from dashboard.data.sweep_measurements import MeasuredSetting, measured_settings
from dashboard.data.sweep_progress import SweepProgress
from dashboard.session import Key
from dashboard.text.translation import _
from kdcore.experiment_fields import field_label


@st.fragment
def exploration(progress: SweepProgress) -> None:
    """Draw what can be explored of a sweep that is complete; nothing where it is too small."""
    settings = measured_settings(progress)
    if len(settings) < FEWEST:
        return
    with st.container(key="explore"):
        if not st.toggle(_("Explore the settings"), key=Key.EXPLORE):
            return
        if has_surface(settings):
            _surface(settings)
        st.markdown(f"**{_('Every setting as a line')}**")
        explored_figure("parallel", parallel_coordinates_figure(theme(), settings))
        st.caption(
            _(
                "Drag along an axis to keep only the settings that pass there; drag its name to move it. The stronger the colour, the fewer errors, mean of the seeds. The table below has the same figures."
            )
        )


def _surface(settings: list[MeasuredSetting]) -> None:
    first, second = (field_label(name, _) for name in settings[0].setting)
    st.markdown(f"**{_('The error as a surface')}**")
    camera = viewpoint("surface")
    explored_figure(
        "surface", surface_figure(theme(), (first, second), _("student errs, %"), settings, camera)
    )
    st.caption(_("Drag to turn it, scroll to come closer. The sheet is the twin; a point is a seed."))
