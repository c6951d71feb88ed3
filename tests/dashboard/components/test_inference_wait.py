"""Waiting for networks on a page: what failed is told there, and can be tried again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from kdcore.errors import OutOfResources
from kdcore.inference import client
from kdcore.inference.job import JobProgress

ANSWERS = """
from dashboard.components.inference_wait import wait_for_outputs, wait_for_projection

for split in ("test", "validation"):
    if wait_for_outputs([], (split,)):
        print("answered")
"""
PROJECTION = ANSWERS.replace("wait_for_outputs([], (split,))", "wait_for_projection([], split, 'pca')")


class FailsOnce:
    """An asker whose first process died."""

    def __init__(self) -> None:
        self.agains = 0

    def need(self, *_: Any, again: bool = False) -> JobProgress:
        self.agains += again
        if not self.agains:
            raise OutOfResources("There was too little memory.")
        return JobProgress(3, 10, "Asking")

    need_projection = need


@pytest.mark.parametrize("script", [ANSWERS, PROJECTION])
def test_what_failed_is_told_and_tried_again_at_a_click(
    script: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path))
    asker = FailsOnce()
    monkeypatch.setattr(client, "inference_client", lambda folder: asker)
    app = AppTest.from_string(script).run()
    assert not app.exception
    assert [error.value for error in app.error] == ["There was too little memory."] * 2
    app.run()
    assert asker.agains == 0, "nobody clicked"
    app.button[0].click().run()
    assert not app.exception
    assert not app.error
    assert asker.agains == 1
    assert app.get("progress")[0].proto.text.endswith("3 of 10 answers")
