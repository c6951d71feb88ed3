"""The campaign: links, messages and requests by turns, while the health check is asked and a run of another browser trains."""

from __future__ import annotations

import asyncio
import random
import re
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from kdcore.experiment import Experiment
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from scripts.attack.forged_session import PATIENCE, forged_session, forged_state
from scripts.attack.hostile_links import PAGES, Link, hostile_links
from scripts.attack.raw_requests import REFUSED, answer_of, raw_request
from scripts.attack.watched_server import WatchedServer, watched_server

OWNER = "0f" * 16
OURS = re.compile(r'File "[^"]*/(?:dashboard|kdcore)/')
TRACEBACK = "Traceback (most recent call last)"
STREAMLITS = "unpack_widget_state_value"
HEALTH_PAUSE = 0.05
DRAWN_WHEN_IMPORTED = "riddle_button"
"""The key of a button that the Train page has once torch is imported."""
VICTIMS_PAGES = ("train", "dark-knowledge", "runs")


@dataclass
class AttackReport:
    """What the campaign found: faults, each in a sentence, and the slowest answer of the health check in seconds."""

    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0
    asked: int = 0


def attack(folder: Path, count: int, seed: int = 0) -> AttackReport:
    """So many hostile things against a server in that folder: half of them links, the others messages and requests."""
    chance, findings = random.Random(seed), AttackReport()
    with closing(Store(folder / "runs")) as store, watched_server(folder) as watched:
        # Held by this process, as if it were trained here: what reaches it stays in the store.
        victims = [
            store.create(Experiment(), OWNER, title="of another browser", status="running") for _ in range(2)
        ]
        store.finish(victims[1].id, "stopped", {})
        before = [_marks(store.run(one.id)) for one in victims]
        asyncio.run(_warmed_up(watched))
        with _health_asked(watched, findings):
            ids = [one.id for one in victims]
            asyncio.run(_links(watched, islice(hostile_links(chance, ids[0]), count // 2), findings))
            asyncio.run(_forgeries(watched, chance, count // 4, ids, findings))
            _requests(watched, chance, count - count // 2 - count // 4, findings)
        findings.faults += _changes(store, ids, before)
        findings.faults += [f"it called {target}" for target in watched.calls_outside()]
        findings.faults += _tracebacks(watched.server.log.read_text(errors="replace"))
    return findings


async def _warmed_up(watched: WatchedServer) -> None:
    """Have pages drawn that nobody forged, until the server has imported all that it needs: a start is no fault."""
    async with forged_session(watched.server.address) as session:
        for page in PAGES:
            await session.visit(Link(page, ""))
        async with asyncio.timeout(PATIENCE):
            while DRAWN_WHEN_IMPORTED not in session.widgets:
                await session.visit(Link("train", "more=fault"))
                await asyncio.sleep(HEALTH_PAUSE)


async def _links(watched: WatchedServer, links: Iterable[Link], findings: AttackReport) -> None:
    """Open them one after the other in one tab: what one leaves behind must not break the next."""
    async with forged_session(watched.server.address) as session:
        for link in links:
            shown = f"{link.page}?{link.query[:200]}"
            findings.asked += 1
            if not await session.visit(link):
                findings.faults.append(f"no answer to {shown}")
                return
            findings.faults += [f"{crash} at {shown}" for crash in session.crashes()]


async def _forgeries(
    watched: WatchedServer, chance: random.Random, count: int, run_ids: Sequence[str], findings: AttackReport
) -> None:
    """Say that widgets of another browser's run were used, with values that they never have, each in a tab of its own.

    Streamlit ends a script over such values, in that tab alone; where code of ours breaks over them, the log tells.
    """
    theirs = [Link(page, f"run={run_id}") for page in VICTIMS_PAGES for run_id in run_ids]
    async with forged_session(watched.server.address) as session:
        for link in theirs:
            await session.visit(link)
        known = sorted(session.widgets.values())
    for _ in range(count):
        states = [forged_state(one, chance) for one in chance.sample(known, min(len(known), 4))]
        async with forged_session(watched.server.address) as session:
            findings.asked += 1
            if not await session.visit(chance.choice(theirs), states):
                findings.faults.append(f"no answer to {states}"[:400])


def _requests(watched: WatchedServer, chance: random.Random, count: int, findings: AttackReport) -> None:
    for _ in range(count):
        request, foreign = raw_request(chance, f"localhost:{watched.port}")
        status = answer_of(watched.port, request)
        findings.asked += 1
        if status >= 500 or (foreign and status != 0 and status not in REFUSED):
            findings.faults.append(f"{status} for {request[:300]!r}")


@contextmanager
def _health_asked(watched: WatchedServer, findings: AttackReport) -> Iterator[None]:
    """Ask for the health check all the while."""
    ended = threading.Event()

    def ask() -> None:
        while not ended.wait(HEALTH_PAUSE):
            began = time.monotonic()
            try:
                urllib.request.urlopen(f"{watched.server.address}/_stcore/health", timeout=30).close()
            except OSError as error:
                findings.faults.append(f"the health check: {error}")
            findings.slowest = max(findings.slowest, time.monotonic() - began)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _marks(run: Run) -> tuple[object, ...]:
    """What only its owner may change."""
    return run.owner, run.title, run.status, run.starred, run.tags, run.note, run.experiment


def _changes(store: Store, run_ids: Sequence[str], before: Sequence[tuple[object, ...]]) -> list[str]:
    there = {run.id: run for run in store.runs(limit=10_000)}
    after = [_marks(there.pop(one)) if one in there else () for one in run_ids]
    changed = [
        f"another browser's run became {now}" for now, then in zip(after, before, strict=True) if now != then
    ]
    told = [
        f"another browser's run was told to {command.kind}" for command in store.take_commands(run_ids[0])
    ]
    return [*changed, *told, *(f"a run was started by nobody: {one}" for one in there)]


def _tracebacks(log: str) -> list[str]:
    """Tracebacks through code of ours; over forged values Streamlit breaks before it hands them on."""
    blocks = {block.split("\n20")[0] for block in log.split(TRACEBACK)[1:]}
    return [f"a traceback: {block}" for block in blocks if OURS.search(block) and STREAMLITS not in block]
