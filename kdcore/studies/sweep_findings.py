"""What the figure of a sweep supports, in a sentence, and no more.

Settings are compared by the test errors of the same seeds (`kdcore.studies.claims`); the one that all are compared with is
chosen on validation. A comparison is made for itself: of many, some come out by chance.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kdcore.studies.claims import Verdict, fewer_errors
from kdcore.texts import N_

Say = Callable[[str], str]
NAMES = {"temperature": N_("T"), "teacher_weight": N_("weight on teacher"), "count": N_("images")}


@dataclass(frozen=True)
class Tried:
    """One setting: its students' test and validation errors by seed, and its twins' test errors."""

    setting: dict[str, Any]
    errors: tuple[int, ...]
    validation: tuple[int, ...]
    twin: tuple[int, ...]
    images: int

    @property
    def against_twin(self) -> Verdict:
        """Whether it errs less than its twin."""
        return fewer_errors(self.errors, self.twin)


@dataclass(frozen=True)
class Findings:
    """What can be told apart. all: every setting, in the sweep's order. best: the fewest validation errors; the others by
    how they compare with it on test."""

    all: tuple[Tried, ...]
    best: Tried
    seeds: int
    alike: tuple[Tried, ...] = field(default_factory=tuple)
    worse: tuple[Tried, ...] = field(default_factory=tuple)
    better: tuple[Tried, ...] = field(default_factory=tuple)


def findings(tried: Sequence[Tried]) -> Findings | None:
    """Compare the settings that have as many seeds as the one with most; None where there is none."""
    seeds = max((len(one.errors) for one in tried), default=0)
    whole = [one for one in tried if len(one.errors) == seeds > 0]
    if not whole:
        return None
    best = min(whole, key=lambda one: statistics.fmean(one.validation))
    others = [one for one in whole if one is not best]
    worse = [one for one in others if fewer_errors(best.errors, one.errors).holds]
    better = [one for one in others if fewer_errors(one.errors, best.errors).holds]
    alike = [one for one in others if one not in worse and one not in better]
    return Findings(tuple(whole), best, seeds, tuple(alike), tuple(worse), tuple(better))


def sentence(found: Findings | None, say: Say = str) -> str:
    """What the settings' errors support; `say` translates. Empty where nothing was trained."""
    if found is None:
        return ""
    if found.seeds == 1:
        return say(N_("One seed tells no setting from another: take more seeds."))
    return " ".join(filter(None, [_apart(found, say), _helps(found, say)]))


def _apart(found: Findings, say: Say) -> str:
    every = found.all
    if len(every) == 1:
        return ""
    alike = [found.best, *found.alike]
    n, best = found.seeds, named([found.best], every, say)
    if len(alike) == len(every):
        said = say(N_("{settings} are not distinguishable at {n} seeds.")).format(
            settings=named(every, every, say), n=n
        )
    elif len(alike) == 1 and not found.better:
        return say(N_("{best} errs less than every other setting at {n} seeds.")).format(best=best, n=n)
    else:
        said = ""
        if len(alike) > 1:
            said = say(N_("{settings} are not distinguishable at {n} seeds.")).format(
                settings=named(alike, every, say), n=n
            )
        for who, words in (
            (found.worse, N_("{settings}: more errors than {best}, the best on validation.")),
            (found.better, N_("{settings}: fewer errors than {best}, the best on validation.")),
        ):
            if who:
                said += " " + say(words).format(settings=named(who, every, say), best=best)
    return said.strip()


def _helps(found: Findings, say: Say) -> str:
    """Where the students err less than their twins, and by how much at the best setting."""
    every = found.all
    helped = [one for one in every if one.against_twin.holds]
    hurt = [one for one in every if fewer_errors(one.twin, one.errors).holds]
    said = []
    if len(helped) == len(every):
        said.append(say(N_("Every setting errs less than its twin.")))
    elif helped:
        said.append(
            say(N_("{settings}: fewer errors than the twin.")).format(settings=named(helped, every, say))
        )
    else:
        said.append(say(N_("No setting is shown to err less than its twin.")))
    if hurt:
        said.append(
            say(N_("{settings}: more errors than the twin.")).format(settings=named(hurt, every, say))
        )
    verdict = found.best.against_twin
    if verdict.holds:
        said.append(
            say(
                N_(
                    "At {best} by {mean} ± {error} errors on {images} test images (mean and its standard error)."
                )
            ).format(
                best=named([found.best], every, say),
                mean=f"{-verdict.mean:.1f}",
                error=f"{verdict.standard_error:.1f}",
                images=f"{found.best.images:,}",
            )
        )
    return " ".join(said)


def named(some: Iterable[Tried], every: Sequence[Tried], say: Say = str) -> str:
    """Settings by what tells them from the others: `T between 2 and 8`, `T = 1 and 20`, `T = 4, weight on teacher = 0.9`."""
    wanted = [*some]
    chosen = [one.setting for one in every if any(one is other for other in wanted)]
    fields = [*chosen[0]]
    if len(fields) > 1:
        if len(chosen) > 3:
            return say(N_("{n} of {all} settings")).format(n=len(chosen), all=len(every))
        return "; ".join(", ".join(_is(name, one[name], say) for name in fields) for one in chosen)
    name = fields[0]
    values = [one[name] for one in chosen]
    there = [one.setting[name] for one in every]
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in there):
        values, there = sorted(values), sorted(set(there))
        first = there.index(values[0])
        if len(values) > 1 and len(there) > 2 and there[first : first + len(values)] == values:
            return say(N_("{field} between {low} and {high}")).format(
                field=called(name, say), low=shown(values[0], say), high=shown(values[-1], say)
            )
    return f"{called(name, say)} = {_listed([shown(v, say) for v in values], say)}"


def _is(name: str, value: Any, say: Say) -> str:
    return f"{called(name, say)} = {shown(value, say)}"


def _listed(words: Sequence[str], say: Say) -> str:
    if len(words) == 1:
        return words[0]
    return say(N_("{some} and {last}")).format(some=", ".join(words[:-1]), last=words[-1])


def called(name: str, say: Say = str) -> str:
    """A field as a sentence calls it."""
    return say(NAMES[name]) if name in NAMES else say(name.removeprefix("parameters.").replace("_", " "))


def shown(value: Any, say: Say = str) -> str:
    """A field's value as a sentence says it."""
    if value is None:
        return say(N_("all"))
    if isinstance(value, tuple | list):
        return " + ".join(map(str, value)) or say(N_("none"))
    if isinstance(value, bool):
        return say(N_("yes")) if value else say(N_("no"))
    return f"{value:g}" if isinstance(value, int | float) else str(value)
