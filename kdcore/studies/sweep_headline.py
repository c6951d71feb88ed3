"""A sweep's answer in one line: which settings are best, or that none is yet.

"Best" is the setting that is best on validation. Others are compared with that one: some cannot be told from it and may be as
good, some are worse. Errors come first, the NLL where the errors tell nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from kdcore.experiment import FLAT_FIELDS
from kdcore.studies.sweep_findings import Findings, Judged, Say, SettingErrors, is_range, settings_named
from kdcore.texts import N_, together

MOST_LISTED = 4
"""So many settings are named one by one; more only where they are a range."""


def headline(result: Findings | None, say: Say = str) -> str:
    """The answer, a sentence; `say` translates. Empty where nothing was trained."""
    if result is None:
        return ""
    by_errors, *others = result.judged
    by_nll = others[0] if others else None
    if len(result.settings) == 1:
        return _beside_the_twin(result, by_errors, by_nll, say)
    if result.seeds == 1:
        return say(N_("One seed tells no setting from another: take more seeds."))
    if by_errors.better or by_errors.worse:
        return _by_errors(result, by_errors, say)
    if by_nll is not None and (by_nll.better or by_nll.worse):
        return _by_nll(result, by_nll, say)
    nothing = N_(
        "No setting can be called best yet: at {n} seeds the differences between them may be chance."
    )
    return say(nothing).format(n=result.seeds)


def _by_errors(result: Findings, judged: Judged, say: Say) -> str:
    every, best = result.settings, settings_named([result.best], result.settings, say)
    if judged.better:
        several = N_("No setting can be called best: on the test images {better} err less than {best}, the best on validation.")  # fmt: skip
        one = N_("No setting can be called best: on the test images {better} errs less than {best}, the best on validation.")  # fmt: skip
        template = one if len(judged.better) == 1 else several
        better = _named(judged.better, every, say) or say(N_("others"))
        return say(template).format(better=better, best=best)
    answer = _best(result, judged, ERRORS, best, say)
    if any(result.best is one for one in judged.hurt):
        answer = together([answer, say(N_("Even {best} errs more than its twin.")).format(best=best)], say)
    return answer


def _by_nll(result: Findings, judged: Judged, say: Say) -> str:
    best = settings_named([result.best], result.settings, say)
    if judged.better:
        better = _named(judged.better, result.settings, say) or say(N_("others"))
        template = N_(
            "No setting can be called best: on the test images the NLL is lower with {better} than with {best}, the best on validation."
        )
        return say(template).format(better=better, best=best)
    return _best(result, judged, NLL, best, say)


def at_the_edge(result: Findings, say: Say = str) -> str:
    """That the best on validation is the least or the most that was tried of a number; empty where it is neither, or cannot go on."""
    best = settings_named([result.best], result.settings, say)
    match _edge(result):
        case "above":
            return say(N_("Nothing above {best} was tried: the best may lie there.")).format(best=best)
        case "below":
            return say(N_("Nothing below {best} was tried: the best may lie there.")).format(best=best)
    return ""


def beyond_the_edge(result: Findings) -> list[float]:
    """What to try where the best is the least or the most that was tried: twice and four times as much, or as little, within the field's bounds."""
    edge = _edge(result)
    if edge is None:
        return []
    [(field, value)] = result.best.setting.items()
    low, high = FLAT_FIELDS[field].bound("ge"), FLAT_FIELDS[field].bound("le")
    further = [value * 2**n if edge == "above" else value / 2**n for n in (1, 2)]
    within = [
        min(max(one, low if low is not None else one), high if high is not None else one) for one in further
    ]
    if FLAT_FIELDS[field].info.annotation is not float:
        within = [round(one) for one in within]
    return [one for one in dict.fromkeys(within) if one > 0 and one != value]


def _edge(result: Findings) -> Literal["above", "below"] | None:
    """On which side of the best nothing was tried of a number that could go on there."""
    if len(result.best.setting) != 1 or len(result.settings) < 3:
        return None
    [(field, value)] = result.best.setting.items()
    tried = [one.setting[field] for one in result.settings]
    numbers = all(isinstance(one, int | float) and type(one) is not bool for one in tried)
    if field not in FLAT_FIELDS or not numbers:
        return None
    if value == max(tried) and value != FLAT_FIELDS[field].bound("le"):
        return "above"
    if value == min(tried) and value != FLAT_FIELDS[field].bound("ge"):
        return "below"
    return None


ERRORS = (
    N_("Best: {best}; all others err more."),
    N_("Best: {best}; {worse} errs more."),
    N_("Best: {best}. {alike} may be as good; {worse} errs more."),
    N_("Best: {best}. {alike} may be as good; {worse} err more."),
    N_("Best: {best}. {alike} may be as good; all others err more."),
)
NLL = (
    N_("Best by the NLL, while the errors tell none apart: {best}; it is higher with all others."),
    N_("Best by the NLL, while the errors tell none apart: {best}; it is higher with {worse}."),
    N_("Best by the NLL, while the errors tell none apart: {best}. {alike} may be as good; it is higher with {worse}."),
    N_("Best by the NLL, while the errors tell none apart: {best}. {alike} may be as good; it is higher with {worse}."),
    N_("Best by the NLL, while the errors tell none apart: {best}. {alike} may be as good; it is higher with all others."),
)  # fmt: skip
"""For one setting that beats all others or the only other; and where others may be as good: for one that is worse, for several,
and for so many that they are not named."""


def _best(result: Findings, judged: Judged, templates: Sequence[str], best: str, say: Say) -> str:
    """The best on validation, those that cannot be told from it, and those that are worse than it."""
    every, worse = result.settings, _named(judged.worse, result.settings, say)
    of_all, of_two, one, several, many = templates
    if not judged.alike:
        template = of_two if len(every) == 2 else of_all
    elif not worse:
        template = many
    else:
        template = one if len(judged.worse) == 1 else several
    alike = _named(judged.alike, every, say) or say(N_("{n} others")).format(n=len(judged.alike))
    return say(template).format(alike=alike, worse=worse, best=best)


def _beside_the_twin(result: Findings, by_errors: Judged, by_nll: Judged | None, say: Say) -> str:
    """The answer of a sweep with one setting: whether its student differs from the twin."""
    if result.seeds == 1:
        return say(N_("One seed tells no student from its twin: take more seeds."))
    if by_errors.helped:
        template = N_("{setting}: the student errs less than its twin.")
    elif by_errors.hurt:
        template = N_("{setting}: the student errs more than its twin.")
    elif by_nll and by_nll.helped:
        template = N_("{setting}: the student has a lower NLL than its twin; the errors do not tell them apart yet.")  # fmt: skip
    elif by_nll and by_nll.hurt:
        template = N_("{setting}: the student has a higher NLL than its twin; the errors do not tell them apart yet.")  # fmt: skip
    else:
        template = N_("{setting}: {n} seeds do not tell the student from its twin yet.")
    setting = settings_named([result.best], result.settings, say)
    return say(template).format(setting=setting, n=result.seeds)


def _named(some: Sequence[SettingErrors], every: Sequence[SettingErrors], say: Say) -> str:
    """The settings by name; empty where that would be no short text."""
    if not some:
        return ""
    several_fields = len(some[0].setting) > 1 and len(some) > 1
    if several_fields or (len(some) > MOST_LISTED and not is_range(some, every)):
        return ""
    return settings_named(some, every, say)
