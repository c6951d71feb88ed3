"""The streams of this server: their routes, and their beginning and end."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from dashboard.data.active_runs import LIST
from dashboard.data.watched_sweeps import watched_sweep
from dashboard.session import id_in_cookies
from dashboard.stream.active_runs_reader import ActiveRunsReader
from dashboard.stream.broadcasters import Broadcasters
from dashboard.stream.class_answers import take_answer
from dashboard.stream.class_reader import ClassReader, class_code, refuse_strangers
from dashboard.stream.live_route import LiveRoute, Watched
from dashboard.stream.run_reader import RunReader
from dashboard.stream.stream_limits import StreamLimits
from dashboard.stream.sweep_reader import SweepReader
from kdcore.runs.runs_folder import RUN_ID
from kdcore.translation import written_language

_broadcasters = Broadcasters()
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def watched(request: Request) -> Watched | None:
    """What a request's path names: a run, a sweep, or the list of runs. The store is not asked before a run's id is one."""
    run_id = request.path_params["run"]
    language = written_language(request.query_params.get("language", ""))
    if run_id == LIST:
        return Watched((LIST, language), lambda: ActiveRunsReader(language))
    if (asked := watched_sweep(run_id)) is not None:
        return Watched((run_id, language), lambda: SweepReader(*asked, language))
    if (code := class_code(run_id)) is not None:
        browser = id_in_cookies(request.cookies)
        return Watched(
            (run_id, language), lambda: ClassReader(code, language), lambda: refuse_strangers(code, browser)
        )
    if not RUN_ID.fullmatch(run_id):
        return None
    return Watched(("run", run_id, language), lambda: RunReader(run_id, language))


LIVE = LiveRoute(lambda: _broadcasters, StreamLimits(), watched)
ROUTES = [
    Route("/live/{run}", LIVE, methods=["GET"]),
    Route("/{base}/live/{run}", LIVE, methods=["GET"]),
    Route("/answers/{vote}", take_answer, methods=["POST"]),
    Route("/{base}/answers/{vote}", take_answer, methods=["POST"]),
]
"""Also below one path of its own (server.baseUrlPath)."""


@contextmanager
def serving() -> Iterator[None]:
    """Serve streams in here, and end them when the server is told to end: it waits until all connections are closed."""
    global _broadcasters
    _broadcasters = Broadcasters()
    loop = asyncio.get_running_loop()
    with _before_signals(lambda: loop.call_soon_threadsafe(_broadcasters.close)):
        yield
    _broadcasters.close()


@contextmanager
def _before_signals(act: Any) -> Iterator[None]:
    """Have `act` called before what handles the signals that end the server."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.getsignal(one) for one in SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        act()
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for one in SIGNALS:
        signal.signal(one, handle)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
