"""Waiting for networks on a page: what failed is told there, and can be tried again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from kdcore.errors import OutOfResources
from kdcore.studies import asking
from kdcore.studies.asking import Progress

ANSWERS = """
from dashboard.components.asking import wait_for, wait_for_projection

for split in ("test", "validation"):
    if wait_for([], (split,)):
        print("answered")
"""
PROJECTION = ANSWERS.replace("wait_for([], (split,))", "wait_for_projection([], split, 'pca')")


class FailsOnce:
    """An asker whose first process died."""

    def __init__(self) -> None:
        self.agains = 0

    def need(self, *_: Any, again: bool = False) -> Progress:
        self.agains += again
        if not self.agains:
            raise OutOfResources("There was too little memory.")
        return Progress(3, 10, "Asking")

    need_projection = need


@pytest.mark.parametrize("script", [ANSWERS, PROJECTION])
def test_what_failed_is_told_and_tried_again_at_a_click(
    script: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path))
    asker = FailsOnce()
    monkeypatch.setattr(asking, "asker", lambda folder: asker)
    app = AppTest.from_string(script).run()
    assert not app.exception
    assert [error.value for error in app.error] == ["There was too little memory."] * 2
    app.run()
    assert asker.agains == 0, "nobody clicked"
    app.button[0].click().run()
    assert not app.exception
    assert not app.error
    assert asker.agains == 1
    assert app.get("progress")[0].proto.text.endswith("3 of 10")
