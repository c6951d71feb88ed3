"""The heat map of a grid: a sweep of two fields, the mean error of each pair of values as a colour.

A cell is a link: a click opens its run.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import pandas as pd

from dashboard.charts.chart_theme import GRID, INK, SEQUENTIAL, chart_config
from dashboard.charts.sweep_marks import LINK_CURSOR, RUN_LINK, run_url
from dashboard.charts.vega import Spec, data_domain, nominal, quantitative
from dashboard.data.sweep_measurements import MeasuredSetting
from dashboard.text.roles import Theme
from dashboard.text.translation import _
from kdcore.pipelines.varied_fields import numeric_range
from kdcore.studies.sweep_findings import field_value


def heat_map_frame(settings: Sequence[MeasuredSetting], link: str) -> pd.DataFrame:
    """The mean error of each setting in percent. Columns: x, y (words), vx, vy (values), mean, gain, seeds, url."""
    rows = []
    for setting in settings:
        (_first, x), (_second, y) = [*setting.setting.items()][:2]
        mean = 100 * statistics.fmean(setting.student)
        gain = mean - 100 * statistics.fmean(setting.twin) if setting.twin else math.nan
        cell = {
            "x": field_value(x, _),
            "y": field_value(y, _),
            "mean": mean,
            "gain": gain,
            "seeds": len(setting.student),
        }
        values = {"vx": x, "vy": y} if numeric_range([x, y]) else {"vx": math.nan, "vy": math.nan}
        rows.append(cell | values | {"url": run_url(setting, link)})
    return pd.DataFrame(rows, columns=["x", "y", "vx", "vy", "mean", "gain", "seeds", "url"])


def heat_map_spec(
    theme: Theme,
    titles: tuple[str, str],
    orders: tuple[Sequence[str], Sequence[str]],
    value: str,
    height: int = 320,
) -> Spec:
    """A heat map of two fields: what errs more is further from the page's colour; the number in each cell is the mean error
    in percent. `value` is what that number is called."""
    (x_title, y_title), (x_order, y_order) = titles, [list(order) for order in orders]
    x = nominal("x", title=x_title, sort=x_order, scale={"domain": x_order}, axis={"labelAngle": 0})
    y = nominal("y", title=y_title, sort=y_order, scale={"domain": y_order})
    linked = setting_encoding(theme, titles, value)
    # The reader's own theme decides which end of the map is dark.
    ink = {"expr": f"luminance(scale('color', datum.mean)) > 0.3 ? '{INK['light']}' : '{INK['dark']}'"}
    number = {"text": quantitative("mean", format=".1f"), "href": RUN_LINK, "tooltip": linked["tooltip"]}
    return {
        "height": height,
        "config": chart_config(theme, 14),
        "encoding": {"x": x, "y": y},
        "layer": [
            {"mark": {"type": "rect", "cursor": LINK_CURSOR, "stroke": GRID[theme]}, "encoding": linked},
            {
                "mark": {"type": "text", "fontSize": 15, "aria": False, "cursor": LINK_CURSOR, "color": ink},
                "encoding": number,
            },
        ],
    }


def setting_encoding(theme: Theme, titles: tuple[str, str], value: str) -> Spec:
    """The colour of a setting's mean error, its tooltip, and the run that it opens."""
    tooltip = [
        nominal("x", title=titles[0]),
        nominal("y", title=titles[1]),
        quantitative("mean", title=value, format=".2f"),
        quantitative("gain", title=_("student − twin, points"), format="+.2f"),
        quantitative("seeds", title=_("seeds")),
    ]
    scale = {
        "range": SEQUENTIAL[theme],
        "interpolate": "lab",
        "nice": False,
        "domain": data_domain("mean", otherwise=(0, 1)),
    }
    legend = {"gradientLength": 160, "labelColor": INK[theme], "titleColor": INK[theme]}
    colour = quantitative("mean", title=value, scale=scale, legend=legend)
    return {"color": colour, "tooltip": tooltip, "href": RUN_LINK, "description": {"field": "label"}}
