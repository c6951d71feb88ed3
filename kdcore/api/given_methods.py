"""Methods that a program hands over: a loss as a function, or a whole method with its card and its plan."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from kdcore.errors import InvalidExperiment, UnfinishedMethod
from kdcore.experiment import OWN_PREFIX, Experiment
from kdcore.losses.response import label_cross_entropy
from kdcore.methods import registry
from kdcore.plan import Batch, Card, Method, Stage, Term
from kdcore.texts import N_

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(the student's logits [N, C], the teacher's logits [N, C], T) -> a number, the mean over the images."""


@dataclass
class LossMethod:
    """A method of one stage: (1-w) cross-entropy with the labels + w times a loss of somebody's own."""

    CARD: Card
    loss: Loss

    def plan(self, experiment: Experiment) -> list[Stage]:
        """One stage: the teacher answers, the student learns."""
        return [Stage(self.CARD.name, {"student": experiment.student}, self.objective, frozen=("teacher",))]

    def objective(self, batch: Batch) -> Sequence[Term]:
        """The labels' term and the loss, each [K]: the loss is asked about one member at a time.

        Raises:
            UnfinishedMethod: the loss gives no number.
        """
        logits, taught = batch.outputs["student"].logits, batch.outputs["teacher"].logits
        hard = label_cross_entropy(logits, batch.labels, batch.label_smoothing)
        own = [self.loss(one, taught, t) for one, t in zip(logits, batch.temperature, strict=True)]
        if not all(isinstance(value, Tensor) and value.shape == () for value in own):
            raise UnfinishedMethod(
                f"The loss '{self.CARD.name}' has to give one number, the mean over the images: end it with .mean()."
            )
        return [
            Term("student", "labels", "labels", hard, 1 - batch.teacher_weight),
            Term("student", self.CARD.name, "teacher", torch.stack(own), batch.teacher_weight),
        ]


def own_method(loss: Loss, name: str = "", what: str = "") -> str:
    """Let a loss be a method; returns the method's name, for `kdcore.distill(method=...)`.

    loss: `(student, teacher, T) -> number`: logits [N, C] of both networks on one batch and the temperature; the mean over the
        images. It stands beside the labels' cross-entropy, weighed by `teacher_weight`.
    name: small letters, digits and dashes; by default the function's own. The method's name has a mark of the function's code
        behind it, so that nothing is found again that another loss trained. what: one sentence for whoever reads the run.

    Raises:
        InvalidExperiment: it is no name.

    >>> import kdcore
    >>> def squared(student, teacher, T):
    ...     return ((student - teacher) ** 2).mean()
    >>> kdcore.own_method(squared).startswith("own-squared-")
    True
    """
    name = name or re.sub(r"[^a-z0-9]+", "-", getattr(loss, "__name__", "").lower()).strip("-")
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", name):
        raise InvalidExperiment(
            f"'{name}' is no name of a method. Give one of small letters, digits and dashes."
        )
    card = _card(name, loss, what)
    registry.add_given(LossMethod(card, loss))
    return card.name


def _card(name: str, loss: Loss, what: str) -> Card:
    return Card(
        name=f"{OWN_PREFIX}{name}-{_mark(loss)}",
        title=name.replace("-", " ").capitalize(),
        transfers="responses",
        what=what
        or (loss.__doc__ or N_("A loss of a program's own, beside the labels.")).strip().splitlines()[0],
        formula=r"\mathcal{L} = (1-w)\,\mathrm{CE}(y, z) + w\,\ell(z, v, T)",
        symbols={
            "z": "the student's logits",
            "v": "the teacher's logits",
            "y": "the label",
            "w": "the weight on teacher",
        },
        citation="A program's own",
        cost=N_("The teacher's logits."),
        hurts=N_("Nobody has measured it."),
        uses=("temperature", "teacher_weight"),
        views=("curve",),
    )


def keep_method(method: Any) -> str:
    """The name of a method: as it is, or of a whole one (CARD and plan) that is kept for this program.

    Raises:
        UnfinishedMethod: it lacks its card or its plan.
        InvalidExperiment: a method of the project has its name.
    """
    if isinstance(method, str):
        return method
    whole: Method = method
    registry.add_given(whole)
    return whole.CARD.name


def _mark(loss: Loss) -> str:
    """Six digits of a function's code and of what it closes over: another function has others."""
    code = getattr(loss, "__code__", None)
    held = [repr(cell.cell_contents) for cell in getattr(loss, "__closure__", None) or ()]
    told = [code.co_code.hex(), repr(code.co_consts), repr(code.co_names)] if code else [repr(loss)]
    return hashlib.sha256("\n".join([*told, *held]).encode()).hexdigest()[:6]
