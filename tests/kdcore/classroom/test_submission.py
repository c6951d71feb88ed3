"""A hand-in keeps what was handed in, says what was changed in it, and reads no file beyond its bounds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kdcore.classroom.freeze import freeze
from kdcore.classroom.seal import SECRET, seal_holds, seal_state, sealed
from kdcore.classroom.submission import MOST_ANSWERS, MOST_BYTES, MOST_RUNS, LessonAnswer, Submission
from kdcore.errors import HandInRefused
from kdcore.experiment import Experiment
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from tests.kdcore.classroom.handed_in import ANSWERED, LEFT_OUT, frozen, handed_in

Edit = Callable[[dict[str, Any]], Any]


def edited(submission: Submission, edit: Edit) -> Submission:
    values = json.loads(submission.to_json())
    edit(values)
    return Submission.from_json(json.dumps(values))


def test_it_reads_what_it_wrote() -> None:
    submission = handed_in(frozen(), frozen("run-2", omit=(3,)), answers=(ANSWERED, LEFT_OUT))
    again = Submission.from_json(submission.to_json())
    assert again == submission
    assert again.changes_found() == []
    assert again.missing == [LEFT_OUT]
    assert again.runs[1].read_experiment().omit == (3,)


def test_it_never_changes() -> None:
    with pytest.raises(ValidationError):
        handed_in().student = "somebody else"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda v: v["runs"][0]["networks"]["student"].update(test_errors=1), "Run run-1: what stands there"),
        (
            lambda v: v["runs"][0]["experiment"].update(temperature=8.0),
            "its settings are not those of its hash",
        ),
        (lambda v: v["runs"][0].update(status="stopped"), "what stands there"),
        (lambda v: v["answers"][0].update(answer="the 4"), "What stands in the file"),
        (lambda v: v.update(student="dark flask"), "What stands in the file"),
        (lambda v: v["runs"].pop(), "What stands in the file"),
        (lambda v: v["runs"][0]["experiment"].update(epochs_=1), "its settings cannot be read"),
    ],
)
def test_a_change_is_found(edit: Edit, says: str) -> None:
    found = edited(handed_in(answers=(ANSWERED,)), edit).changes_found()
    assert any(says in sentence for sentence in found), found


def test_only_the_server_that_took_it_can_seal_it(tmp_path: Path) -> None:
    submission = handed_in()
    assert seal_state(submission, tmp_path) == "none"
    taken = sealed(submission, tmp_path)
    assert (tmp_path / SECRET).stat().st_mode & 0o777 == 0o600
    assert seal_state(Submission.from_json(taken.to_json()), tmp_path) == "own"
    assert seal_holds(taken, tmp_path)
    assert not seal_holds(submission, tmp_path)
    assert taken.changes_found() == [], "the seal is no part of what it seals"
    forged = handed_in(frozen(student=1)).model_copy(update={"seal": taken.seal})
    assert forged.changes_found() == [], "new digests can be made by whoever likes"
    assert seal_state(forged, tmp_path) == "broken"
    assert seal_state(taken, tmp_path / "another server") == "another's"
    assert not (tmp_path / "another server").exists(), "looking makes no secret"
    sealed(submission, tmp_path / "another server")
    assert seal_state(taken, tmp_path / "another server") == "another's"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "EOF"),
        ("[]", "Input should be an object"),
        ("{}", "version: Field required"),
        ("[" * 100_000, "recursion limit"),
        ('{"version": 2}', "version 2, and this program reads versions up to 1"),
        (b"\xff\xfe", "Invalid JSON"),
        (" " * (MOST_BYTES + 1), "It has 2.0 MB"),
    ],
)
def test_what_is_no_hand_in_is_refused_in_a_sentence(text: str | bytes, says: str) -> None:
    with pytest.raises(HandInRefused, match=says):
        Submission.from_json(text)


@pytest.mark.parametrize(
    "edit",
    [
        lambda v: v.update(format="another"),
        lambda v: v.update(more=1),
        lambda v: v.update(student="x" * 101),
        lambda v: v.update(student=["clear flask"]),
        lambda v: v.update(handed_in=1e300),
        lambda v: v["runs"][0].update(id="../../etc"),
        lambda v: v["runs"][0].update(threads=1.5),
        lambda v: v["runs"][0]["networks"]["student"].update(test_errors=10**20 + 1, test_nll="low"),
        lambda v: v.update(runs=v["runs"] * (MOST_RUNS + 1)),
    ],
)
def test_fields_have_bounds(edit: Edit) -> None:
    with pytest.raises(HandInRefused, match="no hand-in that can be read"):
        edited(handed_in(), edit)


def test_nothing_too_long_is_handed_in() -> None:
    with pytest.raises(HandInRefused, match=r"cannot be handed in: student: .*100"):
        Submission.hand_in("x" * 101)
    with pytest.raises(HandInRefused, match="answers"):
        Submission.hand_in("clear flask", [LEFT_OUT] * (MOST_ANSWERS + 1))


def test_the_largest_hand_in_is_half_of_what_is_read() -> None:
    essay = LessonAnswer(kind="reflection", asks="Why?", answer="x" * 4_000)
    largest = handed_in(*[frozen()] * MOST_RUNS, answers=(essay,) * MOST_ANSWERS)
    assert len(largest.to_json().encode()) < MOST_BYTES / 2


def test_a_run_is_frozen_as_it_stands(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run = store.create(Experiment().with_flat(epochs=1), "a student", status="running")
    train_run(store, run.id, data_folder=tmp_path)
    one = freeze(store, run.id)
    results = store.run(run.id).results
    assert one.changes_found() == []
    assert one.read_experiment() == run.experiment
    assert one.networks.keys() == {"teacher", "twin", "student"}
    assert one.networks["student"]["test_errors"] == results["student"]["test_errors"]
    assert (one.status, one.changed, one.epochs, one.device) == ("finished", False, 1.0, "cpu")
    assert "owner" not in one.model_dump(), "whose cookie started it is nobody's concern"
