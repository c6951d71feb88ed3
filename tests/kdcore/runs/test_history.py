"""Runs are found, filtered and sorted as they say."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from kdcore.errors import RunRefused
from kdcore.events import Finished, Progress
from kdcore.experiment import Experiment
from kdcore.pipelines.cohort_spec import CohortSpec
from kdcore.runs import run_marks
from kdcore.runs.clean_up import to_clean
from kdcore.runs.history import ORDERS, History
from kdcore.runs.history_filter import MOST_WORDS, HistoryFilter
from kdcore.runs.manager import Manager
from kdcore.runs.store import Store
from tests.kdcore.runs.helping import ALICE, BOB
from tests.kdcore.runs.history_runs import ME, ids, results, run


def test_a_line_says_what_the_run_is_and_what_came_of_it(store: Store, history: History) -> None:
    made = run(store, 20, 31, title="My preset", temperature=2.5, init_seed=3)
    [line] = history.find().lines
    assert (line.id, line.title, line.status, line.dataset) == (made, "My preset", "finished", "digits")
    assert (line.temperature, line.seed, line.images) == (2.5, 3, 400)
    assert (line.student_errors, line.twin_errors, line.teacher_errors, line.difference) == (20, 31, 8, -11)
    assert line.accuracy == pytest.approx(0.95)
    assert line.seconds is not None
    assert line.done is None


def test_a_line_of_a_run_in_training_says_how_far_it_is(store: Store, history: History) -> None:
    made = run(store)
    assert store.claim(made, ME)
    store.record(made, [Progress("", 5, 20, 0.5, 2)], worker=ME)
    [line] = history.find().lines
    assert (line.status, line.done, line.student_errors) == ("running", 0.25, None)


def test_every_word_is_looked_for_everywhere_whatever_its_case(store: Store, history: History) -> None:
    first = run(store, title="Noisy labels", student="mlp-30")
    second = run(store, student="mlp-100", method="hint")
    run_marks.mark(history.store, second, note="Für die ÜBUNG", tags=["Fünf"])
    assert ids(history, HistoryFilter(words="NOISY mlp-30")) == [first]
    assert ids(history, HistoryFilter(words="noisy mlp-100")) == []
    assert ids(history, HistoryFilter(words="übung fünf hint")) == [second]
    assert ids(history, HistoryFilter(words=first[:8])) == [first]
    assert ids(history, HistoryFilter(words="%")) == [], "a word is a word, not a pattern"


def test_filters_narrow_and_work_together(store: Store, history: History) -> None:
    mine, theirs = run(store, 20), run(store, 10, owner=BOB)
    waiting = run(store, dataset="mnist", teacher="mnist-cnn-medium", method="labels-only")
    run_marks.mark(history.store, mine, starred=True, tags=["good", "class 5"])
    assert ids(history, HistoryFilter(owner=ALICE)) == [waiting, mine]
    assert ids(history, HistoryFilter(status="finished")) == [theirs, mine]
    assert (
        ids(history, HistoryFilter(dataset="mnist"))
        == ids(history, HistoryFilter(method="labels-only"))
        == [waiting]
    )
    assert ids(history, HistoryFilter(starred=True)) == ids(history, HistoryFilter(tag="class 5")) == [mine]
    assert ids(history, HistoryFilter(tag="class")) == [], "a tag is the whole tag"
    assert ids(history, HistoryFilter(status="finished", owner=BOB)) == [theirs]
    assert ids(history, HistoryFilter(starred=True, owner=BOB)) == []
    facets = history.facets()
    assert facets.statuses == ("finished", "queued")
    assert (facets.datasets, facets.tags) == (("digits", "mnist"), ("class 5", "good"))


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_goes_both_ways_and_leaves_what_was_not_measured_last(
    store: Store, history: History, order: str
) -> None:
    for errors, twin in ((20, 31), (10, 35), (30, 32)):
        run(store, errors, twin, title=f"run {errors}", temperature=float(errors))
    untested = run(store, title="zz", temperature=99.0)
    column = {"gain": "difference"}.get(ORDERS[order].column, ORDERS[order].column)
    found = [getattr(line, column) for line in history.find(order=order).lines]
    said = [value for value in found if value is not None]
    assert said == sorted(said, reverse=ORDERS[order].falling)
    assert None not in found[: len(said)]
    back = [getattr(line, column) for line in history.find(order=order, reverse=True).lines]
    assert [value for value in back if value is not None] == sorted(said, reverse=not ORDERS[order].falling)
    if order in ("student", "difference", "accuracy"):
        assert ids(history, order=order)[-1] == ids(history, order=order, reverse=True)[-1] == untested


def test_an_order_that_is_none_is_refused(history: History) -> None:
    with pytest.raises(RunRefused, match="cannot be sorted by 'x; DROP"):
        history.find(order="x; DROP TABLE runs")


def test_pages_cover_everything_once(store: Store, history: History) -> None:
    made = [run(store, 20) for _ in range(7)]
    pages = [history.find(order="student", limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [line.id for page in pages for line in page.lines] == made[::-1]
    assert {page.total for page in pages} == {7}


def test_a_sweep_that_has_ended_is_there_as_its_members(store: Store, history: History) -> None:
    made = store.create(Experiment(), ALICE, sweep="one")
    member = store.create(Experiment().with_flat(temperature=2.0), ALICE, sweep="one")
    assert ids(history, HistoryFilter(sweep="one")) == [member.id, made.id]
    store.finish(member.id, "finished", results(20, 30))
    store.finish(made.id, "finished", {"members": [member.id]})
    assert ids(history) == [member.id]
    assert set(to_clean(history.store, "all").run_ids) == {made.id, member.id}


def test_a_member_of_a_sweep_says_its_setting_and_with_how_many_it_was_trained(
    store: Store, history: History
) -> None:
    varied: dict[str, Any] = {
        "temperature": 20.0, "teacher_epochs": 3, "flip": True, "count": None, "omit": [3, 8], "student": "mlp-50",
    }  # fmt: skip
    made = store.create(Experiment().with_flat(**varied), ALICE, sweep="one", varied=varied)
    store.finish(made.id, "finished", results(20, 30) | {"together_with": 26})
    whole = store.create(CohortSpec((Experiment(),)), ALICE, sweep="one", varied=varied)
    alone = run(store, title="sweep: temperature")
    lines = {line.id: line for line in history.find().lines}
    assert list(lines[made.id].setting.items()) == list(varied.items()), "in the sweep's order"
    assert (lines[made.id].others, lines[made.id].whole) == (26, False)
    assert (lines[whole.id].setting, lines[whole.id].whole) == ({}, True)
    assert (lines[alone].setting, lines[alone].others) == ({}, 0)


def test_runs_of_one_sweep_and_runs_of_none_are_told_apart(store: Store, history: History) -> None:
    alone = run(store)
    members = [
        store.create(Experiment().with_flat(init_seed=n), ALICE, sweep="one", varied=["temperature"]).id
        for n in range(2)
    ]
    other = store.create(Experiment(), ALICE, sweep="two", varied=["student", "omit"]).id
    assert ids(history, HistoryFilter(single=True)) == [alone]
    assert ids(history, HistoryFilter(sweep="one")) == members[::-1]
    said = [(one.id, one.varied, one.runs) for one in history.facets().sweeps]
    assert said == [("two", ("student", "omit"), 1), ("one", ("temperature",), 2)]
    store.delete(other)
    assert [one.id for one in history.facets().sweeps] == ["one"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("T = 20", ["twenty", "swept"]),
        ("t=2", ["two"]),
        ("T = 20.0, seed 3", ["swept"]),
        ("weight 0.5", ["two"]),
        ("learning rate = 0.01", ["swept"]),
        ("T = 20 mlp-100", ["twenty"]),
        ("Answers temperature", ["swept"]),
        ("T = 7", ["noted"]),
        ("T = 1.2.3", []),
        ("omit 3", ["two"]),
        ("omit = 8", ["two"]),
        ("omit = 4", []),
        ("epochs 40 label noise = 0.2", ["twenty"]),
        ("label_noise 0.20", ["twenty"]),
        ("weight on teacher = 0.5", ["two"]),
    ],
)
def test_settings_are_found_as_a_row_shows_them(
    store: Store, history: History, words: str, found: list[str]
) -> None:
    swept = Experiment().with_flat(temperature=20.0, learning_rate=0.01, init_seed=3)
    named = {
        "two": run(store, temperature=2.0, teacher_weight=0.5, method="labels-only", omit=(3, 8)),
        "twenty": run(
            store, temperature=20.0, student="mlp-100", method="labels-only", epochs=40, label_noise=0.2
        ),
        "swept": store.create(swept, ALICE, sweep="one", varied=["temperature", "learning_rate"]).id,
        "noted": run(store, method="labels-only"),
    }
    run_marks.mark(history.store, named["noted"], note="like t = 7, but gentler")
    wanted = HistoryFilter(words=words, titles={"soft-targets": "The teacher's answers"})
    assert ids(history, wanted) == [named[name] for name in reversed(found)]


def test_errors_are_sorted_by_their_share(store: Store, history: History) -> None:
    def tested(errors: int, images: int) -> str:
        made = store.create(Experiment(), ALICE)
        figures = {"test_errors": errors, "test_images": images}
        store.finish(made.id, "finished", {"student": figures, "twin": figures, "teacher": figures})
        return made.id

    few, many = tested(20, 360), tested(200, 10_000)
    for order in ("student", "twin", "teacher"):
        assert ids(history, order=order) == [many, few]


def test_results_that_are_no_numbers_hinder_nothing(store: Store, history: History) -> None:
    made = run(store)
    assert store.claim(made, ME)
    store.record(made, [Finished("finished", {"student": {"test_nll": math.nan}})], worker=ME)
    [line] = history.find().lines
    assert (line.status, line.nll) == ("finished", None)


def test_a_deleted_run_is_gone_for_every_reader_until_it_is_restored(store: Store, history: History) -> None:
    made = run(store, 20)
    hash_ = store.run(made).hash
    store.delete(made)
    assert store.runs() == []
    assert ids(history) == []
    assert history.facets().statuses == ()
    assert store.unchanged_finished(hash_) is None
    for ask in (store.run, store.points, store.events, store.requeue, store.delete):
        with pytest.raises(RunRefused, match="There is no run"):
            ask(made)
    with pytest.raises(RunRefused, match="There is no run"):
        run_marks.mark(history.store, made, starred=True)
    assert ids(history, HistoryFilter(deleted=True)) == [made]
    store.restore(made)
    assert ids(history) == [made]
    assert store.run(made).results["student"]["test_errors"] == 20
    with pytest.raises(RunRefused, match="There is no run"):
        store.restore(made)


def test_only_the_owner_marks_deletes_restores_and_cleans(make_manager: Callable[..., Manager]) -> None:
    manager = make_manager()
    made = run(manager.store, 20)
    for act in (
        lambda owner: manager.mark(made, owner, starred=True, tags=["x"], note="x"),
        lambda owner: manager.delete(made, owner),
    ):
        for owner in (
            BOB,
            "",
            manager.run(made).owner,
        ):  # its digest, as the database shows it, is no key either
            with pytest.raises(RunRefused, match="another browser"):
                act(owner)
    assert manager.clean_up("all", BOB).run_ids == ()
    assert (manager.run(made).starred, manager.run(made).tags) == (False, ())

    manager.mark(made, ALICE, starred=True)
    assert manager.run(made).starred, "seen at once"
    manager.delete(made, ALICE)
    with pytest.raises(RunRefused, match="There is no run"):
        manager.run(made)
    for owner in (BOB, ""):
        with pytest.raises(RunRefused, match="another browser"):
            manager.restore(made, owner)
    manager.restore(made, ALICE)
    assert manager.find().total == 1


def test_a_search_for_hundreds_of_words_is_a_search_for_the_first(history: History, store: Store) -> None:
    run = store.create(Experiment(), "alice", title="a week of the lecture")
    assert [line.id for line in history.find(HistoryFilter(words="week " * 900)).lines] == [run.id]
    many = " ".join(f"w{n}" for n in range(900))
    condition, values = HistoryFilter(words=many).where()
    assert len(values) == MOST_WORDS
    assert condition.count("instr") == MOST_WORDS
    assert history.find(HistoryFilter(words=many)).lines == ()
    settings = HistoryFilter(words=" ".join(f"T = {n}" for n in range(900)))
    assert len(settings.where()[1]) < 6 * MOST_WORDS
    assert history.find(settings).lines == ()
    assert history.find(HistoryFilter(tag="x" * 1_000_000, dataset="y" * 1_000_000)).lines == ()
