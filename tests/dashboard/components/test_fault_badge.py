"""A run with a fault wears its badge on every page that shows it, and has no part in what compares runs there."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.runs_table_rows import row_texts, table_row
from dashboard.components.waiting_list import _job_title
from dashboard.data import fault_cards, ghost_results, sweep_link, torch_imports
from dashboard.data.link_checks import with_known_names
from dashboard.data.run_titles import run_title
from dashboard.views.runs.chosen_runs import without_faults
from kdcore.experiment import Experiment
from kdcore.runs.history import History
from kdcore.runs.store import Store
from tests.dashboard.fake_manager import FakeManager

FAULT = "stored-logits-shuffled"
MARK = "fault on purpose: Stored logits in another order"
PAGES = (
    "dashboard.views.train",
    "dashboard.views.soft_targets",
    "dashboard.views.dark_knowledge.page",
)


@pytest.fixture(scope="module", autouse=True)
def figures() -> None:
    """The cards, as they are a few seconds after the server has started."""
    torch_imports._import()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("fault", "mark"), [(FAULT, MARK), ("?7", "riddle 7: a fault on purpose, or none"), ("", "")]
)
def test_every_page_that_shows_the_run_marks_it(
    page: str, fault: str, mark: str, manager: FakeManager, browser: str
) -> None:
    run = manager.submit(Experiment().with_flat(fault=fault), browser)
    app = AppTest.from_string(f"from {page} import page\n\npage()\n", default_timeout=120)
    app.query_params["run"] = run.id
    app.run()
    assert not app.exception
    shown = [html.proto.body for html in app.get("html") if 'fault-mark">' in html.proto.body]
    assert len(shown) == bool(mark)
    assert all(mark in body and "no part in any comparison" in body for body in shown)


def test_pickers_and_the_table_of_runs_mark_it(tmp_path: Path, manager: FakeManager) -> None:
    store = Store(tmp_path)
    run = store.create(Experiment().with_flat(fault=FAULT), "somebody")
    [line] = History(store).find().lines
    store.close()
    assert MARK in run_title(run)
    row = table_row(line, True, None, row_texts({}), "")
    assert row["name"].startswith(f"{MARK} · ")
    assert row["spoken"] == row["name"]


def test_a_preset_with_a_fault_waits_under_its_mark(manager: FakeManager) -> None:
    job = [manager.submit(Experiment().with_flat(fault=FAULT), "me", title="A hundred digits")]
    assert MARK in _job_title(job)
    assert _job_title([manager.submit(Experiment(), "me", title="A hundred digits")]) == "A hundred digits"


def test_chosen_runs_with_a_fault_are_left_out_of_the_comparison(manager: FakeManager) -> None:
    sound, faulty = (manager.submit(Experiment().with_flat(fault=fault), "me") for fault in ("", FAULT))
    problems: list[str] = []
    assert without_faults([faulty, sound], problems) == [sound]
    assert problems == [
        f"Left out of the comparison, since they have a fault on purpose or may have one: {faulty.id}."
    ]
    assert without_faults([sound], []) == [sound]


def test_it_stands_faintly_behind_no_sound_run_and_is_marked_behind_its_like(
    manager: FakeManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, faulty, again = (
        manager.submit(Experiment().with_flat(fault=fault, init_seed=seed), "me")
        for seed, fault in enumerate(("", FAULT, FAULT))
    )
    for run in (sound, faulty, again):
        manager.train(run.id, 3)
    monkeypatch.setattr(ghost_results, "_named_run", lambda: manager.run(faulty.id))
    assert ghost_results.ghost_behind(manager.run(sound.id)) is None
    behind = ghost_results.ghost_behind(manager.run(again.id))
    assert behind is not None
    assert MARK in behind.source
    monkeypatch.setattr(ghost_results, "_named_run", lambda: manager.run(sound.id))
    assert ghost_results.ghost_behind(manager.run(faulty.id)) is None


def test_a_sweep_around_it_is_made_of_sound_runs() -> None:
    problems: list[str] = []
    sweep = sweep_link.read_sweep({}, Experiment().with_flat(fault=FAULT), problems)
    assert sweep.base.fault == ""
    assert problems == ["A sweep is made of sound runs: the fault on purpose is left out."]
    assert "fault" not in sweep_link.offered_fields()


def test_a_fault_is_chosen_by_its_title_and_an_unknown_one_in_a_link_is_told() -> None:
    assert [fault_cards.title(name) for name in ("", FAULT, "?7")] == [
        "none",
        "Stored logits in another order",
        "riddle 7",
    ]
    assert fault_cards.choices("?7") == ["", *fault_cards.cards(), "?7"]
    checked = with_known_names(Experiment().with_flat(fault="no-such"), Experiment())
    assert checked.experiment.fault == ""
    assert checked.problems[0].startswith("There is no fault 'no-such'. There are: ")
    for known in (FAULT, "?7"):
        assert with_known_names(Experiment().with_flat(fault=known), Experiment()).experiment.fault == known
