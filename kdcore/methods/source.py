"""A method as source code: what the Reference page shows and an exported script contains."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any, cast

from torch import Tensor

from kdcore.methods.registry import method, methods, path_of

SHOWN_WITH_THEIR_LOSSES = ("kdcore.methods.objectives", "kdcore.methods.further_teachers")
"""What methods share is shown with a method, and so are the losses that it calls."""

PlainLoss = Callable[[Tensor, Tensor, Tensor, float, float], Tensor]
"""(student's logits, teacher's logits, cross-entropy with the labels, T, weight on teacher) -> loss; logits [N, C]."""


def plain_losses() -> dict[str, PlainLoss]:
    """The loss of each method that says it as one plain function, `plain_loss` in its file: what an exported script shows.

    It is of one network and one stage, reads no settings of the method's own, and needs only `F`, `nn` and `Tensor`.
    """
    found = {name: getattr(method, "plain_loss", None) for name, method in methods().items()}
    return {name: loss for name, loss in found.items() if loss is not None}


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
