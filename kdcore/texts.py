"""Texts of a library that shows nothing itself: marked for translation, and shares and differences as people read them."""

from collections.abc import Callable, Iterable
from functools import reduce


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a deferred mark
    """Mark `text` for the message catalogue and return it unchanged; it is translated where it is shown."""
    return text


def together(sentences: Iterable[str], say: Callable[[str], str] = str) -> str:
    """Sentences one after the other, those that are not empty: with a blank between them, or as `say` has it."""
    return _joined(sentences, say(N_("{first} {then}")))


def listing(words: Iterable[str], say: Callable[[str], str] = str) -> str:
    """Words one after the other: with commas between them, or as `say` has it."""
    return _joined(words, say(N_("{first}, {then}")))


def _joined(parts: Iterable[str], joint: str) -> str:
    kept = [*filter(None, parts)]
    return reduce(lambda first, then: joint.format(first=first, then=then), kept) if kept else ""


UNCALIBRATED = N_("The student's probabilities cannot be taken at their word: {why}")
"""What is said of a method whose card has a reason why its student is `uncalibrated`."""
MARK = "†"
"""How tables mark such a method."""


def counted_in_english(one: str, many: str, n: int) -> str:
    """The form of a counted text that fits `n` where nobody translates."""
    return one if n == 1 else many


def percent(share: float, of: int) -> str:
    """A share in percent with the digits that `of` images support: one up to 2,000, else two."""
    return f"{100 * share:.{1 if of <= 2000 else 2}f} %"


def points(difference: float, of: int) -> str:
    """A signed difference of two shares in percentage points, with a true minus sign."""
    return signed(100 * difference, 1 if of <= 2000 else 2)


def signed(value: float, digits: int = 0) -> str:
    """A number that always shows its sign, unless it is zero at these digits."""
    text = f"{abs(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        return text
    return ("+" if value > 0 else "\N{MINUS SIGN}") + text
