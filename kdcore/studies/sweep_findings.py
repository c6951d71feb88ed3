"""What a sweep's errors support, in a sentence, and no more.

Settings are compared by their test errors at the same seeds (`kdcore.studies.claims`); the one that all others are compared
with is chosen on validation. Comparisons are not corrected for their number: of many, some come out by chance.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kdcore.experiment_fields import field_label, value_text
from kdcore.studies.claims import Verdict, fewer_errors
from kdcore.texts import N_

Say = Callable[[str], str]


@dataclass(frozen=True)
class SettingErrors:
    """The errors of one setting by seed.

    Attributes:
        errors, validation: of its students on test and on validation.
        twin: of its twins on test.
        images: how many the test split has.
    """

    setting: dict[str, Any]
    errors: tuple[int, ...]
    validation: tuple[int, ...]
    twin: tuple[int, ...]
    images: int

    @property
    def against_twin(self) -> Verdict:
        """Whether its students err less than their twins."""
        return fewer_errors(self.errors, self.twin)


@dataclass(frozen=True)
class Findings:
    """Which settings can be told apart.

    Attributes:
        settings: all that have as many seeds as the one with most, in the sweep's order.
        best: the one with the fewest validation errors.
        alike, worse, better: the others, by how they compare with it on test.
    """

    settings: tuple[SettingErrors, ...]
    best: SettingErrors
    seeds: int
    alike: tuple[SettingErrors, ...] = field(default_factory=tuple)
    worse: tuple[SettingErrors, ...] = field(default_factory=tuple)
    better: tuple[SettingErrors, ...] = field(default_factory=tuple)


def findings(settings: Sequence[SettingErrors]) -> Findings | None:
    """Compare the settings that have as many seeds as the one with most; None where there is none."""
    seeds = max((len(one.errors) for one in settings), default=0)
    complete = [one for one in settings if len(one.errors) == seeds > 0]
    if not complete:
        return None
    best = min(complete, key=lambda one: statistics.fmean(one.validation))
    others = [one for one in complete if one is not best]
    worse = [one for one in others if fewer_errors(best.errors, one.errors).holds]
    better = [one for one in others if fewer_errors(one.errors, best.errors).holds]
    alike = [one for one in others if one not in worse and one not in better]
    return Findings(tuple(complete), best, seeds, tuple(alike), tuple(worse), tuple(better))


def sentence(result: Findings | None, say: Say = str) -> str:
    """What the settings' errors support; `say` translates. Empty where nothing was trained."""
    if result is None:
        return ""
    if result.seeds == 1:
        return say(N_("One seed tells no setting from another: take more seeds."))
    return " ".join(filter(None, [_told_apart(result, say), _against_twins(result, say)]))


def _told_apart(result: Findings, say: Say) -> str:
    every = result.settings
    if len(every) == 1:
        return ""
    alike = [result.best, *result.alike]
    n, best = result.seeds, settings_named([result.best], every, say)
    if len(alike) == len(every):
        text = say(N_("{settings} are not distinguishable at {n} seeds.")).format(
            settings=settings_named(every, every, say), n=n
        )
    elif len(alike) == 1 and not result.better:
        return say(N_("{best} errs less than every other setting at {n} seeds.")).format(best=best, n=n)
    else:
        text = ""
        if len(alike) > 1:
            text = say(N_("{settings} are not distinguishable at {n} seeds.")).format(
                settings=settings_named(alike, every, say), n=n
            )
        for settings, words in (
            (result.worse, N_("{settings}: more errors than {best}, the best on validation.")),
            (result.better, N_("{settings}: fewer errors than {best}, the best on validation.")),
        ):
            if settings:
                text += " " + say(words).format(settings=settings_named(settings, every, say), best=best)
    return text.strip()


def _against_twins(result: Findings, say: Say) -> str:
    """Where the students err less than their twins, and by how much at the best setting."""
    every = result.settings
    helped = [one for one in every if one.against_twin.holds]
    hurt = [one for one in every if fewer_errors(one.twin, one.errors).holds]
    sentences = []
    if len(helped) == len(every):
        sentences.append(say(N_("Every setting errs less than its twin.")))
    elif helped:
        sentences.append(
            say(N_("{settings}: fewer errors than the twin.")).format(
                settings=settings_named(helped, every, say)
            )
        )
    else:
        sentences.append(say(N_("No setting is shown to err less than its twin.")))
    if hurt:
        sentences.append(
            say(N_("{settings}: more errors than the twin.")).format(
                settings=settings_named(hurt, every, say)
            )
        )
    verdict = result.best.against_twin
    if verdict.holds:
        sentences.append(
            say(
                N_(
                    "At {best} by {mean} ± {error} errors on {images} test images (mean and its standard error)."
                )
            ).format(
                best=settings_named([result.best], every, say),
                mean=f"{-verdict.mean:.1f}",
                error=f"{verdict.standard_error:.1f}",
                images=f"{result.best.images:,}",
            )
        )
    return " ".join(sentences)


def settings_named(some: Iterable[SettingErrors], every: Sequence[SettingErrors], say: Say = str) -> str:
    """Some of a sweep's settings by what distinguishes them from the others: `T between 2 and 8`, `T = 1 and 20`, `T = 4, weight on teacher = 0.9`."""
    wanted = [*some]
    chosen = [one.setting for one in every if any(one is other for other in wanted)]
    fields = [*chosen[0]]
    if len(fields) > 1:
        if len(chosen) > 3:
            return say(N_("{n} of {all} settings")).format(n=len(chosen), all=len(every))
        return "; ".join(", ".join(_equation(name, one[name], say) for name in fields) for one in chosen)
    name = fields[0]
    values = [one[name] for one in chosen]
    known = [one.setting[name] for one in every]
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in known):
        values, known = sorted(values), sorted(set(known))
        first = known.index(values[0])
        if len(values) > 1 and len(known) > 2 and known[first : first + len(values)] == values:
            return say(N_("{field} between {low} and {high}")).format(
                field=field_label(name, say),
                low=field_value(values[0], say),
                high=field_value(values[-1], say),
            )
    return f"{field_label(name, say)} = {_listed([field_value(v, say) for v in values], say)}"


def _equation(name: str, value: Any, say: Say) -> str:
    return f"{field_label(name, say)} = {field_value(value, say)}"


def _listed(words: Sequence[str], say: Say) -> str:
    if len(words) == 1:
        return words[0]
    return say(N_("{some} and {last}")).format(some=", ".join(words[:-1]), last=words[-1])


def field_value(value: Any, say: Say = str) -> str:
    """The value of a varied field in a sentence; classes that are left out together are joined by a plus."""
    return value_text(value, say, separator=" + ")
