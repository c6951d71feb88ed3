"""A method as source code: what the Reference page shows and an exported script contains."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any, cast

from torch import Tensor

from kdcore.experiment import Experiment
from kdcore.methods.registry import method, methods, path_of
from kdcore.methods.settings import parameters

SHOWN_WITH_THEIR_LOSSES = ("kdcore.methods.objectives", "kdcore.methods.further_teachers")
"""What methods share is shown with a method, and so are the losses that it calls."""

PlainLoss = Callable[..., Tensor]
"""(student's logits, teacher's logits, cross-entropy with the labels, T, weight on teacher, ...) -> loss; logits [N, C].

What stands behind these five is handed over by name: BATCH_FACTS, or the method's own settings.
"""
BATCH_FACTS = ("labels", "progress")
"""The class numbers of the batch's images [N], and the share of the run that is done, for a plain loss that takes them."""
FIRST_FIVE = 5


def plain_losses() -> dict[str, PlainLoss]:
    """The loss of each method that says it as one plain function, `plain_loss` in its file: what an exported script shows.

    It is of one network and one stage, and needs only `torch`, `F`, `nn` and `Tensor`.
    """
    found = {name: getattr(method, "plain_loss", None) for name, method in methods().items()}
    return {name: loss for name, loss in found.items() if loss is not None}


def plain_arguments(experiment: Experiment) -> dict[str, Any]:
    """What the plain loss of the experiment's method is called with behind the first five: the settings' values, None for BATCH_FACTS."""
    names = [*inspect.signature(plain_losses()[experiment.method]).parameters][FIRST_FIVE:]
    choices = {p.name: p.choices for p in method(experiment.method).CARD.parameters}
    values = parameters(experiment)
    return {
        name: None
        if name in BATCH_FACTS
        else choices[name][int(values[name])]
        if choices[name]
        else values[name]
        for name in names
    }


def code(name: str) -> dict[str, str]:
    """The source that runs: the method's file, and each loss and shared objective that it calls, by name.

    Raises:
        InvalidExperiment: there is no such method.
    """
    module = cast(ModuleType, method(name))
    return {path_of(module): inspect.getsource(module)} | _called_by(module, module)


def _called_by(caller: ModuleType | FunctionType, module: ModuleType) -> dict[str, str]:
    """The losses and shared objectives in a caller's source, each followed by those that it calls itself."""
    sources: dict[str, str] = {}
    for node in ast.walk(ast.parse(inspect.getsource(caller))):
        name = ast.unparse(node)
        function = _shown_function(module, name)
        if function is not None and function is not caller and name not in sources:
            sources[name] = inspect.getsource(function)
            if function.__module__ in SHOWN_WITH_THEIR_LOSSES:
                sources |= _called_by(function, sys.modules[function.__module__])
    return sources


def _shown_function(module: ModuleType, name: str) -> FunctionType | None:
    """The loss or shared objective that a module calls by this name, `hint` or `feature.hint`, or None."""
    value: Any = module
    for part in name.split("."):
        value = getattr(value, part, None)
    if not isinstance(value, FunctionType):
        return None
    shown = value.__module__.startswith("kdcore.losses") or value.__module__ in SHOWN_WITH_THEIR_LOSSES
    return value if shown else None
