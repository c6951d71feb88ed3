"""The queue moves, workers die and are adopted, owners alone command, and thirty viewers cost one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kdcore.errors import OutOfResources, RunRefused
from kdcore.events import Command, HotChange, Phase, Validation
from kdcore.runs import live_view, live_views
from kdcore.runs import manager as manager_module
from kdcore.runs.curve_store import Point
from kdcore.runs.manager import Manager
from kdcore.runs.store import Store
from kdcore.system.processes import Process
from tests.kdcore.runs.conftest import FAKE, ROOT, Gates
from tests.kdcore.runs.helping import ALICE, BOB, CAROL, steps, until

MakeManager = Callable[..., Manager]


def status(manager: Manager | Store, run_id: str) -> str:
    return manager.run(run_id).status


def becomes(manager: Manager, run_id: str, *wanted: str) -> None:
    until(lambda: status(manager, run_id) in wanted)


def worker_of(store: Store, run_id: str) -> Process:
    found: Process = until(lambda: [x.worker for x in store.leases() if x.run_id == run_id])[0]
    return found


def curve(store: Store, run_id: str) -> list[tuple[int, float]]:
    return [(p.step, p.value) for p in store.points(run_id) if p.series == "loss.total"]


def at_step(store: Store, run_id: str, step: int) -> None:
    """Wait until the run stands at a gate, its rows before it stored."""
    until(lambda: store.run(run_id).progress.get("step") == step)
    until(lambda: any(p.step == step for p in store.points(run_id)))


# ---- the queue ------------------------------------------------------------------------------------------------------


def test_runs_wait_their_turn_and_one_browser_has_one_live_run(
    make_manager: MakeManager, gates: Gates
) -> None:
    gates.shut(3)
    manager = make_manager(2)
    a1, a2 = manager.submit(steps(6), ALICE), manager.submit(steps(6), ALICE)
    b1 = manager.submit(steps(6), BOB)
    c1 = manager.submit(steps(6), CAROL)
    becomes(manager, a1.id, "running")
    becomes(manager, b1.id, "running")
    until(lambda: manager.run(a2.id).queue_position == 2)
    assert manager.run(c1.id).queue_position == 1
    manager.command(b1.id, BOB, Command("stop"))
    becomes(manager, c1.id, "running")
    assert status(manager, a2.id) == "queued", "alice still has a live run"
    gates.open(3)
    for run in (a1, a2, c1):
        becomes(manager, run.id, "finished")
    assert status(manager, b1.id) == "stopped"
    assert manager.run(a2.id).started >= manager.run(a1.id).finished  # type: ignore[operator]


def test_a_warm_spare_takes_the_next_run(
    make_manager: MakeManager, gates: Gates, monkeypatch: pytest.MonkeyPatch
) -> None:
    gates.shut(3)
    monkeypatch.setattr("kdcore.runs.local_engine.SPARE_DELAY", 0.0)
    manager = make_manager(spare=True)
    spare = until(lambda: manager.engine.spare)
    run = manager.submit(steps(5), ALICE)
    assert worker_of(manager.store, run.id).pid == spare.pid
    gates.open(3)
    becomes(manager, run.id, "finished")
    next_spare = until(lambda: manager.engine.spare)
    assert next_spare.pid != spare.pid
    manager.close()
    until(lambda: not Process.of(next_spare.pid).started)


def test_two_managers_on_one_folder_train_each_run_once(make_manager: MakeManager, folder: Path) -> None:
    first, second = make_manager(2), make_manager(2)
    runs = [first.submit(steps(30), f"browser {n}") for n in range(3)]
    most = 0

    def all_done() -> bool:
        nonlocal most
        most = max(most, len(first.store.leases()))
        return all(status(first.store, r.id) == "finished" for r in runs)

    until(all_done, 180)
    assert most <= 2, "the slots are the folder's, not each manager's"
    for run in runs:
        assert [step for step, _ in curve(second.store, run.id)] == list(range(1, 31))
        assert len([e for e in first.store.events(run.id) if e.kind == "Phase"]) == 3, "it began once"


def test_a_worker_that_cannot_start_fails_its_run_with_a_sentence(
    make_manager: MakeManager, folder: Path
) -> None:
    manager = make_manager(1, "--generator", "no.such.module:run")
    run = manager.submit(steps(5), ALICE)
    becomes(manager, run.id, "failed")
    assert "could not start" in manager.run(run.id).error
    assert (
        "no.such" in (folder / "workers.log").read_text()
        or "No module" in (folder / "workers.log").read_text()
    )


def test_trouble_with_the_folder_is_told_and_passes(
    make_manager: MakeManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = make_manager(1)
    manager.store.database.connection.execute("PRAGMA query_only = ON")
    monkeypatch.setattr(manager.store, "startable", lambda slots: manager.store.set_fact("x", {}) or [])
    assert "cannot be written" in until(lambda: manager.trouble)
    monkeypatch.undo()
    manager.store.database.connection.execute("PRAGMA query_only = OFF")
    until(lambda: not manager.trouble)
    becomes(manager, manager.submit(steps(3), ALICE).id, "finished")


def test_an_error_of_our_own_does_not_stop_the_queue(
    make_manager: MakeManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = make_manager(1)
    with monkeypatch.context() as broken:
        broken.setattr(manager.store, "startable", lambda slots: [][0])
        assert "IndexError" in until(lambda: manager.trouble)
    until(lambda: not manager.trouble)
    becomes(manager, manager.submit(steps(3), ALICE).id, "finished")


@pytest.mark.parametrize("said", ["abc", "0", "-1"])
def test_slots_that_are_no_number_of_runs_are_refused(
    said: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLROOM_SLOTS", said)
    with pytest.raises(OutOfResources, match=f"STILLROOM_SLOTS={said}"):
        Manager(folder)


def test_an_unknown_id_takes_no_watched_runs_place(make_manager: MakeManager) -> None:
    manager = make_manager()
    run = manager.submit(steps(3), ALICE)
    manager.run(run.id)
    for n in range(live_views.MOST_VIEWS):
        with pytest.raises(RunRefused):
            manager.run(f"nonsense{n}")
    assert list(manager._views._views) == [run.id]
    becomes(manager, run.id, "finished")


# ---- who may --------------------------------------------------------------------------------------------------------


def test_only_the_browser_that_started_a_run_commands_it(make_manager: MakeManager, gates: Gates) -> None:
    gates.shut(3)
    manager = make_manager()
    run = manager.submit(steps(6), ALICE)
    at_step(manager.store, run.id, 3)
    assert manager.may_command(run.id, ALICE)
    assert not manager.may_command(run.id, BOB)
    assert not manager.may_command(run.id, manager.run(run.id).owner), "what is stored is no key"
    for refused in (
        lambda: manager.command(run.id, BOB, Command("stop")),
        lambda: manager.resume(run.id, BOB),
        lambda: manager.delete(run.id, BOB),
    ):
        with pytest.raises(RunRefused, match="another browser"):
            refused()
    with pytest.raises(RunRefused, match="Stop it first"):
        manager.delete(run.id, ALICE)
    manager.command(run.id, ALICE, Command("stop"))
    becomes(manager, run.id, "stopped")
    manager.delete(run.id, ALICE)
    with pytest.raises(RunRefused, match="There is no run"):
        manager.run(run.id)


def test_commands_reach_a_worker_and_change_what_it_does(make_manager: MakeManager, gates: Gates) -> None:
    gates.shut(3)
    manager = make_manager()
    run = manager.submit(steps(6, temperature=2.0), ALICE)
    at_step(manager.store, run.id, 3)
    manager.command(run.id, ALICE, Command("set", "temperature", 9.0))
    until(lambda: [e for e in manager.events(run.id) if e.kind == "HotChange"])
    gates.open(3)
    becomes(manager, run.id, "finished")
    plain = manager.submit(steps(6, temperature=2.0), BOB)
    assert plain.hash == run.hash
    assert manager.finished_twin_of(plain.experiment) is None, "a run with a hot change is no one's twin"
    becomes(manager, plain.id, "finished")
    assert manager.run(plain.id).results["x"] != manager.run(run.id).results["x"]
    twin = manager.finished_twin_of(run.experiment)
    assert twin is not None
    assert twin.id == plain.id


def test_paused_for_long_a_run_gives_up_its_slot_and_goes_on_when_asked(
    make_manager: MakeManager, gates: Gates
) -> None:
    gates.shut(3)
    manager = make_manager(1, "--park-after", "0.5")
    run = manager.submit(steps(6), ALICE)
    at_step(manager.store, run.id, 3)
    manager.command(run.id, ALICE, Command("pause"))
    becomes(manager, run.id, "paused", "parked")
    other = manager.submit(steps(2), BOB)
    becomes(manager, run.id, "parked")
    becomes(manager, other.id, "finished")
    gates.open(3)
    manager.command(run.id, ALICE, Command("resume"))
    becomes(manager, run.id, "finished")
    whole = manager.submit(steps(6), BOB)
    becomes(manager, whole.id, "finished")
    assert manager.run(run.id).results == manager.run(whole.id).results
    assert curve(manager.store, run.id) == curve(manager.store, whole.id)


# ---- killed ---------------------------------------------------------------------------------------------------------


def test_a_worker_killed_mid_run_is_noticed_and_its_run_resumed_to_the_same_end(
    make_manager: MakeManager, gates: Gates
) -> None:
    gates.shut(30)
    manager = make_manager(1, "--checkpoints-every", "0.001")
    run = manager.submit(steps(40), ALICE)
    at_step(manager.store, run.id, 30)
    os.kill(worker_of(manager.store, run.id).pid, signal.SIGKILL)
    began = time.monotonic()
    becomes(manager, run.id, "lost")
    assert time.monotonic() - began < 3, "its own child's death is seen at once"
    assert "SIGKILL" in manager.run(run.id).error
    assert "Resume" in manager.run(run.id).error
    assert len(curve(manager.store, run.id)) == 30, "nothing that was told half a second before is lost"
    gates.open(30)
    manager.resume(run.id, ALICE)
    becomes(manager, run.id, "finished")
    whole = manager.submit(steps(40), BOB)
    becomes(manager, whole.id, "finished")
    assert curve(manager.store, run.id) == curve(manager.store, whole.id)
    weights = [(manager.store.run_folder(r.id) / "student.safetensors").read_bytes() for r in (run, whole)]
    assert weights[0] == weights[1]


SERVER = f"""
import sys, threading
from pathlib import Path
from kdcore.runs.local_engine import LocalEngine
from kdcore.runs.manager import Manager
from tests.kdcore.runs.helping import ALICE, steps

folder = Path(sys.argv[1])
manager = Manager(folder, 2, engine=LocalEngine(folder, ["--generator", "{FAKE}"]))
print(manager.submit(steps(6), ALICE).id, flush=True)
if "--ctrl-c" in sys.argv:
    import atexit, signal
    atexit.register(manager.close)
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
threading.Event().wait()
"""


def serve(folder: Path, *words: str) -> tuple[subprocess.Popen[str], str]:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(folder), *words], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert server.stdout is not None
    return server, server.stdout.readline().strip()


def test_a_server_that_is_killed_leaves_its_worker_training_and_the_next_one_adopts_it(
    make_manager: MakeManager, folder: Path, gates: Gates, store: Store
) -> None:
    gates.shut(3)
    server, run_id = serve(folder)
    at_step(store, run_id, 3)
    worker = worker_of(store, run_id)
    server.kill()
    server.wait()
    manager = make_manager()
    until(lambda: [x.parent for x in store.leases()] == [manager.me])
    assert worker.alive
    assert status(manager, run_id) == "running"
    gates.open(3)
    becomes(manager, run_id, "finished")
    assert [step for step, _ in curve(store, run_id)] == [1, 2, 3, 4, 5, 6]


def test_a_worker_that_dies_while_no_server_lives_is_found_lost(
    make_manager: MakeManager, folder: Path, gates: Gates, store: Store
) -> None:
    gates.shut(3)
    server, run_id = serve(folder)
    at_step(store, run_id, 3)
    server.kill()
    server.wait()
    os.kill(worker_of(store, run_id).pid, signal.SIGKILL)
    manager = make_manager()
    becomes(manager, run_id, "lost")
    gates.open(3)
    manager.resume(run_id, ALICE)
    becomes(manager, run_id, "finished")
    assert [step for step, _ in curve(store, run_id)] == [1, 2, 3, 4, 5, 6]


def test_ctrl_c_of_a_server_ends_its_workers_in_order(folder: Path, gates: Gates, store: Store) -> None:
    gates.shut(3)
    server, run_id = serve(folder, "--ctrl-c")
    at_step(store, run_id, 3)
    worker = worker_of(store, run_id)
    server.send_signal(signal.SIGINT)
    assert server.wait(30) == 0
    assert not worker.alive
    run = store.run(run_id)
    assert (run.status, store.leases()) == ("lost", [])
    assert "Resume" in run.error
    assert (store.run_folder(run_id) / "checkpoints" / "000001.json").exists()


def test_closing_ends_adopted_workers_too_but_not_those_of_others(
    make_manager: MakeManager, folder: Path, gates: Gates, store: Store
) -> None:
    gates.shut(3)
    dead_server, orphan = serve(folder)
    at_step(store, orphan, 3)
    dead_server.kill()
    dead_server.wait()
    manager, other = make_manager(), make_manager()
    until(lambda: [x.parent for x in store.leases()] == [manager.me])
    shell = store.create(steps(5), "shell", status="running")
    orphan_worker = worker_of(store, orphan)
    assert other.me == manager.me, (
        "two managers of one process look alike: only a shell's run is another's here"
    )
    manager.close()
    until(lambda: not orphan_worker.alive)
    assert status(store, orphan) == "lost"
    assert status(store, shell.id) == "running"


def test_an_expired_lease_alone_is_not_death(make_manager: MakeManager, store: Store) -> None:
    """A laptop that slept: the clock went on, the worker did not, and it will."""
    run = store.create(steps(5), "shell", status="running")
    foreign = store.create(steps(5), "shell")
    store.claim(foreign.id, Process("elsewhere", 1, "x"))
    with store.writing() as db:
        db.execute("UPDATE runs SET lease = 1")
    manager = make_manager()
    becomes(manager, foreign.id, "lost")
    assert status(manager, run.id) == "running"


# ---- watching -------------------------------------------------------------------------------------------------------


@pytest.fixture
def long_run(store: Store) -> str:
    """A run of 3,000 points in six curves."""
    run = store.create(steps(5), ALICE, status="running")
    events = [Phase("students")]
    for n in range(500):
        events += [Validation(n, n / 10, role, n, 1000, n / 7) for role in ("twin", "student")]
    store.record(run.id, events)
    return run.id


def test_curves_are_thinned_and_keep_their_ends(make_manager: MakeManager, long_run: str) -> None:
    manager = make_manager()
    assert len(manager.points(long_run)) == 3000
    series: dict[tuple[str, str, str], list[Point]] = {}
    for point in manager.curves(long_run, 300):
        series.setdefault((point.phase, point.role, point.series), []).append(point)
    assert len(series) == 6
    for points in series.values():
        assert 150 <= len(points) <= 300
        assert (points[0].step, points[-1].step) == (0, 499)
        assert points == sorted(points)
    assert len(manager.curves(long_run, 1000)) == 3000


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 299, 300, 301, 1000, 5001])
@pytest.mark.parametrize("most", [2, 3, 10, 300])
def test_thinning_never_gives_too_many_nor_loses_an_end(count: int, most: int) -> None:
    points = [Point(n, n, 0.0, "students", "twin", "val_nll", 0.0) for n in range(count)]
    kept = live_view.thinned(points, most)
    assert len(kept) <= most
    assert kept == sorted(set(kept))
    assert kept[:1] == points[:1]
    assert kept[-1:] == points[-1:]
    if count <= most:
        assert kept == points


def test_a_viewer_sees_a_run_cut_back(make_manager: MakeManager, store: Store, long_run: str) -> None:
    manager = make_manager()
    assert len(manager.points(long_run)) == 3000
    store.cut_back(long_run, 1001)
    until(lambda: len(manager.points(long_run)) == 1000)
    store.record(
        long_run, [Validation(999, 99.9, "twin", 1, 10, 0.1), HotChange(999, 99.9, "temperature", 2)]
    )
    until(lambda: len(manager.points(long_run)) == 1003)
    assert [e.kind for e in manager.events(long_run)] == ["Phase", "HotChange"]
    assert len(manager.points(long_run, after=manager.points(long_run)[-2].seq)) == 1
    assert max(p.step for p in manager.curves(long_run)) == 999


def test_thirty_viewers_cost_one_reader(
    make_manager: MakeManager, long_run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty threads look at once: the store is read once, and each row is parsed once."""
    manager = make_manager()
    monkeypatch.setattr(live_view, "FRESH_SECONDS", 60.0)
    parsed = reads = 0
    real = manager.store.points

    def counting(run_id: str, after: int = 0) -> list[Point]:
        nonlocal parsed, reads
        reads += 1
        found = real(run_id, after)
        parsed += len(found)
        return found

    monkeypatch.setattr(manager.store, "points", counting)
    barrier = threading.Barrier(30)

    def look() -> None:
        barrier.wait()
        for _ in range(5):
            assert len(manager.points(long_run)) == 3000
            assert len(manager.curves(long_run)) == 6 * 251

    threads = [threading.Thread(target=look) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (parsed, reads) == (3000, 1)


def test_the_server_does_not_pay_for_torch() -> None:
    code = "import sys, kdcore.runs.manager; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_there_is_one_manager_a_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(folder))
    monkeypatch.setattr(manager_module, "_manager", None)
    found: list[Manager] = []
    threads = [threading.Thread(target=lambda: found.append(manager_module.manager())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1
    assert found[0].store.folder == folder
    found[0].close()
