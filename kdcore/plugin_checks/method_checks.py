"""Checks of a method: its card, its stages, and what must hold of every loss."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from kdcore.errors import PluginRefused
from kdcore.experiment import Experiment
from kdcore.pipelines import checks
from kdcore.plan import Card, Method, Stage, Term
from kdcore.plugin_checks.made_up_batch import IMAGES, MEMBERS, MadeUpBatch
from kdcore.plugin_checks.plugin_check import Question
from kdcore.plugin_checks.trained_second import trained
from kdcore.texts import N_
from kdcore.training.members import shapes_of

NETWORK = "cnn-small"
"""Has every feature point, and takes digits."""
BASE = Experiment.from_flat(
    {"count": 200, "teacher": NETWORK, "teacher_epochs": 1, "student": NETWORK, "batch_size": 50}
)
NO_SYMBOLS = set("LijklnNKCd")
"""Letters that formulas use for losses, indices and sizes."""
NAMED_OPERATORS = re.compile(r"\\(mathrm|text|operatorname|mathcal|mathbf|mathbb)\{[^}]*\}")
TOLERANCE = 1e-4


def questions(method: Method) -> list[Question]:
    """What is asked of the method, in its order."""
    name = method.CARD.name
    return [
        (N_("its card is whole"), partial(_card, method.CARD)),
        (N_("every symbol of its formula is explained"), partial(_symbols, method.CARD)),
        (N_("its stages suit networks that have every feature point"), partial(_stages, name)),
        (N_("terms of the loss have a value a member, and are finite"), partial(_terms, name)),
        (N_("a gradient reaches every network that learns"), partial(_gradients, name)),
        (N_("the order of the images does not matter"), partial(_order, name)),
        (N_("members of a sweep do not touch each other"), partial(_members, name)),
        (N_("trains for a second"), partial(_second, name)),
    ]


def _card(card: Card) -> str:
    empty = [n for n in ("title", "transfers", "what", "formula", "citation", "cost", "hurts") if not getattr(card, n).strip()]  # fmt: skip
    if empty or not card.symbols:
        raise PluginRefused(f"empty: {', '.join(empty or ['symbols'])}")
    for parameter in card.parameters:
        if not parameter.help or not parameter.low <= parameter.default <= parameter.high:
            raise PluginRefused(f"the setting '{parameter.name}' has no help, or a default out of its bounds")
        if parameter.choices and (parameter.low, parameter.high) != (0, len(parameter.choices) - 1):
            raise PluginRefused(
                f"the choices of '{parameter.name}' are numbered 0 to {len(parameter.choices) - 1}"
            )
    return f"{len(card.parameters)} settings"


def _symbols(card: Card) -> str:
    letters = set(re.findall(r"(?<![A-Za-z\\])[A-Za-z](?![A-Za-z])", NAMED_OPERATORS.sub(" ", card.formula)))
    if unknown := sorted(letters - NO_SYMBOLS - set("".join(card.symbols))):
        raise PluginRefused(f"not explained: {', '.join(unknown)}")
    return f"{len(card.symbols)} symbols"


def _checked(name: str) -> checks.CheckedExperiment:
    with tempfile.TemporaryDirectory() as folder:
        wanted = BASE.with_flat(method=name)
        return checks.check(wanted, data_folder=Path(folder), runs_folder=Path(folder))


def _stages(name: str) -> str:
    return ", ".join(stage.name for stage in _checked(name).stages)


def _batches(name: str, **changed: Sequence[int]) -> Iterator[tuple[Stage, MadeUpBatch]]:
    """Each stage of the method whose loss is of answers, with a batch for it."""
    checked = _checked(name)
    named = {"teacher": checked.teacher_network} | {n: a for s in checked.stages for n, a in s.learns.items()}
    shapes = shapes_of(named, checked.shape, checked.classes)
    for stage in checked.stages:
        if not stage.without_images:
            yield stage, MadeUpBatch(stage, shapes, checked.classes, **changed)


def _losses(terms: Sequence[Term]) -> Mapping[str, Tensor]:
    return {f"{term.network}: {term.name}": (term.raw * term.scale).detach() for term in terms}


def _terms(name: str) -> str:
    names = []
    for stage, batch in _batches(name):
        terms = batch.terms()
        if not terms:
            raise PluginRefused(f"the stage '{stage.name}' has no term")
        for term in terms:
            if tuple(term.raw.shape) != (MEMBERS,):
                raise PluginRefused(
                    f"'{term.name}' has the shape {list(term.raw.shape)}, and [{MEMBERS}] is wanted: a mean over images"
                )
            if not term.raw.isfinite().all():
                raise PluginRefused(f"'{term.name}' is not finite")
            names.append(term.name)
    return ", ".join(names)


def _gradients(name: str) -> str:
    for stage, batch in _batches(name):
        for network in stage.learns:
            said = batch.outputs[network]
            own = [(t.raw * t.scale).sum() for t in batch.terms() if t.network == network]
            if not own:
                raise PluginRefused(f"no term is the loss of '{network}'")
            inputs = [said.logits, *said.features.values()]
            found = torch.autograd.grad(torch.stack(own).sum(), inputs, allow_unused=True)
            if not any(g is not None and bool(g.isfinite().all()) and bool(g.any()) for g in found):
                raise PluginRefused(f"none reaches '{network}'")
    return ""


def _order(name: str) -> str:
    reverse = tuple(reversed(range(IMAGES)))
    for (_, batch), (_, other) in zip(_batches(name), _batches(name, order=reverse), strict=True):
        now = _losses(other.terms())
        for term, value in _losses(batch.terms()).items():
            if not torch.allclose(value, now[term], rtol=TOLERANCE, atol=TOLERANCE):
                raise PluginRefused(
                    f"'{term}' is {value.tolist()}, and {now[term].tolist()} in another order"
                )
    return ""


def _members(name: str) -> str:
    """Each member's loss beside another is what it is alone."""
    for k in range(MEMBERS):
        for (_, together), (_, alone) in zip(_batches(name), _batches(name, members=(k,)), strict=True):
            single = _losses(alone.terms())
            for term, value in _losses(together.terms()).items():
                if not torch.allclose(value[k], single[term][0], rtol=TOLERANCE, atol=TOLERANCE):
                    raise PluginRefused(
                        f"'{term}' is {value[k]:.4g} beside another, and {single[term][0]:.4g} alone"
                    )
    return ""


def _second(name: str) -> str:
    return trained(BASE.with_flat(method=name))
