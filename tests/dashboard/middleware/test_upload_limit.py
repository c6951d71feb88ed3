from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from starlette.types import Receive, Scope, Send

from dashboard.middleware.upload_limit import SESSIONS, UploadLimit
from tests.dashboard.middleware.asking import PAGE, ask, asked

PATH = "/_stcore/upload_file/{session}/{file}"


class Stored:
    """Uploads as the server would hold them."""

    def __init__(self, **files: dict[str, int]) -> None:
        self.files = files

    def sizes(self, session: str) -> Mapping[str, int]:
        return self.files.get(session, {})

    def total(self) -> int:
        return sum(sum(files.values()) for files in self.files.values())


def put(limit: UploadLimit, length: str, session: str = "a", file: str = "new", method: str = "PUT") -> int:
    return ask(limit, PATH.format(session=session, file=file), method, content_length=length).status


def test_a_session_holds_so_much_and_another_has_its_own() -> None:
    limit = UploadLimit(PAGE, 100, Stored(a={"one": 60}))
    assert put(limit, "40") == 200
    assert put(limit, "41") == 413
    assert put(limit, "100", file="one") == 200, "in the place of the old one"
    assert put(limit, "100", session="b") == 200
    assert put(limit, "41", method="DELETE") == 200, "removing is always possible"


def test_all_together_hold_so_much() -> None:
    others = {f"s{n}": {"one": 100} for n in range(SESSIONS - 1)}
    limit = UploadLimit(PAGE, 100, Stored(**others, a={"one": 60}))
    assert put(limit, "40") == 200
    assert put(limit, "41", session="b") == 413


@pytest.mark.parametrize("length", ["", "-1", "many", "9" * 5000])
def test_an_upload_says_how_long_it_is(length: str) -> None:
    assert put(UploadLimit(PAGE, 100, Stored()), length) in (411, 413)


def test_what_is_on_its_way_counts_until_it_has_come() -> None:
    async def scene() -> None:
        arrived, go_on = asyncio.Event(), asyncio.Event()

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            arrived.set()
            await go_on.wait()
            await PAGE(scope, receive, send)

        limit = UploadLimit(slow, 100, Stored())
        path = PATH.format(session="a", file="one")
        first = asyncio.create_task(asked(limit, path, "PUT", content_length="60"))
        await arrived.wait()
        second = await asked(limit, PATH.format(session="a", file="two"), "PUT", content_length="60")
        assert second.status == 413
        go_on.set()
        assert (await first).status == 200
        assert (await asked(limit, path, "PUT", content_length="60")).status == 200

    asyncio.run(scene())
