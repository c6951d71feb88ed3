"""Figures that are turned and explored: they show what was measured, name things word for word, and stand only where they say something."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from dashboard.charts.feature_space import feature_space_figure
from dashboard.charts.plotly_theme import EYES, plotly_text
from dashboard.charts.sweep_parallel_coordinates import parallel_coordinates_figure
from dashboard.charts.sweep_surface import has_surface, surface_figure
from dashboard.data.sweep_measurements import MeasuredSetting
from dashboard.text.roles import STUDENT, TWIN

HOSTILE = '<a href="https://example.org">3</a>'


def grid(xs: list[Any], ys: list[Any]) -> list[MeasuredSetting]:
    """A sweep whose mean error at (x, y) is x + 10 y percent, its twin's 5 percent."""
    return [
        MeasuredSetting(
            {"temperature": x, "teacher_weight": y},
            [(x + 10 * y) / 100 - 0.01, (x + 10 * y) / 100 + 0.01],
            [0.05, 0.05],
            ["a", "b"],
            1000,
            True,
            [0.5, 0.7],
            [0.6, 0.6],
        )
        for y in ys
        for x in xs
    ]


SETTINGS = grid([1.0, 4.0, 16.0], [0.3, 0.6, 0.9])


def test_the_surface_is_the_mean_of_the_seeds_and_the_sheet_the_twins() -> None:
    figure = surface_figure("light", ("T", "weight"), "errs", SETTINGS, "corner")
    student, twin, seeds = figure.data
    assert student.z[2][1] == pytest.approx(4 + 9)
    assert {height for row in twin.z for height in row} == {5.0}
    assert sorted(seeds.z)[0] == pytest.approx(1 + 3 - 1)
    assert len(seeds.z) == 2 * len(SETTINGS)
    assert student.colorscale[1][1] == STUDENT.colour("light")
    assert twin.colorscale[0][1] == TWIN.colour("light")
    assert (figure.layout.scene.xaxis.type, figure.layout.scene.yaxis.type) == ("log", "linear")


def test_a_surface_needs_a_whole_grid_of_two_numbers() -> None:
    assert has_surface(SETTINGS)
    assert not has_surface(SETTINGS[:-1])
    assert not has_surface(grid([1.0, 4.0], [0.3, 0.6, 0.9]))
    assert not has_surface([])
    names = [
        MeasuredSetting({"student": name, "epochs": n}, [0.1], [], [""], 1, True)
        for name in "abc"
        for n in (1, 2, 3)
    ]
    assert not has_surface(names)


@pytest.mark.parametrize("viewpoint", EYES)
def test_a_viewpoint_is_where_the_camera_stands(viewpoint: Any) -> None:
    eye = surface_figure("dark", ("T", "weight"), "errs", SETTINGS, viewpoint).layout.scene.camera.eye
    assert (eye.x, eye.y, eye.z) == EYES[viewpoint]


def test_every_setting_is_a_line_across_what_was_varied_and_measured() -> None:
    [lines] = parallel_coordinates_figure("light", SETTINGS).data
    axes = {axis.label: list(axis.values) for axis in lines.dimensions}
    assert list(axes) == [
        "T",
        "weight on teacher",
        "student errs, %",
        "student − twin, points",
        "student's NLL",
    ]
    assert axes["student errs, %"] == pytest.approx([x + 10 * y for y in (0.3, 0.6, 0.9) for x in (1, 4, 16)])
    assert axes["student − twin, points"][0] == pytest.approx(4 - 5)
    assert axes["student's NLL"] == pytest.approx([0.6] * 9)


def test_values_that_are_no_numbers_have_their_names_on_the_axis() -> None:
    settings = [
        MeasuredSetting({"student": name}, [0.1], [], [""], size, True)
        for name, size in (("mlp-30", 2), ("mlp-10", 1))
    ]
    [lines] = parallel_coordinates_figure("light", settings).data
    student, errs, parameters = lines.dimensions
    assert [student.ticktext[int(place)] for place in student.values] == ["mlp-30", "mlp-10"]
    assert errs.label == "student errs, %"
    assert list(parameters.values) == [2, 1]


def test_a_cloud_has_its_images_by_class_and_its_names_word_for_word() -> None:
    frame = pd.DataFrame(
        {
            "class": ["0", HOSTILE],
            "chosen": [False, True],
            "said0": ["0", HOSTILE],
            "x0": [0.1, 0.2],
            "y0": [0.3, 0.4],
            "z0": [0.5, 0.6],
        }
    )
    figure = feature_space_figure("light", frame, [HOSTILE], ["0", HOSTILE], "above")
    plain, chosen = figure.data
    assert [list(plain.x), list(plain.y), list(plain.z)] == [[0.1], [0.3], [0.5]]
    assert chosen.marker.size[0] > plain.marker.size[0]
    assert chosen.name == chosen.customdata[0] == plotly_text(HOSTILE)
    assert "<a" not in figure.to_json().replace("\\u003c", "<")
