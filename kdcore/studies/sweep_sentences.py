"""What a sweep's figures support, in sentences, and no more: the answer, what each measure tells, and what more seeds could tell."""

from __future__ import annotations

from dataclasses import dataclass

from kdcore.studies.claims import MOST_SEEDS, Measure
from kdcore.studies.sweep_findings import Findings, Judged, Say, settings_named
from kdcore.studies.sweep_headline import headline
from kdcore.texts import N_, signed, together


@dataclass(frozen=True)
class MeasureSentences:
    """The sentences of one measure.

    Attributes:
        none_told, alike: no other setting, or some, cannot be told from the best.
        first: the best setting beats all others.
        worse, better: how settings compare with the best.
        all_helped, helped, none_helped, hurt: how they compare with their twins.
        unshown, could_tell, could_tell_some: of whom that is not known yet, and what number of seeds could tell all or some of it.
        gain: how much less the best has than its twin.
        digits: decimals of that.
        from_twin, from_best: what more seeds could tell.
    """

    none_told: str
    alike: str
    first: str
    worse: str
    better: str
    all_helped: str
    helped: str
    none_helped: str
    hurt: str
    unshown: str
    could_tell: str
    could_tell_some: str
    gain: str
    digits: int
    from_twin: str
    from_best: str


SENTENCES: dict[Measure, MeasureSentences] = {
    "errors": MeasureSentences(
        none_told=N_("By the errors every other setting may be as good as {best}, the best on validation, at {n} seeds."),
        alike=N_("By the errors {settings} may be as good as {best}, the best on validation, at {n} seeds."),
        first=N_("{best} errs less than every other setting at {n} seeds."),
        worse=N_("{settings}: more errors than {best}."),
        better=N_("{settings}: fewer errors than {best}, the best on validation."),
        all_helped=N_("Every setting errs less than its twin."),
        helped=N_("{settings}: fewer errors than the twin."),
        none_helped=N_("No setting is shown to err less than its twin."),
        hurt=N_("{settings}: more errors than the twin."),
        unshown=N_("{settings}: fewer errors are not shown yet at {n} seeds."),
        could_tell=N_("{settings}: fewer errors are not shown yet at {n} seeds; {more} seeds could tell."),
        could_tell_some=N_("{settings}: fewer errors are not shown yet at {n} seeds; {more} seeds could tell of {some}."),
        gain=N_("At {best} student − twin is {mean} ± {error} errors on {images} test images (mean and its standard error)."),
        digits=1,
        from_twin=N_("{n} seeds could tell {setting} from its twin by the errors."),
        from_best=N_("{n} seeds could tell {setting} from {best} by the errors."),
    ),
    "nll": MeasureSentences(
        none_told=N_("By the NLL every other setting may be as good as {best}, the best on validation, at {n} seeds."),
        alike=N_("By the NLL {settings} may be as good as {best}, the best on validation, at {n} seeds."),
        first=N_("{best} has a lower NLL than every other setting at {n} seeds."),
        worse=N_("{settings}: a higher NLL than {best}."),
        better=N_("{settings}: a lower NLL than {best}, the best on validation."),
        all_helped=N_("Every setting has a lower NLL than its twin."),
        helped=N_("{settings}: a lower NLL than the twin."),
        none_helped=N_("No setting is shown to have a lower NLL than its twin."),
        hurt=N_("{settings}: a higher NLL than the twin."),
        unshown=N_("{settings}: a lower NLL is not shown yet at {n} seeds."),
        could_tell=N_("{settings}: a lower NLL is not shown yet at {n} seeds; {more} seeds could tell."),
        could_tell_some=N_("{settings}: a lower NLL is not shown yet at {n} seeds; {more} seeds could tell of {some}."),
        gain=N_("At {best} student − twin is {mean} ± {error} nats on each of {images} test images (mean and its standard error)."),
        digits=3,
        from_twin=N_("{n} seeds could tell {setting} from its twin by the NLL."),
        from_best=N_("{n} seeds could tell {setting} from {best} by the NLL."),
    ),
}  # fmt: skip


def sentence(result: Findings | None, say: Say = str) -> str:
    """The answer and what it rests on; `say` translates. Empty where nothing was trained."""
    return together([headline(result, say), *details(result, say)], say)


def details(result: Findings | None, say: Say = str) -> list[str]:
    """What the answer rests on: a text for each measure, and one for what more seeds could tell."""
    if result is None or result.seeds == 1:
        return []
    measures = [
        together([_told_apart(result, judged, say), _against_twins(result, judged, say)], say)
        for judged in result.judged
    ]
    return [*measures, *filter(None, [_what_more_seeds_tell(result, say)])]


def _told_apart(result: Findings, judged: Judged, say: Say) -> str:
    every, n, words = result.settings, result.seeds, SENTENCES[judged.measure]
    if len(every) == 1:
        return ""
    best = settings_named([result.best], every, say)
    if len(judged.worse) == len(every) - 1:
        return say(words.first).format(best=best, n=n)
    if len(judged.alike) == len(every) - 1:
        return say(words.none_told).format(best=best, n=n)
    parts = ((judged.alike, words.alike), (judged.worse, words.worse), (judged.better, words.better))
    told = (
        say(template).format(settings=settings_named(settings, every, say), best=best, n=n)
        for settings, template in parts
        if settings
    )
    return together(told, say)


def _against_twins(result: Findings, judged: Judged, say: Say) -> str:
    """Which students have less than their twins, and how much less at the best setting."""
    every, words = result.settings, SENTENCES[judged.measure]
    if len(judged.helped) == len(every):
        sentences = [say(words.all_helped)]
    elif judged.helped:
        sentences = [say(words.helped).format(settings=settings_named(judged.helped, every, say))]
    else:
        sentences = [say(words.none_helped)]
    if judged.hurt:
        sentences.append(say(words.hurt).format(settings=settings_named(judged.hurt, every, say)))
    if judged.helped or judged.hurt:
        sentences += _not_shown(result, judged, say)
    verdict = judged.best_and_twin
    if verdict.less:
        sentences.append(
            say(words.gain).format(
                best=settings_named([result.best], every, say),
                mean=signed(verdict.difference.mean, words.digits),
                error=f"{verdict.difference.standard_error:.{words.digits}f}",
                images=f"{result.best.images:,}",
            )
        )
    return together(sentences, say)


def _not_shown(result: Findings, judged: Judged, say: Say) -> list[str]:
    """Of whom it is not known how they compare with their twins, and what number of seeds could tell."""
    if not judged.unshown:
        return []
    every, words = result.settings, SENTENCES[judged.measure]
    settings = settings_named([one for one, _seeds in judged.unshown], every, say)
    known = [(one, seeds) for one, seeds in judged.unshown if seeds is not None]
    if not known:
        return [say(words.unshown).format(settings=settings, n=result.seeds)]
    more = max(seeds for _one, seeds in known)
    template = words.could_tell if len(known) == len(judged.unshown) else words.could_tell_some
    some = settings_named([one for one, _seeds in known], every, say)
    return [say(template).format(settings=settings, n=result.seeds, more=more, some=some)]


def _what_more_seeds_tell(result: Findings, say: Say) -> str:
    """The difference that the fewest further seeds could tell; empty where nothing is left."""
    left = result.undecided
    if left is None:
        return ""
    if left.seeds > MOST_SEEDS:
        return say(N_("More than {n} seeds would be needed to tell more.")).format(n=MOST_SEEDS)
    words = SENTENCES[left.measure]
    return say(words.from_twin if left.from_twin else words.from_best).format(
        n=left.seeds,
        setting=settings_named([left.setting], result.settings, say),
        best=settings_named([result.best], result.settings, say),
    )
