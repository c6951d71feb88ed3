"""The loss that an exported script shows is the method's objective, for one network, and stands there whole."""

from __future__ import annotations

import builtins
import dis
import math
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kdcore.experiment import Experiment
from kdcore.methods.registry import method
from kdcore.methods.source import plain_arguments, plain_losses, plain_source, plain_taps
from kdcore.plan import Batch, Labels, Output, Shapes, Stage

SETTINGS = [
    *((name, {}) for name in sorted(plain_losses())),
    *(("logit-regression", {"form": n}) for n in (1.0, 2.0)),
    *(("hint", {"point": n}) for n in (0.0, 3.0)),
    ("correlation-congruence", {"powers": 4.0, "gamma": 1.5, "point": 0.0}),
    ("relational", {"point": 1.0, "angle_weight": 0.0}),
]
STUDENT = {"early": (6, 8, 8), "middle": (7, 4, 4), "last": (5, 4, 4), "penultimate": (9,)}
TEACHER = {"early": (6, 16, 16), "middle": (3, 4, 4), "last": (4, 2, 2), "penultimate": (11,)}
"""Sizes of features of unlike networks: the teacher's maps are larger, as large, smaller; once it has as many channels."""
NUMBER = 12


def drawn(*shape: int, seed: int) -> Tensor:
    return torch.randn(NUMBER, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def both(experiment: Experiment) -> tuple[Tensor, Tensor]:
    """The sum of the objective's terms, and what the plain loss says, with the same networks' outputs."""
    [stage] = method(experiment.method).plan(experiment)
    taps = plain_taps(experiment)
    student, teacher = drawn(10, seed=0), drawn(10, seed=1)
    features = {p: drawn(*STUDENT[p], seed=i).relu() for i, p in enumerate(taps["student"])}
    theirs = {p: drawn(*TEACHER[p], seed=9 + i).relu() for i, p in enumerate(taps["teacher"])}
    labels = torch.randint(10, (NUMBER,), generator=torch.Generator().manual_seed(2))
    adapters = made(stage, {"student": STUDENT, "teacher": TEACHER})
    batch = Batch(
        images=torch.zeros(NUMBER, 1, 8, 8),
        labels=Labels(labels),
        outputs={
            "student": Output(student[None], {p: f[None] for p, f in features.items()}),
            "teacher": Output(teacher, theirs),
        },
        temperature=torch.tensor([3.0], dtype=torch.float64),
        teacher_weight=torch.tensor([0.7], dtype=torch.float64),
        notes={},
        partner_notes={},
        progress=0.05,
        adapt=lambda name, *inputs, learn=True: adapters[name](inputs[0][0])[None],
    )
    terms = [term for term in stage.objective(batch) if hasattr(term, "raw")]
    facts: dict[str, Any] = {
        "student": student, "teacher": teacher, "hard": F.cross_entropy(student, labels), "temperature": 3.0, "weight": 0.7,
        "labels": labels, "progress": batch.progress, "features": features, "teacher_features": theirs, "adapters": adapters,
    }  # fmt: skip
    given = {n: facts.get(n, value) for n, value in plain_arguments(experiment).items()}
    summed = torch.stack([torch.as_tensor(term.scale) * term.raw for term in terms]).sum()
    return summed, plain_losses()[experiment.method](**given)


def made(stage: Stage, shapes: Shapes) -> nn.ModuleDict:
    torch.manual_seed(0)
    return nn.ModuleDict({name: make(shapes) for name, make in stage.adapters.items()}).double()


@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_a_plain_loss_is_the_methods_objective(name: str, settings: dict[str, float]) -> None:
    summed, said = both(Experiment(method=name, parameters=settings))
    torch.testing.assert_close(said, summed, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", sorted(plain_losses()))
def test_its_source_needs_nothing_else(name: str) -> None:
    place: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, "Tensor": Tensor, "math": math}
    known = place.keys() | vars(builtins).keys()
    exec(plain_source(name), place)
    functions = {n: value for n, value in place.items() if isinstance(value, FunctionType)}
    assert "plain_loss" in functions
    for function in functions.values():
        assert set(looked_up(function.__code__)) <= known | functions.keys()


def looked_up(code: CodeType) -> Iterator[str]:
    """The names that a function takes from around it, those of the functions within it too."""
    yield from (step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL")
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from looked_up(part)
