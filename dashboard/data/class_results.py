"""A vote's result as pages show it: how many gave each answer, what was measured, and who changed in the second round."""

from __future__ import annotations

from typing import Any

from dashboard.text.translation import _, ngettext, together
from kdcore.classroom.class_votes import (
    ClassVote,
    ClassVotes,
    answer_key,
    bins,
    changes_between,
    histogram,
)
from kdcore.classroom.vote_question import VoteQuestion

MOST_ROWS = 12


def revealed_result(votes: ClassVotes, vote: ClassVote) -> dict[str, Any] | None:
    """The result of a vote that is revealed, None of any other: no page has it before.

    rows: the answers with how many gave each, how many had in the round before, and whether it is the measured one.
    """
    if vote.revealed is None:
        return None
    question, answers = vote.question, votes.answers(vote.id)
    first = votes.answers(vote.before) if vote.before is not None else {}
    before = dict(histogram(question, [*first.values()]))
    right = None if question.measured is None else answer_key(question, _listed(question.measured))
    counted = histogram(question, [*answers.values()])[:MOST_ROWS]
    rows = [
        {
            "label": answer_label(question, key),
            "n": n,
            "before": before.get(key, 0) if first else None,
            "measured": key == right,
        }
        for key, n in counted
    ]
    return {
        "rows": rows,
        "measured": _measured_sentence(question),
        "changed": _changed_sentence(question, first, answers, right) if first else "",
    }


def answer_label(question: VoteQuestion, key: str) -> str:
    """What an answer is called, by its `answer_key`."""
    if question.kind == "choice":
        return _(question.options[int(key)])
    if question.kind == "order":
        return " > ".join(_(question.options[int(place)]) for place in key.split(","))
    number, count = int(key), bins(question)
    if count == round((question.high - question.low) / question.step) + 1:
        return with_unit(question, question.low + number * question.step)
    width = (question.high - question.low) / count
    low, high = question.low + number * width, question.low + (number + 1) * width
    return with_unit(question, f"{low:,.4g} – {high:,.4g}")


def with_unit(question: VoteQuestion, number: float | str) -> str:
    """A number as the question means it."""
    text = number if isinstance(number, str) else f"{number:,.4g}"
    return _(question.unit).replace("{n}", text)


def _measured_sentence(question: VoteQuestion) -> str:
    if question.measured is None:
        return question.sentence
    found = _listed(question.measured)
    if question.kind == "number":
        assert isinstance(found, int | float)
        said = with_unit(question, found)
    else:
        said = answer_label(question, answer_key(question, found))
    sentence = _("Measured: {answer}.").format(answer=said)
    return together([sentence, question.sentence])


def _changed_sentence(
    question: VoteQuestion, first: dict[int, Any], second: dict[int, Any], right: str | None
) -> str:
    found = changes_between(question, first, second)
    both = sum(one.members for one in found)
    changed = sum(one.members for one in found if one.was != one.now)
    sentence = ngettext(
        "{changed} of {n} who answered twice changed their answer.",
        "{changed} of {n} who answered twice changed their answers.",
        changed,
    ).format(changed=changed, n=both)
    if right is None or not changed:
        return sentence
    to = sum(one.members for one in found if one.was != right and one.now == right)
    away = sum(one.members for one in found if one.was == right and one.now != right)
    more = _("{to} changed to the measured answer, {away} away from it.").format(to=to, away=away)
    return together([sentence, more])


def _listed(value: int | float | tuple[int, ...]) -> int | float | list[int]:
    return list(value) if isinstance(value, tuple) else value
