"""A manager in memory whose runs go on when a test says so: the pages' counterpart in unit tests."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dashboard.data.curves import Curves
from kdcore.errors import RunRefused
from kdcore.events import (
    BatchMetrics,
    Command,
    Event,
    Gradients,
    HotChange,
    Snapshot,
    StageChanged,
    TermValue,
    Validation,
    curves,
)
from kdcore.experiment import Experiment
from kdcore.runs.admission import Admission
from kdcore.runs.curve_store import Point, StoredEvent
from kdcore.runs.queue_limits import QueueLimits
from kdcore.runs.run_record import Run

DOT = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
CLASSES = [str(c) for c in range(10)]
KINDS = (HotChange, Snapshot, StageChanged)


class FakeManager:
    """The manager's interface over two dicts."""

    def __init__(self) -> None:
        self.known: dict[str, Run] = {}
        self.said: dict[str, tuple[list[Point], list[StoredEvent]]] = {}
        self.commands: list[tuple[str, Command]] = []
        self.resumed: list[str] = []
        self.begin_paused: dict[str, float] = {}
        self.store = SimpleNamespace(
            lessons=SimpleNamespace(passed=lambda owner, lesson: {}), times=lambda run_id: {}
        )
        self.expected: list[Experiment] = []
        self.prefetching = SimpleNamespace(expect=lambda experiment, owner: self.expected.append(experiment))
        self.trouble = ""
        self.admission = Admission(Path.cwd(), QueueLimits())
        self._seq = 0

    def submit(
        self,
        experiment: Experiment,
        owner: str,
        *,
        title: str = "",
        begin_paused: float | None = None,
        seconds: float | None = None,
    ) -> Run:
        self.admission.check(owner, seconds)
        run = Run(
            id=f"run{len(self.known)}", owner=owner, title=title, status="running", experiment=experiment, hash=experiment.hash,
            created=100.0, started=100.5, phase="load", device="cpu", threads=1,
        )  # fmt: skip
        self.known[run.id] = run
        self.said[run.id] = ([], [])
        if begin_paused is not None:
            self.begin_paused[run.id] = begin_paused
        return run

    def run(self, run_id: str) -> Run:
        if run_id not in self.known:
            raise RunRefused(f"There is no run '{run_id}' here.")
        return self.known[run_id]

    def runs(self, **_: Any) -> list[Run]:
        return list(self.known.values())[::-1]

    def points(self, run_id: str, after: int = 0) -> list[Point]:
        return [point for point in self.said[run_id][0] if point.seq > after]

    def curves(self, run_id: str, max_points: int = 300) -> list[Point]:
        return self.points(run_id)

    def events(self, run_id: str, after: int = 0) -> list[StoredEvent]:
        return [event for event in self.said[run_id][1] if event.seq > after]

    def may_command(self, run_id: str, owner: str) -> bool:
        return self.run(run_id).owner == owner

    def command(self, run_id: str, owner: str, command: Command) -> None:
        if not self.may_command(run_id, owner):
            raise RunRefused("This run belongs to another browser.")
        self.commands.append((run_id, command))

    def resume(self, run_id: str, owner: str) -> None:
        self.resumed.append(run_id)

    def finished_twin_of(self, experiment: Experiment) -> Run | None:
        return next(
            (r for r in self.known.values() if r.status == "finished" and r.hash == experiment.hash), None
        )

    def equal_run(self, hash: str, owner: str) -> Run | None:
        mine = [run for run in self.known.values() if run.owner == owner and run.hash == hash]
        alike = [run for run in mine if run.status in ("queued", "running", "paused", "finished")]
        changed = {run.id for run in alike if any(event.kind == "HotChange" for event in self.events(run.id))}
        return next((run for run in reversed(alike) if run.id not in changed), None)

    def waiting(self) -> list[Run]:
        return [run for run in self.known.values() if run.status == "queued"]

    def cancel_waiting(self, owner: str) -> int:
        mine = [run for run in self.waiting() if run.owner == owner]
        for run in mine:
            self.set(run.id, status="stopped")
        return len(mine)

    def close(self, wait: bool = True) -> None:
        pass

    # ---- what a test does to a run

    def set(self, run_id: str, **changes: Any) -> None:
        self.known[run_id] = replace(self.known[run_id], **changes)

    def say(self, run_id: str, event: Event, phase: str = "students") -> None:
        points, _events = self.said[run_id]
        for role, series, value in curves(event):
            self._seq += 1
            points.append(Point(self._seq, event.step, event.epoch, phase, role, series, value))  # type: ignore[union-attr]
        if isinstance(event, KINDS):
            self.note(run_id, type(event).__name__, asdict(event))
        self.set(run_id, seq=self._seq)

    def note(self, run_id: str, kind: str, payload: dict[str, Any]) -> None:
        self._seq += 1
        self.said[run_id][1].append(StoredEvent(self._seq, kind, "students", payload))

    def train(self, run_id: str, epochs: int, begin: int = 0) -> None:
        """Say what a run of soft targets would say about some epochs; the student ends below its twin."""
        all_epochs = self.known[run_id].experiment.recipe.epochs
        if begin == 0:
            self.say(run_id, Validation(0, 0.0, "teacher", 8, 400, 0.08), "teacher")
            teacher = [
                [8.0 if c == i else 3.0 if c == (i + 5) % 10 else 0.0 for c in range(10)] for i in range(6)
            ]
            self.note(
                run_id, "Pinned",
                {"images": list(range(6)), "labels": list(range(6)), "png": [DOT] * 6, "teacher_logits": teacher, "classes": CLASSES},
            )  # fmt: skip
        for epoch in range(begin + 1, begin + epochs + 1):
            self._epoch(run_id, epoch, all_epochs)
        self.set(
            run_id, phase="students", status="running",
            progress={
                "phase": "students", "step": begin + epochs, "steps": all_epochs, "epoch": float(begin + epochs), "epochs": all_epochs,
                "images_per_second": 8400.0, "seconds_left": 14.0, "paused": False,
            },
        )  # fmt: skip

    def _epoch(self, run_id: str, epoch: int, of: int) -> None:
        decay = math.exp(-6 * epoch / of)
        for role, final, teaches in (("twin", 39, False), ("student", 28, True)):
            wobble = 3 * math.sin(epoch * (1.3 if teaches else 1.7)) * decay
            self.say(
                run_id,
                Validation(epoch, float(epoch), role, round(final + 320 * decay + wobble), 400, 0.3 + decay),
            )
            terms = [TermValue("labels", 0.05 + 2 * decay, (0.1 if teaches else 1.0) * (0.05 + 2 * decay))]
            if teaches:
                terms.append(TermValue("soft targets", 0.01 + 0.3 * decay, 0.9 * 16 * (0.01 + 0.3 * decay)))
            self.say(run_id, BatchMetrics(epoch, float(epoch), role, tuple(terms), 0.003))
            sides = {"labels": 0.4 + decay, **({"teacher": 0.9 + 2 * decay} if teaches else {})}
            self.say(
                run_id,
                Gradients(epoch, float(epoch), role, sides, {"hidden": 0.4 + decay, "logits": 0.2 + decay}),
            )
            logits = tuple(
                tuple((1 - decay) * (6.0 if c == i else 1.0 if c == (i + 5) % 10 else 0.0) for c in range(10))
                for i in range(6)
            )
            self.say(run_id, Snapshot(epoch, float(epoch), role, tuple(range(6)), logits))

    def finish(self, run_id: str) -> None:
        self.set(run_id, status="finished", finished=107.0, phase="test", results=RESULTS)


def _tested(network: str, parameters: int, errors: int) -> dict[str, Any]:
    return {
        "network": network, "parameters": parameters, "macs": parameters - 100, "bytes": 4 * parameters, "val_errors": errors, "val_images": 400,
        "test_errors": errors, "test_images": 400, "test_accuracy": 1 - errors / 400, "test_nll": errors / 100, "test_ece": 0.02,
        "fitted_temperature": 1.5, "test_nll_fitted": errors / 110, "test_ece_fitted": 0.01,
        "latency": {"1": {"p50": 4.2e-5, "p95": 6e-5}, "128": {"p50": 2.1e-4, "p95": 3e-4}, "disturbed": False},
    }  # fmt: skip


RESULTS = {
    "teacher": _tested("mlp-300", 112_510, 8),
    "twin": _tested("mlp-30", 2_260, 39),
    "student": _tested("mlp-30", 2_260, 28) | {"nll_difference": {"mean": -0.11, "standard_error": 0.02}},
    "dataset": {"name": "digits", "title": "Digits", "classes": CLASSES, "shape": [1, 8, 8], "images": {"transfer": 100, "validation": 400, "test": 400}},
    "device": "cpu",
    "threads": 1,
    "seconds": {"load": 0.1, "teacher": 0.01, "teacher_logits": 0.01, "students": 5.2, "students_per_epoch": 0.03},
}  # fmt: skip


def curves_of(manager: FakeManager, run_id: str = "run0") -> Curves:
    """What a run has recorded, as the charts read it."""
    return Curves(manager.points(run_id), manager.events(run_id))
