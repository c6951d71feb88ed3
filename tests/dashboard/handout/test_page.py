"""The page that is handed out is one file of bounded size, and no name in it is taken for a program."""

from __future__ import annotations

import json
import re

import pytest

from dashboard.handout.page import IMAGES, MOST_BYTES, Handout
from dashboard.handout.vega_modules import IMPORTED, NO_PRELOADER, vega_modules
from kdcore.errors import RunRefused
from tests.dashboard.handout.pictures import PICTURED, SCRIPTED, scripted_set


def plan_of(html: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="plan">(.*?)</script>', html, re.S)
    assert found
    plan: dict[str, object] = json.loads(found[1])
    return plan


def test_names_stay_names() -> None:
    html = Handout(SCRIPTED, [PICTURED], [scripted_set()]).html()
    assert SCRIPTED not in html
    assert PICTURED not in html
    assert html.count("<script") == html.count("</script>") == 2
    assert plan_of(html)["mounts"][0]["data"]["classes"][0] == SCRIPTED  # type: ignore[index]


def test_nothing_is_asked_for_and_nothing_else_may_be() -> None:
    html = Handout("title", [], [scripted_set()]).html()
    assert "default-src 'none'" in html
    assert "connect-src" not in html, "it falls back to none"
    assert 'translate="no"' in html
    outside = re.sub(r'<script type="application/json".*?</script>', "", html, flags=re.S)
    assert not re.search(r"""(src|href)=["'](?!#)|@import|url\(""", outside)


def test_pictures_are_left_out_until_it_is_small_enough() -> None:
    one = scripted_set(images=60)
    one.data["images"][0]["src"] += "A" * 1_000
    for image in one.data["images"]:
        image["src"] += "A" * (MOST_BYTES // IMAGES[1])
    html = Handout("title", [], [one]).html()
    assert len(html.encode()) < MOST_BYTES
    drawn = plan_of(html)["mounts"][0]["data"]  # type: ignore[index]
    assert len(drawn["images"]) == IMAGES[2]
    assert drawn["index"] == IMAGES[2] - 1


def test_what_cannot_be_made_small_is_refused() -> None:
    one = scripted_set(images=1)
    one.data["images"][0]["src"] += "A" * MOST_BYTES
    with pytest.raises(RunRefused, match="3 is the most"):
        Handout("title", [], [one]).html()


def test_a_figure_that_there_is_not_is_refused() -> None:
    with pytest.raises(RunRefused, match=r"no figure 'curves' here. There are: soft-targets"):
        Handout("title", [], [scripted_set()], only="curves").html()


def test_each_module_of_vega_stands_after_those_that_it_imports() -> None:
    there: set[str] = set()
    texts = dict(vega_modules())
    for name, text in vega_modules():
        static = re.findall(r"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""", text)
        assert set(static) <= there, name
        there.add(name)
        assert set(IMPORTED.findall(text)) <= texts.keys()
    assert NO_PRELOADER in texts.values()
    assert [*texts][-1].startswith("loadVegaEmbed")
    assert sum(map(len, texts.values())) < 1_200_000
