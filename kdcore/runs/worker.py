"""The process that trains: `python -m kdcore.runs.worker --runs FOLDER`, with a run's id on its standard input.

It imports torch first and reads then, so that a spare one answers at once. An experiment may come before the run: then it
prefetches for it. End of input ends it; SIGTERM lets it write a checkpoint and leave its run to be resumed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import select
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path

from kdcore.data.catalogue import data_folder
from kdcore.errors import RunRefused, StillroomError
from kdcore.experiment import Experiment
from kdcore.pipelines.teacher_question import teacher_question
from kdcore.runs.checkpoint_schedule import CHECKPOINT_SECONDS
from kdcore.runs.job_pipeline import JobPipeline
from kdcore.runs.paused_run_timeout import PARK_SECONDS
from kdcore.runs.queue_limits import QueueLimits
from kdcore.runs.run_record import Run
from kdcore.runs.run_training import train_claimed
from kdcore.runs.store import Store
from kdcore.system.allocator import keep_freed_memory
from kdcore.system.processes import Process

TRAINING = "kdcore.pipelines.cohort_pipeline"
"""What a worker imports before it has a run: it takes torch and everything that trains with it."""
LOG = "worker.log"
SPEED = "speeds of training and of forward passes"
METHOD_COSTS = "observed costs of methods beside networks"
ANSWERED = "questions to teachers whose answers are kept"
MOST_ANSWERED = 60
"""Questions that are remembered, the newest; of older ones the answers may be gone (`kdcore.training.logit_cache`)."""
SPARE = "spare"


def main(arguments: Sequence[str] | None = None) -> int:
    """Warm up, wait for a run, train it; returns the exit code."""
    options = _parser().parse_args(arguments)
    parent = Process.of(os.getppid())
    if hasattr(os, "nice"):
        os.nice(19)
    keep_freed_memory()
    pipeline = _imported(options.generator) if options.generator else None
    if pipeline is None:
        importlib.import_module(TRAINING)
    if options.spare:
        _warm_up()
        _stand_ready(options.runs)
    line = sys.stdin.readline()
    if line.startswith("{"):
        _prefetch(options.runs, line)
        line = sys.stdin.readline()
    words = line.split()
    if not words:
        return 0
    try:
        return _train(options, pipeline, parent, words[0], int(words[1]))
    except RunRefused as refused:
        print(refused, file=sys.stderr)
        return 0
    except StillroomError as error:
        print(error, file=sys.stderr)
        return 1


def _train(
    options: argparse.Namespace, pipeline: JobPipeline | None, parent: Process, run_id: str, slots: int
) -> int:
    """Claim the run and train it; returns the exit code, also 0 where another worker has it."""
    interrupted = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: interrupted.set())
    store = Store(options.runs)
    # Before its folder is made: a run that was deleted in this moment leaves nothing behind.
    if not store.claim(run_id, Process.me(), parent=parent, slots=slots):
        return 0
    _log_into(store.run_folder(run_id))
    run = train_claimed(
        store.folder,
        run_id,
        data_folder=data_folder(),
        pipeline=pipeline,
        interrupted=interrupted,
        checkpoints_every=options.checkpoints_every,
        park_after=options.park_after,
        limits=QueueLimits.from_environment(),
        search_twin=bool(store.run(run_id).sweep),
    )
    if run.status == "finished" and pipeline is None and not run.has_members:
        _note_method_cost(store, run)
        if "teacher" in run.results:
            _note_answers(store, run.experiment)
    return 1 if run.status == "failed" else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m kdcore.runs.worker", description="Train one run of a folder.")
    parser.add_argument("--runs", type=Path, required=True, help="The runs folder.")
    parser.add_argument(
        "--spare", action="store_true", help="Train a little first, so that the run starts at once."
    )
    parser.add_argument(
        "--generator", metavar="MODULE:FUNCTION", help="What makes the events, in place of training."
    )
    parser.add_argument("--checkpoints-every", type=float, default=CHECKPOINT_SECONDS, metavar="SECONDS")
    parser.add_argument("--park-after", type=float, default=PARK_SECONDS, metavar="SECONDS")
    return parser


def _imported(generator: str) -> JobPipeline:
    module, _, function = generator.partition(":")
    pipeline: JobPipeline = getattr(importlib.import_module(module), function)
    return pipeline


def _warm_up() -> None:
    """One step of a tiny network, and every method's file: what is first in a process costs more than the next thousand."""
    import torch

    from kdcore.methods.registry import methods

    methods()
    torch.set_num_threads(1)
    network = torch.nn.Linear(8, 2)
    optimiser = torch.optim.AdamW(network.parameters(), fused=True)
    loss = torch.nn.functional.cross_entropy(network(torch.ones(4, 8)), torch.zeros(4, dtype=torch.long))
    torch.autograd.backward(loss)
    optimiser.step()


def _stand_ready(runs: Path) -> None:
    """Note how fast this machine trains, once a folder: the page estimates from it. And note that this worker is warm."""
    from kdcore.pipelines import time_estimate

    store = Store(runs)
    if store.fact(SPEED) is None and not _run_waits():
        store.set_fact(SPEED, time_estimate.measure())
    store.set_fact(SPARE, {"worker": str(Process.me())})
    store.close()


def _note_method_cost(store: Store, run: Run) -> None:
    """Note what the method took beside its networks, the least of all runs with this student: the page estimates from it."""
    from kdcore.pipelines import method_cost, time_estimate

    speed = store.fact(SPEED)
    cost = method_cost.observed(run.experiment, run.results, speed) if speed else None
    if cost is not None:
        costs = store.fact(METHOD_COSTS) or {}
        key = time_estimate.cost_key(run.experiment.method, run.results["student"]["network"])
        store.set_fact(METHOD_COSTS, {**costs, key: min(cost, costs.get(key, cost))})


def _note_answers(store: Store, experiment: Experiment) -> None:
    """Note that the teacher's answers to these images are kept now: the page estimates the next run without them."""
    question = teacher_question(experiment)
    asked = [one for one in store.fact(ANSWERED) or {} if one != question]
    store.set_fact(ANSWERED, dict.fromkeys([*asked, question][-MOST_ANSWERED:], True))


def _prefetch(runs: Path, experiment: str) -> None:
    """Read images and ask a teacher for a run that may come. Whatever fails here, the run will say, if it ever comes."""
    from kdcore.pipelines import prefetched_images
    from kdcore.pipelines.prefetch import prefetch

    try:
        asked = Experiment.from_json(experiment)
        if prefetch(asked, data_folder=data_folder(), runs_folder=runs, run_has_come=_run_waits):
            store = Store(runs)
            _note_answers(store, asked)
            store.close()
    except Exception as error:  # also what no run has met yet: a run that comes must find its worker alive
        prefetched_images.forget()
        if not isinstance(error, StillroomError):
            traceback.print_exc()


def _run_waits() -> bool:
    """Whether a run was handed over already: measuring or prefetching would hold it up for long. False where that cannot be told."""
    if os.name == "nt":  # where only sockets can be asked
        return False
    return bool(select.select([sys.stdin], [], [], 0)[0])


def _log_into(folder: Path) -> None:
    """From here on, whatever this process prints lies beside its run."""
    folder.mkdir(exist_ok=True)
    log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)


if __name__ == "__main__":
    sys.exit(main())
