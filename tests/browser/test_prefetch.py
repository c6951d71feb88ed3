"""A recipe that is looked at: its images are read and its teacher answers before Train is pressed."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Page, expect

from kdcore.pipelines.teacher_question import teacher_question
from kdcore.runs.store import Store
from kdcore.runs.worker import ANSWERED, SPEED
from tests.browser.conftest import NewContext
from tests.browser.helpers import button, serving, settled
from tests.kdcore.runs.helping import until

RECIPE = "/train?dataset=mnist&teacher=mnist-cnn-medium&student=mlp-10&count=500&epochs=1"


def time_is_estimated(page: Page) -> bool:
    """Open the recipe. A server that has just started still imports torch, and reckons with nothing."""
    page.goto(RECIPE)
    settled(page)
    return page.get_by_text("on this machine").count() > 0


def test_the_run_of_a_recipe_that_was_looked_at_finds_its_answers(
    new_context: NewContext, data_folder: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    with closing(Store(runs)) as store, serving(runs, data_folder, STILLROOM_PREFETCH="1") as server:
        store.set_fact(SPEED, {"step": 5e-4, "linear": 2e10, "convolution": 5e10})
        page = new_context(base_url=server.address).new_page()
        until(lambda: time_is_estimated(page))
        until(lambda: store.fact(ANSWERED))
        answers = sorted((runs / "kept" / "logits").iterdir())
        button(page, "train").click()
        expect(page).to_have_url(re.compile(r"[?&]run="))
        [run] = store.runs()
        until(lambda: store.run(run.id).status == "finished")
        results = store.run(run.id).results
        assert sorted((runs / "kept" / "logits").iterdir()) == answers, "nothing was asked that was not known"
        assert list(store.fact(ANSWERED) or {}) == [teacher_question(run.experiment)]
        assert results["teacher"]["test_images"] == 10_000
