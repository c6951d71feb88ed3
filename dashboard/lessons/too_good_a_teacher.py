"""Lesson 5: a better teacher may teach worse: the gap between two sizes, an assistant that did not bridge it, and patience."""

from __future__ import annotations

from dashboard.data.lesson import Lesson, Step
from dashboard.data.lesson_questions import Choice, MeasuredNumber, Scale
from dashboard.lessons.checks import finished_run, swept
from dashboard.lessons.figures import errors_at, mean, paper_arm, paper_claim, paper_method, spread
from dashboard.pages import SWEEP, TRAIN
from dashboard.text.translation import _
from kdcore.studies.presets import PRESETS
from kdcore.texts import N_

LARGE, SMALLER = "from a large teacher", "from a smaller teacher"
CHO, MIRZADEH = "cho2019", "mirzadeh2020"
ASSISTED = paper_method(MIRZADEH, "from the teacher's assistant")
HURRY, PATIENT, LONG = 20, 150, 1200
"""Epochs of the first preset's student."""


def _smaller_teaches_better() -> tuple[int, str]:
    smaller, large, _holds = paper_claim(CHO, 0)
    sentence = _(
        "Errors of 10,000, mean of five seeds: {large} with the large teacher, {smaller} with the smaller one. Labels alone: {labels}."
    )
    return 1, sentence.format(
        large=mean(large),
        smaller=mean(smaller),
        labels=mean(paper_arm(CHO, LARGE, "test_errors", "twin")),
    )


def _surer_than_right() -> MeasuredNumber:
    found = spread(paper_arm(CHO, LARGE, "test_nll"))
    sentence = _(
        "Worse than labels alone, though it errs less. The smaller teacher's student: {smaller}. Errors alone would not have shown it."
    )
    return MeasuredNumber(
        round(found.value, 2),
        found.spread,
        sentence.format(smaller=mean(paper_arm(CHO, SMALLER, "test_nll"), 2)),
    )


def _with_an_assistant() -> tuple[int, str]:
    assisted, direct, holds = paper_claim(MIRZADEH, 0)
    sentence = (
        _("Errors of 10,000, mean of five seeds: {assisted} with an assistant, {direct} without.")
        if holds
        else _(
            "Errors of 10,000, mean of five seeds: {assisted} with an assistant, {direct} without: not told apart."
        )
    )
    return 0 if holds else 1, sentence.format(assisted=mean(assisted), direct=mean(direct))


def _in_a_hurry() -> tuple[int, str]:
    sentence = _(
        "Errors of 360 after {epochs} epochs, mean of five seeds: distilled {student}, labels alone {twin}."
    )
    return 1, sentence.format(
        epochs=HURRY,
        student=mean(errors_at("epochs", HURRY, "student")),
        twin=mean(errors_at("epochs", HURRY, "twin")),
    )


def _with_patience() -> MeasuredNumber:
    found = spread(errors_at("epochs", LONG, "student"))
    sentence = _(
        "After {epochs} epochs it was {student}. Labels alone stay where they were: {before} and {twin}."
    )
    return MeasuredNumber(
        round(found.value),
        found.spread,
        sentence.format(
            epochs=PATIENT,
            student=mean(errors_at("epochs", PATIENT, "student")),
            before=mean(errors_at("epochs", PATIENT, "twin")),
            twin=mean(errors_at("epochs", LONG, "twin")),
        ),
    )


LESSON = Lesson(
    name="too-good-a-teacher",
    number=5,
    title=N_("Too good a teacher"),
    afterwards=N_(
        "You can say why a better teacher may teach worse, and what to try: a smaller one, an assistant, patience."
    ),
    minutes=7,
    steps=(
        Step(
            name="guess-the-teacher",
            text=N_(
                "Two teachers of small colour pictures: one errs on 19 % of the test images, the other, four times as large, on 12 %. Each teaches "
                "the same tiny student."
            ),
            page=TRAIN,
            question=Choice(
                N_("Whose student errs less?"),
                (N_("the better teacher's"), N_("the worse teacher's"), N_("they err alike")),
                _smaller_teaches_better,
            ),
            why=N_(
                "A student can only learn what it can express. What the large teacher says of a picture, this student, a hundred and seventy times "
                "smaller, cannot follow: it answers further from its teacher than the other student from its own. Cho and Hariharan 2019 found it, "
                "and called it a capacity gap; measured again here."
            ),
        ),
        Step(
            name="guess-how-sure",
            text=N_(
                "Labels alone leave this student with an NLL of 1.43 on the test images. Lower is better: it knows how sure to be. With the "
                "smaller teacher it becomes lower."
            ),
            page=TRAIN,
            question=Scale(
                N_("And with the large teacher?"), 0.8, 2.4, 0.05, N_("an NLL of {n}"), 0.1, _surer_than_right
            ),
            why=N_(
                "The large teacher is sure of almost every picture. A student that copies this, and errs on four pictures of ten, is sure and wrong. "
                "NLL punishes that: $-\\log p$ of the right class. Look at both whenever you compare teachers."
            ),
        ),
        Step(
            name="guess-the-assistant",
            text=N_(
                "Put a network of middle size between the two: it learns from the large teacher, and then teaches the student."
            ),
            page=TRAIN,
            question=Choice(
                N_("Does the student err less than if the large teacher taught it itself?"),
                (N_("yes"), N_("no, or too little to be told"), N_("it errs more")),
                _with_an_assistant,
            ),
            why=N_(
                "Mirzadeh et al. 2020 saw an assistant help: each of two steps is smaller than the one it replaces. Measured again here it does "
                "not. Their assistant learned from 50,000 images, this one from the student's 5,000, and they searched T and the weight. What an "
                "assistant did not learn it cannot hand on. A claim that does not come again is a result too: Reference says what differs."
            ),
        ),
        Step(
            name="put-one-between",
            text=N_(
                "Try it with small digits: the recipe has an assistant of 128 units between a teacher of 300 and a student of 30. Press Train. "
                "Below the result, find what the assistant itself errs on."
            ),
            page=TRAIN,
            link={"method": ASSISTED},
            points_at="train",
            done=finished_run(method=ASSISTED),
        ),
        Step(
            name="guess-the-hurry",
            text=N_(
                "Now time. A student of 100 digits and its twin, of labels alone, train for 20 epochs, each with a schedule that fits."
            ),
            page=SWEEP,
            question=Choice(
                N_("After 20 epochs the distilled student errs …"),
                (N_("less than its twin"), N_("more than its twin"), N_("about as often")),
                _in_a_hurry,
            ),
            why=N_(
                "A label is learned quickly: push one logit up. A soft target asks for ten numbers, so there is more to learn and it takes longer. "
                "Comparisons that stop too soon say that distillation does not help."
            ),
        ),
        Step(
            name="wait",
            text=N_(
                "Watch it turn: the sweep trains both for 20, 40 and 150 epochs. Press Start the sweep; it takes a few seconds."
            ),
            page=SWEEP,
            link={"method": PRESETS[0].experiment.method, "vary": "epochs:20,40,150", "seeds": "2"},
            done=swept("epochs"),
        ),
        Step(
            name="guess-the-patience",
            text=N_(
                "After 150 epochs the twin has learned its hundred labels by heart. Go on, to 1,200 epochs."
            ),
            page=SWEEP,
            question=Scale(
                N_("On how many of the 360 test digits does the distilled student err then?"),
                0,
                60,
                1,
                N_("{n} errors"),
                2,
                _with_patience,
            ),
            why=N_(
                "Once the labels are fitted they say nothing more. Soft targets still do: the student goes on towards a function, not towards a few "
                "points. Beyer et al. 2022 call it a patient teacher. Patience costs only time."
            ),
        ),
    ),
    ends=N_(
        "A teacher is as good as what its student can take from it. A smaller one and more time gave more here than a better one did; an assistant "
        "did not."
    ),
)
