"""Numbers as text: counts, sizes and durations; shares and differences are in `kdcore.texts`."""

from __future__ import annotations

import time

from dashboard.text.translation import _, ngettext


def large(number: float) -> str:
    """A count in at most three significant digits: 421, 23.9 k, 2.39 M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:,.0f}"


def size_of(number: float) -> str:
    """Bytes in at most three significant digits."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:,.0f} B"


def short_time(seconds: float) -> str:
    """A latency in two digits with its unit: 84 µs, 1.2 ms, 0.31 s."""
    rounded = float(f"{seconds:.2g}")
    for unit, smallest, size in (("s", 0.1, 1.0), ("ms", 1e-4, 1e-3)):
        if rounded >= smallest:
            return f"{rounded / size:.4g} {unit}"
    return f"{rounded / 1e-6:.4g} µs"


def duration(seconds: float) -> str:
    """A duration the way people say it: 1.3 s, 18 s, 2 min 5 s, 1 h 20 min."""
    whole = max(0, round(seconds))
    if seconds < 9.95:
        return _("{s} s").format(s=f"{max(0.0, seconds):.1f}".removesuffix(".0"))
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
    return ngettext("with {n} other", "with {n} others", count).format(n=f"{count:,}")


def with_others(took: str, count: int) -> str:
    """A duration that a run shared with so many others of its cohort: 33 s with 26 others."""
    return f"{took} {others(count)}" if count else took


def roughly(seconds: float) -> float:
    """An estimate with the one digit that it deserves, two above ten."""
    return float(f"{max(seconds, 1.0):.{1 if seconds < 9.5 else 2}g}")


def date_text(moment: float) -> str:
    """The day of a moment, in seconds since 1970, as every reader takes it for the same: 2026-03-09."""
    return time.strftime("%Y-%m-%d", time.localtime(moment))


def moment_text(moment: float) -> str:
    """A moment to the minute: 2026-03-09 14:05."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
