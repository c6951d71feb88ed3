"""What a method shows of its networks while it trains, as the page draws it."""

from __future__ import annotations

import json
import re

from streamlit.testing.v1 import AppTest

from dashboard.data import run_curves
from dashboard.stream.run_reader import run_snapshot
from tests.dashboard.fake_manager import DOT, FakeManager


def shown(app: AppTest, manager: FakeManager, *events: dict[str, object]) -> list[str]:
    """What the page shows after the run said these pictures and ended; while it trained, its stream had the same."""
    app.run().button(key="train").click().run()
    manager.train("run0", 2)
    for event in events:
        manager.note("run0", "Pictures", {"step": 1, "epoch": 1.0, "images": [], **event})
    run = manager.run("run0")
    streamed = run_snapshot(run, run_curves.curves(run)).values["pictures.light"]
    manager.set("run0", status="stopped")
    app.run()
    assert not app.exception
    texts = [part for part in app.get("bidi_component") if part.proto.component_name == "live_text"]
    drawn = [json.loads(part.proto.json)["initial"] for part in texts]
    assert streamed in drawn
    return drawn


def test_made_images_stand_with_what_the_teacher_sees_in_them(app: AppTest, manager: FakeManager) -> None:
    older = {"view": "images", "role": "generator", "values": ["data:image/png;base64,old"], "classes": [1]}
    newer = {"view": "images", "role": "generator", "values": [DOT, DOT], "classes": [3, 7]}
    [made] = [html for html in shown(app, manager, older, newer) if 'class="made_images"' in html]
    assert made.count(f'<img src="{DOT}"') == 2
    assert re.findall(r"<figcaption>(\w+)</figcaption>", made) == ["3", "7"]
    assert "base64,old" not in made
    assert "generator" in made


def test_maps_have_a_row_for_each_network(app: AppTest, manager: FakeManager) -> None:
    maps = [[[0.0, 1.0], [0.5, 0.2]]] * 6
    roles = ("student", "teacher", "twin")
    events = [{"view": "map", "role": role, "values": maps, "point": "early"} for role in roles]
    [table] = [html for html in shown(app, manager, *events) if 'class="method_pictures"' in html]
    assert re.findall(r'scope="row">\S+ (\w+)<', table) == ["teacher", "twin", "student"]
    assert table.count("what the student shows") == 6
    assert "at the depth &#x27;early&#x27;, in 2 × 2 squares" in table
