"""A riddle hides one fault or none, keeps it, and gives the answer away to nobody who has not named one."""

from __future__ import annotations

import json
import stat
from collections import Counter
from pathlib import Path

import pytest
from torch import nn

from kdcore import networks
from kdcore.cli.main import main
from kdcore.errors import InvalidExperiment, OutOfResources, TrainingDiverged
from kdcore.events import NoCommands
from kdcore.faults import choice
from kdcore.faults.contract import Fault
from kdcore.faults.registry import fault, faults
from kdcore.faults.riddles import SECRET, hidden, riddle
from kdcore.faults.source import difference
from kdcore.pipelines import checks
from kdcore.runs.ray.remote_training import RemoteTraining
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from tests.kdcore.faults.faulty_runs import SHORT, Measured, events_of
from tests.kdcore.faults.suited import suited

EASY = list(faults().values())
TEACHER = networks.build("mlp-300", (1, 8, 8), 10, seed=0)


def name(one: Fault | None) -> str:
    return "none" if one is None else one.CARD.name


def test_a_seed_keeps_its_fault_and_seeds_hide_all_of_them_and_none(tmp_path: Path) -> None:
    first = [name(hidden(seed, EASY, tmp_path)) for seed in range(400)]
    assert first == [name(hidden(seed, EASY, tmp_path)) for seed in range(400)]
    assert {*first} == {*faults(), "none"}
    assert 30 < Counter(first)["none"] < 110  # one in six


def test_another_installation_hides_others(tmp_path: Path) -> None:
    here, there = ([name(hidden(s, EASY, tmp_path / where)) for s in range(40)] for where in ("a", "b"))
    assert here != there


def test_the_secret_is_for_its_owner_alone_and_is_never_replaced(tmp_path: Path) -> None:
    hidden(1, EASY, tmp_path)
    path = tmp_path / SECRET
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert len(before) == 32
    hidden(2, EASY, tmp_path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [SECRET]


def test_without_a_secret_there_is_no_riddle_but_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / SECRET).mkdir()
    with pytest.raises(OutOfResources, match="a riddle needs it"):
        hidden(1, EASY, tmp_path / "runs")


def test_a_change_that_leaves_a_fault_possible_leaves_the_answer(tmp_path: Path) -> None:
    """T and the weight, with which a riddle is examined, change nothing at all."""
    for seed in range(60):
        of_riddle = riddle(seed)
        before = choice.fault_of(of_riddle, TEACHER, tmp_path)
        warmer = of_riddle.with_flat(temperature=0.25, teacher_weight=0.1)
        assert choice.fault_of(warmer, TEACHER, tmp_path) is before
        unaugmented = of_riddle.with_flat(shift=0)
        if before is None or not before.refusal(unaugmented, TEACHER):
            assert choice.fault_of(unaugmented, TEACHER, tmp_path) is before


def test_a_riddle_hides_what_its_run_can_have(tmp_path: Path) -> None:
    possible = {one.CARD.name for one in choice.hideable(riddle(1), TEACHER)}
    assert len(possible) == 15
    assert faults().keys() - possible == {
        "logits-averaged",
        "teacher-in-training-mode",
        "teacher-learns-along",
    }
    assert choice.hideable(riddle(1), nn.Identity())


@pytest.mark.filterwarnings("error")  # a warning names the file that it comes from
@pytest.mark.parametrize("answer", [*(n for n in faults() if fault(n).CARD.in_riddles), "none"])
def test_nothing_that_is_stored_or_said_of_a_run_names_its_answer(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What the whole database holds is the riddle's seed, in a run that has this very fault."""
    planted = None if answer == "none" else fault(answer)
    monkeypatch.setattr(choice, "hidden", lambda seed, possible, folder: planted)
    experiment = suited(answer, SHORT.with_flat(epochs=3, count=60)).with_flat(fault="?7")
    store = Store(tmp_path / "runs")
    run = store.create(experiment, "somebody", status="running")
    ended = train_run(store, run.id, data_folder=tmp_path)
    rows = "\n".join(store.database.connection.iterdump())
    store.close()
    said = capfd.readouterr()
    assert ended.status == ("failed" if answer == "log-of-softmax" else "finished"), ended.error
    assert '"fault":"?7"' in rows
    for text in (rows, said.out, said.err, json.dumps(ended.results), ended.error):
        for one in faults().values():
            assert one.CARD.name not in text
            assert one.CARD.name.replace("-", "_") not in text
    kept = [path.name for path in (tmp_path / "runs" / run.id).rglob("*")]
    assert not [one for one in kept for n in faults() if n in one]


@pytest.mark.parametrize("answer", [n for n in faults() if fault(n).CARD.in_riddles])
def test_the_record_of_a_riddle_is_made_of_what_a_sound_record_is(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same phases, events, networks, loss terms and results; what they say is the riddle."""
    monkeypatch.setattr(choice, "hidden", lambda seed, possible, folder: fault(answer))
    store = Store(tmp_path / "runs")
    made = []
    for written in ("?7", ""):
        few = suited(answer, SHORT.with_flat(epochs=3, count=60)).with_flat(fault=written, temperature=4.0)
        run = train_run(store, store.create(few, "me", status="running").id, data_folder=tmp_path)
        points = {(p.phase, p.role, p.series) for p in store.points(run.id) if "grad" not in p.series}
        kinds = {(event.kind, event.phase) for event in store.events(run.id)}
        made.append((points, kinds, run.results.keys() - {"twin_hash"}, run.status))
    store.close()
    assert made[0] == made[1]


def test_a_riddle_runs_as_its_answer_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "hidden", lambda seed, possible, folder: fault("kl-reversed"))
    few = SHORT.with_flat(epochs=2, count=60)
    riddled, named, sound = (
        Measured(events_of(few.with_flat(fault=one), tmp_path)) for one in ("?3", "kl-reversed", "")
    )
    assert riddled.same_networks(named)
    assert not riddled.same_networks(sound)


def test_the_shell_answers_whoever_names_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path))
    monkeypatch.setattr(choice, "hidden", lambda seed, possible, folder: fault("kl-reversed"))
    assert main(["distill", "--count", "60", "--epochs", "2", "--fault", "?7"]) == 0
    printed = capsys.readouterr().out
    assert "riddle 7: a fault on purpose, or none" in printed
    assert "kl-reversed" not in printed
    [run] = Store(tmp_path).runs()
    assert main(["faults", "--run", run.id]) == 2
    assert "kl-reversed" not in capsys.readouterr().err
    assert main(["faults", "--run", run.id, "--guess", "none"]) == 0
    answered = capsys.readouterr().out
    assert answered.startswith("No: it is kl-reversed.")
    assert difference(fault("kl-reversed")) in answered
    assert main(["faults", "--run", run.id, "--guess", "kl-reversed", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"guess": "kl-reversed", "answer": "kl-reversed"}


def test_the_shell_lists_faults_and_shows_one_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults"]) == 0
    listed = capsys.readouterr().out
    assert all(one in listed for one in faults())
    assert main(["faults", "softmax-twice"]) == 0
    shown = capsys.readouterr().out
    assert "-     return F.cross_entropy(F.softmax(student, dim=1), labels)" in shown
    assert "+     return F.cross_entropy(student, labels)" in shown
    assert "def invariant(hard" in shown


@pytest.mark.parametrize("name", faults())
def test_the_difference_is_a_few_lines(name: str) -> None:
    lines = difference(fault(name)).splitlines()
    changed = [line for line in lines if line[0] in "+-"]
    assert 2 <= len(changed) <= 4
    assert len(lines) <= 12


def test_a_check_finds_what_a_riddle_hides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "hidden", lambda seed, possible, folder: fault("random-labels"))
    checked = checks.check(riddle(7), data_folder=tmp_path, runs_folder=tmp_path)
    assert checked.fault is fault("random-labels")
    assert checks.check(SHORT, data_folder=tmp_path, runs_folder=tmp_path).fault is None


def test_a_riddle_that_hides_a_diverging_loss_says_no_more_than_the_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "hidden", lambda seed, possible, folder: fault("log-of-softmax"))
    with pytest.raises(TrainingDiverged) as stopped:
        events_of(SHORT.with_flat(fault="?7", temperature=0.25), tmp_path)
    assert "softmax" not in str(stopped.value)


def test_a_riddle_is_not_sent_to_where_its_secret_is_not(tmp_path: Path) -> None:
    training = RemoteTraining.__new__(RemoteTraining)
    events = training(
        riddle(7), data_folder=tmp_path, runs_folder=tmp_path, commands=NoCommands(), resume=None
    )
    with pytest.raises(InvalidExperiment, match="no node of the cluster"):
        next(events)
