"""Lesson 2, on the Train page: a student beside its twin, more than one seed, the controls, and more than errors."""

from __future__ import annotations

from dashboard.data.lesson import Check, Lesson, Seen, Step
from dashboard.data.lesson_questions import Choice, MeasuredNumber, Ranking, Scale
from dashboard.lessons.checks import both, finished_run
from dashboard.lessons.figures import mean, presets, spread
from dashboard.pages import TRAIN
from dashboard.text.numbers import grouped
from dashboard.text.translation import _, listing
from kdcore.studies.presets import PRESETS
from kdcore.texts import N_

FIRST, PLAIN = "digits-100", "mnist-plain"
RECIPE = {
    name: PRESETS[0].experiment.value(name)
    for name in ("dataset", "count", "student", "epochs", "temperature", "method")
}


def _student() -> MeasuredNumber:
    found = spread(presets()[FIRST].errors["student"])
    twin = mean(presets()[FIRST].errors["twin"])
    sentence = _(
        "That is the mean over five seeds; the twin, the same network taught by labels alone, errs on {twin}."
    )
    return MeasuredNumber(round(found.value), found.spread, sentence.format(twin=twin))


def _every_seed() -> tuple[int, str]:
    measured = presets()[FIRST].errors
    saved = [twin - student for twin, student in zip(measured["twin"], measured["student"], strict=True)]
    sentence = _("Five seeds saved {saved} errors: always some, never the same.")
    return 1, sentence.format(saved=listing(map(str, saved)))


def _controls() -> tuple[tuple[int, ...], str]:
    measured = presets()[FIRST].errors
    names = ("student", "T=1", "smoothing")
    order = tuple(sorted(range(3), key=lambda place: sum(measured[names[place]])))
    sentence = _(
        "Errors, mean of five seeds: soft targets at T = 4 {student}, at T = 1 {unsoftened}, smoothed labels {smoothing}."
    )
    return order, sentence.format(
        student=mean(measured["student"]),
        unsoftened=mean(measured["T=1"]),
        smoothing=mean(measured["smoothing"]),
    )


def _only_surer() -> tuple[int, str]:
    measured = presets()[PLAIN]
    sentence = _(
        "Errors {student} and {twin} of {images}, NLL {nll} and {twin_nll}: it errs as often, and knows better when it does."
    )
    return 1, sentence.format(
        student=mean(measured.errors["student"]),
        twin=mean(measured.errors["twin"]),
        images=grouped(measured.images),
        nll=mean(measured.nll["student"], 3),
        twin_nll=mean(measured.nll["twin"], 3),
    )


def _other_seed() -> Check:
    """The run began with other first weights than the preset's."""

    def check(seen: Seen) -> bool:
        return seen.run is not None and seen.run.experiment.init_seed != PRESETS[0].experiment.init_seed

    return check


LESSON = Lesson(
    name="does-it-help",
    number=2,
    title=N_("Does it help?"),
    afterwards=N_("You can say how to tell a gain from luck, and what else could explain it."),
    minutes=8,
    steps=(
        Step(
            name="guess-the-student",
            text=N_(
                "100 labelled digits, a small network. Taught by labels alone it errs on 36 of 360 test images. Now it also gets the soft "
                "targets of a teacher that errs on 8, at T = 4."
            ),
            page=TRAIN,
            link={"preset": FIRST},
            question=Scale(N_("On how many will it err?"), 8, 60, 1, N_("{n} errors"), 3, _student),
            why=N_(
                "A label gives a student one number an image. A soft target gives it one for every class: which other digits this one "
                "resembles, and how much. With few images that is most of what there is to learn."
            ),
        ),
        Step(
            name="train",
            text=N_("Press Train. Teacher, twin and student appear as curves; it takes a few seconds."),
            page=TRAIN,
            link={"preset": FIRST},
            points_at="train",
            done=finished_run(**RECIPE),
            why=N_(
                "The twin begins with the same weights and sees the same batches in the same order. All that differs is what it is taught. "
                "Whatever the curves show apart is the soft targets' doing, or luck."
            ),
        ),
        Step(
            name="guess-other-seeds",
            text=N_(
                "One run says little: other first weights and other batches give other numbers. Imagine the same training with five "
                "different seeds."
            ),
            page=TRAIN,
            question=Choice(
                N_("How often will the student err less than its twin, and by how much?"),
                (
                    N_("Each time, by the same number"),
                    N_("Each time, by different numbers"),
                    N_("About every second time"),
                ),
                _every_seed,
            ),
            why=N_(
                "A seed sets the first weights, the order of the batches, and here also which 100 images are taken. Student and twin share "
                "it, so their difference varies less than either. A paired test over seeds says whether it could be luck."
            ),
        ),
        Step(
            name="another-seed",
            text=N_(
                "See one of them: press Train again. The page says that the same seeds would give the same curves, and offers the same with "
                "another seed."
            ),
            page=TRAIN,
            points_at="train",
            done=both(finished_run(**RECIPE), _other_seed()),
        ),
        Step(
            name="guess-the-controls",
            text=N_(
                "Could something simpler explain the gain? Smoothed labels give every wrong class the same small share. Soft targets at T = 1 "
                "are the teacher's own probabilities."
            ),
            page=TRAIN,
            question=Ranking(
                N_("Put them in order, the fewest errors first."),
                (N_("soft targets at T = 4"), N_("soft targets at T = 1"), N_("smoothed labels")),
                _controls,
            ),
            why=N_(
                "If smoothed labels did as well, the gain would come from not being sure. If T = 1 did as well, it would need no temperature. "
                "A control changes one thing. Here neither explains it; with random labels the teacher's bare answers do."
            ),
        ),
        Step(
            name="guess-the-nll",
            text=N_(
                "Now all 55,000 digits of MNIST and a tiny student, 60 epochs. Student and twin err on 330 and 329 of 10,000 test images."
            ),
            page=TRAIN,
            question=Choice(
                N_("Did the soft targets give it nothing?"),
                (
                    N_("Nothing at all"),
                    N_("The same errors, but probabilities that can be trusted more"),
                    N_("Fewer errors on validation only"),
                ),
                _only_surer,
            ),
            why=N_(
                "NLL is the mean of $-\\log p$ of the right class: it asks how sure a network is, and punishes being sure of a mistake. Labels "
                "drive every probability towards 1, so a network that still errs becomes sure of its errors. Soft targets say how sure to be."
            ),
        ),
    ),
    ends=N_(
        "A gain is a difference to the twin, over seeds, that its controls do not explain, and errors are not all there is to gain."
    ),
)
