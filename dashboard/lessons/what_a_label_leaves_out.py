"""Lesson 1, on the first screen: the label names one class, the teacher knows more, and the temperature shows it."""

from __future__ import annotations

import math

from dashboard.data.lesson import Check, Lesson, Seen, Step
from dashboard.data.lesson_questions import Choice, MeasuredNumber, Scale
from dashboard.lessons.checks import temperature
from dashboard.lessons.figures import beliefs, entropy, percent, second
from dashboard.pages import SOFT_TARGETS
from dashboard.text.translation import _
from kdcore.texts import N_

MORPH, FRAME = "2-7", 16
"""The picture of the lesson: a 2 that leans towards a 7."""
TWO, SEVEN = 2, 7
PICTURE = {"at": str(FRAME)}
SCREEN = "soft_targets"


def _seven(at: float) -> float:
    return beliefs(MORPH, FRAME, at)[SEVEN]


def _at_four() -> MeasuredNumber:
    sentence = _("The same network, the same picture: only its logits are divided by 4 before the softmax.")
    return MeasuredNumber(round(100 * _seven(4.0)), 0.0, sentence)


def _warmest_for_seven() -> MeasuredNumber:
    ladder = [1.0 + 0.1 * i for i in range(300)]
    best = max(ladder, key=_seven)
    sentence = _(
        "There it has {share}. Warmer, it loses to classes that the picture does not resemble at all."
    )
    return MeasuredNumber(round(best, 1), 0.0, sentence.format(share=percent(_seven(best))))


def _likelier() -> tuple[int, str]:
    now = beliefs(MORPH, FRAME, 4.0)
    others = sorted((p for digit, p in enumerate(now) if digit not in (TWO, SEVEN)), reverse=True)
    sentence = _("At T = 4 the 7 has {seven}, the next {third}, and the least {least}.").format(
        seven=percent(now[SEVEN]), third=percent(others[0]), least=percent(others[-1])
    )
    return 0, sentence


def _most_bits() -> tuple[int, str]:
    bits, most = entropy(MORPH, FRAME, 100.0), math.log2(10)
    sentence = _(
        "At T = 100 the entropy is {bits} of {most} bits: almost nothing of the picture is left."
    ).format(bits=f"{bits:.2f}", most=f"{most:.2f}")
    return 1, sentence


def _wavers() -> Check:
    """The frame on screen is one on which the teacher's second answer has over 20 % at T = 1."""

    def check(seen: Seen) -> bool:
        at = seen.link.get("at", "")
        shown = seen.link.get("show", MORPH)
        return shown == MORPH and at.isdecimal() and int(at) < 41 and second(MORPH, int(at)) > 0.2

    return check


LESSON = Lesson(
    name="what-a-label-leaves-out",
    number=1,
    title=N_("What a label leaves out"),
    afterwards=N_(
        "You can say what soft targets hold beyond a label, and what the temperature does to them."
    ),
    minutes=7,
    steps=(
        Step(
            name="guess-at-four",
            text=N_(
                "A drawn 2 that leans towards a 7. Its label says 2 and nothing else. A teacher network that was trained on 55,000 "
                "digits looks at it. At T = 1 it gives the 7 less than half a percent."
            ),
            page=SOFT_TARGETS,
            link={**PICTURE, "T": "1"},
            question=Scale(
                N_("How much of its belief will go to the 7 at T = 4?"), 0, 50, 1, N_("{n} %"), 4, _at_four
            ),
            why=N_(
                "The softmax turns the network's numbers, its logits, into shares: $p_i = e^{z_i} / \\sum_j e^{z_j}$. A logit "
                "that is 5 behind the largest gets less than a hundredth of its share. So a sure network says almost nothing "
                "of the other classes, though it has an opinion of each."
            ),
        ),
        Step(
            name="warmer",
            text=N_(
                "Raise the temperature T to 4, on the slider below the bars. Watch the 7, and the classes after it."
            ),
            page=SOFT_TARGETS,
            link={**PICTURE, "T": "1"},
            points_at=SCREEN,
            done=temperature(3.5, 4.6),
            why=N_(
                "T divides every logit before the softmax: $p_i = e^{z_i / T} / \\sum_j e^{z_j / T}$. Their order stays. Their "
                "distances shrink by T, so what was 5 behind is 1.25 behind at T = 4, and has a quarter of the share instead "
                "of a hundredth."
            ),
        ),
        Step(
            name="guess-the-order",
            text=N_("Now the small answers can be read, and they are not all alike."),
            page=SOFT_TARGETS,
            link={**PICTURE, "T": "4"},
            question=Choice(
                N_("What do the shares of the other nine classes say?"),
                (
                    N_("Which digits this picture looks like, most of all the 7"),
                    N_("Nothing: they are rounding errors of the network"),
                    N_("How many pictures of each class there were in the training set"),
                ),
                _likelier,
            ),
            why=N_(
                "Hinton, Vinyals and Dean (2015, section 1) give the example of a 2 that gets a chance of one in a million of "
                "being a 3 and one in a billion of being a 7: which it resembles says more about the picture than that it is a "
                "2, and at T = 1 nobody sees it. They call that dark knowledge."
            ),
        ),
        Step(
            name="guess-too-hot",
            text=N_("If T = 4 shows more than T = 1, why not T = 100?"),
            page=SOFT_TARGETS,
            link={**PICTURE, "T": "4"},
            question=Choice(
                N_("What will the bars look like at T = 100?"),
                (
                    N_("The 7 passes the 2"),
                    N_("All ten are almost alike"),
                    N_("The small classes vanish again"),
                ),
                _most_bits,
            ),
            why=N_(
                "As T grows every $z_i / T$ goes to 0, and all ten shares to a tenth. The entropy, the number of bits by which one "
                "is in doubt, goes to its most, $\\log_2 10 = 3.32$. What tells the classes apart is still there, in ever smaller "
                "differences."
            ),
        ),
        Step(
            name="hot",
            text=N_("See for yourself: drag T to 100."),
            page=SOFT_TARGETS,
            link={**PICTURE, "T": "4"},
            points_at=SCREEN,
            done=temperature(60),
        ),
        Step(
            name="cold",
            text=N_("And the other way: drag T to 0.25, colder than the network was trained."),
            page=SOFT_TARGETS,
            link={**PICTURE, "T": "100"},
            points_at=SCREEN,
            done=temperature(high=0.3),
            why=N_(
                "Below 1 the distances grow instead: at T = 0.25 fourfold. The likeliest class takes everything, and the soft target "
                "becomes the label again, the teacher's own. Distilling at such a T is training on the teacher's bare answers."
            ),
        ),
        Step(
            name="wavering",
            text=N_(
                "At T = 1 a sure teacher hides its doubt. Move the picture between 2 and 7 until its second answer has over 20 % "
                "even at T = 1."
            ),
            page=SOFT_TARGETS,
            link={**PICTURE, "T": "1"},
            points_at=SCREEN,
            done=_wavers(),
            why=N_(
                "A label changes at once from 2 to 7, somewhere in the middle, as a person has to decide. The teacher passes "
                "through doubt. Pictures like these are where a soft target and a label differ most."
            ),
        ),
        Step(
            name="guess-the-warmest",
            text=N_(
                "Back to the first picture. The 7 has 0.4 % at T = 1 and a tenth at T = 100. In between it has more."
            ),
            page=SOFT_TARGETS,
            link={**PICTURE, "T": "1"},
            question=Scale(
                N_("At which temperature does the 7 have most?"),
                1,
                30,
                0.5,
                N_("T = {n}"),
                2,
                _warmest_for_seven,
            ),
            why=N_(
                "Warming takes from the 2 and gives to all others, first to those whose logits are highest. When these have caught up, "
                "it takes from them too and gives to the rest. Where a soft target says most of what resembles what lies in between: "
                "papers use T from 2 to 20, small students want less of it."
            ),
        ),
    ),
    ends=N_(
        "A label is one answer. A soft target is a distribution that also says what the picture resembles, and the temperature decides "
        "how loudly. Whether a student can use that is the next lesson."
    ),
)
