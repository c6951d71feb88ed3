"""A sweep that is pressed on the page, trained by a Ray head and two nodes, one of which dies meanwhile."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from kdcore.studies.presets import PRESETS
from kdcore.studies.sweep import Sweep
from tests.browser.helpers import button, serving, settled
from tests.kdcore.runs.clusters import running
from tests.kdcore.runs.helping import until

SWEEP = Sweep(
    base=PRESETS[0].experiment.with_flat(epochs=400),  # what the page begins with
    vary={"student": ("mlp-20", "mlp-30"), "temperature": (2.0, 8.0)},
    seeds=2,
)
LINK = "/sweep?vary=student:mlp-20,mlp-30;temperature:2,8&seeds=2&epochs=400"


@pytest.mark.slow
@pytest.mark.proof
def test_a_sweep_from_the_page_outlives_a_node_of_the_cluster(
    browser: Browser,
    tmp_path: Path,
    gathered_data: tuple[Path, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data, _ = gathered_data
    with running(data, 2) as cluster:
        monkeypatch.setenv("STILLROOM_ENGINE", "ray")
        monkeypatch.setenv("RAY_ADDRESS", cluster.address)
        with serving(tmp_path / "runs", data) as server, closing(Store(server.runs)) as store:
            page = browser.new_context(base_url=server.address).new_page()
            page.goto(LINK)
            settled(page)
            button(page, "start_sweep").click()

            def training() -> list[Run]:
                runs = [run for run in store.runs() if run.sweep == SWEEP.hash]
                assert not any(run.error for run in runs), [run.error for run in runs]
                return [run for run in runs if run.phase == "students" and run.live]

            live = until(lambda: len(found := training()) == 2 and found)
            cluster.kill(cluster.node_of(live[0].id))
            controls = page.locator(".st-key-controls")
            expect(controls).to_contain_text("8 of 8 students trained")
            expect(page.locator(".st-key-details")).to_contain_text("at 2 seeds")
            trained = [run for run in store.runs() if run.sweep == SWEEP.hash]
            assert {(run.status, run.error) for run in trained} == {("finished", "")}

            button(page, "start_sweep").click()
            expect(page.locator(".st-key-messages")).to_contain_text("All 8 students were trained before")
            page.context.close()
