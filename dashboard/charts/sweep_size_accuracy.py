"""A sweep of network sizes: accuracy against parameters, with arrows from twin to student.

A mark is a link: a click opens its run.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboard.charts.chart_theme import FAINT, INK, chart_config
from dashboard.charts.role_scales import role_colour, role_shape
from dashboard.charts.sweep_marks import RUN_LINK, marks, run_url, seed_url
from dashboard.charts.vega import Spec, data_domain, nominal, of_kind, quantitative
from dashboard.data.sweep_measurements import MeasuredSetting
from dashboard.text.roles import OTHER, ROLES, STUDENT, TEACHER, TWIN, Theme
from dashboard.text.translation import _, listing
from kdcore.studies.sweep_findings import field_value

COLUMNS = ["kind", "look", "x", "y", "y2", "middle", "up", "label", "name", "url"]
HEAD_PLACE = 0.6
"""Where an arrow's head stands, as a share of its length."""


def size_accuracy_frame(
    settings: Sequence[MeasuredSetting], link: str, teacher: tuple[int | None, float | None] = (None, None)
) -> pd.DataFrame:
    """Accuracy in percent against parameters: each twin, each student, an arrow from one to the other, and the teacher.

    Columns: kind (mean, dot, arrow), look, x, y, y2, middle, up, label, name, url. `teacher`: its parameters and its error.
    """
    rows: list[dict[str, Any]] = []
    for setting in settings:
        if setting.parameters is not None and setting.twin:
            rows.append(_arrow(setting))
            rows += _network_rows(TWIN.name, setting, setting.twin, link)
            rows += _network_rows(STUDENT.name, setting, setting.student, link)
    size, error = teacher
    if rows and size is not None and error is not None:
        look = {"kind": "mean", "look": TEACHER.name, "label": TEACHER.label, "name": TEACHER.label}
        rows.append(look | {"x": size, "y": 100 * (1 - error)})
    return pd.DataFrame(rows, columns=COLUMNS)


def _accuracy(errors: Sequence[float]) -> float:
    return 100 * (1 - statistics.fmean(errors))


def _arrow(setting: MeasuredSetting) -> dict[str, Any]:
    twin, student = _accuracy(setting.twin), _accuracy(setting.student)
    return {
        "kind": "arrow", "look": OTHER, "x": setting.parameters, "y": twin, "y2": student,
        "middle": twin + HEAD_PLACE * (student - twin), "up": student >= twin,
    }  # fmt: skip


def _network_rows(
    who: str, setting: MeasuredSetting, errors: Sequence[float], link: str
) -> list[dict[str, Any]]:
    """The mean and the seeds of one setting and role; only the student's mean has its name beside it."""
    name = listing(field_value(value, _) for value in setting.setting.values())
    label = listing([name, ROLES[who].label])
    place = {"look": who, "x": setting.parameters}
    mean = {
        **place, "kind": "mean", "y": _accuracy(errors), "label": label, "url": run_url(setting, link), "name": name if who == STUDENT.name else "",
    }  # fmt: skip
    seeds = [
        {
            **place, "kind": "dot", "y": 100 * (1 - error), "label": f"{label} · {_('seed')} {seed}", "url": seed_url(setting, seed, link),
        }
        for seed, error in enumerate(errors)
    ]  # fmt: skip
    return [mean, *seeds]


def size_accuracy_spec(theme: Theme, y_title: str, height: int = 320) -> Spec:
    """Size against accuracy, parameters on a logarithmic axis; the arrows show what distilling adds to each size."""
    scale = {"type": "log", "nice": False, "padding": 40, "domain": data_domain("x", otherwise=(1, 10))}
    x = quantitative(
        "x", title=_("parameters"), scale=scale, axis={"format": "~s", "grid": False, "tickCount": 6}
    )
    y_scale = {"padding": 16, "nice": True, "domain": data_domain("y", otherwise=(0, 100))}
    y = quantitative("y", title=y_title, scale=y_scale, axis={"tickCount": 6})
    tooltip = [
        nominal("label", title=" "),
        quantitative("x", title=_("parameters"), format=",d"),
        quantitative("y", title=y_title, format=".2f"),
    ]
    linked = {
        "x": x, "y": y, "color": role_colour(theme), "shape": role_shape(), "tooltip": tooltip, "href": RUN_LINK,
    }  # fmt: skip
    return {
        "height": height,
        "config": chart_config(theme, 14),
        "layer": [
            *_arrow_layers(theme, x, y),
            {"transform": [of_kind("dot")], "mark": marks(35, 0.6), "encoding": linked},
            {"transform": [of_kind("mean")], "mark": marks(190, 1), "encoding": linked},
            {
                "transform": [of_kind("mean")],
                "mark": {"type": "text", "dx": 12, "align": "left", "fontSize": 14, "color": INK[theme]},
                "encoding": {"x": x, "y": y, "text": nominal("name")},
            },
        ],
    }


def _arrow_layers(theme: Theme, x: Spec, y: Spec) -> list[Spec]:
    head = {"condition": {"test": "datum.up", "value": "triangle-up"}, "value": "triangle-down"}
    return [
        {
            "transform": [of_kind("arrow")],
            "mark": {"type": "rule", "color": FAINT[theme], "strokeWidth": 2},
            "encoding": {"x": x, "y": y, "y2": {"field": "y2"}},
        },
        {
            "transform": [of_kind("arrow")],
            "mark": {"type": "point", "filled": True, "color": FAINT[theme], "size": 90, "opacity": 1},
            "encoding": {"x": x, "y": {**y, "field": "middle"}, "shape": head},
        },
    ]
