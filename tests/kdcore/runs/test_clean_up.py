"""A clean-up removes what it says, and keeps what it says."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from kdcore.cli.main import main
from kdcore.data import uploaded_pictures
from kdcore.errors import RunRefused
from kdcore.experiment import Experiment
from kdcore.runs import run_marks
from kdcore.runs.clean_up import DAY, KEEP_DELETED, clean_up, purge_deleted, purge_pictures, to_clean
from kdcore.runs.disk_usage import disk_usage
from kdcore.runs.history import History
from kdcore.runs.store import Store
from tests.kdcore.data.test_uploaded_pictures import ANNA, kept
from tests.kdcore.runs.helping import ALICE, BOB
from tests.kdcore.runs.history_runs import ME, run


def test_a_deleted_run_that_waited_does_not_begin(store: Store) -> None:
    made = run(store)
    store.delete(made)
    assert store.startable(2) == []
    store.restore(made)
    assert (store.run(made).status, store.startable(2)) == ("stopped", [])
    store.requeue(made)
    assert store.startable(2) == [made]


def keep(store: Store, run_id: str, size: int) -> Path:
    place = store.run_folder(run_id)
    place.mkdir()
    (place / "student.safetensors").write_bytes(b"w" * size)
    return place


def test_a_clean_up_says_what_it_takes_and_keeps_starred_live_and_others_runs(
    store: Store, history: History
) -> None:
    plain, starred, theirs, stopped = run(store, 20), run(store, 20), run(store, 20, owner=BOB), run(store)
    waiting, live = run(store), run(store)
    store.finish(stopped, "stopped")
    assert store.claim(live, ME)
    run_marks.mark(history.store, starred, starred=True)
    places = {one: keep(store, one, 1000) for one in (plain, starred, theirs, stopped, waiting, live)}
    assert disk_usage(history.store.folder, history.store.folder / "data").runs == 6000
    assert to_clean(history.store, "deleted", owner=ALICE).run_ids == ()
    assert to_clean(history.store, "unfinished", owner=ALICE).run_ids == (stopped,)
    said = to_clean(history.store, "all", owner=ALICE)
    assert (set(said.run_ids), said.bytes, said.starred) == ({plain, stopped}, 2000, 1)
    assert clean_up(history.store, "all", owner=ALICE) == said
    assert disk_usage(history.store.folder, history.store.folder / "data").runs == 4000
    assert {one for one, place in places.items() if place.exists()} == {starred, theirs, waiting, live}
    assert {run.id for run in store.runs()} == {starred, theirs, waiting, live}


def test_a_clean_up_leaves_what_is_younger(
    store: Store, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = run(store, 20)
    now = time.time()
    assert to_clean(history.store, "all", older=DAY).run_ids == ()
    monkeypatch.setattr(time, "time", lambda: now + 2 * DAY)
    assert to_clean(history.store, "all", older=DAY).run_ids == (made,)


def test_what_was_deleted_long_ago_is_removed_by_itself(
    store: Store, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, kept = run(store, 20), run(store, 20)
    place = keep(store, made, 10)
    run_marks.mark(history.store, made, starred=True)
    store.delete(made)
    purge_deleted(history.store)
    assert place.exists()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + KEEP_DELETED + 1)
    purge_deleted(history.store)
    assert not place.exists()
    with pytest.raises(RunRefused):
        store.restore(made)
    assert [one.id for one in store.runs()] == [kept]


def test_pictures_that_were_deleted_go_with_a_clean_up_and_those_that_a_run_names_stay(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path / "data"))
    named, deleted, unused = (
        kept(tmp_path / "data", title=title) for title in ("named", "deleted", "unused")
    )
    store.create(Experiment(dataset=named.name), ALICE)
    uploaded_pictures.delete(tmp_path / "data", deleted.name, ANNA)
    purge_pictures(store, tmp_path / "data")
    assert {card.name for card in uploaded_pictures.cards(tmp_path / "data")} == {
        named.name,
        deleted.name,
        unused.name,
    }
    held = disk_usage(store.folder, tmp_path / "data").uploads
    assert held > 3 * named.bytes > 0, "what can be brought back takes its room"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + uploaded_pictures.UNUSED_SECONDS + 1)
    purge_pictures(store, tmp_path / "data")
    assert [card.name for card in uploaded_pictures.cards(tmp_path / "data")] == [named.name]
    assert held / 4 < disk_usage(store.folder, tmp_path / "data").uploads < held / 2
    assert not (tmp_path / "data" / deleted.name).exists()


def test_the_shell_says_which_pictures_it_would_remove(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("STILLROOM_RUNS", str(folder))
    card = kept(tmp_path / "data")
    uploaded_pictures.delete(tmp_path / "data", card.name, ANNA)
    assert main(["runs", "clean", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pictures"] == [card.name]
    assert main(["runs", "clean", "--yes"]) == 0
    assert "with 1 uploads of pictures" in capsys.readouterr().out
    assert not uploaded_pictures.cards(tmp_path / "data")
