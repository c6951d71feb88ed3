"""Checks of a network: its shapes, its feature points, its gradients and its first weights."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from kdcore import networks
from kdcore.errors import PluginRefused
from kdcore.experiment import Experiment
from kdcore.networks import NetworkEntry, Shape
from kdcore.plugin_checks.plugin_check import Question
from kdcore.plugin_checks.trained_second import trained
from kdcore.texts import N_

IMAGES = 4
GREY, COLOURED = (1, 28, 28), (3, 32, 32)
DIGITS: Shape = (1, 8, 8)
DRAWN: Shape = (1, 28, 28)
CLASSES = 7
"""Unlike any number that a network may have written in."""
TOLERANCE = 1e-4


def questions(name: str, entry: NetworkEntry) -> list[Question]:
    """What is asked of the network, in its order."""
    shapes = [_at_least(shape, entry.smallest_side) for shape in (GREY, COLOURED)]
    return [
        (N_("logits of the wanted shape"), partial(_logits, name, shapes)),
        (N_("feature points"), partial(_points, name, shapes[0])),
        (N_("a gradient reaches every weight"), partial(_gradients, name, shapes[0])),
        (N_("first weights depend on the seed alone"), partial(_first_weights, name, shapes[0])),
        (N_("an image's logits do not depend on the others"), partial(_apart, name, shapes[0])),
        (N_("its weights can be stored and read"), partial(_stored, name, shapes[0])),
        (N_("trains for a second"), partial(_second, name, entry)),
    ]


def _at_least(shape: Shape, side: int) -> Shape:
    return shape[0], max(side, shape[1]), max(side, shape[2])


def _built(name: str, shape: Shape, seed: int = 0) -> nn.Module:
    return networks.build(name, shape, CLASSES, seed)


def _images(shape: Shape) -> Tensor:
    return torch.randn(IMAGES, *shape, generator=torch.Generator().manual_seed(0))


def _logits(name: str, shapes: list[Shape]) -> str:
    """In training mode too, and of one channel and of three."""
    for shape in shapes:
        said = _built(name, shape)(_images(shape))
        if tuple(said.shape) != (IMAGES, CLASSES) or not said.isfinite().all():
            raise PluginRefused(f"{tuple(said.shape)} for {IMAGES} images of {shape}, or not finite")
    return ", ".join(f"{shape} -> {CLASSES}" for shape in shapes)


def _points(name: str, shape: Shape) -> str:
    found = networks.feature_shapes(name, shape, CLASSES)
    points = {point: size for point, size in found.items() if point != "logits"}
    if "penultimate" not in points:
        raise PluginRefused(
            "there is no 'penultimate': name the submodule so whose output the last layer reads"
        )
    if len(points["penultimate"]) not in (1, 3):
        raise PluginRefused(f"penultimate gives {points['penultimate']} an image")
    return ", ".join(f"{point} {'x'.join(map(str, size))}" for point, size in points.items())


def _gradients(name: str, shape: Shape) -> str:
    network = _built(name, shape)
    learning = {n: p for n, p in network.named_parameters() if p.requires_grad}
    if not learning:
        raise PluginRefused("nothing of it learns")
    loss = nn.functional.cross_entropy(network(_images(shape)), torch.arange(IMAGES) % CLASSES)
    gradients = torch.autograd.grad(loss, [*learning.values()], allow_unused=True)
    reached = dict(zip(learning, gradients, strict=True))
    left = [n for n, gradient in reached.items() if gradient is None or not gradient.isfinite().all()]
    if left:
        raise PluginRefused(f"none reaches {', '.join(left[:5])}")
    return f"{len(learning)} tensors"


def _first_weights(name: str, shape: Shape) -> str:
    one, again, other = (_built(name, shape, seed).state_dict() for seed in (0, 0, 1))
    if any(not torch.equal(tensor, again[n]) for n, tensor in one.items()):
        raise PluginRefused("two networks of one seed begin with other weights: draw them with torch")
    if all(torch.equal(tensor, other[n]) for n, tensor in one.items()):
        raise PluginRefused("networks of two seeds begin with the same weights")
    return ""


@torch.no_grad()
def _apart(name: str, shape: Shape) -> str:
    network, images = _built(name, shape).eval(), _images(shape)
    together, alone = network(images), torch.cat([network(image[None]) for image in images])
    furthest = float((together - alone).abs().max())
    if furthest > TOLERANCE * max(1.0, float(together.abs().max())):
        raise PluginRefused(f"in eval mode they differ by {furthest:.2g}")
    return f"to {furthest:.1g}"


@torch.no_grad()
def _stored(name: str, shape: Shape) -> str:
    network, copy, images = _built(name, shape), _built(name, shape, 1), _images(shape)
    copy.load_state_dict(network.state_dict())
    if not torch.equal(network.eval()(images), copy.eval()(images)):
        raise PluginRefused("a copy with the same weights says something else")
    return f"{sum(t.numel() for t in network.state_dict().values()):,} numbers"


def _second(name: str, entry: NetworkEntry) -> str:
    if entry.smallest_side <= DIGITS[1]:
        return trained(Experiment.from_flat({"student": name, "count": 200}))
    if entry.smallest_side > DRAWN[1]:
        return f"left out: no images of {entry.smallest_side} pixels come along"
    drawn = {"dataset": "drawn", "teacher": "mlp-30", "teacher_epochs": 1, "count": 200}
    return trained(Experiment.from_flat({"student": name, **drawn}))
