"""Lesson 6: mistakes that people have made, most of which no error figure shows, and what would have caught them."""

from __future__ import annotations

from dashboard.data import fault_cards
from dashboard.data.lesson import Lesson, Step
from dashboard.data.lesson_questions import Choice, MeasuredNumber, Scale
from dashboard.lessons.checks import finished_run
from dashboard.lessons.figures import faulty, mean, presets, spread
from dashboard.pages import TRAIN
from dashboard.text.translation import _
from kdcore.texts import N_

FIRST = "digits-100"
BOTH_SIDES, NO_SQUARE, REVERSED = "student-on-both-sides", "t-squared-left-out", "weight-reversed"
RIDDLE = "?7"


def _as_its_twin() -> tuple[int, str]:
    measured = presets()[FIRST].errors
    sentence = _(
        "Errors of 360, mean of five seeds: with the mistake {faulty}, its twin {twin}, without the mistake {sound}."
    )
    return 1, sentence.format(
        faulty=mean(faulty(BOTH_SIDES)), twin=mean(measured["twin"]), sound=mean(measured["student"])
    )


def _hardly_more() -> MeasuredNumber:
    found, sound = spread(faulty(NO_SQUARE)), mean(presets()[FIRST].errors["student"])
    sentence = _(
        "Without the mistake {sound}: too close to be told apart. With the weight reversed, another mistake, {reversed}."
    )
    return MeasuredNumber(
        round(found.value), found.spread, sentence.format(sound=sound, reversed=mean(faulty(REVERSED)))
    )


def _invariants() -> tuple[int, str]:
    sentence = _(
        "Each of the {n} mistakes here breaks an invariant that a small test can check; its card names it."
    )
    return 2, sentence.format(n=len(fault_cards.cards()))


LESSON = Lesson(
    name="break-it",
    number=6,
    title=N_("Break it"),
    afterwards=N_("You can say why a wrong distillation often looks right, and what would have caught it."),
    minutes=7,
    steps=(
        Step(
            name="guess-both-sides",
            text=N_(
                "In a published implementation a slip of names put one network's logits on both sides of the soft loss, and nobody noticed from "
                "the loss. Here it is the student's, in the first preset."
            ),
            page=TRAIN,
            question=Choice(
                N_("What will its error curve look like?"),
                (
                    N_("It goes up, or to guessing"),
                    N_("Like its twin's: a good curve that learned nothing from the teacher"),
                    N_("Like that of the sound student"),
                ),
                _as_its_twin,
            ),
            why=N_(
                "The divergence of a distribution from itself is 0, and so is its gradient. What is left is the labels' part, with its small "
                "weight; the optimiser makes up for that. The curve falls nicely. Only beside the twin does one see that nothing was taught."
            ),
        ),
        Step(
            name="train-both-sides",
            text=N_(
                "Train it: the recipe has the mistake, and the run wears a badge. Then look at the loss terms below the curve: which of them is 0 "
                "from the first step?"
            ),
            page=TRAIN,
            link={"fault": BOTH_SIDES},
            points_at="train",
            done=finished_run(fault=BOTH_SIDES),
        ),
        Step(
            name="guess-no-square",
            text=N_(
                "Another mistake leaves T² out of the loss. At T = 4 the teacher's part then pulls about sixteen times weaker. The sound student errs "
                "on 20 of 360."
            ),
            page=TRAIN,
            question=Scale(N_("On how many with the mistake?"), 10, 60, 1, N_("{n} errors"), 2, _hardly_more),
            why=N_(
                "Adam divides each gradient by its usual size, so a loss that is sixteen times weaker everywhere changes little. What changes is the "
                "balance between labels and teacher, and with few labels that balance is kind. An error figure cannot show such a mistake; the "
                "shares of the gradient can."
            ),
        ),
        Step(
            name="riddle",
            text=N_(
                "Now find one. This recipe hides one of the mistakes, or none. Train it; a sound run is trained beside it. Compare the curves and the "
                "figures, then name it and say why."
            ),
            page=TRAIN,
            link={"fault": RIDDLE},
            points_at="riddle",
            done=finished_run(fault=RIDDLE),
            why=N_(
                "Ask of each part what it would be if all were right: the soft loss of two equal networks is 0; the teacher's answer to an image "
                "does not change from one epoch to the next; the gradient keeps its size as T grows. The part for which that is not so is the one."
            ),
        ),
        Step(
            name="guess-what-catches",
            text=N_("Many of these mistakes were in code that trained, converged and was published."),
            page=TRAIN,
            question=Choice(
                N_("What would have caught most of them?"),
                (
                    N_("Watching the validation error"),
                    N_("More seeds"),
                    N_("Small tests of what must always hold"),
                ),
                _invariants,
            ),
            why=N_(
                "A network learns around most mistakes, so its error is a poor witness. An invariant is not: two lines with random logits say whether "
                "the loss of equal networks is 0, whether T² keeps the gradient's size, whether the twin had as many epochs as the student."
            ),
        ),
    ),
    ends=N_(
        "A curve that falls says that something is learned, not that it is what was meant. A twin, controls and invariants say what."
    ),
)
