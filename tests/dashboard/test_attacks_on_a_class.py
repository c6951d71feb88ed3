"""What a student's browser may send past its pages gets past no lock, no vote and no other student: asked of a real server."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from kdcore.classroom.class_plan import ClassPlan, PlanItem
from kdcore.classroom.classrooms import Classrooms
from kdcore.classroom.locks import Locks
from kdcore.classroom.vote_question import VoteQuestion
from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from scripts.attack.forged_session import ForgedSession, forged_session
from scripts.attack.hostile_links import Link
from tests.browser.helpers import Server, serving

LECTURER, STUDENT, OTHER, STRANGER = "a" * 32, "b" * 32, "c" * 32, "d" * 32
WHICH = VoteQuestion(asks="Which?", options=("this", "that"), measured=1, sentence="It was that one.")
HIDDEN_PAGE = "Your class does not use this page now"


@dataclass(frozen=True)
class Class:
    """A class on a running server."""

    server: Server
    store: Store
    rooms: Classrooms
    code: str

    def cookie(self, browser: str) -> str:
        return f"{self.server.cookie}={browser}" if browser else ""

    def ask(
        self, method: str, path: str, browser: str = "", body: bytes = b"", **headers: str
    ) -> tuple[int, str]:
        """A request without a browser; its status and its body, of a stream the beginning."""
        host = urlsplit(self.server.address).netloc
        with closing(http.client.HTTPConnection(host, timeout=10)) as connection:
            cookies = {"Cookie": self.cookie(browser)} if browser else {}
            connection.request(method, path, body or None, cookies | headers)
            answer = connection.getresponse()
            return answer.status, answer.read(60_000 if method == "POST" else 4000).decode()

    def vote(self, vote: int, browser: str, answer: Any, **headers: str) -> tuple[int, str]:
        body = json.dumps({"answer": answer}).encode()
        return self.ask("POST", f"/answers/{vote}", browser, body, **headers)

    def poll(self, browser: str) -> tuple[int, str]:
        return self.ask("GET", f"/live/class-{self.code}?after=", browser)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("class")
    with serving(folder / "runs", folder / "data") as running:
        yield running


@pytest.fixture
def there(server: Server) -> Iterator[Class]:
    """A class of two students, at a state that hides T, locks the weight and has no Sweep."""
    with closing(Store(server.runs)) as store:
        rooms = Classrooms(store)
        code, _secret = rooms.table.make(LECTURER, "Attacked")
        for browser in (STUDENT, OTHER):
            rooms.members.join(code, browser)
        locks = Locks(fields={"temperature": "hidden", "teacher_weight": "locked"}, pages=("sweep",))
        item = PlanItem(title="One", page="train", experiment=Experiment(), locks=locks)
        rooms.table.set_plan(code, LECTURER, ClassPlan(items=(item,)))
        rooms.table.go_to(code, LECTURER, 0)
        yield Class(server, store, rooms, code)
        rooms.queue.clear(code, LECTURER)
        rooms.table.close(code, LECTURER)


def sent(there: Class, browser: str, *visits: tuple[Link, dict[str, WidgetState]]) -> ForgedSession:
    """Visit pages with forged values, by the keys of their widgets; a key that was not drawn gets a made-up id."""

    async def visit() -> ForgedSession:
        async with forged_session(there.server.address, there.cookie(browser)) as session:
            for link, states in visits:
                for key, state in states.items():
                    state.id = session.widgets.get(key, f"$$ID-00000000000000000000000000000000-{key}")
                assert await session.visit(link, [*states.values()])
            return session

    return asyncio.run(visit())


def pressed() -> dict[str, WidgetState]:
    return {"train": WidgetState(trigger_value=True)}


def number(value: float) -> WidgetState:
    state = WidgetState()
    state.double_array_value.data.append(value)
    return state


def started(there: Class) -> list[Experiment]:
    return [run.experiment for run in there.store.runs(owner=STUDENT)]


def test_a_hand_edited_link_trains_with_what_is_locked(there: Class) -> None:
    edited = Link("train", urlencode({"T": "9", "teacher_weight": "0.1", "epochs": "1", "init_seed": "11"}))
    sent(there, STUDENT, (edited, {}), (edited, pressed()))
    [run] = [one for one in started(there) if one.init_seed == 11]
    assert (run.temperature, run.teacher_weight) == (4.0, 0.9)


def test_forged_values_of_locked_and_hidden_widgets_change_nothing(there: Class) -> None:
    plain = Link("train", urlencode({"epochs": "1", "init_seed": "12"}))
    runs = {}
    for browser in (STUDENT, STRANGER):
        forged = {"recipe.temperature": number(0), "recipe.teacher_weight": number(0.1)}
        sent(there, browser, (plain, {}), (plain, forged), (plain, pressed()))
        [runs[browser]] = [
            one.experiment for one in there.store.runs(owner=browser) if one.experiment.init_seed == 12
        ]
    assert (runs[STUDENT].temperature, runs[STUDENT].teacher_weight) == (4.0, 0.9)
    assert runs[STRANGER].teacher_weight == 0.1, "the same message of somebody whom no class binds is heard"


def test_a_hidden_page_is_not_there_by_its_address_either(there: Class) -> None:
    link = Link("sweep", urlencode({"vary": "temperature:1,8", "seeds": "1", "epochs": "1"}))
    session = sent(there, STUDENT, (link, {}), (link, {"start": WidgetState(trigger_value=True)}))
    assert not [key for key in session.widgets if key.startswith("seeds")]
    assert not [run for run in there.store.runs(owner=STUDENT) if run.sweep]
    assert [key for key in sent(there, STRANGER, (link, {})).widgets if key.startswith("seeds")]


def test_only_a_student_of_the_class_votes(there: Class) -> None:
    vote = there.rooms.votes.put(there.code, LECTURER, WHICH)
    for browser in ("", STRANGER, LECTURER):
        status, said = there.vote(vote.id, browser, 0)
        assert status == 409
        assert "Join the class first" in said
    assert there.vote(10**9, STUDENT, 0)[0] == 409
    assert there.ask("POST", "/answers/1e9", STUDENT, b"{}")[0] == 404
    assert there.rooms.votes.answers(vote.id) == {}


def test_of_many_answers_at_once_one_is_counted_and_none_after_the_end(there: Class) -> None:
    vote = there.rooms.votes.put(there.code, LECTURER, WHICH)
    with ThreadPoolExecutor(8) as tabs:
        answers = [*tabs.map(lambda n: json.loads(there.vote(vote.id, STUDENT, n % 2)[1]), range(8))]
    assert sum(answer["counted"] for answer in answers) == 1
    assert len({answer["answer"] for answer in answers}) == 1, "every tab is told the answer that stands"
    there.rooms.votes.close(there.code, LECTURER, vote.id)
    assert there.vote(vote.id, OTHER, 0)[0] == 409
    assert [*there.rooms.votes.answers(vote.id)] == [1]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"answer": ' + b"1" * 5000 + b"}", 413),
        (b"[" * 3000, 400),
        (b"answer=1", 400),
        (b"[1]", 400),
        (b"\xff\xfe", 400),
        (b'{"answer": 1e999}', 409),
        (b'{"answer": "<script>"}', 409),
    ],
)
def test_what_is_no_answer_is_refused_in_a_sentence(there: Class, body: bytes, status: int) -> None:
    vote = there.rooms.votes.put(there.code, LECTURER, WHICH)
    found, said = there.ask("POST", f"/answers/{vote.id}", STUDENT, body)
    assert found == status
    assert json.loads(said)["sentence"]
    assert there.rooms.votes.answers(vote.id) == {}


def test_a_page_of_another_site_cannot_vote(there: Class) -> None:
    vote = there.rooms.votes.put(there.code, LECTURER, WHICH)
    assert there.vote(vote.id, STUDENT, 0, Origin="http://evil.test")[0] == 403
    assert there.vote(vote.id, STUDENT, 0, **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert there.rooms.votes.answers(vote.id) == {}


def test_strangers_do_not_hear_a_class_and_cannot_tell_whether_there_is_one(there: Class) -> None:
    unknown = there.ask("GET", "/live/class-ZZZZZZ?after=", STUDENT)
    for browser in ("", STRANGER):
        assert there.poll(browser) == unknown
    assert unknown[0] == 404
    assert there.poll(STUDENT)[0] == there.poll(LECTURER)[0] == 200


def test_nobody_hears_what_was_answered_before_the_reveal(there: Class) -> None:
    vote = there.rooms.votes.put(there.code, LECTURER, WHICH)
    there.vote(vote.id, STUDENT, 0)
    for browser in (STUDENT, LECTURER):
        _status, said = there.poll(browser)
        values = json.loads(said)["messages"][0]["set"]
        assert values["vote"]["answered"] == 1
        assert values["result"] is None
        assert "measured" not in said
        assert WHICH.sentence not in said
    there.rooms.votes.reveal(there.code, LECTURER, vote.id)
    assert heard(there, WHICH.sentence)


def heard(there: Class, words: str) -> bool:
    """Whether the stream says it, in the time that it takes to read the class again."""
    with closing(http.client.HTTPConnection(urlsplit(there.server.address).netloc, timeout=10)) as connection:
        connection.request("GET", f"/live/class-{there.code}", headers={"Cookie": there.cookie(STUDENT)})
        answer, said = connection.getresponse(), ""
        with suppress(TimeoutError):
            while words not in said:
                said += answer.fp.readline().decode()
    return words in said


def test_the_lecturers_page_and_its_controls_are_drawn_for_the_lecturer_alone(there: Class) -> None:
    link = Link("class", urlencode({"class": there.code, "part": "students"}))
    own = sent(there, LECTURER, (link, {})).widgets
    assert {"class_renew", "class_step_1"} <= own.keys()
    for browser in (STUDENT, STRANGER):
        drawn = sent(there, browser, (link, {}))
        assert not [
            key for key in drawn.widgets if key in ("class_renew", "class_step_1", "class_part.choice")
        ]
    forged = {
        key: WidgetState(trigger_value=True) for key in ("class_renew", "class_close", "class_delete_yes")
    }
    sent(there, STUDENT, (link, {}), (link, forged))
    assert there.rooms.table.classroom(there.code).open
