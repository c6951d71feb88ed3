"""A method as source code: what the Reference page shows and an exported script contains."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Mapping
from types import FunctionType, ModuleType
from typing import Any, cast

from torch import Tensor

from kdcore.errors import UnfinishedMethod
from kdcore.experiment import Experiment
from kdcore.methods.registry import method, methods, path_of
from kdcore.methods.settings import parameters
from kdcore.methods.stages import stages_of

SHOWN_WITH_THEIR_LOSSES = ("kdcore.methods.objectives", "kdcore.methods.further_teachers")
"""What methods share is shown with a method, and so are the losses that it calls."""

PLAIN_PARTS = "kdcore.losses.plain_features"
"""Where the functions lie that several plain losses share."""

PlainLoss = Callable[..., Tensor]
"""A method's loss for one network, in plain PyTorch: it takes whichever of BATCH_FACTS and of the method's own settings it names."""

BATCH_FACTS = (
    "student",
    "teacher",
    "hard",
    "temperature",
    "weight",
    "labels",
    "progress",
    "features",
    "teacher_features",
    "adapters",
)
"""What a plain loss may take beside the method's own settings.

The logits of both networks [N, C], the cross-entropy with the labels, T, the weight on the teacher, the class numbers [N], the
share of the run that is done, both networks' features by feature point, and the stage's adapters by name (`nn.ModuleDict`).
"""


def plain_losses() -> dict[str, PlainLoss]:
    """The loss of each method that says it as one plain function, `plain_loss` in its file: what an exported script shows.

    It is of one network and one stage, and needs only `torch`, `F`, `nn`, `Tensor`, and functions of its own file and of PLAIN_PARTS.
    """
    found = {name: getattr(method, "plain_loss", None) for name, method in methods().items()}
    return {name: loss for name, loss in found.items() if loss is not None}


def plain_source(name: str) -> str:
    """The source of a method's plain loss, below that of the functions that it calls."""
    return "\n\n\n".join(inspect.getsource(part).rstrip() for part in _with_parts(plain_losses()[name]))


def plain_arguments(experiment: Experiment) -> dict[str, Any]:
    """What the plain loss of the experiment's method takes, in its order: the settings' values, None for BATCH_FACTS."""
    names = inspect.signature(plain_losses()[experiment.method]).parameters
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


def check_plain_loss(experiment: Experiment) -> None:
    """Refuse a plain loss that no script can call.

    Raises:
        UnfinishedMethod: it takes what is neither in BATCH_FACTS nor a setting of its method, or the method has several stages.
    """
    name, stages = experiment.method, stages_of(experiment)
    known = {*BATCH_FACTS, *parameters(experiment)}
    unknown = [n for n in inspect.signature(plain_losses()[name]).parameters if n not in known]
    if unknown:
        raise UnfinishedMethod(
            f"The plain_loss of '{name}' takes '{unknown[0]}'. It can take: {', '.join(sorted(known))}."
        )
    if len(stages) > 1:
        raise UnfinishedMethod(f"'{name}' has {len(stages)} stages, and a plain_loss is the whole of one.")


def plain_taps(experiment: Experiment) -> Mapping[str, tuple[str, ...]]:
    """The feature points that the plain loss of the experiment's method reads, of `student` and of `teacher`."""
    [stage] = stages_of(experiment)
    return {network: tuple(stage.taps.get(network, ())) for network in ("student", "teacher")}


def _with_parts(function: PlainLoss) -> list[PlainLoss]:
    """The function, behind the plain functions that it calls, each once."""
    found: dict[PlainLoss, None] = {}
    place = sys.modules[function.__module__]
    for node in ast.walk(ast.parse(inspect.getsource(function))):
        part = getattr(place, node.id, None) if isinstance(node, ast.Name) else None
        if not isinstance(part, FunctionType) or part is function:
            continue
        if part.__module__ in (function.__module__, PLAIN_PARTS):
            found |= dict.fromkeys(_with_parts(part))
    return [*found, function]


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
