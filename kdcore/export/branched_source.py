"""Networks written as the source of a class: those that branch, as residual networks do, and those whose features are read."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from kdcore.export.layer_source import layer_source
from kdcore.networks.feature_points import Taps, points_of

SIGNS = {
    operator.add: "+",
    operator.mul: "*",
    operator.sub: "-",
    operator.floordiv: "//",
    operator.truediv: "/",
}
WIDEST = 84
"""Characters of an expression beyond which its parts get names of their own."""
INDENT = " " * 8


@dataclass(frozen=True)
class BranchedSource:
    """A network as a class.

    Attributes:
        layers: the source of each layer by its attribute's name, in the order in which they run.
        parameters: the sizes of weights that are no layer's, by their attribute's name.
        steps: the lines of its forward pass; the images are `x`. Where features are read, one keeps them in `self.features`.
        names: the names of weights and buffers, from the network's own to those of the class.
    """

    layers: dict[str, str]
    parameters: dict[str, tuple[int, ...]]
    steps: tuple[str, ...]
    names: dict[str, str]

    def state(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The network's weights under the names that the class has for them."""
        return {self.names[name]: tensor.contiguous().clone() for name, tensor in weights.items()}

    def has_layer(self, kind: str) -> bool:
        """Whether one of the layers is of this class of `nn`, given the beginning of its name."""
        return any(kind in layer for layer in self.layers.values())

    def definition(self, name: str) -> str:
        """The class under this name."""
        made = [f"self.{attribute} = {source}" for attribute, source in self.layers.items()]
        made += [
            f"self.{attribute} = nn.Parameter(torch.empty({size}))"
            for attribute, size in self.parameters.items()
        ]
        return "\n".join(
            [
                f"class {name}(nn.Module):",
                "    def __init__(self):",
                f"{INDENT}super().__init__()",
                *(INDENT + line for line in made),
                "",
                "    def forward(self, x):",
                *(INDENT + line for line in self.steps),
            ]
        )

    def made(self, name: str, indent: int = 0) -> str:
        """What makes one, where the class has this name."""
        return f"{name}()"


def branched_source(network: nn.Module, images: Tensor, points: Sequence[str] = ()) -> BranchedSource | None:
    """The network as a class, or None where its forward pass cannot be followed, or the class says something else of these images.

    points: the feature points whose features the class keeps, `features` by point, each time it is called.
    """
    try:
        tracer = _Tracer()
        graph = tracer.trace(network)
        paths = points_of(network) if points else {}
        tapped = {point: tracer.outputs[paths[point]] for point in points}
        source = _Writer(network, graph, tapped).source()
    except Exception:
        return None  # whatever code of somebody's own, or of a library, does that cannot be followed
    if source is None or source.names.keys() != network.state_dict().keys():
        return None
    return source if _says_the_same(source, network, images, points) else None


def _says_the_same(source: BranchedSource, network: nn.Module, images: Tensor, points: Sequence[str]) -> bool:
    """Whether the class, made from its source, gives the network's logits and its features, in both modes."""
    place: dict[str, Any] = {"torch": torch, "nn": nn, "F": F}
    exec(source.definition("Network"), place)
    copy = cast(nn.Module, place["Network"]())
    copy.load_state_dict(source.state(network.state_dict()))
    was = network.training
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    try:
        return all(_equal(copy, network, images, points, mode) for mode in (False, True))
    except (RuntimeError, TypeError):
        return False
    finally:
        network.load_state_dict(before)  # batch norm has counted
        network.train(was)


def _equal(copy: nn.Module, network: nn.Module, images: Tensor, points: Sequence[str], mode: bool) -> bool:
    said = []
    with Taps(network, points) if points else nullcontext({}) as features:
        for each in (copy, network):
            with torch.random.fork_rng(devices=[]), torch.no_grad():
                torch.manual_seed(0)
                said.append(each.train(mode)(images))
    kept = cast("dict[str, Tensor]", copy.features) if points else {}
    return torch.equal(*said) and all(torch.equal(kept[point], features[point]) for point in points)


class _Tracer(fx.Tracer):
    """Follows a forward pass, and notes which step gives each module's output.

    Attributes:
        outputs: the step by the module's path.
    """

    def __init__(self) -> None:
        super().__init__()
        self.outputs: dict[str, fx.Node] = {}

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """As the base does."""
        output = super().call_module(m, forward, args, kwargs)
        if isinstance(output, fx.Proxy):
            self.outputs[self.path_of_module(m)] = output.node
        return output


class _Writer:
    """Writes the steps of a forward pass: what is used once is written where it is used."""

    def __init__(self, network: nn.Module, graph: fx.Graph, tapped: Mapping[str, fx.Node]) -> None:
        """tapped: the steps whose results the class keeps, by the feature point's name."""
        self._network, self._graph = network, graph
        self._tapped = tapped
        self._layers: dict[str, str] = {}
        self._parameters: dict[str, tuple[int, ...]] = {}
        self._names: dict[str, str] = {}
        self._steps: list[str] = []
        self._text: dict[fx.Node, str] = {}
        self._variables = 0

    def source(self) -> BranchedSource | None:
        """The whole class; None where it has a layer without a source here."""
        for node in self._graph.nodes:
            if node.op == "placeholder":
                self._text[node] = "x"
            elif node.op == "output":
                self._steps.append(f"return {self._value(node.args[0])}")
            else:
                text = self._expression(node)
                if not text:
                    return None
                self._text[node] = text if self._stays_inside(node, text) else self._named(node, text)
                if node in self._tapped.values() and all(n in self._text for n in self._tapped.values()):
                    self._steps.append(self._features())
        return BranchedSource(self._layers, self._parameters, tuple(self._steps), self._names)

    def _stays_inside(self, node: fx.Node, text: str) -> bool:
        if node in self._tapped.values():
            return text.isidentifier()  # an identity has its input's name
        return len(node.users) == 1 and len(text) <= WIDEST

    def _named(self, node: fx.Node, text: str) -> str:
        name = next((point for point, tapped in self._tapped.items() if tapped is node), "")
        if not name:
            self._variables += 1
            name = f"x{self._variables}"
        self._steps.append(f"{name} = {text}")
        return name

    def _features(self) -> str:
        kept = ", ".join(f'"{point}": {self._text[node]}' for point, node in self._tapped.items())
        return f"self.features = {{{kept}}}"

    def _expression(self, node: fx.Node) -> str:
        match node.op:
            case "call_module":
                return self._layer(str(node.target), node)
            case "get_attr":
                return self._parameter(str(node.target))
            case "call_method":
                first, *rest = node.args
                return f"{self._value(first)}.{node.target}({self._arguments(rest, node.kwargs)})"
            case _:
                return self._call(node)

    def _call(self, node: fx.Node) -> str:
        if node.target in SIGNS:
            first, second = map(self._value, node.args)
            return f"({first} {SIGNS[node.target]} {second})"
        if node.target is operator.getitem:
            first, second = map(self._value, node.args)
            return f"{first}[{second}]"
        name = getattr(node.target, "__name__", "")
        place = "F" if getattr(F, name, None) is node.target else "torch" if hasattr(torch, name) else ""
        return f"{place}.{name}({self._arguments(node.args, node.kwargs)})" if place else ""

    def _layer(self, path: str, node: fx.Node) -> str:
        layer, attribute = self._network.get_submodule(path), path.replace(".", "_")
        inside = self._arguments(node.args, node.kwargs)
        if isinstance(layer, nn.Identity):
            return inside
        source = layer_source(layer)
        if source:
            self._layers[attribute] = source
            self._names |= {f"{path}.{tensor}": f"{attribute}.{tensor}" for tensor in layer.state_dict()}
        return source and f"self.{attribute}({inside})"

    def _parameter(self, path: str) -> str:
        attribute = path.replace(".", "_")
        self._parameters[attribute] = tuple(operator.attrgetter(path)(self._network).shape)
        self._names[path] = attribute
        return f"self.{attribute}"

    def _arguments(self, given: Any, named: Mapping[str, Any]) -> str:
        without_place = {name: value for name, value in named.items() if name != "inplace"}
        return ", ".join(
            [
                *map(self._value, given),
                *(f"{name}={self._value(value)}" for name, value in without_place.items()),
            ]
        )

    def _value(self, value: Any) -> str:
        if isinstance(value, fx.Node):
            return self._text[value]
        if isinstance(value, list | tuple):
            inside = ", ".join(map(self._value, value))
            return f"[{inside}]" if isinstance(value, list) else f"({inside},)"
        return repr(value)
