"""A bias on the logits of omitted classes: the best one on validation, the errors with it, and the outputs packed for the browser."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.data.compared_networks import ComparedNetworks
from dashboard.data.network_metrics import cached_metric
from dashboard.text.roles import TEACHER

if TYPE_CHECKING:
    from torch import Tensor

    from kdcore.metrics.class_bias import Recall


Classes = tuple[int, ...]
Biases = tuple[float, ...]


@cached_metric
def best_biases(validation: ComparedNetworks, omitted: Classes) -> list[Biases | None]:
    """The bias of each omitted class that suits each network best on validation images, to a thousandth.

    None for the teacher, which saw the classes, and for everyone where no validation image is of them. A class without
    validation images keeps 0; so do all where no bias makes a network's errors fewer.
    """
    present = [c for c, n in zip(omitted, own_images(validation, omitted), strict=True) if n]
    if not present:
        return [None] * len(validation.shown)
    return [
        None if one.role == TEACHER.name else _best(logits, validation.labels, present, omitted)
        for one, logits in zip(validation.shown, validation.logits, strict=True)
    ]


def _best(logits: Tensor, labels: Tensor, present: Sequence[int], omitted: Classes) -> Biases:
    from kdcore.metrics.class_bias import recall, tuned_bias

    tuned = {c: round(value, 3) for c, value in tuned_bias(logits, labels, present).items()}
    if recall(logits, labels, present, tuned).errors >= recall(logits, labels, present).errors:
        return (0.0,) * len(omitted)
    return tuple(tuned.get(c, 0.0) for c in omitted)


def own_images(compared: ComparedNetworks, omitted: Classes) -> list[int]:
    """How many images there are of each omitted class."""
    return [int((compared.labels == c).sum()) for c in omitted]


@cached_metric
def recalls(compared: ComparedNetworks, omitted: Classes, bias: Biases) -> list[Recall]:
    """What each network gets wrong with these biases."""
    from kdcore.metrics.class_bias import recall

    return [
        recall(logits, compared.labels, omitted, dict(zip(omitted, bias, strict=True)))
        for logits in compared.logits
    ]


@cached_metric
def packed_outputs(compared: ComparedNetworks, omitted: Classes) -> list[tuple[str, str]]:
    """What the browser needs of each network's answers to count errors at any bias (see `omitted_bias.Network`)."""
    labels, left = compared.labels.numpy(), list(omitted)
    sent = []
    for logits in compared.logits:
        others = logits.numpy().astype(np.float64)
        own = others[:, left].copy()
        others[:, left] = -np.inf
        margins = own - others.max(axis=1, keepdims=True)
        right = others.argmax(axis=1) == labels
        sent.append((_packed(margins, "<f4"), _packed(right, "u1")))
    return sent


@cached_metric
def packed_labels(compared: ComparedNetworks, omitted: Classes) -> str:
    """Which omitted class each image is of (see `omitted_bias.Data`)."""
    place = np.zeros(len(compared.classes))
    place[list(omitted)] = np.arange(1, len(omitted) + 1)
    return _packed(place[compared.labels.numpy()], "<u2")


def _packed(values: Any, kind: str) -> str:
    return b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode("ascii")
