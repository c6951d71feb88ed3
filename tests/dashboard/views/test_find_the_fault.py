"""Find the fault on the Train page: a sound run beside the riddle, the answer only to whoever named something."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.data import riddle_run, run_curves, torch_imports
from dashboard.data.riddle_run import sound_run, symptoms
from dashboard.url.permalink import read_recipe
from kdcore.faults import choice
from kdcore.faults.registry import fault, faults
from kdcore.faults.riddles import riddle
from kdcore.faults.source import difference, invariant
from kdcore.runs.run_record import Run
from kdcore.studies.presets import PRESETS
from tests.dashboard.conftest import BROWSER
from tests.dashboard.fake_manager import RESULTS, FakeManager

HIDDEN = "kl-reversed"
USUAL = PRESETS[0].experiment


@pytest.fixture(scope="module", autouse=True)
def figures() -> None:
    """The cards, as they are a few seconds after the server has started."""
    torch_imports._import()


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The riddles of this installation all hide the same fault."""
    monkeypatch.setattr(choice, "hidden", lambda seed, possible, folder: fault(HIDDEN))


def finished(manager: FakeManager, run: Run) -> None:
    manager.train(run.id, 20)
    manager.set(run.id, status="finished", finished=200.0, results=RESULTS)


@pytest.fixture
def both(app: AppTest, manager: FakeManager) -> AppTest:
    """The page of a finished riddle that Train has begun, with its sound run finished too."""
    app.query_params["fault"] = "?7"
    app.query_params["epochs"] = "20"
    app.run().button(key="train").click().run()
    for run in list(manager.known.values()):
        finished(manager, run)
    app.run()
    assert not app.exception
    return app


def everything(app: AppTest) -> str:
    """What is written on the page, and what its widgets offer, as sent to the browser."""
    written = [str(part.value) for part in (*app.markdown, *app.caption, *app.warning, *app.code)]
    offered = [str(part.proto) for part in (*app.selectbox, *app.button)]
    return "\n".join([*written, *offered, *(html.proto.body for html in app.get("html"))])


def in_link(app: AppTest) -> dict[str, str]:
    """The link's parameters; one that the page wrote is no list."""
    return {n: value if isinstance(value := app.query_params[n], str) else value[0] for n in app.query_params}


def test_train_begins_the_riddle_and_once_a_sound_run_beside_it(app: AppTest, manager: FakeManager) -> None:
    app.query_params["fault"] = "?7"
    app.run().button(key="train").click().run()
    assert [run.experiment.fault for run in manager.known.values()] == ["?7", ""]
    riddled, sound = manager.known.values()
    assert riddled.experiment.with_flat(fault="") == sound.experiment
    assert in_link(app)["run"] == riddled.id
    finished(manager, riddled)
    manager.set(riddled.id, status="stopped")
    app.run().button(key="train").click().run()
    assert [run.experiment.fault for run in manager.known.values()] == ["?7", "", "?7"]


def test_a_recipe_without_a_riddle_has_no_such_part_and_no_second_run(
    app: AppTest, manager: FakeManager
) -> None:
    app.query_params["fault"] = HIDDEN
    app.run().button(key="train").click().run()
    assert len(manager.known) == 1
    assert "Find the fault" not in everything(app)


def test_both_runs_are_laid_over_each_other_with_their_figures(both: AppTest, manager: FakeManager) -> None:
    page = everything(both)
    assert "Find the fault** · riddle 7" in page
    assert all(
        text in page for text in ("soft loss, raw", "gradient from the labels", "student, test errors")
    )
    [heads] = re.findall(r"<thead>(.*?)</thead>", next(h for h in page.split("\n") if "at the end" in h))
    assert re.findall(r">([^<>]+)</th>", heads) == ["at the end", "riddle 7", "sound"]
    both.button(key="open_sound").click().run()
    assert in_link(both)["run"] == "run1"
    assert "Find the fault" not in everything(both)


def test_a_watcher_may_name_but_starts_nothing(both: AppTest, manager: FakeManager) -> None:
    riddled = manager.run("run0")
    manager.known.pop("run1")
    manager.set("run0", owner="another browser")
    both.run()
    assert both.button(key="train_sound").disabled
    assert not both.button(key="name_it").disabled
    assert sound_run(riddled.experiment) is None


def test_a_sound_run_that_is_missing_can_be_trained(both: AppTest, manager: FakeManager) -> None:
    manager.known.pop("run1")
    both.run().button(key="train_sound").click().run()
    assert [run.experiment.fault for run in manager.known.values()] == ["?7", ""]
    assert "The sound run is being trained, or waits for its turn." in everything(both)


def test_nothing_on_the_page_tells_the_answer_before_one_is_named(
    both: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is the same whatever is hidden, and asks nobody what it is."""

    def asked(experiment: object) -> None:
        raise AssertionError("the page asked for the answer")

    monkeypatch.setattr("dashboard.components.find_the_fault.answer", asked)
    before = everything(both.run())
    monkeypatch.setattr(choice, "hidden", lambda seed, possible, folder: fault("softmax-twice"))
    assert everything(both.run()) == before
    assert "lines(" not in before
    assert HIDDEN not in in_link(both).values()
    both.button(key="name_it").click().run()  # without a choice nothing is named
    assert not both.exception
    assert "You named" not in everything(both)


@pytest.mark.parametrize(("guess", "verdict"), [(HIDDEN, "Right."), ("softmax-twice", "No."), ("", "No.")])
def test_whoever_names_something_gets_the_lines_and_what_would_have_caught_them(
    both: AppTest, guess: str, verdict: str
) -> None:
    both.selectbox(key="named_fault.choice").select(guess)
    both.text_area(key="named_why.text").input("its loss <b>begins</b> higher")
    both.button(key="name_it").click().run()
    assert not both.exception
    page = everything(both)
    assert f"**{verdict}** It is: KL the wrong way round." in page
    assert [code.value for code in both.code][:2] == [difference(fault(HIDDEN)), invariant(fault(HIDDEN))]
    assert "<b>begins</b>" not in "".join(html.proto.body for html in both.get("html"))
    assert fault(HIDDEN).CARD.met.split(",")[0] in page
    assert not any(selectbox.key == "named_fault.choice" for selectbox in both.selectbox)
    assert not {HIDDEN, guess or "named"} & {*in_link(both), *in_link(both).values()}


def test_a_riddle_may_hide_nothing(both: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "hidden", lambda seed, possible, folder: None)
    both.selectbox(key="named_fault.choice").select("")
    both.button(key="name_it").click().run()
    assert "**Right.** This run is sound." in everything(both)
    assert not both.code or "lines(" not in both.code[0].value


def test_any_fault_can_be_named_and_none(both: AppTest) -> None:
    assert both.selectbox(key="named_fault.choice").options == [
        *(one.CARD.title for one in faults().values()),
        "None: this run is sound",
    ]


def test_the_button_fills_in_a_riddle_and_starts_nothing(app: AppTest, manager: FakeManager) -> None:
    app.query_params["more"] = "fault"
    app.run().button(key="riddle_button").click().run()
    assert not app.exception
    link = in_link(app)
    assert re.fullmatch(r"\?\d{1,3}", link["fault"])
    assert read_recipe(link, USUAL).experiment.fault == link["fault"]
    assert read_recipe(link, USUAL).experiment == riddle(int(link["fault"][1:]))
    assert not manager.known


def test_a_curve_that_ends_before_the_run_has_no_last_value(manager: FakeManager) -> None:
    run = manager.submit(riddle(7), BROWSER)
    finished(manager, run)
    points, _events = manager.said[run.id]
    early = [p for p in points if not (p.role == "twin" and p.series.startswith("grad.side") and p.epoch > 7)]
    moving, _measured = symptoms(run, run, run_curves.curves)
    [before] = [one for one in moving if one.title == "gradient of the twin"]
    assert all(value is not None for value in before.values[0])
    points[:] = early
    manager.set(run.id, seq=run.seq + 1000)
    moving, _measured = symptoms(manager.run(run.id), manager.run(run.id), run_curves.curves)
    [after] = [one for one in moving if one.title == "gradient of the twin"]
    assert after.values[0][1] is None
    assert riddle_run.is_riddle(run.experiment)
