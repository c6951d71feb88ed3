"""The Sweep page: what the link says, what is queued, what is drawn, and who may steer."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.charts.sweep_by_value import by_value_spec, error_by_value_frame, nll_by_value_frame
from dashboard.charts.sweep_curves import MOST_POINTS, POINTS, sweep_curves_frame, sweep_curves_spec
from dashboard.charts.sweep_heat_map import heat_map_frame, heat_map_spec
from dashboard.charts.sweep_scatter import scatter_spec
from dashboard.charts.sweep_size_accuracy import size_accuracy_frame, size_accuracy_spec
from dashboard.components import sweep_ranking
from dashboard.data import (
    run_curves,
    run_manager,
    sweep_link,
    sweep_measurements,
    sweep_progress,
    sweep_tables,
    time_estimate,
    torch_imports,
)
from dashboard.data.sweep_measurements import MeasuredSetting
from dashboard.data.sweep_progress import SweepProgress
from dashboard.data.watched_sweeps import watched_sweep
from dashboard.stream.sweep_reader import sweep_snapshot
from dashboard.url.permalink import read_recipe
from dashboard.views.sweep import figures
from kdcore.data.catalogue import GENERATED
from kdcore.errors import InvalidExperiment, RunRefused
from kdcore.events import Command, Event, Phase, Progress, Validation
from kdcore.pipelines.cohort_spec import CohortSpec
from kdcore.runs.admission import Admission
from kdcore.runs.queue_limits import QueueLimits
from kdcore.runs.run_record import Run, digest
from kdcore.runs.store import Store
from kdcore.studies.presets import PRESETS, preset
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_findings import Findings, Undecided
from kdcore.studies.sweep_questions import QUESTIONS, question
from kdcore.studies.sweep_results import member_findings
from kdcore.studies.sweep_training import (
    MemberRun,
    create_run,
    member_runs,
    missing_jobs,
    queue_missing,
    train_missing,
)
from tests.dashboard.conftest import BROWSER

PAGE = "from dashboard.views.sweep.page import page\n\npage()\n"
IN_A_LESSON = (
    PAGE
    + """
import streamlit as st

from dashboard.data.lesson import Seen
from dashboard.lessons.checks import swept
from dashboard.session import started_sweeps

if swept("temperature")(Seen("sweep", st.query_params.to_dict(), None, 4.0, started_sweeps())):
    st.caption("this step is done")
"""
)
SMALL = {"vary": "temperature:1,8", "seeds": "2", "epochs": "3", "count": "60", "student": "mlp-10"}


class Folder:
    """The manager's part that the page uses, over a real store in which nothing trains by itself."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self.admission = Admission(folder, QueueLimits())
        self.commands: list[tuple[str, str]] = []
        self.resumed: list[str] = []
        self.trouble = ""

    def run(self, run_id: str) -> Run:
        return self.store.run(run_id)

    def runs(self, **wanted: Any) -> list[Run]:
        return self.store.runs(**wanted)

    def curves(self, run_id: str, most: int = 300) -> list[Any]:
        return self.store.points(run_id)

    def events(self, run_id: str, after: int = 0) -> list[Any]:
        return self.store.events(run_id)

    def may_command(self, run_id: str, owner: str) -> bool:
        return self.run(run_id).owner == digest(owner)

    def command(self, run_id: str, owner: str, command: Command) -> None:
        if not self.may_command(run_id, owner):
            raise RunRefused("another browser's")
        self.commands.append((run_id, command.kind))

    def resume(self, run_id: str, owner: str) -> None:
        self.resumed.append(run_id)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser: str) -> Iterator[Folder]:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path))
    made = Folder(tmp_path)
    monkeypatch.setattr(run_manager, "manager", lambda: made)
    monkeypatch.setattr(time_estimate, "speed", lambda: None)
    monkeypatch.setattr(torch_imports, "warm", lambda: True)
    monkeypatch.setattr(sweep_progress, "SHARED_SECONDS", 1e9)  # what is not said to be outdated is as it was
    sweep_progress.forget_progress()
    yield made
    made.store.close()


@pytest.fixture
def app(folder: Folder) -> AppTest:
    page = AppTest.from_string(PAGE, default_timeout=120)
    for name, text in SMALL.items():
        page.query_params[name] = text
    return page


def small() -> Sweep:
    base = PRESETS[0].experiment.with_flat(epochs=3, count=60, student="mlp-10")
    return Sweep(base=base, vary={"temperature": (1.0, 8.0)}, seeds=2)


def train(sweep: Sweep, folder: Folder) -> None:
    assert all(
        run.status == "finished"
        for run in train_missing(sweep, folder.store, data_folder=folder.store.folder)
    )


def said(app: AppTest) -> str:
    """All texts of the page, their Markdown undone."""
    kinds = ("warning", "markdown", "caption", "error")
    return " ".join(element.value for kind in kinds for element in app.get(kind)).replace("\\", "")


# ---- the link -------------------------------------------------------------------------------------------------------


def test_the_page_opens_on_a_temperature_sweep_of_digits(folder: Folder) -> None:
    page = AppTest.from_string(PAGE, default_timeout=120).run()
    assert not page.exception
    assert page.selectbox("varied.0.field").value == "temperature"
    assert page.text_input("varied.0.values").value == "1,2,3,4,6,8,12,16,20"
    assert "9 settings × 3 seeds: 27 students" in said(page)
    page.text_input("varied.0.values").set_value("4").run()
    page.number_input("seeds.number").set_value(1).run()
    assert "1 setting × 1 seed: 1 student" in said(page)


def test_a_bare_link_shows_what_would_be_trained_and_not_what_others_found(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = PRESETS[0].experiment.with_flat(epochs=3, count=60, student="mlp-10")
    train(Sweep(base=base, vary={"temperature": (2.0,)}, seeds=1), folder)
    monkeypatch.setattr(time_estimate, "seconds", lambda experiment: 0.5)
    page = AppTest.from_string(PAGE, default_timeout=120)
    for name in ("epochs", "count", "student"):
        page.query_params[name] = SMALL[name]
    page.run()
    assert not page.get("vega_lite_chart")
    assert "Start trains 26 students, each beside its twin. 1 was trained before" in said(page)
    assert "13 s at most" in said(page)
    page.query_params["vary"] = sweep_link.DEFAULT_VARY
    page.run()
    assert page.get("vega_lite_chart"), "whoever is sent the link sees what is there"


def test_a_bare_link_opens_on_the_browsers_own_last_sweep(folder: Folder) -> None:
    own = small()
    create_run(own, CohortSpec([member.experiment for member in own.members]), folder.store, BROWSER)
    page = AppTest.from_string(PAGE, default_timeout=120).run()
    assert page.query_params["vary"] in ("temperature:1,8", ["temperature:1,8"])


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({}, "Each student is trained on 100 of 1,077 images."),
        ({"count": "null", "fraction": "0.2"}, "Each student is trained on 20 % of 1,077 images."),
        ({"count": "null"}, ""),
        ({"vary": "count:50,100"}, ""),
    ],
)
def test_the_setup_says_on_how_many_images_a_student_is_trained(
    folder: Folder, link: dict[str, str], words: str
) -> None:
    page = AppTest.from_string(PAGE, default_timeout=120)
    page.query_params.update(link)
    page.run()
    assert words in said(page)
    assert ("Each student is trained" in said(page)) == bool(words)


def test_the_link_holds_the_sweep(app: AppTest) -> None:
    app.query_params["vary"] = "temperature:1,4;teacher_weight:0.5,0.9"
    app.run()
    assert [app.selectbox(f"varied.{slot}.field").value for slot in (0, 1)] == [
        "temperature",
        "teacher_weight",
    ]
    assert "4 settings × 2 seeds: 8 students" in said(app)
    app.text_input("varied.1.values").set_value("0.1, 0.2").run()
    assert app.query_params["vary"] == "temperature:1,4;teacher_weight:0.1,0.2"
    app.selectbox("varied.1.field").set_value("").run()
    assert app.query_params["vary"] == "temperature:1,4"
    app.number_input("seeds.number").set_value(5).run()
    assert app.query_params["seeds"] == "5"


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [("vary", "temperature:0", "temperature"), ("vary", "wat:1", "wat"), ("vary", "temperature:nan", "nan")],
)
def test_what_the_link_varies_amiss_is_told_and_replaced(
    app: AppTest, name: str, text: str, word: str
) -> None:
    app.query_params[name] = text
    app.run()
    assert not app.exception
    assert word in app.warning[0].value
    assert app.text_input("varied.0.values").value == "1,2,3,4,6,8,12,16,20"


@pytest.mark.parametrize(
    ("name", "text", "instead"),
    [
        ("seeds", "999", "50"),
        ("seeds", "-4", "1"),
        ("seeds", "abc", "3"),
        ("trials", "0", "1"),
        ("sampler", "guess", "grid"),
    ],
)
def test_each_number_of_the_link_is_left_out_by_itself(
    app: AppTest, name: str, text: str, instead: str
) -> None:
    app.query_params[name] = text
    app.run()
    assert not app.exception
    assert f"{name}={text} in the link is left out" in said(app)
    assert f"Shown instead: {instead}." in said(app)
    assert app.text_input("varied.0.values").value == "1,8", "what the link varies stays"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1,2,banana,8", "Temperature T = banana: it takes a number, 0.25 to 100"),
        ("1,0", "Temperature T = 0: it takes a number, 0.25 to 100"),
        ("nan", "Temperature T = nan: it takes a number, 0.25 to 100"),
        ("", "Temperature T: there are no values to try."),
        ("9..1", "Temperature T = 9..1: a range goes up"),
    ],
)
def test_values_that_are_amiss_stay_in_the_field_with_the_reason_beneath(
    app: AppTest, folder: Folder, text: str, why: str
) -> None:
    app.run()
    app.text_input("varied.0.values").set_value(text).run()
    app.run()
    assert app.text_input("varied.0.values").value == text
    told = app.error[0].value.replace("\\", "")
    assert told.startswith(why)
    assert told.endswith("The sweep stays as it was, with 1,8.")
    assert not app.warning, "it is said once"
    assert app.query_params["vary"] == "temperature:1,8"
    app.button("start_sweep").click().run()
    assert folder.store.runs() == []
    assert "Nothing was started: correct the values of Temperature T first." in said(app)
    app.text_input("varied.0.values").set_value("1,2,8").run()
    assert not app.error
    assert app.query_params["vary"] == "temperature:1,2,8"


def test_a_refused_value_is_forgotten_with_its_field(app: AppTest) -> None:
    app.run()
    app.text_input("varied.0.values").set_value("hot").run()
    app.selectbox("varied.0.field").set_value("teacher_weight").run()
    assert not app.error
    assert app.text_input("varied.0.values").value == sweep_link.SUGGESTED["teacher_weight"]
    app.query_params["vary"] = "temperature:1,8"
    app.run()
    assert not app.error


def test_a_runs_link_becomes_a_sweep_around_its_recipe(app: AppTest, folder: Folder) -> None:
    run = folder.store.create(PRESETS[0].experiment.with_flat(epochs=7), "somebody")
    for name in ("epochs", "count", "student"):
        del app.query_params[name]
    app.query_params["run"] = run.id
    app.run()
    assert "run" not in app.query_params
    assert app.query_params["epochs"] == "7"
    assert app.query_params["selected"] == run.id, "Train shows it again"


def test_the_bars_link_to_the_sweep_has_the_runs_recipe_in_place_of_the_run(folder: Folder) -> None:
    """The page need not write another link then, and going back shows the run."""
    run = folder.store.create(PRESETS[0].experiment.with_flat(epochs=7), "somebody")
    bar = AppTest.from_string(
        "import streamlit as st\nfrom dashboard.components.navigation import carried_parameters\n"
        "st.json({path: carried_parameters(path) for path in ('sweep', 'runs', 'train', './')})",
        default_timeout=120,
    )
    bar.query_params["run"] = run.id
    bar.query_params["vary"] = "temperature:1,8"
    said = json.loads(bar.run().json[0].value)
    assert said["sweep"] == {"vary": "temperature:1,8", "epochs": "7", "selected": run.id}
    assert said["runs"] == {"run": run.id}, "what is varied shapes the sweep alone"


@pytest.mark.parametrize(
    ("here", "train", "first"),
    [
        ({"epochs": "7"}, {"run"}, {"run"}),
        ({"epochs": "7", "T": "8.0"}, {"run", "T"}, {"run", "T"}),
        ({"epochs": "7", "of": "mnist-cnn-medium"}, {"run", "of"}, {"selected", "epochs", "of"}),
    ],
    ids=["nothing else", "another T", "other networks"],
)
def test_a_run_that_was_selected_is_shown_again_with_what_was_changed_since(
    folder: Folder, here: dict[str, str], train: set[str], first: set[str]
) -> None:
    run = folder.store.create(PRESETS[0].experiment.with_flat(epochs=7), "somebody")
    bar = AppTest.from_string(
        "import streamlit as st\nfrom dashboard.components.navigation import carried_parameters\n"
        "st.json({path: carried_parameters(path) for path in ('train', './')})",
        default_timeout=120,
    )
    bar.query_params["selected"] = run.id
    bar.query_params.update(here)
    said = json.loads(bar.run().json[0].value)
    assert set(said["train"]) == train
    assert set(said["./"]) == first
    assert run.id in {*said["train"].values()} & {*said["./"].values()}


def test_what_is_varied_is_marked_in_the_recipe(app: AppTest) -> None:
    app.run()
    assert app.select_slider("recipe.temperature").disabled
    assert app.select_slider("recipe.temperature").label == "Temperature T · varied", (
        "no markup to be read out"
    )
    assert not app.slider("recipe.teacher_weight").disabled


def test_every_widget_begins_with_its_value_in_later_runs_too(app: AppTest) -> None:
    """A browser too busy to draw the first run would else send back the lowest values as if they were chosen."""
    asked = {"sampler": "random", "trials": "7", "T": "6.0", "more": "method", "method": "decoupled"}
    app.query_params.update(asked | {"vary": "teacher_weight:0.3,0.7"})
    app.run().run()
    numbers = {one.key: one.proto.default for one in [*app.number_input, *app.text_input]}
    assert (numbers["seeds.number"], numbers["trials.number"]) == (2, 7)
    assert numbers["varied.0.values"] == "0.3,0.7"
    assert numbers["recipe.parameters.non_target_weight"] == 8
    assert app.slider("recipe.teacher_weight").proto.default == [app.slider("recipe.teacher_weight").value]
    temperature = app.select_slider("recipe.temperature")
    assert temperature.options[int(temperature.proto.default[0])] == "6"
    assert {one.key: one.index for one in app.selectbox} == {
        one.key: one.proto.default for one in app.selectbox
    }
    assert [list(one.proto.default) for one in app.button_group] == [one.indices for one in app.button_group]


def streamed(app: AppTest, component: str) -> list[dict[str, Any]]:
    """What the components of that name got, which draw from the sweep's stream."""
    parts = [part for part in app.get("bidi_component") if part.proto.component_name == component]
    return [json.loads(part.proto.json) for part in parts]


# ---- what is taken over ---------------------------------------------------------------------------------------------


def opened(**link: str) -> AppTest:
    page = AppTest.from_string(PAGE, default_timeout=120)
    page.query_params.update(link)
    return page.run()


LEFT_OUT = "class 3 left out, Dataset drawn, Images 5000, Teacher drawn-cnn-medium, 3 more"


def test_what_a_sweep_takes_from_a_run_or_a_preset_is_said_with_the_way_back(folder: Folder) -> None:
    run = folder.store.create(preset("drawn-omitted").experiment.with_flat(temperature=3.0), "somebody")
    page = opened(run=run.id)
    assert f"From the run that you looked at before: {LEFT_OUT}." in said(page), "T is varied and not named"
    page.button("back_to_default").click().run()
    assert "left out" not in said(page)
    assert "back_to_default" not in [button.key for button in page.button]
    assert {*page.query_params} == {"selected"}, "Train shows it again"
    page = opened(preset="drawn-omitted", vary="temperature:1,8")
    assert f"From the preset “A class left out”: {LEFT_OUT}." in said(page)
    page.button("back_to_default").click().run()
    assert {*page.query_params} == {"vary"}, "what is varied stays"


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"epochs": "7"}, "Changed from the default: Epochs 7."),
        ({"epochs": "7", "selected": "gone" * 5}, "Changed from the default: Epochs 7."),
        ({"omit": "[3,4]"}, "Changed from the default: classes 3, 4 left out."),
        ({"method": "relational"}, "Changed from the default: Method Relational (RKD)."),
        ({"preset": "drawn-omitted", "omit": "[]"}, "Changed from the default: Dataset drawn"),
        ({"T": "8"}, ""),
        ({"count": "50", "vary": "count:50,100"}, ""),
        ({}, ""),
    ],
)
def test_what_differs_from_the_default_is_said_but_for_what_is_varied(
    folder: Folder, link: dict[str, str], words: str
) -> None:
    page = opened(**link)
    assert words in said(page)
    assert ("back_to_default" in [button.key for button in page.button]) == bool(words)


def test_the_way_back_does_not_lead_to_the_browsers_last_sweep(folder: Folder) -> None:
    own = small()
    create_run(own, CohortSpec([member.experiment for member in own.members]), folder.store, BROWSER)
    page = opened(epochs="9")
    page.button("back_to_default").click().run()
    assert "vary" not in page.query_params


# ---- starting -------------------------------------------------------------------------------------------------------


def test_start_queues_one_cohort_once(app: AppTest, folder: Folder) -> None:
    app.run().button("start_sweep").click().run()
    [cohort] = folder.store.runs()
    assert (cohort.status, cohort.sweep, cohort.owner) == ("queued", small().hash, digest(BROWSER))
    assert isinstance(cohort.job, CohortSpec)
    assert len(cohort.job.experiments) == 4
    assert app.button("start_sweep").disabled, "it waits already"
    [status] = streamed(app, "live_status")
    assert "waiting" in status["text"]


def test_a_sweep_with_a_student_that_may_not_train_for_so_long_is_refused(
    app: AppTest, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the student that takes longest, whichever it is; a sweep of many short ones starts."""
    times = {1.0: 3500.0, 8.0: 3700.0}
    monkeypatch.setattr(time_estimate, "seconds", lambda experiment: times[experiment.temperature])
    app.run().button("start_sweep").click().run()
    assert folder.store.runs() == []
    assert "would train for about 62 minutes; a run may take 60 minutes here" in said(app)
    times[8.0] = 3500.0
    app.button("start_sweep").click().run()
    assert len(folder.store.runs()) == 1


def test_a_lessons_sweep_that_somebody_else_trained_is_done_once_the_learner_starts_it(
    folder: Folder,
) -> None:
    """In a class the first to do it must not take the step from the others."""
    train(small(), folder)
    page = AppTest.from_string(IN_A_LESSON, default_timeout=120)
    for name, text in SMALL.items():
        page.query_params[name] = text
    assert "this step is done" not in said(page.run())
    page.button("start_sweep").click().run()
    assert "this step is done" in said(page)
    page.query_params["vary"] = "temperature:1,4"
    assert "this step is done" not in said(page.run()), "that is another sweep"


def test_a_lessons_sweep_goes_on_counting_after_a_reload(app: AppTest, folder: Folder) -> None:
    app.run().button("start_sweep").click().run()
    again = AppTest.from_string(IN_A_LESSON, default_timeout=120)
    for name, text in SMALL.items():
        again.query_params[name] = text
    assert "this step is done" not in said(again.run())
    train(small(), folder)
    sweep_progress.forget_progress()
    assert "this step is done" in said(again.run())


def test_starting_again_trains_nothing_and_says_so(app: AppTest, folder: Folder) -> None:
    train(small(), folder)
    app.run().button("start_sweep").click().run()
    assert "All 4 students were trained before: nothing is trained again." in said(app)
    assert len([run for run in folder.store.runs() if run.has_members]) == 1
    app.number_input("seeds.number").set_value(3).run()
    app.button("start_sweep").click().run()
    assert "4 of 6 students were trained before: the other 2 are trained now." in said(app)


def test_a_sweep_that_another_browser_trains_is_watched(app: AppTest, folder: Folder) -> None:
    sweep = small()
    [cohort] = missing_jobs(sweep, folder.store)
    create_run(sweep, cohort, folder.store, "another", status="running")
    app.run()
    assert app.button("sweep.stop").disabled
    assert app.button("sweep.pause").disabled
    assert app.button("start_sweep").disabled
    assert queue_missing(sweep, folder.store, "me") == 4
    assert len(folder.store.runs()) == 1, "it is not begun a second time"


def test_its_owner_pauses_stops_and_resumes(app: AppTest, folder: Folder) -> None:
    sweep = small()
    [cohort] = missing_jobs(sweep, folder.store)
    run = create_run(sweep, cohort, folder.store, BROWSER, status="running")
    app.run().button("sweep.pause").click().run()
    app.button("sweep.stop").click().run()
    assert folder.commands == [(run.id, "pause"), (run.id, "stop")]
    folder.store.finish(run.id, "stopped")
    sweep_progress.forget_progress()
    fresh = AppTest.from_string(PAGE, default_timeout=120)
    fresh.query_params.update(SMALL)
    assert fresh.run().button("start_sweep").disabled, "there is one way on"
    fresh.button("sweep.go_on").click().run()
    assert folder.resumed == [run.id]
    assert queue_missing(sweep, folder.store, BROWSER) == 4
    assert [r.status for r in folder.store.runs()] == ["queued"], "Start lets it go on too"


def test_a_sweep_that_another_browser_left_can_be_started(app: AppTest, folder: Folder) -> None:
    [cohort] = missing_jobs(small(), folder.store)
    folder.store.finish(create_run(small(), cohort, folder.store, "another", status="running").id, "stopped")
    app.run()
    assert not app.button("start_sweep").disabled
    assert "sweep.go_on" not in {one.key for one in app.button}


# ---- what is drawn --------------------------------------------------------------------------------------------------


def test_a_finished_sweep_says_what_it_supports_and_links_its_runs(app: AppTest, folder: Folder) -> None:
    train(small(), folder)
    app.run()
    assert "at 2 seeds" in said(app)
    assert "4 of 4 students trained" in str(app.get("progress")[0].proto.text)
    table = " ".join(element.proto.body for element in app.get("html"))
    first = member_runs(small().members, folder.store)[0].run
    assert first is not None
    assert f"run={first.id}" in table
    assert "vary=temperature%3A1%2C8" in table, "the way back"


def test_what_a_sweep_measured_can_be_taken_away(app: AppTest, folder: Folder) -> None:
    app.run()
    assert not app.get("download_button"), "before anything is measured"
    train(small(), folder)
    sweep_progress.forget_progress()
    app.run()
    assert [one.proto.id.split("-")[-1] for one in app.get("download_button")] == [
        "answer_chart_csv",
        "member_curves_chart_csv",
        "ranking_csv",
    ]
    progress = sweep_progress.progress_of(small())
    students = sweep_tables.of_students(progress)
    assert students[["temperature", "seed", "measured_on"]].to_numpy().tolist() == [
        [t, seed, "test"] for t in ("1", "8") for seed in (0, 1)
    ]
    means = [100 * statistics.fmean(one.student) for one in sweep_measurements.measured_settings(progress)]
    assert students.groupby("temperature").student_error.mean().tolist() == pytest.approx(means)
    settings = sweep_tables.of_settings(progress)
    assert settings.place.tolist() == [1, 2]
    assert f"T = {settings.temperature[0]}" == progress.best
    assert settings.test_errors.notna().all()


def test_a_sweep_that_trains_is_not_taken_away_yet(app: AppTest, folder: Folder) -> None:
    progress = live(folder, 2)
    app.run()
    assert not app.get("download_button")
    students = sweep_tables.of_students(progress)
    assert students.student_error.tolist() == [10, 20, 30, 40]
    assert set(students.measured_on) == {"validation"}
    curves = sweep_tables.of_curves(sweep_curves_frame(progress))
    assert curves[curves.who == "T = 1 · seed 0"].validation_error.tolist() == [12, 11, 10]


def test_a_sweep_that_trains_is_drawn_from_its_stream(app: AppTest, folder: Folder) -> None:
    progress = live(folder, 2)
    app.run()
    snapshot = sweep_snapshot(progress, figures_address(app))
    assert {chart["rows"] for chart in streamed(app, "live_chart")} == {"answer", "members"}
    assert {*snapshot.charts} == {"members"}
    assert [part["slot"] for part in streamed(app, "live_text")] == [
        "answer.caption.light",
        "curves.caption",
        "ranking",
        "ranking.caption",
    ]
    for part in streamed(app, "live_text"):
        assert snapshot.values[part["slot"]] == part["initial"]
    [status] = streamed(app, "live_status")
    assert snapshot.values["state"] == status["state"], "so the page is not drawn anew"
    assert snapshot.values["text"] == status["text"]
    table = snapshot.values["table.answer"]
    assert {len(row) for row in table["rows"]} == {len(table["columns"])}
    json.dumps(snapshot.values, allow_nan=False)
    assert not snapshot.ended


def figures_address(app: AppTest) -> str:
    """The start of a run's address on that page."""
    name = streamed(app, "live_status")[0]["address"].split("/")[1].split("?")[0]
    watched = watched_sweep(name)
    assert watched is not None
    return watched[1]


def test_what_was_found_stays_while_more_seeds_are_asked_for(app: AppTest, folder: Folder) -> None:
    train(small(), folder)
    app.query_params["seeds"] = "5"
    app.run()
    assert "at 2 seeds" in said(app)
    assert "6 students of the others are still to be trained" in said(app)
    assert "Test error against T" in said(app)
    assert "4 of 10 students trained" in str(app.get("progress")[0].proto.text)
    app.button("start_sweep").click().run()
    assert "at 2 seeds" not in said(app), "now the further seeds wait to be trained"


def asking_for(seeds: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every finished sweep find that so many seeds could tell more."""

    def asking(members: Sequence[MemberRun]) -> Findings | None:
        found = member_findings(members)
        undecided = None if found is None or seeds is None else Undecided(found.best, "nll", True, seeds)
        return found and replace(found, undecided=undecided)

    monkeypatch.setattr(figures, "member_findings", asking)


def test_the_seeds_that_could_tell_more_are_one_press_away(
    app: AppTest, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking_for(7, monkeypatch)
    app.run()
    assert "more_seeds" not in [button.key for button in app.button], "before anything is measured"
    train(small(), folder)
    sweep_progress.forget_progress()
    app.run()
    assert "7 seeds could tell T = " in said(app)
    assert app.button("more_seeds").label == "Take 7 seeds"
    app.button("more_seeds").click().run()
    assert not app.exception
    assert app.query_params["seeds"] == "7"
    assert app.number_input("seeds.number").value == 7
    queued = [run for run in folder.store.runs() if run.status == "queued"]
    assert sum(len(run.job.experiments) for run in queued if isinstance(run.job, CohortSpec)) == 10
    assert "4 of 14 students were trained before: the other 10 are trained now." in said(app)
    assert app.button("start_sweep").disabled, "it waits already"
    assert "more_seeds" not in [button.key for button in app.button]


def test_further_seeds_are_refused_as_start_refuses_them(
    app: AppTest, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking_for(7, monkeypatch)
    train(small(), folder)
    app.run()
    app.text_input("varied.0.values").set_value("hot").run()
    app.button("more_seeds").click().run()
    assert "Nothing was started: correct the values of Temperature T first." in said(app)
    app.text_input("varied.0.values").set_value("1,8").run()
    monkeypatch.setattr(time_estimate, "seconds", lambda experiment: 3700.0)
    app.button("more_seeds").click().run()
    assert "a run may take 60 minutes here" in said(app)
    assert app.number_input("seeds.number").value == 2
    assert not [run for run in folder.store.runs() if run.status == "queued"]


@pytest.mark.parametrize("seeds", [None, 2, 51])
def test_no_seeds_are_offered_where_none_in_reach_could_tell_more(
    app: AppTest, folder: Folder, monkeypatch: pytest.MonkeyPatch, seeds: int | None
) -> None:
    asking_for(seeds, monkeypatch)
    train(small(), folder)
    app.run()
    assert "than its twin" in said(app)
    assert "more_seeds" not in [button.key for button in app.button]


def test_seeds_that_a_sweep_cannot_take_are_not_offered(
    app: AppTest, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking_for(7, monkeypatch)
    monkeypatch.setattr(figures, "MOST_MEMBERS", 13)
    train(small(), folder)
    app.run()
    assert "7 seeds could tell T = " in said(app)
    assert "more_seeds" not in [button.key for button in app.button], (
        "two settings with 7 seeds are 14 students"
    )


def html(app: AppTest) -> str:
    written = [element.proto.body for element in app.get("html")]
    return " ".join([*written, *(part["initial"] for part in streamed(app, "live_text"))])


def test_a_click_is_offered_only_where_a_run_can_be_opened(app: AppTest, folder: Folder) -> None:
    live(folder, 2)
    app.run()
    assert "A click on a mark" not in html(app), "no student is finished"
    app.query_params["epochs"] = "4"
    train(Sweep(base=small().base.with_flat(epochs=4), vary=small().vary, seeds=2), folder)
    sweep_progress.forget_progress()
    app.run()
    assert "A click on a mark opens its run, on a mean that of its first seed." in html(app)


@pytest.mark.parametrize(
    "spec",
    [
        by_value_spec("light", "T", "error", (1, 20)),
        heat_map_spec("light", ("x", "y"), (["1"], ["2"]), "error"),
        scatter_spec("light", ("x", "y"), ([1, 2], [1, 2]), "error"),
        size_accuracy_spec("light", "accuracy"),
    ],
)
def test_a_mark_without_a_run_is_no_link(spec: Any) -> None:
    links = [
        (layer["encoding"]["href"], layer["mark"]["cursor"])
        for layer in spec["layer"]
        if "href" in layer["encoding"]
    ]
    assert links
    for href, cursor in links:
        assert href["condition"]["test"] == "isValid(datum.url)"
        assert {*href} == {"condition"}, "and nothing otherwise"
        assert "isValid(datum.url)" in cursor["expr"]


def test_before_the_start_the_figures_are_announced_not_drawn_empty(app: AppTest) -> None:
    app.run()
    assert not app.get("vega_lite_chart")
    assert "Drawn here as soon as the students train" in said(app)
    assert "Error against T" in said(app)


def test_a_part_of_the_settings_is_called_a_part(app: AppTest, folder: Folder) -> None:
    train(small(), folder)
    app.query_params["vary"] = "temperature:1,4,8;teacher_weight:0.5,0.9"
    app.run()
    missing = "2 of 6 settings so far: the others are not trained yet."
    assert missing in html(app), "beside the map"
    assert missing in said(app), "and under the ranking"
    spec = json.loads(app.get("vega_lite_chart")[0].proto.spec)
    assert spec["encoding"]["x"]["scale"]["domain"] == ["1", "4", "8"], "the empty cells are there"
    assert spec["encoding"]["y"]["scale"]["domain"] == ["0.5", "0.9"]


@pytest.mark.parametrize(("theme", "more"), [("light", "Darker: a higher"), ("dark", "Lighter: a higher")])
def test_the_maps_caption_names_the_end_of_the_scale_that_the_theme_draws(
    app: AppTest, folder: Folder, monkeypatch: pytest.MonkeyPatch, theme: Any, more: str
) -> None:
    monkeypatch.setattr(figures, "theme", lambda: theme)
    train(small(), folder)
    app.query_params["vary"] = "temperature:1,8;teacher_weight:0.5,0.9"
    app.run()
    assert more in html(app)
    _least, most = heat_map_spec(theme, ("x", "y"), ([], []), "error")["layer"][0]["encoding"]["color"][
        "scale"
    ]["range"]
    assert (int(most[1:3], 16) < 128) == more.startswith("Dark")


def test_a_figures_caption_says_whose_curves_are_bold_and_the_table_what_a_spread_is(
    app: AppTest, folder: Folder
) -> None:
    live(folder, 2)
    app.run()
    assert "bold: T = 1, the best on validation so far. Faint: the other settings." in html(app)
    assert "errors, student − twin, mean ± standard error" in html(app)
    assert "so far: the others" not in html(app) + said(app), "all settings train"


def live(folder: Folder, epochs: int) -> SweepProgress:
    """A cohort that has come so far: student n errs on 10 (n + 1) images."""
    sweep = small()
    [cohort] = missing_jobs(sweep, folder.store)
    assert isinstance(cohort, CohortSpec)
    run = create_run(sweep, cohort, folder.store, BROWSER, status="running")
    events: list[Event] = []
    for epoch in range(epochs + 1):
        for i, place in enumerate(cohort.entries):
            events.append(Validation(epoch, epoch, place.role, 10 * (i + 1) + epochs - epoch, 100, 1.0))
        for i in range(len(cohort.twins)):
            events.append(Validation(epoch, epoch, f"twin-{i}", 80 + i, 100, 1.0))
    folder.store.record(run.id, [Phase("students", "cpu", 1), *events, Progress("students", 1, 3, 1.0, 3)])
    run_curves._curves.cache_clear()
    sweep_progress.forget_progress()
    return sweep_progress.progress_of(sweep)


def test_the_race_shows_every_curve_and_the_best_in_its_role(folder: Folder) -> None:
    progress = live(folder, 2)
    assert (progress.finished, progress.complete, progress.best) == (0, False, "T = 1")
    frame = sweep_curves_frame(progress)
    lines = frame[frame.kind == "line"]
    assert len(lines[lines["look"] == "student"].label.unique()) == 2
    assert set(lines[lines["look"] == "other"].label) == {"T = 8 · seed 0", "T = 8 · seed 1"}
    assert set(lines[lines["look"] == "twin"].label) == {"twin · seed 0", "twin · seed 1"}
    assert len(frame[frame.kind == "flat"]) == 2, "the bundled teacher's own error"


def test_settings_that_err_alike_are_ranked_as_the_best_is_chosen() -> None:
    """Means that differ by rounding alone are alike: 0.1 + 0.2 + 0.3 is not quite 0.3 + 0.3 + 0."""
    first, second = (0.3, 0.3, 0.0), (0.1, 0.2, 0.3)
    sweep = Sweep(base=small().base, vary={"temperature": (5.0, 20.0)}, seeds=3)
    for shares in ([*first, *second], [*second, *first]):
        members = tuple(
            sweep_progress.MemberProgress(member, [(3.0, share)], [], None)
            for member, share in zip(sweep.members, shares, strict=True)
        )
        progress = SweepProgress(sweep, members, (), None, None, None)
        assert [
            sweep_progress.setting_label(group[0].spec.setting) for _error, group in progress.ranked()
        ] == [
            "T = 5",
            "T = 20",
        ]
        assert progress.best == "T = 5"
        assert sweep_ranking.ranking_rows(progress, "")[0][0] == "1. T = 5"


def test_the_answer_shows_every_seed_the_mean_and_the_twins_once(folder: Folder) -> None:
    progress = live(folder, 2)
    frame = error_by_value_frame(sweep_measurements.measured_settings(progress), 0.02, "train?run=")
    dots = frame[frame.kind == "dot"]
    assert sorted(dots.y) == [10, 20, 30, 40]
    means = frame[frame.kind == "mean"]
    assert [(row.x, round(row.y, 9)) for row in means.itertuples()] == [(1, 15), (8, 35)]
    assert [round(row.high - row.low, 2) for row in means.itertuples()] == [14.14, 14.14], (
        "twice the deviation"
    )
    assert set(frame[frame.kind == "band"]["look"]) == {"twin"}
    assert dots.url.isna().all(), "nothing to open before it has ended"


def test_long_curves_are_thinned_out_and_many_are_left_out() -> None:
    member = small().members[0]
    curve = [(float(e), 0.5) for e in range(5000)]
    members = tuple(sweep_progress.MemberProgress(member, curve, [], None) for _ in range(200))
    frame = sweep_curves_frame(SweepProgress(small(), members, (), None, None, None))
    assert len(frame) < 1.2 * MOST_POINTS
    one = sweep_curves_frame(SweepProgress(small(), members[:1], (), None, None, None))
    assert len(one[one.kind == "line"]) <= POINTS + 1


def test_curves_are_drawn_as_far_as_the_longest_budget() -> None:
    sweep = Sweep(base=small().base, vary={"epochs": (2, 8)}, seeds=1)
    members = tuple(
        sweep_progress.MemberProgress(member, [(float(member.experiment.recipe.epochs), 0.5)], [], None)
        for member in sweep.members
    )
    frame = sweep_curves_frame(SweepProgress(sweep, members, (), 0.1, None, None))
    assert frame[frame.kind == "flat"].x.max() == frame.x.max() == 8


def measured(
    setting: dict[str, Any], student: list[float], twin: list[float], parameters: int = 100
) -> MeasuredSetting:
    return MeasuredSetting(setting, student, twin, ["a" * 22] * len(student), parameters, True)


@pytest.mark.parametrize("values", [(12, 1, 4), (4,)])
def test_the_lines_of_teacher_and_twins_span_the_axis_whatever_the_settings(values: tuple[int, ...]) -> None:
    found = [measured({"temperature": t}, [0.1, 0.2], [0.3, 0.4]) for t in values]
    frame = error_by_value_frame(found, 0.02, "")
    flat = frame[frame.kind == "flat"]
    assert [(row.look, round(row.y, 9)) for row in flat.itertuples()] == [("twin", 35), ("teacher", 2)]
    layers = by_value_spec("light", "T", "error", values)["layer"]
    lines = [one for one in layers if one["transform"][0]["filter"]["equal"] in ("flat", "band")]
    assert [one["mark"]["type"] for one in lines] == ["rule", "rect"]
    for one in lines:
        assert (one["encoding"]["x"], one["encoding"]["x2"]) == ({"value": 0}, {"value": "width"})


def test_nll_is_drawn_beside_the_errors_with_a_twin_for_every_budget() -> None:
    found = [
        replace(measured({"epochs": e}, [0.1, 0.1], [0.1, 0.1]), student_nll=[0.1, 0.12], twin_nll=twin)
        for e, twin in ((5, [0.2, 0.22]), (80, [0.4, 0.44]))
    ]
    frame = nll_by_value_frame(found, 0.05, "")
    means = {(row.look, row.x): round(row.y, 9) for row in frame[frame.kind == "mean"].itertuples()}
    assert means == {
        ("student", 5): 0.11, ("twin", 5): 0.21, ("student", 80): 0.11, ("twin", 80): 0.42,
    }  # fmt: skip
    assert [(row.look, row.y) for row in frame[frame.kind == "flat"].itertuples()] == [("teacher", 0.05)]
    assert frame[frame.kind == "extent"].top.item() == pytest.approx(
        1.1 * (0.42 + statistics.stdev([0.4, 0.44]))
    )


def test_two_fields_make_a_map() -> None:
    found = [
        measured({"temperature": t, "teacher_weight": w}, [0.1 * t, 0.3], [0.4, 0.4])
        for t in (1, 2)
        for w in (0.5, 1.0)
    ]
    frame = heat_map_frame(found, "train?run=")
    assert [(r.x, r.y) for r in frame.itertuples()] == [("1", "0.5"), ("1", "1"), ("2", "0.5"), ("2", "1")]
    assert frame["mean"].tolist() == pytest.approx([20, 20, 25, 25])
    assert frame.url[0] == "train?run=" + "a" * 22


def test_networks_are_drawn_by_size_with_an_arrow_from_twin_to_student() -> None:
    found = [
        measured({"student": "mlp-10"}, [0.1, 0.2], [0.3, 0.3], 1000),
        measured({"student": "mlp-30"}, [0.4], [0.2], 3000),
    ]
    frame = size_accuracy_frame(found, "", (9000, 0.02))
    arrows = frame[frame.kind == "arrow"]
    assert [(r.x, r.y, r.y2, r.up) for r in arrows.itertuples()] == [
        (1000, pytest.approx(70), pytest.approx(85), True),
        (3000, pytest.approx(80), pytest.approx(60), False),
    ]
    assert frame[frame["look"] == "teacher"].x.tolist() == [9000]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_specifications_are_plain_json(theme: Any) -> None:
    for spec in (
        sweep_curves_spec(theme),
        by_value_spec(theme, "T", "error", (1, 20)),
        by_value_spec(theme, "student", "error", ("a", "b")),
        heat_map_spec(theme, ("x", "y"), (["1"], ["2"]), "error"),
        size_accuracy_spec(theme, "accuracy"),
    ):
        assert json.loads(json.dumps(spec)) == spec


def test_the_answers_axis_is_logarithmic_where_values_are_far_apart() -> None:
    def scale(values: tuple[Any, ...]) -> Any:
        return (
            by_value_spec("light", "T", "error", values)["layer"][-1]["encoding"]["x"]
            .get("scale", {})
            .get("type")
        )

    assert scale((1, 20)) == "log"
    assert scale((1, 4)) is None
    assert scale((0, 20)) is None
    assert scale(("a", "b")) is None


def test_a_cohorts_run_leads_back_to_its_sweep(folder: Folder) -> None:
    grid = Sweep(
        base=small().base.with_flat(epochs=9), vary={"temperature": (1, 8), "omit": ((), (3, 4))}, seeds=2
    )
    for cohort in missing_jobs(grid, folder.store)[:1]:
        assert isinstance(cohort, CohortSpec)
        run = create_run(grid, cohort, folder.store, BROWSER)
        link = sweep_link.link_to_sweep(run)
        assert (link["vary"], link["seeds"], link["epochs"]) == ("temperature:1,8", "2", "9")
        problems: list[str] = []
        base = read_recipe(link, PRESETS[0].experiment).experiment
        again = sweep_link.read_sweep(link, base, problems)
        assert problems == []
        assert {m.experiment.hash for m in again.members} == {e.hash for e in cohort.experiments}


def test_a_question_fills_in_its_sweep_and_says_what_it_shows(app: AppTest) -> None:
    asked = question("how-long")
    app.query_params["sampler"] = "random"
    app.run()
    assert asked.shows not in said(app)
    app.button(key="question.how-long").click().run()
    assert not app.exception
    link = {name: value if isinstance(value, str) else value[0] for name, value in app.query_params.items()}
    assert sweep_link.read_sweep(link, read_recipe(link, PRESETS[0].experiment).experiment, []) == asked.sweep
    assert asked.shows in said(app)
    assert app.button(key="question.how-long").icon
    assert not app.button(key="question.how-long").help, "it stands below"
    assert asked.shows not in app.button(key="question.which-temperature").help
    assert "back_to_default" not in [button.key for button in app.button], (
        "the question says whose recipe it is"
    )


def test_a_question_leaves_what_it_varies_as_its_preset_has_it(app: AppTest) -> None:
    """Train would else begin with the first of the values."""
    app.run().button(key="question.which-temperature").click().run()
    assert "T" not in app.query_params
    app.button(key="question.how-long").click().run()
    assert app.query_params["epochs"] == "20"


def test_questions_need_no_download() -> None:
    assert {one.sweep.base.dataset for one in QUESTIONS} <= {"digits", *GENERATED}
    with pytest.raises(InvalidExperiment, match="no question 'why'"):
        question("why")
