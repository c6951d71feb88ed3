"""What soft targets are known to do for the chosen network, and the settings at which they were seen to do it."""

from __future__ import annotations

import statistics

import streamlit as st

from dashboard.components.error_boundary import errors_as_notices
from dashboard.data import starting_settings
from dashboard.data.screen import Screen, read_screen
from dashboard.text.numbers import grouped
from dashboard.text.translation import _
from dashboard.url.permalink import write_recipe
from kdcore.studies.starting_settings import JudgedStart, StartingSettings, start_of

METHOD = "soft-targets"


def starting_note(screen: Screen) -> None:
    """One line under the student, and a button that takes the known settings where the recipe has others."""
    draft = screen.draft
    if draft.method != METHOD or screen.watching:
        return
    judged = start_of(draft)
    if judged is None:
        st.caption(_("What soft targets give this network on these images has not been measured."))
    elif not judged.helps:
        st.caption(
            _(
                "No settings were found at which soft targets help this network within a minute. {figures}"
            ).format(figures=_figures(judged.start))
        )
    elif judged.start.fits(draft):
        st.caption(
            _("These settings are known to work: {figures}").format(figures=_figures(judged.start))
            if judged.errors.less
            else _("With these settings soft targets lower the NLL, not the errors: {figures}").format(
                figures=_figures(judged.start)
            )
        )
    else:
        _button(judged)


def _button(judged: JudgedStart) -> None:
    st.button(
        _("Use settings known to work"),
        key="starting_settings",
        help=_figures(judged.start),
        on_click=use_starting_settings,
        width="stretch",
        icon=":material/recommend:",
    )


def _figures(start: StartingSettings) -> str:
    """Mean test errors and NLL of student and twin."""
    return _(
        "{student} of {images} test images wrong, labels alone {twin}; NLL {student_nll} and {twin_nll} (mean of {seeds} seeds)."
    ).format(
        student=f"{statistics.fmean(start.student_errors):,.0f}",
        twin=f"{statistics.fmean(start.twin_errors):,.0f}",
        images=grouped(start.images),
        student_nll=f"{statistics.fmean(start.student_nll):.2f}",
        twin_nll=f"{statistics.fmean(start.twin_nll):.2f}",
        seeds=len(start.student_errors),
    )


def use_starting_settings() -> None:
    """The button was pressed: the recipe takes the settings that its network starts with."""
    with errors_as_notices():
        screen = read_screen()
        if judged := start_of(screen.draft):
            write_recipe(starting_settings.with_start(screen.draft, judged), screen.base)
