"""Numbers as text, as the reader's language writes them: counts, shares, differences, sizes, durations and dates."""

from __future__ import annotations

import time
from datetime import date
from functools import cache

from babel import Locale
from babel.dates import format_date

from dashboard.text.translation import _, language, ngettext, together
from kdcore import texts
from kdcore.translation import ENGLISH, PSEUDO


def localised(number: str) -> str:
    """A number that is written as in English, 1,234.5, with the marks of the reader's language."""
    decimal, group = _marks(language())
    return number if (decimal, group) == (".", ",") else number.translate({44: group, 46: decimal})


@cache
def _marks(name: str) -> tuple[str, str]:
    """The decimal mark, and what stands between thousands."""
    marks = Locale.parse(ENGLISH if name == PSEUDO else name).number_symbols["latn"]
    return marks["decimal"], marks["group"]


def grouped(number: float) -> str:
    """A whole number: 10,000."""
    return localised(f"{number:,.0f}")


def percentage_of(share: float) -> str:
    """A share in percent in two significant digits: 0.25 %."""
    return _("{n} %").format(n=localised(f"{100 * share:.2g}"))


def percentage(share: float, digits: int) -> str:
    """A share in percent with so many decimals: 7.1 %."""
    return _("{n} %").format(n=localised(f"{100 * share:.{digits}f}"))


def percent(share: float, of: int) -> str:
    """A share in percent with the digits that `of` images support: one up to 2,000, else two."""
    return percentage(share, 1 if of <= 2000 else 2)


def points(difference: float, of: int) -> str:
    """A signed difference of two shares in percentage points, with a true minus sign."""
    return localised(texts.points(difference, of))


def signed(value: float, digits: int = 0) -> str:
    """A number that always shows its sign, unless it is zero at these digits."""
    return localised(texts.signed(value, digits))


def day(moment: date) -> str:
    """A date: 29 Nov 2026."""
    return format_date(
        moment,
        "d MMM y" if language() in (ENGLISH, PSEUDO) else "medium",
        ENGLISH if language() == PSEUDO else language(),
    )


def large(number: float) -> str:
    """A count in at most three significant digits: 421, 23.9 k, 2.39 M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{localised(f'{number / size:.3g}')} {unit}"
    return grouped(number)


def size_of(number: float) -> str:
    """Bytes in at most three significant digits."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= size:
            return f"{localised(f'{number / size:.3g}')} {unit}"
    return f"{grouped(number)} B"


def short_time(seconds: float) -> str:
    """A latency in two digits with its unit: 84 µs, 1.2 ms, 0.31 s."""
    rounded = float(f"{seconds:.2g}")
    for unit, smallest, size in (("s", 0.1, 1.0), ("ms", 1e-4, 1e-3)):
        if rounded >= smallest:
            return f"{localised(f'{rounded / size:.4g}')} {unit}"
    return f"{localised(f'{rounded / 1e-6:.4g}')} µs"


def duration(seconds: float) -> str:
    """A duration the way people say it: 1.3 s, 18 s, 2 min 5 s, 1 h 20 min."""
    whole = max(0, round(seconds))
    if seconds < 9.95:
        return _("{s} s").format(s=localised(f"{max(0.0, seconds):.1f}".removesuffix(".0")))
    if whole < 60:
        return _("{s} s").format(s=whole)
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return (
            _("{m} min {s} s").format(m=minutes, s=rest)
            if rest and minutes < 10
            else _("{m} min").format(m=minutes)
        )
    hours, rest = divmod(whole // 60, 60)
    return _("{h} h {m} min").format(h=hours, m=rest)


def others(count: int) -> str:
    """With how many others a time was shared: with 26 others."""
    return ngettext("with {n} other", "with {n} others", count).format(n=localised(f"{count:,}"))


def with_others(took: str, count: int) -> str:
    """A duration that a run shared with so many others of its cohort: 33 s with 26 others."""
    return together([took, others(count)]) if count else took


def roughly(seconds: float) -> float:
    """An estimate with the one digit that it deserves, two above ten."""
    return float(f"{max(seconds, 1.0):.{1 if seconds < 9.5 else 2}g}")


def date_text(moment: float) -> str:
    """The day of a moment, in seconds since 1970, as every reader takes it for the same: 2026-03-09."""
    return time.strftime("%Y-%m-%d", time.localtime(moment))


def moment_text(moment: float) -> str:
    """A moment to the minute: 2026-03-09 14:05."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
