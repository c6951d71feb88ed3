"""Teachers that a browser removed: put aside, brought back within the bounds, and gone for good after some days."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from kdcore import teachers
from kdcore.errors import TeacherUnavailable
from kdcore.pipelines import removed_teachers
from kdcore.runs import clean_up
from kdcore.runs.store import Store

ME, YOU = "a" * 64, "b" * 64
DAY = 24 * 3600.0


def added(runs: Path, title: str, owner: str = ME) -> str:
    """A teacher of a browser's; returns its name."""
    card = replace(
        teachers.all_cards(Path("nowhere"), "digits")[0],
        name=title,
        owner=owner,
        inputs={"answers": "logits"},
    )
    return teachers.save_by_content(card, {"all": torch.zeros(2, 2)}, runs / "teachers").name


def names(cards: list[teachers.TeacherCard]) -> list[str]:
    return [card.name for card in cards]


def own(runs: Path) -> list[str]:
    return [card.name for card in teachers.all_cards(runs) if card.owner == ME]


def test_what_was_removed_is_nobodys_choice_until_it_comes_back(tmp_path: Path) -> None:
    name = added(tmp_path, "people")
    before = teachers.find(name, tmp_path)
    assert before is not None
    removed_teachers.remove(name, tmp_path, ME)
    assert own(tmp_path) == []
    assert teachers.find(name, tmp_path) is None
    with pytest.raises(TeacherUnavailable):
        teachers.load(before, tmp_path)
    assert names(removed_teachers.removed_cards(tmp_path, ME)) == [name]
    removed_teachers.restore(name, tmp_path, ME)
    assert teachers.find(name, tmp_path) == before
    assert teachers.load(before, tmp_path)["all"].shape == (2, 2)
    assert removed_teachers.removed_cards(tmp_path, ME) == []
    assert not [*(tmp_path / "teachers" / removed_teachers.REMOVED).glob("*")]


def test_nobody_else_removes_it_or_brings_it_back(tmp_path: Path) -> None:
    name = added(tmp_path, "people")
    with pytest.raises(TeacherUnavailable):
        removed_teachers.remove(name, tmp_path, YOU)
    with pytest.raises(TeacherUnavailable):
        removed_teachers.remove("people", tmp_path, ME)
    removed_teachers.remove(name, tmp_path, ME)
    for wrong, owner in ((name, YOU), ("../people", ME), ("people", ME)):
        with pytest.raises(TeacherUnavailable, match="gone for good"):
            removed_teachers.restore(wrong, tmp_path, owner)


def test_what_was_added_again_meanwhile_is_not_offered_twice(tmp_path: Path) -> None:
    name = added(tmp_path, "people")
    removed_teachers.remove(name, tmp_path, ME)
    assert added(tmp_path, "people") == name
    assert removed_teachers.removed_cards(tmp_path, ME) == []
    removed_teachers.remove(name, tmp_path, ME)
    assert names(removed_teachers.removed_cards(tmp_path, ME)) == [name]


def test_a_browser_keeps_as_many_removed_ones_as_it_may_have_and_brings_back_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLROOM_TEACHERS", "2")
    for title, ago in (("one", 20), ("two", 10), ("three", 0)):
        name = added(tmp_path, title)
        removed_teachers.remove(name, tmp_path, ME)
        aside = tmp_path / "teachers" / removed_teachers.REMOVED / f"{name}.json"
        os.utime(aside, (0, time.time() - ago))
    left = removed_teachers.removed_cards(tmp_path, ME)
    assert [card.name.partition("-")[0] for card in left] == ["three", "two"], "the oldest went for good"
    added(tmp_path, "four")
    added(tmp_path, "five")
    with pytest.raises(TeacherUnavailable, match="2 teachers here, the most"):
        removed_teachers.restore(left[0].name, tmp_path, ME)
    assert names(removed_teachers.removed_cards(tmp_path, ME)) == names(left)


def test_after_seven_days_it_is_gone_for_good(tmp_path: Path) -> None:
    store = Store(tmp_path)
    old, new = added(tmp_path, "old"), added(tmp_path, "new")
    for name in (old, new):
        removed_teachers.remove(name, tmp_path, ME)
    aside = tmp_path / "teachers" / removed_teachers.REMOVED
    os.utime(aside / f"{old}.json", (0, time.time() - 8 * DAY))
    assert removed_teachers.to_purge(tmp_path, 7 * DAY).keys() == {old}
    clean_up.purge_deleted(store)
    assert sorted(path.name for path in aside.iterdir()) == [f"{new}.json", f"{new}.safetensors"]
    (aside / f"{new}.json").unlink()
    os.utime(aside / f"{new}.safetensors", (0, 0))
    assert removed_teachers.purge(tmp_path, 7 * DAY) > 0, "a file without its card is of no use to anybody"
    assert not [*aside.iterdir()]
    store.close()
