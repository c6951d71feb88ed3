"""How soon browsers that only watch hear of what a run records, and what that costs the server.

`python -m bench.stream_watchers ADDRESS RUNS_FOLDER RUN WATCHERS SECONDS` is a process of its own, so that its Python shares no
lock with the server's: so many readers of one run's stream. Prints one JSON value.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import statistics
import subprocess
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import psutil

from bench.stream_reader import stream_events
from dashboard.session import cookie_name
from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from tests.browser.helpers import ROOT, serving

WATCHERS = 200
SECONDS = 20.0
LOOK_SECONDS = 0.005
SEQ = re.compile(r'"seq":(\d+)')
LONG = Experiment().with_flat(epochs=2000, batch_size=4, schedule="constant")


def watched_points(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """Milliseconds from a point's recording to its arrival, 95th percentile, and the share of a processor that the server takes."""
    with TemporaryDirectory() as folder, serving(Path(folder) / "runs", data_folder) as server:
        store = Store(server.runs)
        run = store.create(LONG, "bench")
        _until_training(store, run.id)
        process = psutil.Process(server.process.pid)
        words = [
            sys.executable,
            "-m",
            "bench.stream_watchers",
            server.address,
            str(server.runs),
            run.id,
            str(WATCHERS),
            str(SECONDS),
        ]
        with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE) as watching:
            assert watching.stdout is not None
            watching.stdout.readline()  # all are there
            before, began = _cpu(process), time.monotonic()
            measured = json.loads(watching.stdout.read())
            share = (_cpu(process) - before) / (time.monotonic() - began)
        store.close()
    print(
        f"  {measured['events'] / WATCHERS / SECONDS:.1f} events a second for each watcher, "
        f"median {statistics.median(measured['milliseconds']):.0f} ms"
    )
    p95 = statistics.quantiles(measured["milliseconds"], n=20)[-1]
    yield f"a point's way to {WATCHERS} browsers that watch, p95 in ms", p95, "<= 500"
    yield f"the server's share of a processor while {WATCHERS} browsers watch, %", 100 * share, "<= 60"


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _until_training(store: Store, run_id: str) -> None:
    give_up = time.monotonic() + 120.0
    while store.run(run_id).phase != "students":
        if time.monotonic() > give_up:
            raise TimeoutError(f"{run_id} does not train")
        time.sleep(0.1)


# ---------------------------------------------------------------------------------------------- the watchers' process


async def watch(address: str, folder: Path, run_id: str, watchers: int, seconds: float) -> dict[str, Any]:
    """How long each point took to each watcher, in milliseconds, and how many events came in all."""
    recorded: list[tuple[int, float]] = []
    arrived: list[tuple[int, float]] = []
    counts = [0] * watchers

    cookie = cookie_name(urlsplit(address).port or 0)

    async def reader(i: int) -> None:
        async for event in stream_events(
            f"{address}/live/{run_id}?language=en", f"{cookie}={secrets.token_hex(16)}"
        ):
            counts[i] += 1
            if seq := SEQ.search(event.data):
                arrived.append((int(seq[1]), time.monotonic()))

    async def look() -> None:
        store = Store(folder)
        while True:
            seq = store.run(run_id).seq
            if not recorded or recorded[-1][0] != seq:
                recorded.append((seq, time.monotonic()))
            await asyncio.sleep(LOOK_SECONDS)

    tasks = [asyncio.create_task(reader(i)) for i in range(watchers)]
    while not all(counts):
        await asyncio.sleep(0.05)
    print("watching", flush=True)
    tasks.append(asyncio.create_task(look()))
    arrived.clear()
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    seqs = [seq for seq, _moment in recorded]
    lags = [
        1000 * (moment - recorded[place][1])
        for seq, moment in arrived
        if 0 < (place := bisect_left(seqs, seq)) < len(recorded)
    ]
    return {"milliseconds": [max(0.0, lag) for lag in lags], "events": sum(counts)}


if __name__ == "__main__":
    at, folder, run_id, watchers, seconds = sys.argv[1:]
    print(json.dumps(asyncio.run(watch(at, Path(folder), run_id, int(watchers), float(seconds)))))
