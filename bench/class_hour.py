"""A class of thirty that votes, polls its board and changes widgets while two of its runs train: how soon it is answered, and whether
every vote is counted once, through the server's violent end too.
"""

from __future__ import annotations

import http.client
import json
import secrets
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from kdcore.classroom.classrooms import Classrooms
from kdcore.classroom.vote_question import VoteQuestion
from kdcore.runs.store import Store
from tests.browser.helpers import ROOT, Server, serving

STUDENTS = 30
SECONDS = 30.0
EVERY = 6.0
"""Seconds between two votes."""
ASKED = VoteQuestion(asks="Which is best?", options=("T = 1", "T = 4", "T = 20"), measured=1)


def voting_class(data_folder: Path) -> Iterator[tuple[str, float, str]]:
    """95th percentiles of a widget's answer, a vote's and a poll's in milliseconds; votes that were lost, or counted twice."""
    lecturer, students = secrets.token_hex(16), [secrets.token_hex(16) for _student in range(STUDENTS)]
    with TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        with serving(runs, data_folder) as server, closing(Store(runs)) as store:
            rooms = Classrooms(store)
            code, _secret = rooms.table.make(lecturer, "Thirty")
            for student in students:
                rooms.members.join(code, student)
            measured = _hour(server, rooms, code, lecturer, students)
            for what, bound in (("widgets", "<= 150"), ("votes", "<= 150"), ("polls", "<= 150")):
                p95 = statistics.quantiles(measured[what], n=20)[-1]
                yield f"a class of {STUDENTS} that votes: {what}, p95 in ms", p95, bound
            stored = sum(vote.answered for vote in rooms.votes.votes(code))
            yield (
                "votes told to be counted and not stored, or stored twice",
                abs(measured["counted"] - stored),
                "<= 0",
            )
            yield (
                "votes lost through a killed server",
                _through_a_restart(server, rooms, code, lecturer, students),
                "<= 0",
            )


def _hour(server: Server, rooms: Classrooms, code: str, lecturer: str, students: list[str]) -> dict[str, Any]:
    """What the students saw while their lecturer put a question every few seconds."""
    done = threading.Event()

    def lecture() -> None:
        while not done.wait(EVERY):
            rooms.votes.put(code, lecturer, ASKED)

    address = server.address.replace("http://localhost", "ws://127.0.0.1")
    words = [sys.executable, "-m", "bench.class_browsers", address, code, str(SECONDS), *students]
    lecturing = threading.Thread(target=lecture)
    lecturing.start()
    try:
        clients = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=SECONDS + 300)
    finally:
        done.set()
        lecturing.join()
    measured: dict[str, Any] = json.loads(clients.stdout)
    counts = {name: len(measured[name]) for name in ("widgets", "votes", "polls")}
    print("  " + ", ".join(f"{n} {name}" for name, n in counts.items()))
    return measured


def _through_a_restart(
    server: Server, rooms: Classrooms, code: str, lecturer: str, students: list[str]
) -> int:
    """Half of the class votes, the server is killed while they do, all vote after that: how many are missing, or too many."""
    vote = rooms.votes.put(code, lecturer, ASKED).id

    def send(student: str) -> None:
        for _try in range(600):
            try:
                return _sent(server, vote, student)
            except (OSError, http.client.HTTPException):
                time.sleep(0.2)
        raise RuntimeError("The server did not come back.")

    with ThreadPoolExecutor(STUDENTS) as pool:
        sending = [pool.submit(send, student) for student in students[: STUDENTS // 2]]
        server.process.kill()
        server.process.wait()
        with serving(server.runs, server.runs.parent / "data", urlsplit(server.address).port):
            for one in (*sending, *[pool.submit(send, student) for student in students]):
                one.result()
    return abs(len(rooms.votes.answers(vote)) - STUDENTS)


def _sent(server: Server, vote: int, student: str) -> None:
    with closing(http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=30)) as connection:
        connection.request(
            "POST", f"/answers/{vote}", '{"answer": 1}', {"Cookie": f"{server.cookie}={student}"}
        )
        if connection.getresponse().status != http.client.OK:
            raise http.client.HTTPException
