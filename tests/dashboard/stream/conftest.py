"""The routes of the streams on a server of their own, over a fake manager's runs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from dashboard.middleware.origin_check import OriginCheck
from dashboard.stream import live_streams
from kdcore.experiment import Experiment
from tests.dashboard.fake_manager import FakeManager

RUN_ID = "aRunThatIsWatched_0000"
START_SECONDS = 120.0


@dataclass(frozen=True)
class StreamServer:
    """Where it listens, and the runs that it knows."""

    host: str
    port: int
    manager: FakeManager

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"


@pytest.fixture
def watched(manager: FakeManager) -> FakeManager:
    """A manager with one run that can be watched by its id, in training."""
    run = manager.submit(Experiment().with_flat(epochs=150), "me")
    manager.known[RUN_ID] = manager.known.pop(run.id)
    manager.said[RUN_ID] = manager.said.pop(run.id)
    manager.set(RUN_ID, id=RUN_ID)
    manager.train(RUN_ID, 5)
    return manager


@pytest.fixture
def server(watched: FakeManager) -> Iterator[StreamServer]:
    """A server in a thread of this process."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with live_streams.serving():
            yield

    checked = Middleware(OriginCheck, names={"localhost"}, addresses=())
    app = Starlette(routes=live_streams.ROUTES, lifespan=lifespan, middleware=[checked])
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not running.started:
        assert time.monotonic() < deadline
        assert thread.is_alive()
        time.sleep(0.01)
    yield StreamServer(*listener.getsockname()[:2], watched)
    running.should_exit = True
    thread.join(START_SECONDS)
    listener.close()
