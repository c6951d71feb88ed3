"""A head and two nodes on loopback train what a manager is given; one node is killed, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from kdcore.errors import BrokenInstallation, OutOfResources, TrainingDiverged
from kdcore.events import Checkpoint, Command, Finished, HotChange, Phase, Progress, Trained
from kdcore.experiment import Experiment
from kdcore.runs import manager as manager_module
from kdcore.runs.manager import Manager
from kdcore.runs.ray import ray_engine
from kdcore.runs.ray.cpu_request import wanted_cpus
from kdcore.runs.ray.ray_engine import RayEngine
from kdcore.runs.ray.stream import CommandMailbox, PackedEvent, batched_events, unpack_event
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from kdcore.studies.sweep import Sweep
from kdcore.studies.sweep_training import queue_missing
from tests.kdcore.runs.clusters import ROOT, Cluster, free_port, running
from tests.kdcore.runs.conftest import FAKE, Gates
from tests.kdcore.runs.helping import ALICE, BOB, CAROL, as_if_undisturbed, steps, until

OVER = ("finished", "stopped", "failed", "lost")
FAKED = ("--generator", FAKE, "--checkpoints-every", "0.001", "--park-after", "600")


# ---- a cluster, and managers of its own -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running(tmp_path_factory.mktemp("data"), 2) as cluster, pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_ADDRESS", cluster.address)
        patch.setenv("STILLROOM_ENGINE", "ray")
        yield cluster


@pytest.fixture(scope="module")
def real(started: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    """Trains what a record says, as a server does whose environment names Ray."""
    manager = Manager(tmp_path_factory.mktemp("real"))
    yield manager
    manager.close()


@pytest.fixture(scope="module")
def faked(started: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    """Has the stand-in trained, which writes a checkpoint a step."""
    folder = tmp_path_factory.mktemp("faked")
    manager = Manager(folder, engine=RayEngine(folder, FAKED))
    yield manager
    manager.close()


@pytest.fixture
def cluster(started: Cluster) -> Cluster:
    """Two live nodes, whatever an earlier test did to them."""
    started.mend()
    return started


@pytest.fixture
def gates(cluster: Cluster) -> Iterator[Gates]:
    yield Gates(cluster.gates)
    for gate in cluster.gates.iterdir():
        gate.unlink()


def processors(manager: Manager) -> int:
    try:
        return manager.slots
    except OutOfResources:  # not yet connected
        return 0


def ended(manager: Manager, run_id: str) -> Run:
    run: Run = until(lambda: (r := manager.run(run_id)).status in OVER and r)
    return run


def at_step(manager: Manager, run_id: str, step: int) -> None:
    until(lambda: manager.run(run_id).progress.get("step") == step)
    until(lambda: any(p.step == step for p in manager.points(run_id)))


def curve(manager: Manager, run_id: str) -> list[tuple[int, float]]:
    return [(p.step, p.value) for p in manager.store.points(run_id) if p.series == "loss.total"]


def beginnings(manager: Manager, run_id: str) -> int:
    return len([e for e in manager.store.events(run_id) if e.payload.get("name") == "load"])


# ---- a node dies ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_killed_node_loses_nothing_and_its_run_goes_on_elsewhere(
    cluster: Cluster, faked: Manager, gates: Gates
) -> None:
    until(lambda: processors(faked) == 2)
    gates.shut(30)
    runs = [faked.submit(steps(40, order_seed=n), owner) for n, owner in enumerate((ALICE, BOB, CAROL))]
    for run in runs[:2]:
        at_step(faked, run.id, 30)
    assert faked.run(runs[2].id).status == "queued", "a run a processor"
    cluster.kill(cluster.node_of(runs[0].id))
    until(lambda: processors(faked) == 1)
    gates.open(30)
    over = [ended(faked, run.id) for run in runs]
    assert [(run.status, run.error) for run in over] == [("finished", "")] * 3
    whole = [ended(faked, faked.submit(steps(40, order_seed=n), ALICE).id) for n in range(3)]
    for disturbed, quiet in zip(over, whole, strict=True):
        assert curve(faked, disturbed.id) == curve(faked, quiet.id)
        assert disturbed.results == quiet.results
        weights = [
            (faked.store.run_folder(r.id) / "student.safetensors").read_bytes() for r in (disturbed, quiet)
        ]
        assert weights[0] == weights[1]
    begun = [beginnings(faked, run.id) for run in over]
    assert begun == [2, 1, 1], "it began again, from its checkpoint"


@pytest.mark.slow
@pytest.mark.proof
def test_a_paused_run_whose_node_dies_is_paused_elsewhere_and_hears_what_it_was_told_meanwhile(
    cluster: Cluster, faked: Manager, gates: Gates
) -> None:
    gates.shut(3)
    run = faked.submit(steps(6, temperature=2.0), ALICE)
    at_step(faked, run.id, 3)
    faked.command(run.id, ALICE, Command("pause"))
    until(lambda: faked.run(run.id).status == "paused")
    cluster.kill(cluster.node_of(run.id))
    faked.command(run.id, ALICE, Command("set", "temperature", 9.0))
    gates.open(3)
    until(lambda: [e for e in faked.events(run.id) if e.kind == "HotChange"])
    until(lambda: cluster.node_of(run.id))
    assert faked.run(run.id).status == "paused"
    assert faked.run(run.id).progress["step"] == 3
    faked.command(run.id, ALICE, Command("resume"))
    assert ended(faked, run.id).status == "finished"
    assert [step for step, _ in curve(faked, run.id)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.slow
@pytest.mark.proof
def test_a_sweep_finishes_although_a_node_is_killed(cluster: Cluster, real: Manager, tmp_path: Path) -> None:
    until(lambda: processors(real) == 2)
    base = Experiment().with_flat(epochs=150, threads=1)
    sweep = Sweep(base=base, vary={"student": ("mlp-20", "mlp-30", "mlp-40"), "temperature": (2.0, 8.0)}, seeds=1)  # fmt: skip
    assert queue_missing(sweep, real.store, ALICE) == 6
    runs = [run for run in real.runs() if run.sweep == sweep.hash]
    assert len(runs) == 3, "a cohort a size"

    def training() -> list[Run]:
        live = [real.run(run.id) for run in runs]
        assert not any(run.error for run in live), [run.error for run in live]
        return [run for run in live if run.phase == "students" and run.live]

    live = until(lambda: len(found := training()) == 2 and found)
    cluster.kill(cluster.node_of(live[0].id))
    assert [ended(real, run.id).status for run in runs] == ["finished"] * 3
    assert queue_missing(sweep, real.store, ALICE) == 0, "all of it is there"
    as_if_undisturbed(sweep, real.store, tmp_path)


@pytest.mark.slow
@pytest.mark.proof
def test_a_driver_outlives_its_server_a_run_its_driver_and_closing_leaves_a_checkpoint(
    cluster: Cluster, gates: Gates, tmp_path: Path
) -> None:
    gates.shut(3)
    gates.shut(5)
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert server.stdout is not None
    run_id = server.stdout.readline().strip()
    store = Store(tmp_path)
    until(lambda: store.run(run_id).progress.get("step") == 3)
    server.kill()
    server.wait()
    manager = Manager(tmp_path, engine=RayEngine(tmp_path, FAKED))
    try:
        until(lambda: [lease.parent for lease in store.leases()] == [manager.me])
        gates.open(3)
        at_step(manager, run_id, 5)
        assert beginnings(manager, run_id) == 1, "it went on all the time"
        [lease] = store.leases()
        os.kill(lease.worker.pid, signal.SIGKILL)
        until(lambda: manager.run(run_id).status == "lost")
        manager.resume(run_id, ALICE)
        until(lambda: beginnings(manager, run_id) == 2)
        at_step(manager, run_id, 5)
        manager.close()
        left = store.run(run_id)
        assert left.status == "lost"
        assert "interrupted. Resume it" in left.error
        assert list((store.run_folder(run_id) / "checkpoints").glob("*.json"))
        assert [step for step, _ in curve(manager, run_id)] == [1, 2, 3, 4, 5]
    finally:
        manager.close()
        server.kill()
        store.close()


SERVER = f"""
import sys, threading
from pathlib import Path
from kdcore.runs.manager import Manager
from kdcore.runs.ray.ray_engine import RayEngine
from tests.kdcore.runs.helping import ALICE, steps

folder = Path(sys.argv[1])
manager = Manager(folder, engine=RayEngine(folder, {FAKED!r}))
print(manager.submit(steps(6), ALICE).id, flush=True)
threading.Event().wait()
"""


# ---- told and asked as on one machine -------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_run_on_a_node_obeys_as_on_one_machine_and_its_teacher_comes_home(
    cluster: Cluster, real: Manager
) -> None:
    experiment = Experiment().with_flat(epochs=2000, threads=1, teacher="mlp-40", teacher_epochs=1)
    run = real.submit(experiment, ALICE)
    until(lambda: real.run(run.id).phase == "students" and real.run(run.id).progress["step"] > 0)
    real.command(run.id, ALICE, Command("pause"))
    until(lambda: real.run(run.id).status == "paused")
    stood = real.run(run.id).progress["step"]
    real.command(run.id, ALICE, Command("step_batch"))
    until(lambda: real.run(run.id).progress["step"] == stood + 1)
    real.command(run.id, ALICE, Command("set", "temperature", 9.0))
    [change] = until(lambda: [e for e in real.events(run.id) if e.kind == "HotChange"])
    assert (change.payload["step"], change.payload["value"]) == (stood + 1, 9.0)
    real.command(run.id, ALICE, Command("resume"))
    until(lambda: real.run(run.id).progress["step"] > stood + 1)
    real.command(run.id, ALICE, Command("stop"))
    stopped = ended(real, run.id)
    assert (stopped.status, stopped.error, stopped.threads) == ("stopped", "", 1)
    kept = sorted(path.suffix for path in (real.store.folder / "kept").glob(f"{experiment.teacher_hash}-*"))
    assert kept == [".json", ".safetensors"]


@pytest.mark.slow
def test_what_a_node_lacks_is_said_in_a_sentence(cluster: Cluster, real: Manager) -> None:
    images = ended(real, real.submit(Experiment().with_flat(dataset="flowers"), ALICE).id)
    assert images.status == "failed"
    assert str(cluster.data) not in images.error
    assert "node" in images.error
    gpu = ended(real, real.submit(Experiment().with_flat(device="cuda"), ALICE).id)
    assert gpu.status == "failed"
    assert "No node of the cluster has a GPU" in gpu.error


def test_where_no_cluster_answers_the_queue_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLROOM_ENGINE", "ray")
    monkeypatch.setenv("RAY_ADDRESS", address := f"127.0.0.1:{free_port()}")
    manager = Manager(tmp_path)
    try:
        run = manager.submit(steps(3), ALICE)
        trouble = until(lambda: manager.trouble)
        assert address in trouble
        assert "ray start --head" in trouble
        assert manager.run(run.id).status == "queued"
    finally:
        manager.close()


def test_an_engine_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_ENGINE", "rya")
    with pytest.raises(OutOfResources, match="STILLROOM_ENGINE=rya: say local"):
        Manager(tmp_path)
    monkeypatch.setenv("STILLROOM_ENGINE", "ray")
    monkeypatch.setattr(ray_engine.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BrokenInstallation, match=r"pip install '\.\[cluster\]'"):
        Manager(tmp_path)
    assert set(manager_module.ENGINES) == {"local", "ray"}


# ---- the parts ------------------------------------------------------------------------------------------------------


def test_events_travel_together_and_tensors_as_they_are_at_that_moment() -> None:
    weights = torch.tensor([1.0, 2.0])

    def events() -> Iterator:
        yield Progress("students", 1, 9, 0.1, 1)
        yield Progress("students", 2, 9, 0.2, 1)
        yield Checkpoint("students", 2, {"w": weights}, {"x": 1})
        weights.add_(5)
        yield Trained("student", "mlp-30", {"w": weights})
        yield Finished("finished", {})

    lists = list(batched_events(events()))
    assert [len(one) for one in lists] == [3, 1, 1]
    checkpoint, trained = lists[0][2], lists[1][0]
    assert isinstance(checkpoint, PackedEvent)
    assert isinstance(trained, PackedEvent)
    assert unpack_event(checkpoint).tensors["w"].tolist() == [1.0, 2.0]
    assert unpack_event(checkpoint).values == {"x": 1}  # type: ignore[union-attr]
    assert unpack_event(trained).tensors["w"].tolist() == [6.0, 7.0]


def test_what_was_said_before_an_error_arrives() -> None:
    def events() -> Iterator:
        yield Phase("students")
        yield HotChange(1, 0.1, "temperature", 2.0)
        yield Progress("students", 1, 9, 0.1, 1)
        raise TrainingDiverged("NaN")

    heard = []
    with pytest.raises(TrainingDiverged):
        for one in batched_events(events()):
            heard += one
    assert [type(one) for one in heard] == [Phase, HotChange, Progress]


def test_a_mailbox_keeps_what_a_run_may_not_have() -> None:
    async def talk() -> None:
        box = CommandMailbox()
        first = asyncio.ensure_future(box.take("run", 0))
        await asyncio.sleep(0)
        assert not first.done(), "it waits until there is something"
        await box.put("run", [Command("pause")])
        assert [c.kind for c in await first] == ["pause"]
        await box.put("run", [Command("stop")])
        assert [c.kind for c in await box.take("run", 1)] == ["stop"], "it has had the first"
        assert [c.kind for c in await box.close("run")] == ["stop"], "nobody knows whether it has this one"
        assert await box.close("run") == []

    asyncio.run(talk())


@pytest.mark.parametrize(
    ("flat", "most", "cpus"),
    [
        ({}, 8, 1),
        ({"student": "cnn-medium"}, 8, 8),
        ({"student": "cnn-medium", "threads": 2}, 8, 2),
        ({"threads": 4}, 2, 2),
        ({"dataset": "flowers"}, 8, 1),
        ({"teacher": "cnn-medium"}, 8, 8),
        ({"dataset": "mnist", "teacher": "mnist-cnn-medium"}, 8, 1),
    ],
)
def test_a_run_asks_for_the_processors_that_its_networks_take(
    flat: dict[str, object], most: int, cpus: int, tmp_path: Path
) -> None:
    assert wanted_cpus(Experiment().with_flat(**flat), tmp_path, most) == cpus
