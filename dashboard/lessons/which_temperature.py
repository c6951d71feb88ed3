"""Lesson 3: the best temperature is measured, and the factor T squared keeps the teacher's voice as loud at each of them."""

from __future__ import annotations

from dashboard.data.lesson import Lesson, Step
from dashboard.data.lesson_questions import Choice, MeasuredCurve, MeasuredNumber, Scale, Sketch
from dashboard.lessons.checks import swept, temperature
from dashboard.lessons.figures import gradient, mean, spread, student_by_temperature
from dashboard.pages import SOFT_TARGETS, SWEEP
from dashboard.text.roles import STUDENT
from dashboard.text.translation import _
from kdcore.texts import N_

MORPH, FRAME = "2-7", 16
PICTURE = {"at": str(FRAME)}
SCREEN = "soft_targets"


TEMPERATURES = (0.25, 1, 2, 4, 8, 16, 100)


def _errors_by_temperature() -> MeasuredCurve:
    by_temperature = student_by_temperature()
    found = [spread(by_temperature[T]["errors"]) for T in TEMPERATURES]
    sentence = _(
        "Mean of five seeds. Down until about T = 8; after that the seeds differ more than the temperatures."
    )
    return MeasuredCurve(tuple(one.value for one in found), tuple(one.spread for one in found), sentence)


def _labels_alone() -> tuple[str, float]:
    return _("labels alone"), spread(student_by_temperature("twin")[1]["errors"]).value


def _how_much_smaller() -> MeasuredNumber:
    factor = gradient(MORPH, FRAME, 1) / gradient(MORPH, FRAME, 10)
    sentence = _(
        "One T comes from dividing the logits, the other from soft targets that grow alike. So the loss is multiplied by T²."
    )
    return MeasuredNumber(round(factor), 0.0, sentence)


def _at_the_limit() -> tuple[int, str]:
    by_temperature = student_by_temperature()
    told = _(
        "Measured, T = 16, 32, 100: {a}, {b}, {c} errors. Nothing is lost, because T² makes up for what T takes."
    )
    return 0, told.format(
        a=mean(by_temperature[16]["errors"]),
        b=mean(by_temperature[32]["errors"]),
        c=mean(by_temperature[100]["errors"]),
    )


LESSON = Lesson(
    name="which-temperature",
    number=3,
    title=N_("Which temperature, and why T squared"),
    afterwards=N_("You can say which temperatures are worth trying, and why the loss carries a factor T²."),
    minutes=8,
    steps=(
        Step(
            name="guess-the-best",
            text=N_(
                "A student of 100 digits, distilled at temperatures from 0.25 to 100. At T = 0.25 the soft targets are as hard as labels."
            ),
            page=SWEEP,
            question=Sketch(
                N_("How will its errors of 360 test digits go as T grows? Sketch them."),
                along=N_("temperature T"),
                at=tuple(f"{T:g}" for T in TEMPERATURES),
                place=N_("T = {at}"),
                low=0,
                high=60,
                step=1,
                ticks=(0, 20, 40, 60),
                unit=N_("{n} errors"),
                role=STUDENT.name,
                beside=_labels_alone,
                near=5,
                measured=_errors_by_temperature,
            ),
            why=N_(
                "Cold soft targets are the teacher's bare answers. Warming lets the other classes be seen. Once they are, more warmth changes "
                "little here: the student is taught the teacher's logits themselves. On other images and with smaller students the "
                "errors do rise again."
            ),
        ),
        Step(
            name="sweep",
            text=N_("Measure it: press Start the sweep. It takes a few seconds."),
            page=SWEEP,
            link={"vary": "temperature:1,2,4,8,16", "seeds": "2"},
            done=swept("temperature"),
            why=N_(
                "All students of the sweep learn in one loop, on the same batches. Each line has its twin. Where two temperatures cannot be "
                "told apart, more seeds could; the page says how many."
            ),
        ),
        Step(
            name="guess-the-gradient",
            text=N_(
                "Why T squared? Look at how hard the soft targets pull at a student that knows nothing yet, all of whose logits are 0. Compare "
                "T = 1 with T = 10, without any factor."
            ),
            page=SOFT_TARGETS,
            link={**PICTURE, "T": "1"},
            question=Scale(
                N_("How many times weaker is the pull at T = 10?"),
                1,
                200,
                1,
                N_("{n} times"),
                20,
                _how_much_smaller,
            ),
            why=N_(
                "The gradient of the loss to a logit is $\\frac{1}{T}(q_i - p_i)$. Warm $p$ and $q$ are near $1/C$, and what they differ by also "
                "shrinks as $1/T$. Together: $1/T^2$. Multiplied by $T^2$ the pull stays comparable at every temperature, and so does the "
                "weight on teacher (Hinton, Vinyals and Dean 2015, section 2)."
            ),
        ),
        Step(
            name="warm",
            text=N_(
                "Drag T to 20 or more. Below the formula a figure shows the gradient against T, with the factor and without it."
            ),
            page=SOFT_TARGETS,
            link={**PICTURE, "T": "1"},
            points_at=SCREEN,
            done=temperature(20),
        ),
        Step(
            name="guess-the-limit",
            text=N_("At T = 100 all ten bars looked alike. What can a student still learn from them?"),
            page=SOFT_TARGETS,
            question=Choice(
                N_("Its errors at T = 100 are …"),
                (
                    N_("about those at T = 16"),
                    N_("about those of a student of labels alone"),
                    N_("those of guessing"),
                ),
                _at_the_limit,
            ),
            why=N_(
                "For large T, $T^2$ times the gradient becomes $\\frac{1}{C}(z_i - v_i)$ with centred logits: the student is asked to have the "
                "teacher's logits. That is the older method of matching logits (Buciluă, Caruana and Niculescu-Mizil 2006), the limit of "
                "distillation."
            ),
        ),
    ),
    ends=N_(
        "A temperature is chosen by validation errors over seeds. The factor T² keeps the choice from also changing how much the teacher counts."
    ),
)
