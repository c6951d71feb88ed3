"""Lesson 4: which classes look alike to a teacher, a class that no label ever named, and a teacher that errs least and teaches least."""

from __future__ import annotations

from dashboard.data.lesson import Check, Lesson, Seen, Step
from dashboard.data.lesson_questions import Choice, MeasuredNumber, Scale
from dashboard.lessons.checks import finished_run, present
from dashboard.lessons.figures import likeness, mean, paper_claim, percent, recalled_threes, spread
from dashboard.pages import DARK_KNOWLEDGE, TRAIN
from dashboard.text.translation import _
from dashboard.url.parameters import OMITTED_CLASSES
from kdcore.studies.presets import PRESETS
from kdcore.texts import N_

TEACHER = {"of": f"teacher:{PRESETS[0].experiment.teacher}", "T": "4"}
LEFT_OUT = 3
TWO, THREE, FOUR, ZERO = 2, 3, 4, 0


def _two_is_like() -> tuple[int, str]:
    row = likeness()[TWO]
    sentence = _(
        "Of what images of a 2 leave for other digits, {three} goes to the 3, {four} to the 4 and {zero} to the 0."
    )
    return 0, sentence.format(three=percent(row[THREE]), four=percent(row[FOUR]), zero=percent(row[ZERO]))


def _threes() -> MeasuredNumber:
    found, twin = spread(recalled_threes("student")), recalled_threes("twin")
    sentence = _(
        "Its twin, which no teacher told of threes, recognises {least} to {most} %. MNIST, one student of 800-800 units, three seeds."
    )
    return MeasuredNumber(
        round(found.value, 1),
        found.spread,
        sentence.format(least=f"{min(twin):.0f}", most=f"{max(twin):.0f}"),
    )


def _teaches_less() -> tuple[int, str]:
    plain, smoothed, _holds = paper_claim("mueller2019", 2)
    sentence = _(
        "The plain teacher's students err on {plain} of 10,000, the smoothed one's on {smoothed} (mean of {seeds} seeds)."
    )
    return 1, sentence.format(plain=mean(plain), smoothed=mean(smoothed), seeds=len(plain))


def _bias_raised() -> Check:
    """The bias of the class that was left out has been moved."""

    def check(seen: Seen) -> bool:
        return seen.link.get("view") == OMITTED_CLASSES and bool(seen.link.get("bias"))

    return check


def _left_out(seen: Seen) -> bool:
    return finished_run(dataset="digits", omit=(LEFT_OUT,))(seen)


LESSON = Lesson(
    name="dark-knowledge",
    number=4,
    title=N_("Dark knowledge"),
    afterwards=N_("You can say what a student learns from a teacher that no label tells it."),
    minutes=8,
    steps=(
        Step(
            name="guess-alike",
            text=N_(
                "A teacher of digits. What its soft targets leave for the wrong classes is not spread evenly."
            ),
            page=TRAIN,
            question=Choice(
                N_("Which digit does it find most like a 2?"),
                (N_("the 3"), N_("the 4"), N_("the 0")),
                _two_is_like,
            ),
            why=N_(
                "Nobody told it that a 2 resembles a 3: labels treat all wrong classes alike. It found out because what helps to read one helps to "
                "read the other. Averaged over all images of a class, its small answers are a map of which classes are alike."
            ),
        ),
        Step(
            name="look-alike",
            text=N_(
                "Look at the whole map: each row is a digit, each column what its images resemble. Click the darkest cell of a row to see the "
                "images."
            ),
            page=DARK_KNOWLEDGE,
            link={**TEACHER, "view": "similarity"},
            points_at="view",
            done=present("cell"),
            why=N_(
                "The matrix is the mean soft target of each class without its own share, at this T. The tree beside it joins the classes that are "
                "most alike first. Another teacher draws another map; a distilled student draws nearly its teacher's."
            ),
        ),
        Step(
            name="guess-the-threes",
            text=N_(
                "Hinton, Vinyals and Dean took every 3 out of a student's training images. It never saw one and no label named one. Its teacher had, "
                "and its soft targets of the other digits speak of threes. Afterwards the student's bias for the 3 is raised."
            ),
            page=DARK_KNOWLEDGE,
            question=Scale(
                N_("How many of the test's threes will it recognise?"), 0, 100, 1, N_("{n} %"), 5, _threes
            ),
            why=N_(
                "An 8 or a 5 whose soft target gives the 3 some percent shows a part of what a 3 looks like. All that the student lacks is how often "
                "threes come, since in its training they never did. That is one number: the bias. Tuned on validation images, the threes appear."
            ),
        ),
        Step(
            name="leave-it-out",
            text=N_(
                "Do it with small digits: the recipe leaves the 3 out. Press Train; it takes a few seconds."
            ),
            page=TRAIN,
            link={"omit": f"[{LEFT_OUT}]"},
            points_at="train",
            done=_left_out,
        ),
        Step(
            name="raise-the-bias",
            text=N_(
                "Below the result, follow the link to what the networks know of the 3. Move the bias, or press the button that tunes it, and watch "
                "student and twin."
            ),
            page=DARK_KNOWLEDGE,
            points_at="view",
            done=_bias_raised(),
            why=N_(
                "A bias adds the same number to one class's logit for every image. It cannot invent knowledge: raise it for the twin and it calls "
                "other digits a 3. For the student it uncovers what the soft targets had taught."
            ),
        ),
        Step(
            name="guess-the-smoothed",
            text=N_(
                "Two teachers of MNIST. One learned from plain labels; the other from smoothed labels, and errs less. Both teach the same student at "
                "the same T."
            ),
            page=DARK_KNOWLEDGE,
            question=Choice(
                N_("Whose student errs less?"),
                (
                    N_("the better teacher's, of smoothed labels"),
                    N_("the plain teacher's"),
                    N_("they err alike"),
                ),
                _teaches_less,
            ),
            why=N_(
                "Smoothing asks a network to give all wrong classes the same share. It learns that, and forgets which of them are alike: the map is "
                "wiped. So the teacher errs less and has less to tell (Müller, Kornblith and Hinton 2019; measured again here)."
            ),
        ),
    ),
    ends=N_(
        "Dark knowledge is what a teacher's small answers say of likeness. It can be seen, it can teach a class that was never shown, and a teacher "
        "can lose it while its errors fall."
    ),
)
