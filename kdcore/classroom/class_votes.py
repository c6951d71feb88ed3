"""Votes: a question put to a class, each member's one answer to it, and the second round after discussion."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kdcore.classroom.class_table import refuse_others
from kdcore.classroom.vote_question import VoteQuestion
from kdcore.errors import ClassRefused
from kdcore.runs.database import Database
from kdcore.runs.run_record import digest
from kdcore.texts import N_

MOST_VOTES = 200
CLOSED = N_("This vote is closed: no answer is counted any more.")
BINS = 12


@dataclass(frozen=True)
class ClassVote:
    """A round of a vote.

    Attributes:
        id: in links and messages.
        code: of its class.
        round: 1, or 2 after discussion.
        before: the id of the round before; None in the first.
        question: what is asked.
        opened, closed, revealed: when; None while that has not been.
        answered: how many have answered.
    """

    id: int
    code: str
    round: int
    before: int | None
    question: VoteQuestion
    opened: float
    closed: float | None
    revealed: float | None
    answered: int

    @property
    def open(self) -> bool:
        """Whether answers are counted."""
        return self.closed is None


@dataclass(frozen=True)
class VoteChange:
    """How many who answered `was` in the first round answer `now` in the second; as `answer_key` has them."""

    was: str
    now: str
    members: int


class ClassVotes:
    """The votes of all classes in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, code: str, browser: str, question: VoteQuestion) -> ClassVote:
        """Put a question to the class; a vote that is open is closed by that.

        Raises:
            ClassRefused: the browser is not the lecturer's, or the class is over.
        """
        return self._open(code, browser, question, 1, None)

    def again(self, code: str, browser: str, vote: int) -> ClassVote:
        """Put the question of a vote once more, after discussion.

        Raises:
            ClassRefused: the browser is not the lecturer's, or there is no such vote.
        """
        first = self.vote(code, vote)
        return self._open(code, browser, first.question, first.round + 1, first.id)

    def _open(
        self, code: str, browser: str, question: VoteQuestion, number: int, before: int | None
    ) -> ClassVote:
        now = time.time()
        with self._database.writing() as db:
            refuse_others(db, code, digest(browser))
            if (
                db.execute("SELECT COUNT(*) FROM class_votes WHERE class = ?", [code]).fetchone()[0]
                >= MOST_VOTES
            ):
                raise ClassRefused(f"A class votes up to {MOST_VOTES} times.")
            db.execute("UPDATE class_votes SET closed = ? WHERE class = ? AND closed IS NULL", [now, code])
            made = db.execute(
                "INSERT INTO class_votes (class, round, before, question, opened) VALUES (?, ?, ?, ?, ?)",
                [code, number, before, question.model_dump_json(), now],
            ).lastrowid
        assert made is not None
        return self.vote(code, made)

    def answer(self, vote: int, browser: str, answer: Any) -> bool:
        """Count a member's answer; returns False where it has given one before, which stays.

        Raises:
            ClassRefused: the vote is closed or unknown, the browser is no member, or this is no answer to the question.
        """
        with self._database.writing() as db:
            row = db.execute("SELECT * FROM class_votes WHERE id = ?", [vote]).fetchone()
            member = (
                row
                and db.execute(
                    "SELECT number FROM class_members WHERE class = ? AND owner = ? AND gone IS NULL",
                    [row["class"], digest(browser)],
                ).fetchone()
            )
            if not member:
                raise ClassRefused("Join the class first: this vote is its own.")
            if row["closed"] is not None:
                raise ClassRefused(CLOSED)
            if not VoteQuestion.model_validate_json(row["question"]).accepts(answer):
                raise ClassRefused("This is no answer to the question.")
            return (
                db.execute(
                    "INSERT OR IGNORE INTO class_ballots VALUES (?, ?, ?, ?)",
                    [vote, member["number"], json.dumps(answer), time.time()],
                ).rowcount
                == 1
            )

    def close(self, code: str, browser: str, vote: int) -> None:
        """Count no more answers.

        Raises:
            ClassRefused: the browser is not the lecturer's.
        """
        self._set(code, browser, vote, "closed = COALESCE(closed, :now)")

    def reveal(self, code: str, browser: str, vote: int) -> None:
        """Close it, and let everybody see what was answered.

        Raises:
            ClassRefused: the browser is not the lecturer's.
        """
        self._set(code, browser, vote, "closed = COALESCE(closed, :now), revealed = COALESCE(revealed, :now)")

    def _set(self, code: str, browser: str, vote: int, what: str) -> None:
        with self._database.writing() as db:
            refuse_others(db, code, digest(browser))
            db.execute(
                f"UPDATE class_votes SET {what} WHERE id = :vote AND class = :code",
                {"now": time.time(), "vote": vote, "code": code},
            )

    def vote(self, code: str, vote: int) -> ClassVote:
        """One vote of a class.

        Raises:
            ClassRefused: there is none.
        """
        with self._database.reading() as db:
            found = _votes(db, code, "id = ?", [vote])
        if not found:
            raise ClassRefused("There is no such vote in this class.")
        return found[0]

    def votes(self, code: str) -> list[ClassVote]:
        """All votes of a class, the newest first."""
        with self._database.reading() as db:
            return _votes(db, code, "1", [])

    def newest(self, code: str) -> ClassVote | None:
        """The vote that was opened last; None before the first."""
        with self._database.reading() as db:
            found = _votes(db, code, "1", [], limit=1)
        return found[0] if found else None

    def answer_of(self, vote: int, browser: str) -> Any:
        """What a browser has answered; None where nothing was."""
        with self._database.reading() as db:
            row = db.execute(
                "SELECT answer FROM class_ballots JOIN class_votes ON class_votes.id = vote JOIN class_members "
                "ON class_members.class = class_votes.class AND number = member WHERE vote = ? AND owner = ?",
                [vote, digest(browser)],
            ).fetchone()
        return json.loads(row["answer"]) if row else None

    def answers(self, vote: int) -> dict[int, Any]:
        """What was answered, by member."""
        with self._database.reading() as db:
            rows = db.execute("SELECT member, answer FROM class_ballots WHERE vote = ?", [vote]).fetchall()
        return {row["member"]: json.loads(row["answer"]) for row in rows}


def histogram(question: VoteQuestion, answers: Sequence[Any]) -> list[tuple[str, int]]:
    """How many gave each answer, by `answer_key`: every option, every order that was given, numbers in bins of equal width."""
    if question.kind == "choice":
        counts = Counter(answers)
        return [(str(option), counts[option]) for option in range(len(question.options))]
    if question.kind == "order":
        return Counter(answer_key(question, answer) for answer in answers).most_common()
    keys = Counter(answer_key(question, answer) for answer in answers)
    return [(str(number), keys[str(number)]) for number in range(bins(question))]


def bins(question: VoteQuestion) -> int:
    """How many bins a scale has: one for each of its numbers where these are few."""
    return min(BINS, round((question.high - question.low) / question.step) + 1)


def answer_key(question: VoteQuestion, answer: Any) -> str:
    """An answer as what is counted together: an option's number, an order's numbers, the number of a bin."""
    if question.kind == "order":
        return ",".join(map(str, answer))
    if question.kind == "choice":
        return str(answer)
    share = (answer - question.low) / (question.high - question.low)
    count = bins(question)
    steps = round((question.high - question.low) / question.step) + 1
    place = round(share * (steps - 1)) if count == steps else int(share * count)
    return str(min(count - 1, max(0, place)))


def changes_between(
    question: VoteQuestion, first: Mapping[int, Any], second: Mapping[int, Any]
) -> list[VoteChange]:
    """Who changed: of those who answered in both rounds, how many went from which answer to which."""
    both = first.keys() & second.keys()
    pairs = Counter((answer_key(question, first[m]), answer_key(question, second[m])) for m in both)
    return [VoteChange(was, now, members) for (was, now), members in pairs.most_common()]


def _votes(
    db: sqlite3.Connection, code: str, where: str, values: Sequence[Any], limit: int = MOST_VOTES
) -> list[ClassVote]:
    rows = db.execute(
        "SELECT *, (SELECT COUNT(*) FROM class_ballots WHERE vote = id) AS answered FROM class_votes "
        f"WHERE class = ? AND {where} ORDER BY id DESC LIMIT ?",
        [code, *values, limit],
    ).fetchall()
    return [
        ClassVote(
            row["id"], row["class"], row["round"], row["before"], VoteQuestion.model_validate_json(row["question"]),
            row["opened"], row["closed"], row["revealed"], row["answered"],
        )
        for row in rows
    ]  # fmt: skip
