"""`POST /answers/VOTE`: a student's answer to the class's vote. Pages of other sites are turned away before (`dashboard.middleware`)."""

from __future__ import annotations

import json

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.data.class_seat import classrooms
from dashboard.session import id_in_cookies
from kdcore.errors import ClassRefused, StillroomError
from kdcore.texts import N_
from kdcore.translation import ENGLISH, translated_sentence, written_language

LARGEST = 4096
"""Bytes of an answer: an order of ten options takes thirty."""
NO_STORE = {"cache-control": "no-store"}


async def take_answer(request: Request) -> Response:
    """Count it, or say in a sentence why it is not counted. The first answer of a student stands."""
    vote = request.path_params["vote"]
    if not vote.isdecimal() or len(vote) > 12:
        return _said(request, 404, N_("There is no such vote."))
    if (body := await _body(request)) is None:
        return _said(request, 413, "This is no answer to the question.")
    try:
        answer = json.loads(body)["answer"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return _said(request, 400, "This is no answer to the question.")
    try:
        counted, standing = await run_in_threadpool(_count, int(vote), id_in_cookies(request.cookies), answer)
    except ClassRefused as error:
        return _said(request, 409, str(error))
    except StillroomError as error:
        return _said(request, 503, str(error))
    return JSONResponse({"counted": counted, "answer": standing}, headers=NO_STORE)


def _count(vote: int, browser: str, answer: object) -> tuple[bool, object]:
    """Whether it was counted, and the answer that stands."""
    rooms = classrooms()
    counted = rooms.votes.answer(vote, browser, answer)
    return counted, answer if counted else rooms.votes.answer_of(vote, browser)


async def _body(request: Request) -> bytes | None:
    """The request's body; None where it is larger than any answer."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return None
    return body


def _said(request: Request, status: int, sentence: str) -> Response:
    """A refusal in the language of the page that asks."""
    asked = request.headers.get("accept-language", "").partition(",")[0].partition(";")[0].strip()
    said = translated_sentence(sentence, written_language(asked) if asked else ENGLISH)
    return JSONResponse({"counted": False, "sentence": said}, status, headers=NO_STORE)
