from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components.recipe import MAIN, field_groups
from dashboard.components.recipe_edits import with_dependent_fields
from dashboard.data import (
    method_cards,
    run_curves,
    sweep_link,
    time_estimate,
    torch_imports,
    trained_teachers,
)
from dashboard.data.page_state import page_state
from dashboard.data.run_titles import run_title
from dashboard.session import ANONYMOUS
from dashboard.stream.page_snapshot import PageSnapshot
from dashboard.stream.run_reader import run_snapshot
from dashboard.url.permalink import read_recipe
from kdcore.errors import OutOfResources
from kdcore.events import HotChange, Measured
from kdcore.experiment import FLAT_FIELDS
from kdcore.pipelines.teacher_question import teacher_question
from kdcore.pipelines.varied_fields import seeded
from kdcore.studies.measured_presets import measured_errors
from kdcore.studies.presets import PRESETS
from kdcore.texts import percent
from tests.dashboard.conftest import BROWSER
from tests.dashboard.fake_manager import RESULTS, FakeManager

DEFAULT = PRESETS[0].experiment


@pytest.fixture(scope="module", autouse=True)
def figures() -> None:
    """The pickers' figures, as they are a few seconds after the server has started."""
    torch_imports._import()


def texts(app: AppTest) -> str:
    """Everything that is written on the page."""
    parts = [*app.markdown, *app.caption, *app.warning, *app.error, *app.subheader]
    live_texts = [part for part in app.get("bidi_component") if part.proto.component_name == "live_text"]
    return "\n".join(
        [
            *(str(part.value) for part in parts),
            *(html.proto.body for html in app.get("html")),
            *(json.loads(part.proto.json)["initial"] for part in live_texts),
        ]
    ).replace("\N{NO-BREAK SPACE}", " ")


def live(app: AppTest, key: str) -> dict[str, Any]:
    """What the component with that key got, which draws from the run's stream."""
    [part] = [part for part in app.get("bidi_component") if part.proto.id.endswith(f"-{key}")]
    data: dict[str, Any] = json.loads(part.proto.json)
    return data


def live_charts(app: AppTest) -> list[dict[str, Any]]:
    """What the charts got that draw from the run's stream."""
    parts = [part for part in app.get("bidi_component") if part.proto.component_name == "live_chart"]
    return [json.loads(part.proto.json) for part in parts]


def streamed(manager: FakeManager, run_id: str = "run0") -> PageSnapshot:
    """What the run's stream says."""
    run = manager.run(run_id)
    return run_snapshot(run, run_curves.curves(run))


def started(app: AppTest, manager: FakeManager, epochs: int = 0) -> AppTest:
    app.run().button(key="train").click().run()
    if epochs:
        manager.train("run0", epochs)
        app.run()
    assert not app.exception
    return app


# ---------------------------------------------------------------------------------------------- recipe


def test_the_default_preset_stands_ready(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert app.selectbox(key="recipe.dataset").value == DEFAULT.dataset
    assert app.select_slider(key="recipe.temperature").value == DEFAULT.temperature
    assert app.slider(key="recipe.teacher_weight").value == DEFAULT.teacher_weight
    assert "parameters" in texts(app), "what the networks cost"
    assert dict(app.query_params) == {}


def test_train_starts_the_recipe_for_this_browser_and_puts_the_run_into_the_link(
    app: AppTest, manager: FakeManager
) -> None:
    app.run()
    app.select_slider(key="recipe.temperature").set_value(10.0).run()
    app.button(key="train").click().run()
    run = manager.known["run0"]
    assert run.experiment == DEFAULT.with_flat(temperature=10)
    assert run.owner == BROWSER
    assert app.query_params["run"] == "run0"


@pytest.mark.parametrize("group", field_groups())
def test_every_field_of_the_experiment_has_a_widget(app: AppTest, group: str) -> None:
    app.query_params["more"] = group
    app.run()
    assert not app.exception
    kinds = ("selectbox", "select_slider", "slider", "number_input", "toggle", "multiselect", "text_input")
    there = {widget.key for kind in kinds for widget in app.get(kind)}
    assert {f"recipe.{name}" for name in (*MAIN, *field_groups()[group])} <= there


def test_the_method_picker_says_the_methods_name_first_and_keeps_what_they_transfer_together(
    app: AppTest,
) -> None:
    app.query_params["more"] = "method"
    app.run()
    offered = app.selectbox(key="recipe.method").options
    cards = [method_cards.cards()[name] for name in method_cards.methods_by_transfer()]
    assert offered == [f"{card.title} · {card.transfers}" for card in cards]


def test_few_steps_are_told_of_beside_the_budget_and_hinted_at(app: AppTest) -> None:
    app.query_params.clear()
    app.query_params.update({"count": "100", "batch_size": "4096", "epochs": "3"})
    app.run()
    counted, hint = (
        "The students take 3 steps in all, 1 an epoch, of 100 images.",
        "Fewer than 300 steps teach little",
    )
    assert f"{counted} {hint}" in texts(app)
    app.query_params["more"] = "budget"
    app.run()
    assert texts(app).count(counted) == 1
    assert texts(app).count(hint) == 1


def test_steps_are_counted_beside_the_budget_and_what_was_measured_gets_no_hint(app: AppTest) -> None:
    app.query_params.clear()
    app.query_params.update({"more": "budget", "count": "1000", "batch_size": "64", "epochs": "40"})
    app.run()
    assert "The students take 640 steps in all, 16 an epoch, of 64 images." in texts(app)
    assert "teach little" not in texts(app)
    app.query_params.clear()
    app.run()
    assert "teach little" not in texts(app), (
        "the first preset takes 150 steps, and what they give was measured"
    )


def test_no_field_is_forgotten() -> None:
    assert {*MAIN, *(name for names in field_groups().values() for name in names), "parameters"} == set(
        FLAT_FIELDS
    )


def test_an_edit_goes_into_the_link_and_a_link_into_the_widget(app: AppTest) -> None:
    app.query_params["more"] = "budget"
    app.run()
    app.number_input(key="recipe.epochs").set_value(30).run()
    assert app.query_params["epochs"] == "30"
    app.query_params["epochs"] = "45"
    app.run()
    assert app.number_input(key="recipe.epochs").value == 45


def test_an_empty_count_means_all_images(app: AppTest, manager: FakeManager) -> None:
    app.query_params["more"] = "transfer set"
    app.run()
    assert app.number_input(key="recipe.count").value == DEFAULT.count
    app.number_input(key="recipe.count").set_value(None).run()
    app.button(key="train").click().run()
    assert manager.known["run0"].experiment.count is None


def test_where_validation_images_are_trained_on_the_page_says_so(app: AppTest, manager: FakeManager) -> None:
    """Before the run and beside its curves; and early stopping by them is refused in a sentence."""
    said = "The validation images are trained on too"
    app.query_params["more"] = "transfer set"
    app.run()
    assert said not in texts(app)
    app.toggle(key="recipe.train_on_validation").set_value(True).run()
    assert said in texts(app)
    app.button(key="train").click().run()
    assert manager.known["run0"].experiment.train_on_validation
    assert said in texts(app)
    app.query_params["more"] = "budget"
    app.run()
    app.number_input(key="recipe.early_stop").set_value(3).run()
    assert "Nothing can be chosen" in app.error[-1].value
    assert app.button(key="train").disabled


def test_a_method_brings_its_own_settings(app: AppTest, manager: FakeManager) -> None:
    card = next(card for card in method_cards.cards().values() if card.parameters)
    parameter = card.parameters[0]
    app.query_params["more"] = "method"
    app.run()
    app.selectbox(key="recipe.method").set_value(card.name).run()
    setting = f"recipe.parameters.{parameter.name}"
    app.number_input(key=setting).set_value(parameter.high + 1).run()
    assert app.number_input(key=setting).value == parameter.high + 1
    assert app.error[-1].value.endswith(f"takes a number, {parameter.low:g} to {parameter.high:g}.")
    assert app.button(key="train").disabled
    app.number_input(key=setting).set_value(parameter.high).run()
    assert not app.error
    app.button(key="train").click().run()
    assert manager.known["run0"].experiment.method == card.name
    assert manager.known["run0"].experiment.parameters == {parameter.name: parameter.high}


def test_another_dataset_takes_a_teacher_that_fits(app: AppTest) -> None:
    moved = with_dependent_fields(DEFAULT.with_flat(omit=(1,)), "dataset", "mnist")
    card = trained_teachers.teacher_card(moved.teacher)
    assert card is None or card.dataset == "mnist"
    assert moved.omit == ()


def test_a_preset_fills_the_recipe_and_starts_nothing(app: AppTest, manager: FakeManager) -> None:
    app.query_params["T"] = "10"
    app.run()
    app.button(key=f"preset.{PRESETS[0].name}").click().run()
    assert app.select_slider(key="recipe.temperature").value == DEFAULT.temperature
    assert manager.known == {}


def test_a_late_request_undoes_nothing(app: AppTest, manager: FakeManager) -> None:
    """A polling browser may send its old link and its old widgets once more before it has heard of the new ones."""
    app.query_params["T"] = "10"
    app.run()
    old = app.query_params.copy()
    app.button(key=f"preset.{PRESETS[0].name}").click().run()
    app.query_params.clear()
    app.query_params.update(old)
    app.select_slider(key="recipe.temperature").set_value(10.0).run()
    assert app.select_slider(key="recipe.temperature").value == DEFAULT.temperature
    assert "T" not in app.query_params


def test_a_quick_second_edit_is_kept(app: AppTest, manager: FakeManager) -> None:
    """It too leaves the browser with the old link, but nobody has replaced its value."""
    app.run()
    app.select_slider(key="recipe.temperature").set_value(10.0).run()
    app.query_params.clear()
    app.slider(key="recipe.teacher_weight").set_value(0.5).run()
    assert app.query_params["T"] == "10.0"
    assert app.query_params["weight"] == "0.5"


# ---------------------------------------------------------------------------------------------- wrong input


@pytest.mark.parametrize(
    ("parameter", "text", "says"),
    [
        ("T", "-1", "temperature"),
        ("epochs", "1e9", "epochs"),
        ("dataset", "nowhere", "no dataset 'nowhere'"),
        ("teacher", "resnet9000", "resnet9000"),
        ("student", "mlp-0", "mlp-0"),
        ("method", "magic", "no method 'magic'"),
        ("preset", "magic", "no preset 'magic'"),
        ("run", "gone", "no run 'gone'"),
    ],
)
def test_a_wrong_link_gives_a_sentence_and_the_default(
    app: AppTest, parameter: str, text: str, says: str
) -> None:
    app.query_params[parameter] = text
    app.run()
    assert not app.exception
    assert len(app.warning) == 1
    assert says in app.warning[0].value
    assert app.select_slider(key="recipe.temperature").value == DEFAULT.temperature
    assert app.selectbox(key="recipe.dataset").value == DEFAULT.dataset
    assert not app.button(key="train").disabled


def test_a_dataset_alone_in_a_link_takes_a_teacher_that_fits(app: AppTest) -> None:
    app.query_params["dataset"] = "mnist"
    app.run()
    card = trained_teachers.teacher_card(str(app.selectbox(key="recipe.teacher").value))
    assert card is not None
    assert card.dataset == "mnist"
    assert not [warning for warning in app.warning if "teacher" in warning.value]


def test_a_teacher_of_other_images_in_a_link_gives_way_and_that_is_said(app: AppTest) -> None:
    app.query_params.update({"dataset": "mnist", "teacher": DEFAULT.teacher})
    app.run()
    assert app.selectbox(key="recipe.teacher").value != DEFAULT.teacher
    assert any("takes its place" in warning.value for warning in app.warning)
    assert "7 of 360" not in texts(app)


def test_what_cannot_run_is_told_before_anything_starts(app: AppTest, manager: FakeManager) -> None:
    app.query_params["count"] = "1000000"
    app.run().button(key="train").click().run()
    assert manager.known == {}
    assert any("count = 1000000" in warning.value for warning in app.warning)


def test_an_error_of_the_manager_is_a_sentence(
    app: AppTest, manager: FakeManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OutOfResources("The disk is full. Free some space.")

    app.run()
    monkeypatch.setattr(manager, "submit", full)
    app.button(key="train").click().run()
    assert "The disk is full. Free some space." in [warning.value for warning in app.warning]
    app.run()
    assert not app.warning, "told once"


# ---------------------------------------------------------------------------------------------- while it trains


def test_a_run_shows_its_numbers_curves_and_pinned_images(app: AppTest, manager: FakeManager) -> None:
    started(app, manager, epochs=20)
    seen = texts(app)
    assert "8 of 400" in seen
    assert "1 seed" in seen
    assert all(chart["spec"]["description"] for chart in live_charts(app))
    assert len(live_charts(app)) == 4
    assert {chart["rows"] for chart in live_charts(app)} <= {*streamed(manager).charts}
    assert streamed(manager).values["pinned.T"] == 4
    assert live(app, "live_status")["text"] == "epoch 20 of 150 · 8,400 images/s · 14 s left · cpu, 1 thread"


def test_while_it_trains_nothing_that_it_records_changes_the_page(app: AppTest, manager: FakeManager) -> None:
    """Then nothing has to be run for it: what changes is on the stream."""
    started(app, manager, epochs=20)
    before, streamed_before = (
        [live_charts(app), live(app, "live_pinned"), live(app, "live_status")["state"]],
        streamed(manager),
    )
    manager.train("run0", 20, 20)
    app.run()
    assert [live_charts(app), live(app, "live_pinned"), live(app, "live_status")["state"]] == before
    assert streamed(manager).charts != streamed_before.charts
    assert streamed(manager).values["state"] == before[2]


def test_a_teacher_that_nobody_asks_is_not_told_of(app: AppTest, manager: FakeManager) -> None:
    app.query_params["method"] = "mutual-learning"
    started(app, manager, epochs=20)
    manager.finish("run0")
    app.run()
    assert not app.exception
    seen = texts(app)
    assert "What this shows" in seen
    assert '<span class="count">not asked</span>' in seen
    for told in (">8 of 400", "The teacher made", "distilled"):
        assert told not in seen
    assert "teacher" not in "".join(chart["spec"]["description"] for chart in live_charts(app))
    assert streamed(manager).values["pinned.teacher"] is None, "and no outline of its"


def test_at_its_end_a_run_is_drawn_from_the_same_stream(app: AppTest, manager: FakeManager) -> None:
    """So that its steps can be gone back to; what is drawn changes in nothing but that it is over."""
    started(app, manager, epochs=20)
    before = live_charts(app)
    manager.finish("run0")
    app.run()
    assert [chart | {"over": False} for chart in live_charts(app)] == before
    assert all(chart["over"] for chart in live_charts(app))


def test_each_validated_step_can_be_gone_back_to(app: AppTest, manager: FakeManager) -> None:
    started(app, manager, epochs=20)
    manager.say("run0", HotChange(20, 20.0, "temperature", 8.0))
    manager.train("run0", 10, 20)
    [group] = streamed(manager).charts["moments"].groups
    epochs = [epoch for epoch, _moment in group.rows]
    assert epochs == [float(epoch) for epoch in range(1, 31)]
    step, text, _top, temperature, html = group.rows[9][1]
    assert (step, text, temperature) == (10, "step 10 of 150 · epoch 10 of 150", 4.0)
    then = next(
        p.value
        for p in manager.points("run0")
        if p.series == "val_errors" and p.role == "student" and p.step == 10
    )
    assert f"{then:.0f} of 400" in html
    assert group.rows[29][1][3] == 8.0, "at its own temperature"


def test_a_training_that_is_watched_step_by_step_begins_paused(app: AppTest, manager: FakeManager) -> None:
    app.run().button(key="slow").click().run()
    assert manager.begin_paused == {"run0": 10.0}
    assert app.query_params["run"] == "run0"
    manager.train("run0", 1)
    app.run()
    assert live(app, "run_player")["steers"]


def test_another_run_is_shown_from_its_newest_step(app: AppTest, manager: FakeManager) -> None:
    app.query_params["step"] = "12"
    app.query_params["image"] = "3"
    app.run().button(key="train").click().run()
    assert {*app.query_params} == {"run"}


def test_a_method_that_measures_itself_gets_a_chart_of_it(app: AppTest, manager: FakeManager) -> None:
    started(app, manager, epochs=5)
    assert "measured" not in [chart["rows"] for chart in live_charts(app)]
    before = streamed(manager).values["state"]
    manager.say("run0", Measured(5, 5.0, "student", {"confident": 0.5}))
    assert streamed(manager).values["state"] != before, "the page is drawn anew for it"
    app.run()
    assert "measured" in [chart["rows"] for chart in live_charts(app)]


def test_a_picker_tells_runs_of_the_same_networks_apart(manager: FakeManager) -> None:
    def called(**flat: Any) -> str:
        return run_title(manager.submit(DEFAULT.with_flat(**flat), "me")).partition(": ")[2]

    assert called() == "digits-mlp-300 to mlp-30, T = 4"
    assert called(omit=(3,), epochs=40) == "digits-mlp-300 to mlp-30, T = 4, without 3, epochs = 40"
    assert called(method="mutual-learning") == "Deep mutual learning, mlp-30"
    assert called(method="labels-only", init_seed=2) == "Labels only, mlp-30, seed 2"
    assert called(method="hint", label_noise=0.2) == "Hint, digits-mlp-300 to mlp-30, label noise = 0.2"


@pytest.mark.parametrize(
    "change",
    [
        {"status": "paused"},
        {"status": "queued"},
        {"status": "finished"},
        {"status": "lost", "error": "The process that trained this run ended."},
        {"error": "It failed once."},
    ],
)
def test_what_the_page_has_to_be_drawn_for_is_in_the_streams_state(
    app: AppTest, manager: FakeManager, change: dict[str, Any]
) -> None:
    started(app, manager, epochs=5)
    before = live(app, "live_status")["state"]
    manager.set("run0", **change)
    assert streamed(manager).values["state"] != before


def test_the_buttons_tell_the_run(app: AppTest, manager: FakeManager) -> None:
    started(app, manager, epochs=5)
    app.button(key="run.pause").click().run()
    assert app.button(key="run.pause").label == "Pausing"
    manager.set("run0", status="paused", progress={**manager.known["run0"].progress, "paused": True})
    app.run()
    for kind in ("step_batch", "step_epoch", "resume", "stop"):
        app.button(key=f"run.{kind}").click().run()
    assert [command.kind for _run, command in manager.commands] == [
        "pause",
        "step_batch",
        "step_epoch",
        "resume",
        "stop",
    ]
    assert not app.exception


def test_a_hot_setting_reaches_the_run_and_another_does_not(app: AppTest, manager: FakeManager) -> None:
    started(app, manager, epochs=5)
    assert "live" in app.select_slider(key="recipe.temperature").label
    app.select_slider(key="recipe.temperature").set_value(8.0).run()
    app.selectbox(key="recipe.student").set_value("mlp-10").run()
    assert [(c.kind, c.setting, c.value) for _run, c in manager.commands] == [("set", "temperature", 8.0)]
    assert "begins a new run" in texts(app)


def test_after_the_end_nothing_is_hot(app: AppTest, manager: FakeManager) -> None:
    started(app, manager, epochs=150)
    manager.finish("run0")
    app.run()
    app.select_slider(key="recipe.temperature").set_value(8.0).run()
    assert manager.commands == []
    assert manager.known["run0"].experiment.temperature == 4


def test_a_finished_run_shows_tables_and_what_it_shows(app: AppTest, manager: FakeManager) -> None:
    started(app, manager, epochs=150)
    manager.finish("run0")
    app.run()
    seen = texts(app)
    assert "Student − twin: −11 errors (−2.8 points)." in seen
    assert "−11" in seen
    assert "2,260" in seen
    assert "42 µs (60 µs)" in seen
    assert not [button for button in app.button if str(button.key).startswith("run.")]


def test_a_finished_run_says_why_and_leads_on_by_its_own_figures(app: AppTest, manager: FakeManager) -> None:
    started(app, manager, epochs=150)
    assert not app.get("page_link"), "while it trains"
    assert PRESETS[0].shows in texts(app), "the preset's sentence stays"
    manager.finish("run0")
    app.run()
    assert (
        "Why, as far as this run shows: The labels had little left to teach: at the end the twin's loss was"
        in texts(app)
    )
    assert "of its belief to classes other than its answer (6 pinned images)" in texts(app)
    links = {link.proto.label: link.proto for link in app.get("page_link")}
    pages = [(label.partition(":")[0], link.page) for label, link in links.items()]
    assert pages == [
        ("What its networks know", "dark-knowledge"),
        ("Which temperature is best", "sweep"),
        ("What would explain it otherwise", "sweep"),
        ("Whether the difference of −11 errors comes again", "sweep"),
    ]
    assert "the 28 test images that the student gets wrong" in next(iter(links))
    run = manager.run("run0").experiment
    sizes = {"temperature": (9, 3), "method": (3, 3), "seeds": (1, 5)}
    for link, (settings, seeds) in zip(list(links.values())[1:], sizes.values(), strict=True):
        parameters = dict(parse_qsl(link.query_string))
        assert parameters["selected"] == "run0"
        base = read_recipe(parameters, PRESETS[0].experiment).experiment
        sweep = sweep_link.read_sweep(parameters, base, problems := [])
        assert not problems
        assert (sweep.size // sweep.seeds, sweep.seeds) == (settings, seeds)
        assert run.hash in [member.experiment.hash for member in sweep.members], "its own run is one of them"


def test_a_method_without_a_temperature_leads_to_none(app: AppTest, manager: FakeManager) -> None:
    run = manager.submit(DEFAULT.with_flat(method="labels-only"), BROWSER)
    manager.finish(run.id)
    app.query_params["run"] = run.id
    app.run()
    assert [link.proto.label.partition(":")[0] for link in app.get("page_link")] == [
        "What its networks know",
        "Whether the difference of −11 errors comes again",
    ]
    assert "Why, as far" not in texts(app), "nothing was recorded"


def test_refresh_attaches_again(app: AppTest, manager: FakeManager) -> None:
    started(app, manager, epochs=10)
    again = AppTest.from_file(app._script_path, default_timeout=120)
    again.query_params["run"] = "run0"
    again.run()
    assert "8 of 400" in texts(again)
    assert not again.button(key="run.stop").disabled


def test_another_browser_watches_and_can_make_a_copy(
    app: AppTest, manager: FakeManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager.submit(DEFAULT.with_flat(temperature=10), "somebody else")
    manager.train("run0", 10)
    app.query_params["run"] = "run0"
    app.run()
    assert "8 of 400" in texts(app)
    assert live(app, "live_status")["spread"], "not all who watch ask in the same moment"
    for key in ("run.pause", "run.step_batch", "run.step_epoch", "run.stop", "train"):
        assert app.button(key=key).disabled, key
    assert app.select_slider(key="recipe.temperature").disabled
    app.button(key="copy").click().run()
    assert "run" not in app.query_params
    assert app.select_slider(key="recipe.temperature").value == 10
    assert not app.button(key="train").disabled
    assert len(manager.known) == 1, "filled in, not started"


def test_until_it_says_its_own_a_run_shows_what_is_known_of_its_teacher(
    app: AppTest, manager: FakeManager
) -> None:
    card = trained_teachers.teacher_card(DEFAULT.teacher)
    assert card is not None
    known = "{errors} of {images}</span>".format(**card.validation)
    started(app, manager)
    assert known in texts(app)
    manager.train("run0", 1)
    app.run()
    assert known not in texts(app)


def test_before_its_first_figures_a_run_draws_no_logarithmic_axis(app: AppTest, manager: FakeManager) -> None:
    started(app, manager)
    assert [chart["rows"] for chart in live_charts(app) if not chart["logarithmic"]] == ["error"]
    manager.finish("run0")
    app.run()
    assert [chart["rows"] for chart in live_charts(app)] == ["error"]


def test_hot_settings_are_marked_and_their_help_says_when_a_change_acts(
    app: AppTest, manager: FakeManager
) -> None:
    started(app, manager)
    manager.set("run0", phase="teacher")
    app.run()
    temperature = app.select_slider(key="recipe.temperature")
    assert temperature.label.endswith("live")
    assert "while the teacher is trained acts when the students begin" in temperature.help


def test_a_page_is_not_drawn_anew_when_the_teacher_is_done(app: AppTest, manager: FakeManager) -> None:
    """Thirty who watch would all ask for it in the same moment."""
    started(app, manager)
    states = set()
    for phase in ("teacher", "students"):
        manager.set("run0", phase=phase)
        states.add(page_state(manager.run("run0"), run_curves.curves(manager.run("run0"))))
    assert len(states) == 1


@pytest.mark.parametrize(
    ("method", "temperature", "weight"),
    [("soft-targets", True, True), ("pseudo-labels", False, True), ("labels-only", False, False)],
)
def test_settings_that_the_method_does_not_use_are_disabled(
    app: AppTest, method: str, temperature: bool, weight: bool
) -> None:
    app.query_params.update({"method": method, "teacher": "mlp-300"})
    app.run()
    sliders = app.select_slider(key="recipe.temperature"), app.slider(key="recipe.teacher_weight")
    assert [not slider.disabled for slider in sliders] == [temperature, weight]
    assert ["does not use it" not in slider.help for slider in sliders] == [temperature, weight]
    assert ("trained first" in texts(app)) == (temperature or weight)


def test_a_run_without_a_teacher_shows_the_others(app: AppTest, manager: FakeManager) -> None:
    app.query_params.update({"method": "mutual-learning", "teacher": "mlp-300"})
    started(app, manager)
    manager.train("run0", 150)
    points, events = manager.said["run0"]
    points[:] = [point for point in points if point.role != "teacher"]
    for event in events:
        if event.kind == "Pinned":
            event.payload["teacher_logits"] = ()
    manager.finish("run0")
    manager.set("run0", results={name: said for name, said in RESULTS.items() if name != "teacher"})
    app.run()
    assert not app.exception
    assert not app.error
    assert '<span class="value">–</span>' in texts(app)
    assert "Student − twin: −11 errors" in texts(app)
    assert "The teacher made" not in texts(app)


@pytest.mark.parametrize(
    ("owner", "says"),
    [
        (BROWSER, "waiting for [your other run](?run=run0) to end"),
        ("another", "waiting for its owner's other run"),
    ],
)
def test_a_run_that_waits_for_its_owners_other_run_says_so(
    app: AppTest, manager: FakeManager, owner: str, says: str
) -> None:
    for _ in range(2):
        manager.submit(DEFAULT, owner)
    manager.set("run1", status="queued", queue_position=1)
    app.query_params["run"] = "run1"
    app.run()
    assert app.get("progress")[0].proto.text == says
    assert not live(app, "live_status")["shown"]
    assert "run0" not in str(streamed(manager, "run1").values), "others are not told of it"
    before = live(app, "live_status")["state"]
    manager.finish("run0")
    assert streamed(manager, "run1").values["state"] != before
    app.run()
    assert live(app, "live_status")["shown"]
    assert live(app, "live_status")["text"] == "waiting for a worker"


def test_a_run_that_waits_because_nothing_can_train_says_why(app: AppTest, manager: FakeManager) -> None:
    manager.submit(DEFAULT, BROWSER)
    manager.set("run0", status="queued", queue_position=2)
    manager.trouble = "No Ray cluster answers."
    app.query_params["run"] = "run0"
    app.run()
    assert live(app, "live_status")["text"] == "waiting: No Ray cluster answers."
    manager.trouble = ""
    assert streamed(manager).values["text"] == "waiting, number 2 in the queue"


def test_a_finished_run_of_the_same_recipe_is_offered(app: AppTest, manager: FakeManager) -> None:
    manager.submit(DEFAULT, "somebody else")
    manager.train("run0", 150)
    manager.finish("run0")
    app.run()
    app.button(key="beside").click().run()
    assert app.query_params["run"] == "run0"
    assert "Student − twin: −11 errors" in texts(app)


def test_an_interrupted_run_can_go_on(app: AppTest, manager: FakeManager) -> None:
    started(app, manager, epochs=10)
    manager.set("run0", status="lost", error="The process that trained this run ended.")
    app.run()
    assert "The process that trained this run ended." in [error.value for error in app.error]
    app.button(key="go_on").click().run()
    assert manager.resumed == ["run0"]


def test_loss_terms_raw_or_scaled_is_in_the_link(app: AppTest, manager: FakeManager) -> None:
    started(app, manager, epochs=10)
    app.query_params["form"] = "raw"
    app.run()
    titles = {chart["rows"]: chart["spec"].get("title", {}).get("text") for chart in live_charts(app)}
    assert titles["loss.raw"] == "loss terms, each by itself"


def test_a_link_cannot_smuggle_markdown_into_the_page(app: AppTest) -> None:
    app.query_params["dataset"] = "[press](http://elsewhere)"
    app.run()
    assert "\\[press\\]" in app.warning[0].value


def test_the_estimate_follows_the_recipe(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_estimate, "speed", lambda: {"step": 1e-4, "linear": 1e9, "convolution": 1e9})
    monkeypatch.setattr(time_estimate, "method_costs", dict)
    monkeypatch.setattr(time_estimate, "answered", dict)
    app.query_params["epochs"] = "10"
    few = time_estimate.seconds(DEFAULT.with_flat(epochs=10))
    many = time_estimate.seconds(DEFAULT.with_flat(epochs=2000))
    assert few is not None
    assert many is not None
    assert many > 2 * few
    app.run()
    assert "on this machine" in texts(app)


@pytest.mark.parametrize(
    ("speed", "named"), [(1e9, False), (1e7, True), (1e4, False)], ids=["in no time", "a while", "for hours"]
)
def test_a_recipe_whose_teacher_takes_a_while_is_prefetched_for(
    app: AppTest, manager: FakeManager, monkeypatch: pytest.MonkeyPatch, speed: float, named: bool
) -> None:
    monkeypatch.setattr(time_estimate, "speed", lambda: {"step": 1e-4, "linear": speed, "convolution": speed})
    monkeypatch.setattr(time_estimate, "method_costs", dict)
    monkeypatch.setattr(time_estimate, "answered", dict)
    app.run()
    assert manager.expected == [DEFAULT] * named
    monkeypatch.setattr(time_estimate, "answered", lambda: {teacher_question(DEFAULT): True})
    app.run()
    assert manager.expected == [DEFAULT] * named, "it has answered by now"
    app.query_params["teacher"] = "mlp-300"
    app.run()
    assert not app.exception
    assert manager.expected == [DEFAULT] * named, "nothing is trained for a recipe that is only looked at"


def test_networks_that_a_method_cannot_take_are_told_before_train_is_pressed(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_imports, "warm", lambda: True)
    app.query_params["method"] = "attention-transfer"
    app.run()
    assert "such as cnn-small" in app.warning[0].value
    assert "on this machine" not in texts(app)
    app.query_params["teacher"] = app.query_params["student"] = "cnn-small"
    app.run()
    assert not app.warning


# ---------------------------------------------------------------------------------------------- an experiment's file


def test_an_experiment_that_was_taken_away_comes_back_as_the_recipe(
    app: AppTest, manager: FakeManager
) -> None:
    taken = DEFAULT.with_flat(temperature=7.0, student="mlp-100", epochs=33, omit=(3,))
    started(app, manager)
    app.file_uploader(key="experiment").upload(
        "mine.json", taken.to_json().encode(), "application/json"
    ).run()
    assert not app.exception
    assert app.select_slider(key="recipe.temperature").value == 7.0
    assert app.selectbox(key="recipe.student").value == "mlp-100"
    assert "run" not in app.query_params
    app.button(key="train").click().run()
    assert manager.known["run1"].experiment == taken


@pytest.mark.parametrize(
    ("handed", "says"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"[" * 90_000, "not JSON"),
        (b'{"temperature": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"temperature": -1}', "temperature"),
        (b'{"colour": 1}', "colour"),
        (b"\xff\xfe\x00", "not text"),
        (b" " * 100_001, "too large"),
    ],
)
def test_a_file_that_is_no_experiment_is_answered_with_a_sentence_and_changes_nothing(
    app: AppTest, handed: bytes, says: str
) -> None:
    app.query_params["T"] = "7"
    app.run()
    app.file_uploader(key="experiment").upload("x.json", handed, "application/json").run()
    assert not app.exception
    assert says in app.warning[0].value
    assert app.query_params["T"] == "7"


@pytest.mark.parametrize(
    ("more", "key", "typed", "says", "mended"),
    [
        ("budget", "recipe.epochs", 3000, "Epochs = 3000: it takes a whole number, 1 to 2000.", 7),
        (
            "optimiser",
            "recipe.learning_rate",
            -1.0,
            "Learning rate = -1: it takes a number, more than 0",
            0.01,
        ),
        ("seeds", "recipe.init_seed", -1, "Init seed = -1: it takes a whole number, 0 to 2147483647.", 1),
    ],
)
def test_a_value_out_of_bounds_stays_with_its_bound_and_train_waits(
    app: AppTest, manager: FakeManager, more: str, key: str, typed: float, says: str, mended: float
) -> None:
    app.query_params["more"] = more
    app.run()
    app.number_input(key).set_value(typed).run()
    assert app.number_input(key).value == typed
    assert says in " ".join(error.value for error in app.error).replace("\\", "")
    assert app.button("train").disabled
    app.query_params["more"] = "data"
    app.run()
    assert "Train waits" in app.error[0].value
    app.query_params["more"] = more
    app.run()
    app.number_input(key).set_value(mended).run()
    assert not app.error
    assert not app.button("train").disabled
    assert manager.known == {}


def test_the_second_press_on_one_recipe_offers_another_seed_and_starts_nothing(
    app: AppTest, manager: FakeManager
) -> None:
    app.run()
    app.button(key="train").click().run()
    app.button(key="train").click().run()
    assert list(manager.known) == ["run0"]
    assert "This very recipe is being trained" in texts(app)
    assert "show_equal" not in {button.key for button in app.button}, "it is on screen"
    manager.finish("run0")
    app.query_params.clear()
    app.query_params["more"] = "data"
    app.run()
    app.button(key="show_equal").click().run()
    assert app.query_params["run"] == "run0"
    app.button(key="another_seed").click().run()
    other = manager.known["run1"].experiment
    assert (other.init_seed, other.order_seed) == (1, 1)
    assert other.with_flat(init_seed=0, order_seed=0, noise_seed=0) == manager.known["run0"].experiment
    assert app.query_params["run"] == "run1"
    app.query_params["run"] = "run0"
    app.run()
    app.button(key="train").click().run()
    app.button(key="another_seed").click().run()
    assert manager.known["run2"].experiment.init_seed == 2, "the next that was not trained yet"


def test_the_queue_is_in_sight_and_all_of_mine_is_cancelled_at_once(
    app: AppTest, manager: FakeManager, browser: str
) -> None:
    for epochs, owner in ((1, browser), (2, "another"), (3, browser)):
        run = manager.submit(DEFAULT.with_flat(epochs=epochs), owner)
        manager.set(run.id, status="queued")
    app.run()
    assert "3 runs wait, 2 of yours" in {popover.proto.popover.label for popover in app.get("popover")}
    lines = next(part.value for part in app.markdown if part.value.startswith("1. ")).split("\n")
    assert [line.rpartition(" · ")[2] for line in lines] == ["yours", "another browser's", "yours"]
    app.button(key="cancel_waiting").click().run()
    assert [run.status for run in manager.known.values()] == ["stopped", "queued", "stopped"]
    assert "2 runs are cancelled." in app.warning[0].value.replace("\\", "")
    assert "cancel_waiting" not in {button.key for button in app.button}


def test_a_browser_without_a_cookie_starts_nothing(
    app: AppTest, manager: FakeManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.data.screen.browser_id", lambda: f"{ANONYMOUS}0")
    app.run().button(key="train").click().run()
    assert "Allow cookies for this page" in texts(app)
    assert manager.runs() == []


def test_what_would_take_too_long_is_refused_with_its_time(
    app: AppTest, manager: FakeManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_estimate, "seconds", lambda experiment: 5 * 3600.0)
    app.run().button(key="train").click().run()
    assert "would train for about 5 hours; a run may take 60 minutes here" in texts(app)
    assert manager.runs() == []


# ---------------------------------------------------------------------------------------------- earlier results


def captions(app: AppTest) -> str:
    return " ".join(str(caption.value) for caption in app.caption).replace("\N{NO-BREAK SPACE}", " ")


def faint(app: AppTest) -> dict[str, list[float]]:
    """The last errors of the faint lines behind a run's curve, by role."""
    [chart] = [chart for chart in live_charts(app) if chart["rows"] == "error"]
    return {look: y for kind, look, _label, _text, _x, y in chart["behind"] if kind == "ghost"}


def test_before_a_run_the_presets_measured_errors_stand_in_the_chart_with_their_source(app: AppTest) -> None:
    measured = measured_errors()[PRESETS[0].name]
    app.run()
    said = captions(app)
    assert f"measured before with {len(measured.student)} seeds, on {measured.images} test images" in said
    assert percent(measured.student_share, measured.images) in said
    app.select_slider(key="recipe.temperature").set_value(10.0).run()
    assert "Faint" not in captions(app), "nothing was measured of this recipe"


def test_a_finished_run_of_the_same_recipe_stands_in_the_chart_before_the_next(
    app: AppTest, manager: FakeManager
) -> None:
    manager.submit(DEFAULT, "another")
    manager.train("run0", 150)
    manager.finish("run0")
    app.run()
    student, twin = (
        [p.value for p in manager.points("run0") if p.series == "val_error" and p.role == role][-1]
        for role in ("student", "twin")
    )
    assert f"its student ended at {100 * student:.1f} % wrong, its twin at {100 * twin:.1f} %" in captions(
        app
    )


def test_the_run_on_screen_stays_behind_the_next_one(app: AppTest, manager: FakeManager) -> None:
    started(app, manager, epochs=150)
    manager.finish("run0")
    app.run().button(key="train").click().run()
    app.button(key="another_seed").click().run()
    assert app.query_params["ghost"] == "run0"
    last = [p.value for p in manager.points("run0") if p.series == "val_error" and p.role == "student"][-1]
    assert faint(app)["student"] == pytest.approx(100 * last)
    manager.finish("run1")
    app.selectbox(key="recipe.dataset").set_value("drawn").run()
    app.button(key="train").click().run()
    assert "ghost" not in app.query_params, "its images are others"


def test_whoever_opens_anothers_run_is_invited_to_train_their_own_beside_it(
    app: AppTest, manager: FakeManager
) -> None:
    manager.submit(DEFAULT, "another")
    manager.train("run0", 150)
    manager.finish("run0")
    app.query_params["run"] = "run0"
    app.run()
    first = next(button for button in app.button)
    assert (first.key, first.label, first.disabled) == ("own", "Train your own", False)
    assert "the student is wrong on 7.0 % of the test images, its twin on 9.8 %" in texts(app).replace(
        "\xa0", " "
    )
    first.click().run()
    assert not app.exception
    own = manager.known["run1"]
    assert own.owner == BROWSER
    assert own.experiment == seeded(DEFAULT, own.experiment.init_seed) != DEFAULT
    assert dict(app.query_params) == {"run": "run1", "ghost": "run0"}
    assert {*faint(app)} == {"student", "twin"}
    assert "own" not in [button.key for button in app.button]


def test_what_a_runs_link_names_wrongly_is_said(app: AppTest, manager: FakeManager) -> None:
    run = manager.submit(DEFAULT, "another")
    manager.train(run.id, 3)
    app.query_params.update({"run": run.id, "ghost": "nobody", "step": "soon", "image": "9"})
    app.run()
    [said] = [str(warning.value).replace("\\", "") for warning in app.warning]
    assert "ghost=nobody in the link is left out: there is no such run." in said
    assert "step=soon in the link is left out: it takes a whole number" in said
    assert "image=9 in the link is left out: it takes a whole number, 0 to 5." in said
    assert faint(app) == {}


def test_what_a_change_would_do_is_told_of_a_run_that_this_browser_steers(
    app: AppTest, manager: FakeManager
) -> None:
    started(app, manager, epochs=3)
    assert live(app, "hot_change")["softened"]
    manager.set("run0", owner="another")
    app.run()
    assert not [part for part in app.get("bidi_component") if part.proto.id.endswith("-hot_change")]


def test_shares_of_the_gradient_are_told_of_no_other_loss(app: AppTest, manager: FakeManager) -> None:
    app.query_params["method"] = "standardised-logits"
    started(app, manager, epochs=3)
    assert not live(app, "hot_change")["softened"]
