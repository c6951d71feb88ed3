"""The drawings of methods: one network a bar, what is compared, the same in words, nothing beyond the edge."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.charts.method_diagram import Panel, method_diagram, method_diagram_html
from dashboard.charts.method_diagram_layout import POINT_X, WIDTH
from dashboard.charts.method_diagram_shapes import LETTER_WIDTH
from dashboard.data import torch_imports
from dashboard.text.roles import STUDENT, TEACHER, Theme
from kdcore.methods.registry import methods
from kdcore.methods.settings import setting
from kdcore.studies.method_wiring import wired

SVG = "{http://www.w3.org/2000/svg}"


def panels(method: str, theme: Theme = "light", **settings: float) -> list[Panel]:
    return method_diagram(wired(method, tuple(settings.items())), theme)


def parts(panel: Panel, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(panel.svg).iter(SVG + tag))


def written(panel: Panel) -> list[str]:
    return [text.text or "" for text in parts(panel, "text")]


def dots(panel: Panel) -> list[tuple[str, float]]:
    """The points that are tapped: name and height."""
    names = {str(x): point for point, x in POINT_X.items()}
    return [
        (names[c.attrib["cx"]], float(c.attrib["cy"]))
        for c in parts(panel, "circle")
        if float(c.attrib["r"]) > 3
    ]


@pytest.mark.parametrize("method", methods())
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_method_is_drawn_within_its_edges_and_said_in_words(method: str, theme: Theme) -> None:
    for panel in panels(method, theme):
        assert f'width="{WIDTH}"' in panel.svg
        for text in parts(panel, "text"):
            wide = 0.85 * LETTER_WIDTH * len(text.text or "")
            x, anchor = float(text.attrib["x"]), text.attrib["text-anchor"]
            left = {"start": x, "middle": x - wide / 2, "end": x - wide}[anchor]
            assert left >= 0, text.text
            assert left + wide <= WIDTH, text.text
        assert "reads" in panel.words
        assert panel.words.endswith(".")


def test_soft_targets_join_the_logits_of_teacher_and_student() -> None:
    [panel] = panels("soft-targets")
    assert {point for point, _y in dots(panel)} == {"logits"}
    assert len(dots(panel)) == 2
    assert f"{TEACHER.mark} teacher" in written(panel)
    assert f"{STUDENT.mark} student" in written(panel)
    assert "label" in written(panel)
    assert "soft targets reads logits of student, logits of teacher" in panel.words


def test_only_those_that_learn_are_filled() -> None:
    [panel] = panels("soft-targets")
    filled = {r.attrib["stroke"]: float(r.attrib["fill-opacity"]) for r in parts(panel, "rect")[:2]}
    assert filled[TEACHER.light] < 0.1 < filled[STUDENT.light]


def test_attention_is_compared_at_three_depths() -> None:
    [panel] = panels("attention-transfer")
    assert [point for point, _y in dots(panel)].count("middle") == 2
    assert {point for point, _y in dots(panel)} == {"early", "middle", "last", "logits"}


def test_the_hints_adapter_moves_with_the_chosen_point() -> None:
    for point in ("early", "penultimate"):
        [panel] = panels("hint", point=setting("hint", "point", point))
        [box] = [text for text in parts(panel, "text") if text.text == "hint"]
        assert float(box.attrib["x"]) == POINT_X[point]


def test_stages_stand_in_their_order_and_equal_ones_as_one() -> None:
    assert [written(panel)[0] for panel in panels("teacher-assistant")] == [
        "1. the assistant learns (before the run)",
        "2. the student learns",
    ]
    assert len(panels("born-again")) == 3
    assert [written(panel)[0] for panel in panels("self-last-epoch")] == [
        "1. epoch 1",
        "2. epoch 2 … epoch 10",
    ]


def test_what_no_line_shows_is_written() -> None:
    assert "student sees no real image" in written(panels("data-free")[0])
    assert "student starts with the weights of teacher" in written(panels("teacher-layers")[0])


def test_the_words_are_the_pictures_alternative_text() -> None:
    made = panels("mutual-learning")
    html = method_diagram_html(made)
    assert f'alt="{made[0].words}"' in html
    [data] = re.findall(r"base64,([^\"]+)", html)
    assert base64.b64decode(data).decode() == made[0].svg


def test_the_picker_draws_the_chosen_method(app: AppTest) -> None:
    torch_imports._import()
    app.query_params["method"] = "attention-transfer"
    app.query_params["more"] = "method"
    app.run()
    assert not app.exception
    assert any('class="method_diagram"' in html.proto.body for html in app.get("html"))
