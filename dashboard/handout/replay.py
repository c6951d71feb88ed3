"""A finished run of the page: what its stream would have said, and the components that draw from it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape

from dashboard.charts import run_charts
from dashboard.charts.curve_rows import ChartRows, Row
from dashboard.charts.run_charts import RunChart
from dashboard.components.headline import run_headline_html
from dashboard.components.live_run import LIVE_CHART, LIVE_TEXT, chart_data
from dashboard.components.pinned_images import LIVE_PINNED, panel_style, pinned_texts
from dashboard.components.pinned_large import PINNED_LARGE, large_texts
from dashboard.components.result_tables import test_table
from dashboard.components.run_player import RUN_PLAYER, player_data
from dashboard.data import method_cards, run_curves
from dashboard.data.curves import Curves
from dashboard.handout.mounted import Data, MountedComponent, in_both_themes
from dashboard.stream.page_snapshot import PageSnapshot
from dashboard.stream.run_reader import run_snapshot
from dashboard.stream.snapshot_changes import Message, whole_message
from dashboard.text.result_sentences import what_this_shows, why_so
from dashboard.text.roles import Theme
from dashboard.text.translation import _
from kdcore.runs.curve_store import Point, StoredEvent
from kdcore.runs.live_view import thinned
from kdcore.runs.run_record import Run
from kdcore.studies import run_explanation
from kdcore.studies.run_explanation import TrainingFacts

MOST_POINTS = 300
"""Points of a curve."""
JUST = 1e-9
"""Epochs that differ by less are the same."""
BY_MOMENT = ("answers", "layer")
"""Charts of which only what stands at a recorded step is shown."""
EACH = "scaled"
"""The loss terms that are shown: as they enter the sum."""


@dataclass(frozen=True)
class Replay:
    """A run, its curves, and what its record says of how its networks learned."""

    run: Run
    curves: Curves
    facts: TrainingFacts

    @property
    def address(self) -> str:
        """By which its components find what the page has of it."""
        return f"recorded/{self.run.id}"

    def message(self, most: int) -> Message:
        """All that a stream would say of the run, with at most so many of its recorded steps, the first and the last among them."""
        return whole_message(_with_fewer_steps(run_snapshot(self.run, self.curves), most))

    # ---- its components

    def player(self) -> MountedComponent:
        """Goes back and forth."""
        return MountedComponent(RUN_PLAYER, {**self._stream, **player_data(going_on=False, steers=False)})

    def numbers(self) -> MountedComponent:
        """The headline, at the step that is shown."""
        initial = run_headline_html(self.run, self.curves)
        return MountedComponent(
            LIVE_TEXT, {**self._stream, "slot": "headline", "initial": initial, "earlier": ""}
        )

    def curve(self) -> MountedComponent:
        """The large chart."""
        return self._chart(lambda theme: run_charts.error_chart(self.curves, theme))

    def details(self) -> list[MountedComponent]:
        """Loss terms and gradients; without a chart that has no rows."""
        charts = run_snapshot(self.run, self.curves).charts
        light = run_charts.detail_charts(self.curves, EACH, "light")
        dark = run_charts.detail_charts(self.curves, EACH, "dark")
        return [
            self._chart({"light": in_light, "dark": in_dark}.__getitem__)
            for in_light, in_dark in zip(light, dark, strict=True)
            if charts[in_light.rows].groups
        ]

    def large_image(self) -> MountedComponent:
        """One pinned image beside the curve."""
        themed = in_both_themes(lambda theme: {**panel_style(theme)})
        return MountedComponent(PINNED_LARGE, {**self._stream, "texts": large_texts()}, themed)

    def images(self) -> list[MountedComponent]:
        """All pinned images, and a method's pictures where it has some."""
        themed = in_both_themes(lambda theme: {**panel_style(theme)})
        mounted = [MountedComponent(LIVE_PINNED, {**self._stream, "texts": pinned_texts()}, themed)]
        if self.curves.of_kind("Pictures"):
            newest = _("As they are at the newest step, not at the one that is shown:")
            slots = in_both_themes(lambda theme: {"slot": f"pictures.{theme}"})
            mounted.append(
                MountedComponent(LIVE_TEXT, {**self._stream, "initial": "", "earlier": newest}, slots)
            )
        return mounted

    def results_html(self) -> str:
        """What the run shows, in sentences, and the table of its test figures; escaped here."""
        results, run = run_curves.results(self.run), self.run
        why = method_cards.uncalibrated(run.experiment)
        table = test_table(results, uncalibrated=bool(why))
        changed = bool(self.curves.of_kind("HotChange"))
        said = what_this_shows(results, uncalibrated=why, changed=changed, stopped=run.status == "stopped")
        if run.experiment.fault or not said:
            return table
        soft = not method_cards.unused(run.experiment, "temperature")
        verdict, figures = said
        sentences = [f"<p><strong>{escape(verdict)}</strong></p>"]
        sentences += [
            f"<p>{escape(text)}</p>" for text in (figures, why_so(self.facts, results, soft=soft)) if text
        ]
        return "".join(sentences) + table

    # ---- how they are made

    @property
    def _stream(self) -> Data:
        return {"address": self.address, "over": True}

    def _chart(self, of_theme: Callable[[Theme], RunChart]) -> MountedComponent:
        def drawn(theme: Theme) -> Data:
            chart = of_theme(theme)
            return chart_data(chart.rows, chart.spec, chart.alt, **chart.how)

        return MountedComponent(LIVE_CHART, self._stream, in_both_themes(drawn))


def replay_of_record(run: Run, points: Sequence[Point], events: Sequence[StoredEvent]) -> Replay:
    """From a run's points and events, oldest first: thinned as the manager thins them for a page."""
    series: dict[tuple[str, str, str], list[Point]] = {}
    for point in points:
        series.setdefault((point.phase, point.role, point.series), []).append(point)
    kept = [point for curve in series.values() for point in thinned(curve, MOST_POINTS)]
    asks = method_cards.asks_teacher(run.experiment)
    curves = run_curves.recorded_curves(run.experiment, kept, events, asks=asks)
    return Replay(run, curves, run_explanation.training_facts(run.experiment, kept, events))


def _with_fewer_steps(snapshot: PageSnapshot, most: int) -> PageSnapshot:
    """At most so many recorded steps, and of what is only shown at one of them the rows that are."""
    charts = dict(snapshot.charts)
    if not charts["moments"].groups:
        return snapshot
    moments = thinned(charts["moments"].groups[0].rows, most)
    epochs = [row[0] for row in moments]
    charts["moments"] = ChartRows([replace(charts["moments"].groups[0], rows=moments)])
    for name in BY_MOMENT:
        groups = [replace(group, rows=_shown_at(group.rows, epochs)) for group in charts[name].groups]
        charts[name] = replace(charts[name], groups=groups)
    return replace(snapshot, charts=charts)


def _shown_at(rows: list[Row], epochs: Sequence[float]) -> list[Row]:
    """The rows that are the last before one of these epochs, or at it, and the newest."""
    own = [row[0] for row in rows]
    places = {bisect_right(own, epoch + JUST) - 1 for epoch in epochs} | {len(rows) - 1}
    return [row for place, row in enumerate(rows) if place in places]
