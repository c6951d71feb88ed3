"""Teachers that a browser brings along: asked in another process, its own alone, bounded."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from dashboard.data import own_teachers, trained_teachers
from dashboard.data.own_teachers import Attempt, TeacherFile
from kdcore import teachers
from kdcore.errors import TeacherUnavailable
from kdcore.experiment import Experiment
from tests.kdcore.pipelines.test_recorded_answers import run

SAID = {"dataset": "digits", "image_size": 32, "answers": "probabilities"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path / "data"))
    seen_by(monkeypatch, "me")
    return tmp_path


def seen_by(monkeypatch: pytest.MonkeyPatch, browser: str) -> None:
    for module in (own_teachers, trained_teachers):
        monkeypatch.setattr(module, "browser_id", lambda: browser)


def table(folder: Path) -> bytes:
    np.savez(folder / "answers.npz", all=np.full((1797, 10), 0.1))
    return (folder / "answers.npz").read_bytes()


def ended(file: TeacherFile) -> Attempt:
    key = own_teachers.begin(file)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = own_teachers.attempt(key)
        assert found is not None
        if not found.running:
            return found
    raise AssertionError("it goes on and on")


def test_it_is_tried_then_added_and_this_browser_alone_is_offered_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = ended(TeacherFile(table(folder), ".npz", SAID))
    assert (tried.failed, tried.said["of"], len(tried.said["images"])) == ("", 360, 3)
    assert own_teachers.own_cards() == []
    added = ended(TeacherFile(table(folder), ".npz", SAID, "people"))
    name = added.said[0]["name"]
    assert name in {card.name for card in trained_teachers.teachers_of("digits")}
    assert [card.name for card in own_teachers.own_cards()] == [name]
    results, _ = run(Experiment().with_flat(teacher=name, student="mlp-10", count=100, epochs=1), folder)
    assert results["teacher"]["test_images"] == results["student"]["test_images"] == 360
    seen_by(monkeypatch, "you")
    assert name not in {card.name for card in trained_teachers.teachers_of("digits")}
    assert name not in {network.title for network in trained_teachers.trained_networks()}
    assert trained_teachers.teacher_card(name) is not None, "a link to a run that learned from it shows it"
    with pytest.raises(TeacherUnavailable):
        own_teachers.remove(name)
    seen_by(monkeypatch, "me")
    own_teachers.remove(name)
    assert own_teachers.own_cards() == []
    assert [card.name for card in own_teachers.removed_cards()] == [name]
    seen_by(monkeypatch, "you")
    assert own_teachers.removed_cards() == []
    with pytest.raises(TeacherUnavailable, match="gone for good"):
        own_teachers.restore(name)
    seen_by(monkeypatch, "me")
    own_teachers.restore(name)
    assert (own_teachers.removed_cards(), [card.name for card in own_teachers.own_cards()]) == ([], [name])
    again, _ = run(Experiment().with_flat(teacher=name, student="mlp-10", count=100, epochs=1), folder)
    assert again["student"]["test_errors"] == results["student"]["test_errors"]


def test_what_cannot_teach_is_said_and_may_be_tried_again(folder: Path) -> None:
    file = TeacherFile(b"no table", ".npz", SAID)
    assert "cannot be read" in ended(file).failed
    first = own_teachers.attempt(file.key)
    own_teachers.begin(file)
    assert own_teachers.attempt(file.key) is not first


def test_a_browser_has_so_many_and_no_more(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_TEACHERS", "0")
    refused = ended(TeacherFile(table(folder), ".npz", SAID, "people"))
    assert "0 teachers here, the most" in refused.failed


def test_a_file_may_be_as_large_as_the_owner_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_teachers.most_megabytes() == 20
    monkeypatch.setenv("STILLROOM_UPLOADS", "1000")
    assert own_teachers.most_megabytes() == 400
    monkeypatch.setenv("STILLROOM_BROUGHT", "64")
    assert own_teachers.most_megabytes() == 64


def test_recorded_answers_stand_beside_a_network_and_networks_beside_each_other(folder: Path) -> None:
    from kdcore.inference import models

    [digits] = models.of_teachers(Path("nowhere"), "digits")
    from dataclasses import replace

    people = replace(digits, key="teacher:people", title="people", network=teachers.RECORDED)
    other = replace(digits, key="teacher:other", title="other")
    assert trained_teachers.side_by_side([people, digits, other]) == [(digits, other), (digits, people)]
    assert trained_teachers.side_by_side([people]) == []
    assert trained_teachers.side_by_side([digits]) == []
