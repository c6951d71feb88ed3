"""A sweep's answer in one line: which settings are best, or that none is yet.

"Best" are the setting that is best on validation and those that the test figures cannot tell from it; of the others it is said
that they are worse than that one setting, which is what was tested. Errors come first, the NLL where the errors tell nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    if len(result.best.setting) != 1 or len(result.settings) < 3:
        return ""
    [(field, value)] = result.best.setting.items()
    tried = [one.setting[field] for one in result.settings]
    if field not in FLAT_FIELDS or not all(
        isinstance(one, int | float) and type(one) is not bool for one in tried
    ):
        return ""
    best = settings_named([result.best], result.settings, say)
    if value == max(tried) and value != FLAT_FIELDS[field].bound("le"):
        return say(N_("Nothing above {best} was tried: the best may lie there.")).format(best=best)
    if value == min(tried) and value != FLAT_FIELDS[field].bound("ge"):
        return say(N_("Nothing below {best} was tried: the best may lie there.")).format(best=best)
    return ""


ERRORS = (
    N_("Best: {group}; all others err more."),
    N_("Best: {group}; {worse} errs more."),
    N_("Best: {group}; {worse} errs more than {best}."),
    N_("Best: {group}; {worse} err more than {best}."),
    N_("Best: {group}; all others err more than {best}."),
)
NLL = (
    N_("Best by the NLL, while the errors tell none apart: {group}; it is higher with all others."),
    N_("Best by the NLL, while the errors tell none apart: {group}; it is higher with {worse}."),
    N_("Best by the NLL, while the errors tell none apart: {group}; it is higher with {worse} than with {best}."),
    N_("Best by the NLL, while the errors tell none apart: {group}; it is higher with {worse} than with {best}."),
    N_("Best by the NLL, while the errors tell none apart: {group}; it is higher with all others than with {best}."),
)  # fmt: skip
"""For one setting that beats all others or the only other; and where others may be as good: for one that is worse, for several,
and for so many that they are not named."""


def _best(result: Findings, judged: Judged, templates: Sequence[str], best: str, say: Say) -> str:
    """The best on validation with those that cannot be told from it, and those that are worse than it."""
    every, worse = result.settings, _named(judged.worse, result.settings, say)
    group = best
    if judged.alike:
        group = _named([result.best, *judged.alike], every, say) or say(
            N_("{best}, and {n} more that cannot be told from it")
        ).format(best=best, n=len(judged.alike))
    of_all, of_two, one, several, many = templates
    if not judged.alike:
        template = of_two if len(every) == 2 else of_all
    elif not worse:
        template = many
    else:
        template = one if len(judged.worse) == 1 else several
    return say(template).format(group=group, worse=worse, best=best)


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
