"""`make soak`: many browsers at two runs that train, for ten minutes: memory stays, no event is lost, nothing is logged.

`make soak SECONDS=60` takes less time. Exit code 1: a bound does not hold.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import psutil

from bench.__main__ import BOUNDS
from tests.browser.helpers import ROOT, Server, serving

SECONDS = 600.0
CLIENTS = 30
RECIPE = {
    "dataset": "digits", "teacher": "digits-mlp-300", "student": "mlp-1200x2", "epochs": 2000, "batch_size": 1,
}  # fmt: skip
"""Long enough: two million steps, each of a millisecond or more."""
SAMPLE_SECONDS = 0.5
SETTLED = 0.2
"""The share of the time after which the server has made what it keeps."""
WORDS = ("Traceback", "ERROR", "WARNING", "Exception")


def main(seconds: float) -> int:
    """Measure; print each figure beside its bound."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    held = True
    for claim, value, bound in soak(seconds):
        sign, limit = bound.split()
        holds = BOUNDS[sign](value, float(limit))
        print(f"  {'ok  ' if holds else 'MISS'} {claim}: {value:.2f} (bound {bound})", flush=True)
        held &= holds
    return 0 if held else 1


def soak(seconds: float) -> Iterator[tuple[str, float, str]]:
    """What is claimed, the value measured, its bound."""
    with TemporaryDirectory() as folder, serving(Path(folder) / "runs", Path(folder) / "data") as server:
        memory, measured = _load(server, seconds)
        log = server.log.read_text(errors="replace")
    settled = memory[int(SETTLED * len(memory)) :]
    part = max(1, len(settled) // 8)
    before, after = (sum(some) / len(some) for some in (settled[:part], settled[-part:]))
    answers = sorted(measured["milliseconds"])
    print(
        f"  {CLIENTS} browsers, {seconds:.0f} s: {measured['events']:,} events, {len(answers)} widget answers "
        f"(p95 {answers[int(0.95 * len(answers))]:.0f} ms), {after / 1e6:.0f} MB"
    )
    yield "growth of the server's memory, %", 100 * (after / before - 1), "<= 5"
    yield "events lost on their way", measured["lost"], "<= 0"
    yield "errors and warnings in the log", sum(log.count(word) for word in WORDS), "<= 0"


def _load(server: Server, seconds: float) -> tuple[list[float], dict[str, Any]]:
    """The server's memory in bytes, sampled while browsers use it, and what these saw."""
    memory: list[float] = []
    done = threading.Event()

    def sample() -> None:
        process = psutil.Process(server.process.pid)
        while not done.wait(SAMPLE_SECONDS):
            memory.append(float(process.memory_info().rss))

    address = server.address.replace("http://localhost", "ws://127.0.0.1")
    words = [
        sys.executable,
        "-m",
        "bench.simulated_browsers",
        address,
        str(CLIENTS),
        str(seconds),
        *[urlencode(RECIPE)] * 2,
    ]
    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        clients = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=seconds + 300)
    finally:
        done.set()
        sampler.join()
    return memory, json.loads(clients.stdout)


if __name__ == "__main__":
    began = time.monotonic()
    code = main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
    print(f"  took {time.monotonic() - began:.0f} s")
    sys.exit(code)
