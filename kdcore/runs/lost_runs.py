"""Runs whose worker is gone: they are recorded as lost and can be resumed; those whose server is gone are adopted."""

from __future__ import annotations

import signal
import time
from collections.abc import Collection
from contextlib import suppress

from kdcore.errors import RunRefused
from kdcore.runs.engine import EndedTrainer
from kdcore.runs.leases import LEASE_SECONDS, Lease, LeaseLost
from kdcore.runs.local_engine import LOG
from kdcore.runs.store import Store
from kdcore.system.processes import Process
from kdcore.texts import N_

DIED = N_(
    "The process that trained this run ended ({why}). Resume the run to go on from its last checkpoint."
)


def record_end(store: Store, ended: EndedTrainer, closing: bool) -> None:
    """A worker of ours is gone. It has closed its run's record by itself, unless it was killed or never began.

    closing: whether the server ends, so that a worker that never began is no failure.
    """
    try:
        run = store.run(ended.run_id)
    except RunRefused:
        return  # deleted meanwhile
    why = signal.Signals(-ended.code).name if ended.code < 0 else f"exit code {ended.code}"
    if run.live:
        holder = next((lease.worker for lease in store.leases() if lease.run_id == run.id), None)
        if holder is not None and not holder.alive:
            store.finish(run.id, "lost", error=DIED.format(why=why), worker=holder)
    elif run.status == "queued" and ended.code != 0 and not closing:
        sentence = N_(f"The worker could not start ({why}); the log is at {LOG}, in the runs folder.")
        store.finish(run.id, "failed", error=sentence)


def record_lost(store: Store) -> None:
    """Record as lost every run whose worker is gone: whoever asks looks, since nobody else may be there to.

    Waits until the lease of a worker that seems gone on this machine has run out, at most LEASE_SECONDS: a process of another
    container may look so, and renews it.
    """
    gone = [lease.until - time.time() for lease in store.leases() if _seems_gone(lease)]
    if left := max(gone, default=0.0):
        time.sleep(min(max(left + 0.01, 0.0), LEASE_SECONDS))
    for lease in store.leases():
        if lease.until < time.time() and not lease.worker.alive:
            with suppress(LeaseLost, RunRefused):  # another looked first
                store.finish(lease.run_id, "lost", error=DIED.format(why="it is gone"), worker=lease.worker)


def _seems_gone(lease: Lease) -> bool:
    return lease.worker.here and not lease.worker.alive


def check_lease(store: Store, lease: Lease, own_runs: Collection[str], me: Process) -> None:
    """A run that no worker of ours trains: lost if its worker is gone, adopted if its server is gone."""
    if lease.run_id in own_runs:
        return
    if lease.until < time.time() and not lease.worker.alive:
        store.finish(lease.run_id, "lost", error=DIED.format(why=N_("it is gone")), worker=lease.worker)
    elif lease.parent is not None and lease.parent.here and not lease.parent.alive:
        store.adopt(lease.run_id, lease.worker, me)
