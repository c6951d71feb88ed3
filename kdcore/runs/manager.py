"""The one place that a page asks: it queues runs, starts and watches workers, and reads records for all viewers at once.

A thread looks after the queue a few times a second. The truth is in the store, so any number of managers (a second
server, one that was killed and started again) may share a folder.
"""

from __future__ import annotations

import atexit
import hmac
import os
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

from kdcore.data.catalogue import data_folder
from kdcore.errors import OutOfResources, RunRefused, StillroomError
from kdcore.events import Command
from kdcore.experiment import Experiment
from kdcore.runs import run_marks
from kdcore.runs.admission import Admission
from kdcore.runs.clean_up import CleanUp, CleanUpKind, clean_up, purge_deleted, purge_pictures
from kdcore.runs.curve_store import Point, StoredEvent
from kdcore.runs.engine import Engine
from kdcore.runs.history import History
from kdcore.runs.kept_files import forget, most_kept, to_forget
from kdcore.runs.live_views import LiveViews
from kdcore.runs.local_engine import SLOTS, LocalEngine, terminate
from kdcore.runs.lost_runs import check_lease, record_end
from kdcore.runs.owner_presence import OwnerPresence
from kdcore.runs.prefetching import Prefetching
from kdcore.runs.queue_limits import NO_RULES, QueueLimits
from kdcore.runs.ray.ray_engine import RayEngine
from kdcore.runs.rule_book import RuleBook
from kdcore.runs.run_record import Run, digest
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.start_rules import StartRules
from kdcore.runs.store import Store
from kdcore.system.processes import Process
from kdcore.texts import N_

TICK_SECONDS = 0.25
FOREIGN_SECONDS = 1.0
PURGE_SECONDS = 3600.0
CLOSE_SECONDS = 6.0
ENGINES: dict[str, Callable[[Path], Engine]] = {"local": LocalEngine, "ray": RayEngine}
OTHERS = N_("This run belongs to another browser: you can watch it, or train a copy of your own.")
BROKEN = N_(
    "The queue met an error of Stillroom's own ({error}). It tries again; if this stays, restart the server."
)


class Manager:
    """Runs of one folder, for one server process. Safe to use from any thread."""

    def __init__(
        self,
        folder: Path,
        slots: int | None = None,
        *,
        engine: Engine | None = None,
        spare: bool = True,
        limits: QueueLimits | None = None,
        rules: StartRules = NO_RULES,
    ) -> None:
        """`slots` runs train at once (STILLROOM_SLOTS, or as many as the engine can); STILLROOM_ENGINE names the engine.

        With `spare`, the engine stays ready for the next run. `limits`: what owners may ask for, as the environment says
        it where None. `rules`: what else is asked of whatever is started or changed.

        Raises:
            StillroomError: the folder cannot be used, or a setting in the environment is not understood.
        """
        self._slots = slots or _slots()
        self.store = Store(folder)
        self.admission = Admission(self.store.folder, limits, rules)
        self.rules = RuleBook(self.store.database, rules)
        self.history = History(self.store)
        self.runs, self.find = self.store.runs, self.history.find
        self.waiting, self.equal_run = self.store.waiting, self.store.equal_run
        self.engine = engine or _engine(self.store.folder)
        self.spare = spare
        self.prefetching = Prefetching(self.engine, self.store, self.admission)
        self.me = Process.me()
        self.trouble = ""
        """What keeps the queue from moving, as a sentence; empty while all is well."""
        self._views = LiveViews(self.store)
        self.presence = OwnerPresence(self.store.database)
        self._looked_at_others = 0.0
        self._purged = float("-inf")
        self._wake = threading.Event()
        self._closing = False
        self._closing_lock = threading.Lock()
        self._thread = threading.Thread(target=self._look_after, name="runs", daemon=True)
        self._thread.start()

    # ---- starting and telling -----------------------------------------------------------------------------------

    def submit(self, experiment: Experiment, owner: str, *, seconds: float | None = None, **how: Any) -> Run:
        """Queue a new run; it starts as soon as a slot is free and its browser has no other live run.

        seconds: about how long it will train, where that is known. how: its title, and whether it begins paused, as
        `RunTable.create` takes them.

        Raises:
            InvalidExperiment: a value out of its bounds.
            RunRefused: nobody is named who could stop it, it would take too long, or too many wait.
            OutOfResources: the run cannot be written down, or the disk is nearly full.
        """
        checked = Experiment.read(experiment.model_dump(mode="python"))
        self.admission.check(owner, seconds)
        run = self.store.create(checked, owner, limits=self.admission.limits, **how)
        self._wake.set()
        return run

    def may_command(self, run_id: str, owner: str) -> bool:
        """Whether this owner started the run."""
        return hmac.compare_digest(self.run(run_id).owner, digest(owner))

    def command(self, run_id: str, owner: str, command: Command) -> None:
        """Tell a run something. `resume` lets a parked run queue again.

        Raises:
            RunRefused: the run is another browser's, or cannot do this in its state.
            InvalidExperiment: a setting that cannot change mid-run, or a value out of its bounds.
        """
        self._refuse_others(run_id, owner)
        self.rules.refuse_command(owner, command)
        if command.kind == "resume" and self.store.run(run_id).status == "parked":
            self.store.requeue(run_id, self.admission.limits)
        else:
            self.store.command(run_id, command)
        self._changed(run_id)

    def resume(self, run_id: str, owner: str) -> None:
        """Queue a parked, lost, stopped or failed run again; it goes on from its last checkpoint.

        Raises:
            RunRefused: the run is another browser's, or there is nothing to resume.
        """
        self._refuse_others(run_id, owner)
        self.rules.refuse_command(owner, Command("resume"))
        self.store.requeue(run_id, self.admission.limits)
        self._changed(run_id)

    def delete(self, run_id: str, owner: str) -> None:
        """Delete a run; `restore` brings it back for some days.

        Raises:
            RunRefused: the run is another browser's, or it is being trained.
        """
        self._refuse_others(run_id, owner)
        self.store.delete(run_id)
        self._changed(run_id)

    def restore(self, run_id: str, owner: str) -> None:
        """Bring a deleted run back.

        Raises:
            RunRefused: the run is another browser's, or there is no such deleted run.
        """
        if not hmac.compare_digest(self.history.owner(run_id), digest(owner)):
            raise RunRefused(OTHERS)
        self.store.restore(run_id)
        self._changed(run_id)

    def mark(
        self,
        run_id: str,
        owner: str,
        *,
        starred: bool | None = None,
        tags: Iterable[str] | None = None,
        note: str | None = None,
    ) -> None:
        """Change a run's star, tags or note; None leaves one as it is.

        Raises:
            RunRefused: the run is another browser's, or a text is too long.
        """
        self._refuse_others(run_id, owner)
        run_marks.mark(self.store, run_id, starred=starred, tags=tags, note=note)
        self._changed(run_id)

    def clean_up(self, kind: CleanUpKind, owner: str, *, older: float = 0.0) -> CleanUp:
        """Remove an owner's runs for good, as `kdcore.runs.clean_up` says."""
        removed = clean_up(self.store, kind, owner=owner, older=older)
        for run_id in removed.run_ids:
            self._changed(run_id)
        return removed

    def _refuse_others(self, run_id: str, owner: str) -> None:
        if not self.may_command(run_id, owner):
            raise RunRefused(OTHERS)

    def _changed(self, run_id: str) -> None:
        self._views.invalidate(run_id)
        self._wake.set()

    # ---- watching -----------------------------------------------------------------------------------------------

    def run(self, run_id: str) -> Run:
        """One run, at most a twentieth of a second old.

        Raises:
            RunRefused: there is none of this id.
        """
        return self._views.of(run_id).run()

    def points(self, run_id: str, after: int = 0) -> list[Point]:
        """The run's points whose seq is greater than `after`; read once for all viewers."""
        return self._views.of(run_id).points(after)

    def curves(self, run_id: str, max_points: int = 300) -> list[Point]:
        """The run's points, thinned out evenly to at most `max_points` a curve; first and last are always there."""
        return self._views.of(run_id).curves(max_points)

    def events(self, run_id: str, after: int = 0) -> list[StoredEvent]:
        """The run's events that are no curves, whose seq is greater than `after`; read once for all viewers."""
        return self._views.of(run_id).events(after)

    def finished_twin_of(self, experiment: Experiment) -> Run | None:
        """The newest finished run of the same experiment in which nothing was changed on the way, or None."""
        return self.store.unchanged_finished(experiment.hash)

    def cancel_waiting(self, owner: str) -> int:
        """Stop all queued runs of an owner; returns how many."""
        waiting, cancelled = self.waiting(), self.store.cancel_waiting(owner)
        for run in waiting:
            self._views.invalidate(run.id)
        return cancelled

    # ---- looking after the queue --------------------------------------------------------------------------------

    def _look_after(self) -> None:
        while not self._closing:
            try:
                self._tick()
                self.trouble = ""
            except (StillroomError, OSError) as error:
                self.trouble = getattr(error, "strerror", None) or str(error)  # the path is the shell's
            except Exception as error:  # without this thread no later run would ever start
                traceback.print_exc()
                self.trouble = BROKEN.format(error=f"{type(error).__name__}: {error}")
            self._wake.wait(TICK_SECONDS)
            self._wake.clear()

    def _tick(self) -> None:
        for ended in self.engine.ended():
            record_end(self.store, ended, self._closing)
        if time.monotonic() - self._looked_at_others > FOREIGN_SECONDS:
            self._looked_at_others = time.monotonic()
            for lease in self.store.leases():
                check_lease(self.store, lease, self.engine.runs, self.me)
        if time.monotonic() - self._purged > PURGE_SECONDS:
            self._purged = time.monotonic()
            purge_deleted(self.store)
            purge_pictures(self.store, data_folder())
            self.rules.purge()
            forget(to_forget(self.store.folder, most=most_kept()))
        self.presence.look_after()
        if self.spare:
            self.prefetching.look_after()
        self._start_queued()
        if self.spare:
            self.engine.keep_spare()

    @property
    def slots(self) -> int:
        """How many runs train at once.

        Raises:
            OutOfResources: none can now.
        """
        possible = self.engine.slots
        return self._slots or possible

    def _start_queued(self) -> None:
        # A run that was handed over and is not yet claimed still counts as queued, but takes a slot.
        slots = self.slots
        for run_id in self.store.startable(slots):
            if run_id not in self.engine.runs:
                self.admission.check_space()
                self.engine.start(run_id, slots, _experiment_of(run_id, self.store))

    # ---- the end ------------------------------------------------------------------------------------------------

    def close(self, wait: bool = True) -> None:
        """Stop looking after the queue and end the workers in order: each writes a checkpoint, its run can be resumed."""
        with self._closing_lock:
            if self._closing:
                return
            self._closing = True
        self._wake.set()
        self._thread.join()
        for worker in (adopted := _adopted(self.store, self.me, self.engine.runs)):
            terminate(worker.pid)
        for ended in self.engine.close(CLOSE_SECONDS if wait else 0.0):
            record_end(self.store, ended, self._closing)
        give_up = time.monotonic() + (CLOSE_SECONDS if wait else 0.0)
        while any(worker.alive for worker in adopted) and time.monotonic() < give_up:
            time.sleep(0.05)


def _experiment_of(run_id: str, store: Store) -> Experiment | None:
    """What a run trains; None where its record is gone or cannot be read, which its worker will find."""
    try:
        return store.run(run_id).experiment
    except StillroomError:
        return None


def _adopted(store: Store, me: Process, own: Collection[str]) -> list[Process]:
    """The workers that this process looks after without having started them. own: the runs that its engine trains."""
    return [
        lease.worker
        for lease in store.leases()
        if lease.parent is not None
        and lease.parent.same_as(me)
        and lease.run_id not in own
        and lease.worker.alive
    ]


def _slots() -> int | None:
    """How many runs train at once, as the environment says it; None where it does not."""
    said = os.environ.get("STILLROOM_SLOTS")
    if not said:
        return None
    if not said.isdecimal() or int(said) < 1:
        raise OutOfResources(
            f"STILLROOM_SLOTS={said}: give the number of runs that train at once, 1 or more; {SLOTS} where unset."
        )
    return int(said)


def _engine(folder: Path) -> Engine:
    """Where runs are trained, as the environment says it."""
    said = os.environ.get("STILLROOM_ENGINE") or "local"
    if said not in ENGINES:
        raise OutOfResources(
            f"STILLROOM_ENGINE={said}: say local (this machine, the default) or ray (a Ray cluster)."
        )
    return ENGINES[said](folder)


_lock = threading.Lock()
_manager: Manager | None = None


def manager(rules: StartRules = NO_RULES) -> Manager:
    """This process's manager of the runs folder, made at the first call, with these rules, and closed when the process ends.

    Raises:
        StillroomError: the runs folder cannot be used.
    """
    global _manager
    with _lock:
        if _manager is None:
            _manager = Manager(runs_folder(), rules=rules)
            atexit.register(_manager.close)
        return _manager
