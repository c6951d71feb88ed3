"""The history page without a browser: what the link asks for, what a message may do, what is laid over each other."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.charts.run_line_styles import DASHES, line_css
from dashboard.charts.run_overlay import MOST_LETTERED, ROOM, overlay_frame, overlay_spec
from dashboard.components.runs_table_messages import TableMessage, TablePosition, new_messages, read_message
from dashboard.data import active_runs, method_cards, run_manager
from dashboard.data.compared_runs import differing_fields, lettered_runs, run_letters
from dashboard.data.curves import Curve
from dashboard.data.run_curves import Errors
from dashboard.data.run_metrics import run_metrics, run_metrics_frame, same_test_images
from dashboard.data.run_progress import progress_text
from dashboard.stream.active_runs_reader import ActiveRunsReader
from dashboard.views.runs import filters, history_table
from kdcore.errors import RunRefused
from kdcore.events import Phase, Progress, Validation
from kdcore.experiment import Experiment
from kdcore.runs.manager import Manager
from kdcore.runs.run_record import Run
from kdcore.system.processes import Process
from tests.dashboard.conftest import BROWSER

PAGE = "from dashboard.views.runs.page import page\n\npage()\n"
OTHER = "b" * 32
ME = Process.me()
TITLES = {"soft-targets": "Soft targets", "labels-only": "By labels"}


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    """A manager of an empty folder; nothing waits in its queue, so no worker is started."""
    manager = Manager(tmp_path / "runs", spare=False)
    monkeypatch.setattr(run_manager, "manager", lambda: manager)
    monkeypatch.setattr(method_cards, "method_titles", lambda: TITLES)
    for place in (
        "dashboard.data.screen",
        "dashboard.views.runs.delete_and_undo",
        "dashboard.views.runs.history_table",
        "dashboard.components.storage",
    ):
        monkeypatch.setattr(f"{place}.browser_id", lambda: BROWSER)
    yield manager
    manager.close()


@pytest.fixture
def app(history: Manager) -> AppTest:
    return AppTest.from_string(PAGE, default_timeout=120)


def made(
    manager: Manager,
    errors: int = 20,
    twin: int = 31,
    owner: str = BROWSER,
    status: str = "finished",
    **flat: Any,
) -> str:
    """A run with three points a curve, which has ended unless its status says otherwise."""
    store = manager.store
    run = store.create(Experiment().with_flat(**flat), owner, status="running")
    said = [Validation(n, float(n), role, 40 - n, 400, 0.1) for n in range(3) for role in ("twin", "student")]
    store.record(run.id, [Phase("students"), *said], worker=ME)

    def tested(errors: int) -> dict[str, Any]:
        return {
            "test_errors": errors,
            "test_images": 400,
            "test_accuracy": 1 - errors / 400,
            "network": "mlp-30",
        }

    if status == "finished":
        results = {"student": tested(errors), "twin": tested(twin), "teacher": tested(8)}
        store.finish(run.id, "finished", results)
    elif status != "running":
        store.finish(run.id, status)  # type: ignore[arg-type]
    return run.id


def asked(app: AppTest, **parameters: str) -> AppTest:
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def rows(app: AppTest) -> list[dict[str, Any]]:
    """The table's rows as they are sent to the browser."""
    sent = [json.loads(component.proto.json) for component in app.get("bidi_component")]
    found: list[dict[str, Any]] = next(said["rows"] for said in sent if "rows" in said)
    return found


def texts(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.info, *app.warning, *app.success]
    return "\n".join([*(str(part.value) for part in parts), *(html.proto.body for html in app.get("html"))])


# ---------------------------------------------------------------------------------------------- finding


def test_an_empty_history_says_so(app: AppTest) -> None:
    assert "Train starts the first run" in texts(asked(app))


def test_a_row_says_whose_it_is_and_never_who(app: AppTest, history: Manager) -> None:
    mine, theirs = made(history), made(history, owner=OTHER)
    first, second = rows(asked(app))
    assert "errors: on the test images" in [caption.value for caption in app.caption]
    assert (first["id"], first["mine"], second["id"], second["mine"]) == (theirs, False, mine, True)
    assert (first["cells"]["student"], first["under"]["student"]) == ("5.0 %", "20 of 400")
    assert first["cells"]["difference"] == "−11"
    [table] = [one for one in app.get("bidi_component") if one.proto.component_name == "runs_table"]
    assert history.run(theirs).owner not in table.proto.json


def test_the_list_follows_what_trains_by_its_stream(app: AppTest, history: Manager) -> None:
    asked(app)
    reader = ActiveRunsReader("en")
    [drawn] = [json.loads(one.proto.json) for one in app.get("bidi_component") if "state" in one.proto.json]
    active_runs._active_runs.cache_clear()
    assert reader.read().values == {"state": drawn["state"], "statuses": {}}
    run = history.store.create(Experiment(), OTHER, status="running")
    progress = Progress("students", 30, 100, 0.3, 1)
    history.store.record(run.id, [Phase("students"), progress], worker=ME)
    active_runs._active_runs.cache_clear()
    active_runs._list_version.cache_clear()
    begun = reader.read().values
    assert begun["statuses"] == {run.id: "training 30 %"}
    assert begun["state"] != drawn["state"], "there is a row more"
    history.store.record(run.id, [replace(progress, step=60)], worker=ME)
    active_runs._active_runs.cache_clear()
    assert reader.read().values == {"state": begun["state"], "statuses": {run.id: "training 60 %"}}
    history.store.finish(run.id, "stopped")
    active_runs._active_runs.cache_clear()
    active_runs._list_version.cache_clear()
    ended = reader.read().values["state"]
    assert ended not in (begun["state"], drawn["state"]), "also for who saw neither its beginning nor its end"
    history.store.delete(run.id)
    active_runs._list_version.cache_clear()
    assert reader.read().values["state"] != ended


def test_a_row_says_only_what_its_method_uses(
    app: AppTest, history: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = {
        "soft-targets": SimpleNamespace(uses=method_cards.TEACHERS_FIELDS),
        "labels-only": SimpleNamespace(uses=()),
    }
    monkeypatch.setattr(method_cards, "cards", lambda: cards)
    made(history)
    made(history, method="labels-only")
    bare, taught = rows(asked(app))
    assert taught["what"] == "Soft targets · T = 4 · weight 0.9 · digits · seed 0"
    assert bare["what"] == "By labels · digits · seed 0"


def test_what_sets_listed_runs_apart_comes_first_beneath_their_names(app: AppTest, history: Manager) -> None:
    made(history, omit=(3,), epochs=20)
    made(history, epochs=40)
    whole, without = rows(asked(app))
    assert without["what"].startswith("without 3 · 20 epochs · digits")
    assert whole["what"].startswith("40 epochs · digits")
    assert without["what"].endswith("T = 4 · weight 0.9 · seed 0")


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ({"words": "MLP-100"}, ["b"]),
        ({"status": "stopped"}, ["c"]),
        ({"on": "digits", "how": "labels-only"}, ["c"]),
        ({"tag": "keep"}, ["a"]),
        ({"starred": "1"}, ["a"]),
        ({"mine": "1"}, ["c", "a"]),
        ({"words": "by labels T = 4"}, ["c"]),
        ({"order": "student"}, ["a", "b", "c"]),
        ({"order": "-student"}, ["b", "a", "c"]),
    ],
)
def test_the_link_finds_and_sorts(
    app: AppTest, history: Manager, link: dict[str, str], found: list[str]
) -> None:
    ids = {
        "a": made(history, 20),
        "b": made(history, 30, owner=OTHER, student="mlp-100"),
        "c": made(history, status="stopped", method="labels-only"),
    }
    history.mark(ids["a"], BROWSER, starred=True, tags=["keep"])
    assert [row["id"] for row in rows(asked(app, **link))] == [ids[name] for name in found]


def test_filters_go_into_the_link_and_begin_at_the_first_page(
    app: AppTest, history: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "ROWS", 2)
    for n in range(5):
        made(history, 20 + n)
    asked(app, page="3")
    assert len(rows(app)) == 1
    app.text_input(key="words.text").set_value("mlp-30").run()
    assert app.query_params["words"] == "mlp-30"
    assert "page" not in app.query_params
    app.toggle(key="starred.choice").set_value(True).run()
    assert app.query_params["starred"] == "1"
    assert "No run matches" in texts(app)
    app.toggle(key="starred.choice").set_value(False).run()
    app.selectbox(key="status.choice").set_value("finished").run()
    assert dict(app.query_params) == {"words": "mlp-30", "status": "finished"}


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ({"order": "magic"}, "order=magic"),
        ({"page": "many"}, "page=many"),
        ({"status": "magic"}, "status=magic"),
        ({"chosen": "x" * 22}, "xxxxxx"),
    ],
)
def test_a_wrong_link_is_told(app: AppTest, history: Manager, link: dict[str, str], says: str) -> None:
    made(history)
    asked(app, **link)
    assert says in app.warning[0].value.replace("\\", "")


def test_a_page_beyond_the_last_is_the_last(app: AppTest, history: Manager) -> None:
    one = made(history)
    assert [row["id"] for row in rows(asked(app, page="999"))] == [one]


# ---------------------------------------------------------------------------------------------- deleting


def test_delete_takes_the_chosen_runs_and_undo_brings_them_back(app: AppTest, history: Manager) -> None:
    first, second, third = made(history), made(history), made(history)
    asked(app, chosen=f"{first},{second}")
    app.button(key="delete").click().run()
    assert [row["id"] for row in rows(app)] == [third]
    assert "chosen" not in app.query_params
    asked(app, chosen=third)
    app.button(key="undo_delete").click().run()
    assert len(rows(app)) == 3
    assert app.query_params["chosen"] == f"{first},{second},{third}", "and so is the comparison"


def test_delete_leaves_others_runs_and_what_trains(app: AppTest, history: Manager) -> None:
    mine, theirs = made(history), made(history, owner=OTHER)
    live = made(history, status="running")
    asked(app, chosen=f"{theirs}")
    assert app.button(key="delete").disabled
    asked(app, chosen=f"{mine},{theirs},{live}")
    app.button(key="delete").click().run()
    assert {row["id"] for row in rows(app)} == {theirs, live}
    assert "Stop it first" in app.warning[0].value


def test_deleted_runs_are_listed_for_their_owner_after_a_refresh(app: AppTest, history: Manager) -> None:
    mine, theirs = made(history), made(history, owner=OTHER)
    history.delete(mine, BROWSER)
    history.delete(theirs, OTHER)
    assert [row["id"] for row in rows(asked(app, status="deleted"))] == [mine]
    app.button(key="restore").click().run()
    assert history.run(mine).id == mine
    with pytest.raises(RunRefused):
        history.run(theirs)


def test_a_clean_up_says_what_it_frees_before_and_after(history: Manager) -> None:
    kept, gone = made(history), made(history)
    history.mark(kept, BROWSER, starred=True)
    folder = history.store.run_folder(gone)
    folder.mkdir()
    (folder / "student.safetensors").write_bytes(b"w" * 2_500_000)
    app = AppTest.from_string(
        f"from dashboard.components.storage import storage_contents\n\nstorage_contents('{BROWSER}')\n"
    )
    app.run()
    assert "nothing to remove" in texts(app)
    assert "Uploads: pictures of all browsers: **0 B**" in texts(app)
    app.radio(key="clean.choice").set_value("all").run()
    assert "**2.5 MB**: 1 run. 1 starred run stays." in texts(app)
    app.button(key="clean").click().run()
    assert "1 run was removed, 2.5 MB freed." in texts(app)
    assert not folder.exists()
    assert [line.id for line in history.find().lines] == [kept]


# ---------------------------------------------------------------------------------------------- the table's messages


@pytest.mark.parametrize(
    "message",
    [
        None, "star", [], {}, {"do": "delete", "run": "a" * 22, "value": True},
        {"do": "star", "run": "../../etc/passwd", "value": True}, {"do": "star", "run": "a" * 22, "value": "yes"},
        {"do": "note", "run": "a" * 22, "value": {"x": 1}}, {"do": "tags", "run": 7, "value": ""}, {"do": ["star"]},
        {"do": "open", "value": True},
    ],
)  # fmt: skip
def test_what_the_table_never_sends_is_no_message(message: object) -> None:
    assert read_message(message) is None


@pytest.mark.parametrize(
    "forged",
    [
        TableMessage("star", "", True),
        TableMessage("tags", "", "mine,now"),
        TableMessage("note", "", "I was here"),
    ],
    ids=lambda told: told.does,
)
def test_a_forged_message_changes_nobody_elses_run(history: Manager, forged: TableMessage) -> None:
    theirs = made(history, owner=OTHER)
    before = history.run(theirs)
    for owner in (BROWSER, "", "shell", before.owner):
        with pytest.raises(RunRefused, match="another browser"):
            history_table.obey(TableMessage(forged.does, theirs, forged.value), owner)
    assert history.store.run(theirs) == before
    history_table.obey(TableMessage(forged.does, theirs, forged.value), OTHER)
    assert history.store.run(theirs) != before


def test_marks_are_made_by_their_owner_in_place(app: AppTest, history: Manager) -> None:
    one = made(history)
    history_table.obey(TableMessage("star", one, True), BROWSER)
    history_table.obey(TableMessage("tags", one, "good, week 2,"), BROWSER)
    history_table.obey(TableMessage("note", one, " why? "), BROWSER)
    [row] = rows(asked(app))
    assert (row["starred"], row["tags"], row["note"]) == (True, "good, week 2", "why?")


def message_of(number: int, does: str = "star", value: object = True) -> dict[str, object]:
    return {"number": number, "do": does, "run": "a" * 22, "value": value}


def test_of_what_a_table_repeats_only_the_new_is_handled() -> None:
    """Of two messages that come close together Streamlit hands on the newer: it carries the other."""
    handled, messages = new_messages(
        {"table": "t", "messages": [message_of(1, "tags", "x"), message_of(2)]}, TablePosition()
    )
    assert (handled, [one.does for one in messages]) == (TablePosition("t", 2), ["tags", "star"])
    handled, messages = new_messages(
        {"table": "t", "messages": [message_of(2), message_of(3, "note", "n")]}, handled
    )
    assert (handled, [one.does for one in messages]) == (TablePosition("t", 3), ["note"])
    assert new_messages({"table": "t", "messages": [message_of(3)]}, handled) == (handled, [])
    assert len(new_messages({"table": "drawn anew", "messages": [message_of(1)]}, handled)[1]) == 1


@pytest.mark.parametrize(
    "message",
    [
        None, [], {}, {"table": "t"}, {"table": 7, "messages": [message_of(1)]}, {"table": "t" * 41, "messages": [message_of(1)]},
        {"table": "t", "messages": {"number": 1}}, {"table": "t", "messages": [None, 7, {"number": "1"}, {"number": True}]},
        {"table": "t", "messages": [message_of(1, "delete")]},
    ],
)  # fmt: skip
def test_what_no_table_says_is_nothing_new(message: object) -> None:
    assert new_messages(message, TablePosition())[1] == []


REFUSED = """
import streamlit as st
from dashboard.components.runs_table_messages import TableMessage
from dashboard.views.runs import history_table, page

for does, value in st.session_state.pop("does", []):
    history_table.obey(TableMessage(does, st.session_state["one"], value), "%s")
page.page()
"""


def test_tags_are_saved_or_refused_aloud_whatever_comes_next(history: Manager) -> None:
    one, long = made(history), "z" * 300
    app = AppTest.from_string(REFUSED % BROWSER, default_timeout=120)
    app.session_state["one"] = one

    def row_after(*does: tuple[str, str]) -> dict[str, Any]:
        app.session_state["does"] = list(does)
        [row] = rows(asked(app))
        return row

    typed = f"a, <b>x</b>, a, {long}"
    row = row_after(("tags", typed), ("note", "why?"))
    assert (row["tags"], row["note"]) == ("", "why?")
    assert row["refused"]["tags"]["typed"] == typed, "what was typed is not gone"
    assert "up to 40 characters" in row["refused"]["tags"]["why"]
    assert row_after(("star", True))["refused"], "it stays until it is mended"
    row = row_after(("tags", "a, <b>x</b>, a"))
    assert (row["tags"], row["refused"]) == ("a, <b>x</b>", {})


# ---------------------------------------------------------------------------------------------- sweeps


def swept(history: Manager, *varied: str, sweep: str = "s1", others: int = 0, **flat: Any) -> str:
    run = history.store.create(
        Experiment().with_flat(**flat), BROWSER, title="a sweep", status="running", sweep=sweep, varied=varied
    )
    tested = {"test_errors": 20, "test_images": 400, "test_accuracy": 0.95}
    results = {"student": tested, "twin": tested, "together_with": others}
    history.store.finish(run.id, "finished", results)
    return run.id


def test_a_member_of_a_sweep_is_called_by_its_setting_and_seed(app: AppTest, history: Manager) -> None:
    for seed in range(2):
        swept(history, "temperature", "method", others=26, temperature=20.0, init_seed=seed)
    second, first = rows(asked(app))
    assert (first["name"], second["name"]) == (
        "T = 20, method = Soft targets, seed 0",
        "T = 20, method = Soft targets, seed 1",
    )
    assert first["what"].startswith("sweep: T × method · ")
    assert first["spoken"] != second["spoken"], "nor do they sound alike"
    assert first["under"]["duration"] == "with 26 others"


def test_the_list_is_narrowed_to_one_sweep_or_to_none(app: AppTest, history: Manager) -> None:
    alone = made(history)
    one = [swept(history, "temperature", sweep="s1", init_seed=n) for n in range(2)]
    two = swept(history, "learning_rate", sweep="s2", learning_rate=0.01)
    asked(app)
    box = app.selectbox(key="sweep.choice")
    assert box.options == [
        "all",
        "hide sweeps",
        "sweep: learning rate · 1 run · s2",
        "sweep: T · 2 runs · s1",
    ]
    box.set_value("none").run()
    assert [row["id"] for row in rows(app)] == [alone]
    app.selectbox(key="sweep.choice").set_value("s1").run()
    assert [row["id"] for row in rows(app)] == one[::-1]
    assert app.query_params["sweep"] == "s1"
    assert [row["id"] for row in rows(asked(app, sweep="s2"))] == [two]


# ---------------------------------------------------------------------------------------------- comparing


def test_chosen_runs_are_laid_over_each_other_with_what_differs(app: AppTest, history: Manager) -> None:
    a, b = made(history, 20, 31), made(history, 14, 31, temperature=8.0)
    asked(app, chosen=f"{a},{b}")
    assert [(row["id"], row["letter"]) for row in rows(app)] == [(b, "B"), (a, "A")]
    said = texts(app)
    assert "14 <span" in said
    assert "(−6)" in said, "less errors than the first"
    assert "<td>31</td>" in said, "where nothing differs nothing is in brackets"
    assert "Temperature T" in said
    assert "Learning rate" not in said, "only what differs"
    assert {"csv", "html"} <= {button.key.rpartition("_")[2] for button in app.get("download_button")}
    assert len(app.get("vega_lite_chart")) == 1


def run_of(**flat: Any) -> Run:
    experiment = Experiment().with_flat(**flat)
    return Run("r", "o", "", "finished", experiment, experiment.hash, 0.0)


def test_names_are_made_of_what_tells_runs_apart() -> None:
    assert run_letters(28)[-3:] == ["Z", "AA", "AB"]
    assert differing_fields([run_of(), run_of()]) == {}
    temperatures = [run_of(temperature=2.0, init_seed=1), run_of(temperature=4.0, init_seed=2)]
    assert [one.name for one in lettered_runs(temperatures)] == ["T = 2, seed 1", "T = 4, seed 2"]
    seeds = [run_of(temperature=2.0, init_seed=n) for n in range(2)]
    assert [one.title for one in lettered_runs(seeds)] == ["A · seed 0", "B · seed 1"]
    crossed = [run_of(temperature=t, student=s) for t in (1.0, 2.0) for s in ("mlp-30", "mlp-50")]
    assert len({one.name for one in lettered_runs(crossed)}) == 4


def test_a_sweeps_seeds_are_one_seed_and_a_member_alone_is_its_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(method_cards, "method_titles", lambda: TITLES)

    def member(seed: int, **flat: Any) -> Run:
        run = run_of(temperature=1.441, init_seed=seed, order_seed=seed, noise_seed=seed, **flat)
        return replace(run, sweep="s", varied=("temperature", "teacher_weight"))

    assert [one.name for one in lettered_runs([member(n) for n in range(3)])] == [
        "seed 0",
        "seed 1",
        "seed 2",
    ]
    assert [one.name for one in lettered_runs([member(2)])] == ["T = 1.441, weight 0.9, seed 2"]
    mixed = lettered_runs([member(0), replace(run_of(temperature=1.441, noise_seed=3), title="mine")])
    assert [one.name for one in mixed] == ["noise seed 0", "noise seed 3"]
    many = [member(n, student=f"a-student-of-many-letters-{s}", learning_rate=0.001 * (s + 1), weight_decay=0.1 * s) for n in range(3) for s in range(4)]  # fmt: skip
    assert len({one.name for one in lettered_runs(many)}) == 12
    omitting = lettered_runs([run_of(omit=(3,), method="labels-only"), run_of()])
    assert [one.name for one in omitting] == ["By labels, without 3", "Soft targets, all classes"]


def test_errors_on_different_images_are_not_subtracted() -> None:
    def tested(run: Run, images: int) -> Run:
        return replace(run, results={"student": {"test_errors": 3, "test_images": images}})

    assert same_test_images([tested(run_of(), 400), tested(run_of(temperature=9.0), 400)])
    assert not same_test_images(
        [tested(run_of(), 400), tested(run_of(dataset="mnist", teacher="mlp-300"), 400)]
    )
    assert same_test_images([tested(run_of(), 400), run_of(dataset="mnist", teacher="mlp-300")]), (
        "one is not tested yet"
    )


def test_the_overlay_names_students_at_their_ends_and_keeps_the_names_apart() -> None:
    shown = lettered_runs([run_of(temperature=float(t)) for t in (1, 2, 3)])
    errors = [
        Errors(Curve([0, 1, 2], [0.5, 0.2, 0.1]), Curve([0, 1, 2], [0.5, 0.3, math.nan])) for _ in shown
    ]
    frame = overlay_frame(shown, errors)
    first, ends = frame.iloc[0], frame[frame["kind"] == "end"]
    assert (first["kind"], first["xmax"], first["last"]) == ("extent", 2 * ROOM, 2)
    assert list(ends["text"]) == [one.title for one in shown]
    places = sorted(ends["place"])
    assert min(b - a for a, b in pairwise(places)) >= first["top"] / 18 - 1e-9
    assert places[-1] <= first["top"]
    assert len(frame[frame["kind"] == "twin"]) == 2 * len(shown), "what is no number is left out"
    assert overlay_spec("light") == overlay_spec("light"), "constant, so that the chart keeps its place"


def laid_over(count: int) -> pd.DataFrame:
    """The frame of so many runs, every second with the same twin."""
    shown = lettered_runs([run_of(temperature=1.0 + n) for n in range(count)])
    return overlay_frame(
        shown,
        [
            Errors(
                twin=Curve([0, 1, 2], [0.5, 0.3, 0.2 + n % 2 / 20]), student=Curve([0, 1, 2], [0.4, 0.2, 0.1])
            )
            for n in range(count)
        ],
    )


def test_each_student_of_a_comparison_has_a_line_and_a_letter_of_its_own() -> None:
    frame = laid_over(MOST_LETTERED)
    students = frame[frame["kind"] == "student"]
    looks = students.groupby("run")[["dash", "shade"]].agg(set).map(lambda seen: "".join(sorted(seen)))
    assert len(looks.drop_duplicates()) == MOST_LETTERED, "no two runs look alike"
    on_lines = frame[frame["kind"] == "letter"]
    assert list(on_lines["text"]) == list(on_lines["run"]) == run_letters(MOST_LETTERED)
    assert len({line_css(n, "dark") for n in range(MOST_LETTERED)}) == MOST_LETTERED, (
        "and so it is in the tables"
    )
    assert laid_over(MOST_LETTERED + 1)["kind"].value_counts().get("letter", 0) == 0, (
        "they would hide the lines"
    )
    drawn = json.dumps(overlay_spec("light"))
    assert all(json.dumps(list(dash)) in drawn for dash in DASHES)


def test_a_comparison_marks_the_end_of_every_twin_and_names_it_once() -> None:
    frame = laid_over(3)
    ends = frame[frame["kind"] == "twin end"]
    assert list(ends["text"]) == ["twin of A, C", "twin of B"]
    assert any(
        layer["mark"].get("shape") == "circle" and "twin end" in json.dumps(layer["transform"])
        for layer in overlay_spec("light")["layer"]
    )
    many = laid_over(12)
    assert list(many[many["kind"] == "twin end"]["text"]) == ["", ""], "too many to name"
    crowd = laid_over(MOST_LETTERED + 1)
    assert set(crowd[crowd["kind"] == "end"]["text"]) == {""}, (
        "names would bury the lines: the pointer tells them"
    )
    many = laid_over(41)
    assert many["place"].dropna().between(0, many.iloc[0]["top"]).all(), (
        "what lies beyond would take the chart's height"
    )


def test_no_time_is_marked_beyond_the_last_epoch() -> None:
    axis = overlay_spec("light")["layer"][0]["encoding"]["x"]["axis"]
    for said in (axis["labelExpr"], axis["tickOpacity"]["condition"]["test"]):
        assert "datum.value > data('source')[0].last" in said


def test_a_time_that_was_shared_says_so_and_is_not_subtracted() -> None:
    tested = {"student": {"test_errors": 3, "test_images": 400}}
    alone = replace(run_of(), results=tested, active=2.0)
    member = replace(run_of(temperature=9.0), results=tested | {"together_with": 26}, active=33.0)
    [took] = [metric for metric in run_metrics([alone, member]) if metric.title == "took"]
    assert [took.text(place) for place in (0, 1)] == ["2 s", "33 s with 26 others"]
    assert took.difference(1) == ""
    [plain] = [
        metric for metric in run_metrics([alone, replace(alone, active=5.0)]) if metric.title == "took"
    ]
    assert plain.difference(1) == "+3 s"
    assert (
        progress_text(replace(member, device="cpu", threads=2, precision="bfloat16"))
        == "finished in 33 s with 26 others · cpu, 2 threads, bfloat16"
    )
    assert list(run_metrics_frame(lettered_runs([alone, member]))["trained with others"]) == [0, 26]
