"""Sweeps: what they vary, what they train and do not train twice, the runs of their members, and what they claim."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from kdcore.cli import main
from kdcore.errors import InvalidExperiment, RunRefused
from kdcore.events import Checkpoint, Command, Event, Finished, NoCommands, Trained, Validation
from kdcore.experiment import Experiment
from kdcore.pipelines import cohort_pipeline, varied_fields
from kdcore.pipelines.bayesian_search import SearchRound, SearchState
from kdcore.pipelines.cohort_spec import group_into_cohorts
from kdcore.runs import checkpoints, recorder
from kdcore.runs.cohort_results import member_id
from kdcore.runs.recorder import record_run
from kdcore.runs.runs_folder import RUN_ID
from kdcore.runs.store import Store
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_findings import SettingErrors, findings, sentence
from kdcore.studies.sweep_results import result_rows
from kdcore.studies.sweep_training import (
    create_run,
    experiments_to_check,
    known_members,
    member_runs,
    missing_jobs,
    train_missing,
)
from kdcore.studies.sweep_values import values_of

BASE = Experiment.from_flat({"count": 60, "epochs": 6, "student": "mlp-10"})
SWEEP = Sweep(base=BASE, vary={"temperature": (1.0, 4.0, 8.0)}, seeds=2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "runs")
    yield opened
    opened.close()


def train(sweep: Sweep, store: Store, **given: Any) -> list[Any]:
    return list(train_missing(sweep, store, data_folder=store.folder / "data", **given))


# ---- what a sweep is ------------------------------------------------------------------------------------------------


def test_a_grid_takes_every_combination_with_every_seed() -> None:
    grid = Sweep(base=BASE, vary={"temperature": (1, 2), "teacher_weight": (0.5, 0.9, 1.0)}, seeds=3)
    assert len(grid.members) == grid.size == 18
    assert len({m.experiment.hash for m in grid.members}) == 18
    first = grid.members[1]
    assert (first.setting, first.seed) == ({"temperature": 1, "teacher_weight": 0.5}, 1)
    assert [getattr(first.experiment, n) for n in ("init_seed", "order_seed", "noise_seed")] == [1, 1, 1]


def test_two_ways_to_say_one_sweep_have_one_hash() -> None:
    other = Sweep(
        base=BASE.with_flat(temperature=7.0, init_seed=9, threads=1),
        vary={"temperature": [1, 4, 8, 4]},
        seeds=2,
    )  # type: ignore[arg-type]
    assert other.hash == SWEEP.hash == Sweep.from_json(SWEEP.to_json()).hash
    assert Sweep(base=BASE, vary=SWEEP.vary, seeds=3).hash != SWEEP.hash


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"vary": {}}, "1 to 4 fields"),
        ({"vary": {"temperature": []}}, "1 to 100 values"),
        ({"vary": {"temperature": [0]}}, "temperature"),
        ({"vary": {"no_such": [1]}}, "no_such"),
        ({"vary": {"init_seed": [1, 2]}}, "cannot vary init_seed"),
        ({"vary": {"device": ["cpu"]}}, "cannot vary device"),
        ({"seeds": 0}, "seeds"),
        ({"seeds": 51}, "seeds"),
        ({"sampler": "guess"}, "sampler"),
        ({"vary": {"temperature": list(range(1, 91))}, "seeds": 50}, "may train 1,000"),
        ({"base": {"temperature": -1}}, "temperature"),
        ({"extra": 1}, "extra"),
    ],
)
def test_what_is_out_of_bounds_is_refused_in_a_sentence(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidExperiment, match=said):
        Sweep.read(SWEEP.model_dump(mode="json") | wrong)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"vary": 3}'])
def test_what_is_no_sweep_is_refused(text: str) -> None:
    with pytest.raises(InvalidExperiment):
        Sweep.from_json(text)


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("T", "1, 2,2.5", ("temperature", (1, 2, 2.5))),
        ("weight", "0.5", ("teacher_weight", (0.5,))),
        ("teacher-weight", "1", ("teacher_weight", (1,))),
        ("epochs", "3..6", ("epochs", (3, 4, 5, 6))),
        ("count", "50,all", ("count", (50, None))),
        ("omit", "3,3+8", ("omit", ((3,), (3, 8)))),
        ("student", "mlp-10,cnn-small", ("student", ("mlp-10", "cnn-small"))),
        ("flip", "yes,no", ("flip", (True, False))),
        ("parameters.beta", "1,8", ("parameters.beta", (1, 8))),
    ],
)
def test_values_are_read_as_people_write_them(name: str, text: str, values: tuple[str, Any]) -> None:
    assert values_of(name, text) == values


@pytest.mark.parametrize(
    ("name", "text"), [("temperatur", "1"), ("temperature", ""), ("temperature", "hot"), ("epochs", "9..1")]
)
def test_values_that_are_none_are_refused(name: str, text: str) -> None:
    with pytest.raises(InvalidExperiment):
        values_of(name, text)


@pytest.mark.parametrize("text", ["hot", "0", "-3", "nan", "4,0"])
def test_every_wrong_value_is_refused_in_one_way(text: str) -> None:
    with pytest.raises(InvalidExperiment, match=r"^temperature = \S+: it takes a number, 0.25 to 100"):
        Sweep.read({"base": BASE, "vary": dict([values_of("temperature", text)])})


def test_a_fraction_takes_the_place_of_a_count_and_a_method_brings_its_own_settings() -> None:
    assert varied_fields.with_setting(BASE, {"fraction": 0.2}).count is None
    own = BASE.with_flat(method="decoupled", parameters={"beta": 2.0})
    assert varied_fields.with_setting(own, {"method": "soft-targets"}).parameters == {}
    assert varied_fields.with_setting(own, {"parameters.beta": 3}).parameters == {"beta": 3.0}


def test_a_random_sweep_is_the_same_each_time_and_stays_within_its_ends() -> None:
    made = [
        Sweep(
            base=BASE,
            vary={"temperature": (1, 40), "student": ("mlp-10", "mlp-30")},
            seeds=1,
            sampler="random",
            trials=30,
        )
        for _ in range(2)
    ]
    settings = [m.setting for m in made[0].members]
    assert settings == [m.setting for m in made[1].members]
    assert len(settings) == 30
    assert all(1 <= one["temperature"] <= 40 for one in settings)
    assert {one["student"] for one in settings} == {"mlp-10", "mlp-30"}


# ---- training -------------------------------------------------------------------------------------------------------


def test_every_member_becomes_a_finished_run_and_is_not_trained_twice(store: Store) -> None:
    [cohort] = train(SWEEP, store)
    assert (cohort.status, cohort.sweep, len(cohort.results["members"])) == ("finished", SWEEP.hash, 6)
    trained = member_runs(SWEEP.members, store)
    for place, found in enumerate(trained):
        run = found.run
        assert run is not None
        assert (run.status, run.hash, run.sweep) == ("finished", found.member.experiment.hash, SWEEP.hash)
        assert {"teacher", "twin", "student", "dataset", "seconds"} <= run.results.keys()
        roles = {p.role for p in store.points(run.id) if p.series == "val_error"}
        assert roles == {"teacher", "twin", "student"}
        assert {e.payload["role"] for e in store.events(run.id) if e.kind == "Snapshot"} == {
            "twin",
            "student",
        }
        files = {path.name for path in store.run_folder(run.id).iterdir()}
        assert files == {"student.safetensors", "twin.safetensors"}, place
    assert store.points(cohort.id) == []
    assert not list(store.run_folder(cohort.id).glob("*.safetensors"))
    assert train(SWEEP, store) == [], "nothing is left to train"


def test_a_members_curve_and_errors_are_its_own(store: Store) -> None:
    train(SWEEP, store)
    runs = [f.run for f in member_runs(SWEEP.members, store) if f.run]
    for run in runs:
        last = [p.value for p in store.points(run.id) if (p.role, p.series) == ("student", "val_errors")][-1]
        assert last == run.results["student"]["val_errors"]
    curves = {
        tuple(p.value for p in store.points(r.id) if (p.role, p.series) == ("student", "val_nll"))
        for r in runs
    }
    assert len(curves) == 6


def test_more_seeds_train_only_the_new_ones(store: Store) -> None:
    train(SWEEP, store)
    more = Sweep(base=BASE, vary=SWEEP.vary, seeds=3)
    [cohort] = train(more, store)
    assert len(cohort.results["members"]) == 3
    assert {
        m.seed
        for m in more.members
        if m.experiment in [r.experiment for r in store.runs() if r.sweep == more.hash]
    } == {2}


def test_a_run_of_its_own_counts_as_a_member(store: Store) -> None:
    run = store.create(SWEEP.members[0].experiment, "somebody", status="running")
    assert record_run(store, run.id, data_folder=store.folder).status == "finished"
    [cohort] = train(SWEEP, store)
    assert len(cohort.results["members"]) == 5


def test_settings_that_cannot_share_a_loop_are_trained_apart(store: Store) -> None:
    sizes = Sweep(base=BASE.with_flat(epochs=2), vary={"student": ("mlp-10", "mlp-20", "cnn-small")}, seeds=1)
    assert len(train(sizes, store)) == 3
    rows = result_rows(member_runs(sizes.members, store))
    assert [(r["role"], r["student"]) for r in rows] == [
        (role, name) for role in ("student", "twin") for name in ("mlp-10", "mlp-20", "cnn-small")
    ]
    assert len({r["parameters"] for r in rows}) == 3


def test_a_method_that_trains_something_first_is_an_ordinary_run_of_the_sweep(store: Store) -> None:
    methods = Sweep(
        base=BASE.with_flat(epochs=2), vary={"method": ("soft-targets", "teacher-assistant")}, seeds=1
    )
    cohorts = train(methods, store)
    assert sorted(run.has_members for run in cohorts) == [False, True]
    assert all(f.run is not None for f in member_runs(methods.members, store))


# ---- stopped, killed, resumed ---------------------------------------------------------------------------------------


def commanded(store: Store, kind: str, at: int) -> recorder.Watch:
    def watch(events: Iterable[Event]) -> Iterator[Event]:
        told = False
        for event in events:
            yield event
            if isinstance(event, Validation) and event.step >= at and not told:
                told = True
                run = next(run for run in store.runs() if run.live)
                store.command(run.id, Command(kind))  # type: ignore[arg-type]

    return watch


@pytest.fixture(autouse=True)
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "LOOK_SECONDS", 0.0)


def test_a_stopped_sweep_goes_on_where_it_was(store: Store, tmp_path: Path) -> None:
    long = Sweep(base=BASE.with_flat(epochs=40), vary={"temperature": (1, 8)}, seeds=2)
    [stopped] = train(long, store, watch=commanded(store, "stop", 10))
    assert (stopped.status, stopped.results.get("members")) == ("stopped", None)
    assert all(f.run is None for f in member_runs(long.members, store))
    kept = checkpoints.newest(store.run_folder(stopped.id))
    assert kept is not None
    assert kept.checkpoint.step >= 10
    [ended] = train(long, store)
    assert (ended.id, ended.status) == (stopped.id, "finished")
    whole = Store(tmp_path / "others")
    train(long, whole)
    for mine, theirs in zip(member_runs(long.members, store), member_runs(long.members, whole), strict=True):
        assert mine.run is not None
        assert theirs.run is not None
        assert mine.run.results["student"]["test_nll"] == theirs.run.results["student"]["test_nll"]
    whole.close()


class Died(BaseException):
    """The process is gone, as far as the code under test can tell."""


def test_a_sweep_killed_as_its_members_are_made_is_ended_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr("kdcore.runs.cohort_results._CohortRecord.finish", die)
        with pytest.raises(Died):
            train(SWEEP, store)
    assert [run.has_members for run in store.runs()] == [True], "no member without the others"
    [left] = store.runs()
    store.finish(left.id, "lost")
    [ended] = train(SWEEP, store)
    assert (ended.id, ended.status) == (left.id, "finished")
    assert len(store.runs()) == 7


def test_a_sweeps_settings_cannot_change_while_it_trains(store: Store) -> None:
    [cohort] = missing_jobs(SWEEP, store)
    run = create_run(SWEEP, cohort, store, "me", status="running")
    with pytest.raises(RunRefused, match="sweep"):
        store.command(run.id, Command("set", "temperature", 3.0))


def test_members_ids_are_valid_and_follow_from_the_cohorts() -> None:
    ids = [member_id("abc", n) for n in range(50)]
    assert ids == [member_id("abc", n) for n in range(50)]
    assert len(set(ids)) == 50
    assert all(RUN_ID.fullmatch(one) for one in ids)


# ---- searched -------------------------------------------------------------------------------------------------------

SEARCH = Sweep(
    base=BASE.with_flat(epochs=8),
    vary={"temperature": (1, 40), "learning_rate": (1e-4, 0.02)},
    seeds=1,
    sampler="bayesian",
    trials=12,
)


def trials(store: Store) -> list[dict[str, Any]]:
    [run] = [run for run in store.runs(limit=1000) if run.has_members]
    return list(run.results["trials"])


def test_a_search_draws_from_what_it_found_prunes_and_keeps_its_members(store: Store) -> None:
    assert [run.status for run in train(SEARCH, store)] == ["finished"]
    drawn = trials(store)
    assert len(drawn) == 12
    assert all(1 <= t["setting"]["temperature"] <= 40 for t in drawn)
    finished = [t for t in drawn if t["value"] is not None]
    assert 8 <= len(finished) < 12, "the first round is finished, of the second somebody falls behind"
    there = known_members(SEARCH, store)
    assert {json.dumps(m.setting, sort_keys=True) for m in there} == {
        json.dumps(t["setting"], sort_keys=True) for t in finished
    }
    for found in member_runs(there, store):
        assert found.run is not None
        [trial] = [t for t in finished if t["setting"] == found.member.setting]
        assert found.run.results["student"]["val_errors"] == trial["value"]
        assert {p.role for p in store.points(found.run.id)} == {"teacher", "twin", "student"}
    assert train(SEARCH, store) == [], "the search is found by its hash"


@pytest.mark.parametrize("at", [3, 11])
def test_a_search_that_died_draws_and_prunes_as_if_it_had_not(
    store: Store, tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(recorder.record_run.__kwdefaults__, "checkpoints_every", 0.0)  # each one is written
    seen = 0

    def dying(events: Iterable[Event]) -> Iterator[Event]:
        nonlocal seen
        for event in events:
            yield event
            seen += isinstance(event, Checkpoint)
            if seen == at:
                raise Died

    with pytest.raises(Died):
        train(SEARCH, store, watch=dying)
    [left] = store.runs()
    store.finish(left.id, "lost")
    assert [run.id for run in train(SEARCH, store)] == [left.id]
    whole = Store(tmp_path / "others")
    train(SEARCH, whole)
    assert trials(store) == trials(whole)
    whole.close()


def test_a_round_that_goes_on_knows_what_its_trials_have_reported() -> None:
    search = SEARCH.search
    assert search is not None
    going_on = SearchRound(search, SearchState(reports=[(0, 500, 3.0), (2, 500, 9.0), (0, 600, 2.0)]))
    said = [trial.intermediate_values for trial in going_on.study.trials]
    assert said[:3] == [{500: 3.0, 600: 2.0}, {}, {500: 9.0}]


def test_a_member_that_leaves_does_not_disturb_the_others(tmp_path: Path) -> None:
    [lineup] = group_into_cohorts(m.experiment for m in SWEEP.members)
    given: dict[str, Any] = {"data_folder": tmp_path, "runs_folder": tmp_path, "commands": NoCommands()}
    out = {"student-0", "student-3"}
    whole = {e.role: e.tensors for e in cohort_pipeline.run(lineup, **given) if isinstance(e, Trained)}
    events = list(
        cohort_pipeline.run(lineup, **given, pruner=lambda share, errors: out if share >= 500 else set())
    )
    rest = {e.role: e.tensors for e in events if isinstance(e, Trained)}
    assert rest.keys() == whole.keys() - out
    for role, tensors in rest.items():
        for name, tensor in tensors.items():
            torch.testing.assert_close(tensor, whole[role][name], rtol=1e-3, atol=1e-5)
    assert isinstance(events[-1], Finished)
    assert [found is None for found in events[-1].results["members"]] == [
        f"student-{i}" in out for i in range(6)
    ]
    late = [e.step for e in events if isinstance(e, Validation) and e.role in out]
    assert max(late) < max(e.step for e in events if isinstance(e, Validation))


def test_a_search_refuses_a_method_that_trains_something_first() -> None:
    wrong = Sweep(
        base=BASE, vary={"method": ("soft-targets", "teacher-assistant")}, seeds=1, sampler="bayesian"
    )
    with pytest.raises(InvalidExperiment, match="trains something first"):
        experiments_to_check(wrong)


# ---- what is claimed ------------------------------------------------------------------------------------------------


def tried(
    temperature: float, errors: tuple[int, ...], validation: float = 10, twin: tuple[int, ...] = ()
) -> SettingErrors:
    alone = twin or tuple(e + 20 + i for i, e in enumerate(errors))
    return SettingErrors({"temperature": temperature}, errors, (int(validation),) * len(errors), alone, 360)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            [tried(t, (10, 12, 11)) for t in (1, 2, 8)],
            "T between 1 and 8 are not distinguishable at 3 seeds. Every setting",
        ),
        (
            [
                tried(1, (30, 33, 31)),
                tried(2, (10, 12, 11), 5),
                tried(4, (11, 11, 12)),
                tried(8, (12, 10, 11)),
            ],
            "T between 2 and 8 are not distinguishable at 3 seeds. T = 1: more errors than T = 2, the best on validation.",
        ),
        (
            [tried(1, (30, 33, 31)), tried(2, (10, 12, 11), 5)],
            "T = 2 errs less than every other setting at 3 seeds.",
        ),
        (
            [tried(1, (5, 5, 5)), tried(2, (10, 12, 11), 5)],
            "T = 1: fewer errors than T = 2, the best on validation.",
        ),
        ([tried(1, (5,)), tried(2, (50,), 5)], "One seed tells no setting from another: take more seeds."),
        ([tried(1, (5, 6), twin=(5, 6))], "No setting is shown to err less than its twin."),
        ([tried(1, (5, 6), twin=(2, 2)), tried(2, (5, 6))], "T = 1: more errors than the twin."),
        ([], ""),
    ],
)
def test_the_sentence_says_what_is_supported_and_no_more(settings: list[SettingErrors], said: str) -> None:
    assert said in sentence(findings(settings))


def test_a_difference_whose_signs_disagree_is_not_claimed() -> None:
    """A mean far from zero does not help where one seed speaks against it."""
    assert "not distinguishable" in sentence(findings([tried(1, (10, 10, 40)), tried(2, (11, 4, 5), 5)]))


def test_the_sentence_changes_when_the_seeds_are_raised() -> None:
    few, more = (
        [tried(1, (12, 14)), tried(2, (11, 12), 5)],
        [tried(1, (12, 14, 14, 13)), tried(2, (11, 12, 12, 11), 5)],
    )
    assert "not distinguishable at 2 seeds" in sentence(findings([tried(1, (12, 18)), few[1]]))
    assert "T = 2 errs less than every other setting at 4 seeds" in sentence(findings(more))


def test_two_fields_and_words_are_named() -> None:
    settings = [
        SettingErrors({"student": name, "teacher_weight": w}, (10, 11), (9, 9), (20, 22), 360)
        for name in ("mlp-10", "mlp-30")
        for w in (0.5, 0.9)
    ]
    assert "4 of 4 settings are not distinguishable at 2 seeds" in sentence(findings(settings))
    only = [
        SettingErrors({"student": name}, (10, 11), (9, 9), (20, 22), 360)
        for name in ("mlp-10", "mlp-30", "cnn-small")
    ]
    only[1] = replace(only[1], validation=(1, 1))
    assert "student = mlp-10, mlp-30 and cnn-small are not" in sentence(findings(only)), (
        "in the sweep's order"
    )


# ---- from the shell -------------------------------------------------------------------------------------------------


def test_the_shell_sweeps_and_finds_again_what_it_has_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    words = shlex.split(
        "sweep --dataset digits --count 100 --teacher mlp-300 --student mlp-30 "
        "--vary temperature=1,2,3,4,6,8,12,16,20 --seeds 3 --epochs 20 --json"
    )
    assert main.main(words) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    students = [m for m in said["members"] if m["role"] == "student"]
    twins = [m for m in said["members"] if m["role"] == "twin"]
    assert (len(students), len(twins), said["trained"], said["found"]) == (27, 3, 27, 0)
    assert all({"temperature", "seed", "test_errors", "val_accuracy"} <= m.keys() for m in said["members"])
    assert sorted({m["temperature"] for m in students}) == [1, 2, 3, 4, 6, 8, 12, 16, 20]
    assert [m["seed"] for m in twins] == [0, 1, 2]
    assert main.main(words) == 0
    captured = capsys.readouterr()
    again = json.loads(captured.out.splitlines()[-1])
    assert "All 27 students were trained before" in captured.err
    assert (again["trained"], again["found"], again["members"]) == (0, 27, said["members"])
    assert main.main(words[:-1]) == 0
    assert said["sentence"] in capsys.readouterr().out


@pytest.mark.parametrize(
    ("vary", "said"),
    [("temperature=0", "temperature"), ("nothing=1", "nothing"), ("omit=0+1+2+3+4+5+6+7+8", "two classes")],
)
def test_the_shell_refuses_before_any_work(
    vary: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    assert main.main(["sweep", "--vary", vary, "--epochs", "1"]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
