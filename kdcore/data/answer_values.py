"""What recorded answers mean: logits, probabilities, or counts of people's choices; made logits, a column a class of the dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from kdcore.errors import TeacherUnavailable

AnswerKind = Literal["logits", "probabilities", "counts"]
ANSWER_KINDS: tuple[AnswerKind, ...] = get_args(AnswerKind)
FLOOR = 1e-6
"""The least probability that is believed: the logarithm of nothing is no number, and nobody is that sure."""
SUM_TOLERANCE = 0.02
"""By how much the probabilities of a row may miss 1, as rounded ones do."""


def kind_of(values: NDArray[np.float64]) -> AnswerKind:
    """What numbers [n, C] look like: negative ones are logits, rows that sum to 1 probabilities, whole numbers counts."""
    if (values < 0).any():
        return "logits"
    if (abs(values.sum(axis=1) - 1) <= SUM_TOLERANCE).all():
        return "probabilities"
    return "counts" if (values == values.round()).all() and (values.sum(axis=1) > 0).all() else "logits"


def logits_of(values: NDArray[np.float64], kind: AnswerKind, floor: float = FLOOR) -> NDArray[np.float32]:
    """Logits [n, C]: as they are, or the logarithms of probabilities, none of them below `floor`.

    Raises:
        TeacherUnavailable: these are no such numbers.
    """
    if kind == "logits":
        return values.astype(np.float32)
    sums = values.sum(axis=1, keepdims=True)
    if (values < 0).any() or (sums <= 0).any():
        raise TeacherUnavailable(
            f"These are no {kind}: a row has a number below zero, or nothing but zeros. Say --answers logits where they are logits."
        )
    if kind == "probabilities" and (worst := float(abs(sums - 1).max())) > SUM_TOLERANCE:
        raise TeacherUnavailable(
            f"These are no probabilities: a row's sum misses 1 by {worst:.3g}. Say --answers counts or logits where they are those."
        )
    logits: NDArray[np.float32] = np.log(np.maximum(values / sums, floor)).astype(np.float32)
    return logits


def chosen_columns(
    classes: Sequence[str], width: int, names: Sequence[str] = (), wanted: Sequence[int | str] = ()
) -> tuple[int, ...]:
    """Which of `width` columns is which class of the dataset, by a class map, by their names, or in order.

    names: of the columns. wanted: the class map, a column for each class, by its place or its name.

    Raises:
        TeacherUnavailable: a class has no column, or a column no class.
    """
    places = {name.strip().casefold(): place for place, name in enumerate(names)}
    if wanted:
        found = tuple(_place(one, places, width) for one in wanted)
        if len(found) != len(classes) or len({*found}) != len(found):
            raise TeacherUnavailable(
                f"The class map names {len({*found})} columns, and there are {len(classes)} classes: {', '.join(classes)}. "
                "Name one column for each, in this order."
            )
        return found
    if places and all(name.casefold() in places for name in classes):
        return tuple(places[name.casefold()] for name in classes)
    if width != len(classes):
        raise TeacherUnavailable(
            f"It knows {width} classes and the images have {len(classes)}: {', '.join(classes[:12])}. Give the class map: for each of "
            "these, in this order, the column that stands for it (--columns 3,7,12)."
        )
    return tuple(range(width))


def _place(wanted: int | str, places: dict[str, int], width: int) -> int:
    text = str(wanted).strip()
    if text.isdecimal():
        if int(text) < width:
            return int(text)
    elif (place := places.get(text.casefold())) is not None:
        return place
    raise TeacherUnavailable(
        f"The class map names the column '{text}', and there are the columns 0 to {width - 1}."
    )
