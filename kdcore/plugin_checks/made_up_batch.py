"""A batch of made-up answers for a method's objective: nothing is trained, and no image is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from kdcore.plan import Batch, Labels, Notes, Output, Shapes, Stage, Term

IMAGES, MEMBERS = 6, 2
TEMPERATURES, WEIGHTS = (4.0, 2.0), (0.5, 0.7)


@dataclass
class MadeUpBatch:
    """The objective of a stage on answers drawn at random, for two members.

    Attributes:
        stage: whose objective it is.
        shapes: of its networks' features.
        classes: how many there are.
        order: in which the images come.
        members: those that take part, by number.
    """

    stage: Stage
    shapes: Shapes
    classes: int
    order: Sequence[int] = tuple(range(IMAGES))
    members: Sequence[int] = tuple(range(MEMBERS))

    def __post_init__(self) -> None:
        self.outputs = {name: self._said(name) for name in (*self.stage.learns, *self.stage.frozen)}
        self.modules = {name: [self._adapter(name, k) for k in self.members] for name in self.stage.adapters}

    @property
    def labels(self) -> Labels:
        """A class for each image of the transfer set."""
        return Labels(torch.arange(IMAGES) % self.classes)

    def logits(self, network: str) -> Tensor:
        """What a network says to all images before the stage begins."""
        return self._drawn(network, "before", 0, (self.classes,))

    def terms(self) -> list[Term]:
        """The terms of the loss of this batch."""
        return [made for made in self.stage.objective(self._batch()) if isinstance(made, Term)]

    def _batch(self) -> Batch:
        notes: Notes = self.stage.prepare(self)
        chosen, order = list(self.members), list(self.order)
        return Batch(
            images=self._drawn("", "images", 0, self.shapes["images"]["pixels"])[order],
            labels=replace(self.labels, index=self.labels.index[order]),
            outputs=self.outputs,
            temperature=torch.tensor(TEMPERATURES)[chosen],
            teacher_weight=torch.tensor(WEIGHTS)[chosen],
            notes={n: t[order].expand(len(chosen), IMAGES, *t.shape[1:]) for n, t in notes.tensors.items()},
            partner_notes={},
            progress=0.5,
            adapt=self._adapt,
            forward=self._forward,
        )

    def _said(self, network: str) -> Output:
        points = self.stage.taps.get(network, ())
        if network == "teacher":
            return self._one(network, 0, points)
        said = [self._one(network, k, points) for k in self.members]
        logits = torch.stack([one.logits for one in said]).requires_grad_(network in self.stage.learns)
        features = {p: torch.stack([one.features[p] for one in said]).requires_grad_() for p in points}
        return Output(logits, features)

    def _one(self, network: str, member: int, points: Sequence[str]) -> Output:
        order, sizes = list(self.order), self.shapes[network]
        features = {p: self._drawn(network, p, member, sizes[p]).abs()[order] for p in points}
        return Output(3 * self._drawn(network, "logits", member, (self.classes,))[order], features)

    def _drawn(self, network: str, point: str, member: int, size: Sequence[int]) -> Tensor:
        seed = sum(map(ord, f"{network} {point}")) * MEMBERS + member
        return torch.randn(IMAGES, *size, generator=torch.Generator().manual_seed(seed))

    def _adapter(self, name: str, member: int) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(member)
            return self.stage.adapters[name](self.shapes)

    def _adapt(self, name: str, *inputs: Tensor, learn: bool = True) -> Tensor:
        every = [x.expand(len(self.members), *x.shape[1:]) for x in inputs]
        return torch.stack([m(*(x[k] for x in every)) for k, m in enumerate(self.modules[name])])

    def _forward(self, network: str, images: Tensor, learn: bool = True) -> Tensor:
        """A bent linear map in the place of a network, each member's own."""
        numbers = images.flatten(2)
        numbers = numbers.expand(len(self.members), *numbers.shape[1:])
        weights = [
            self._map(network, 0 if network == "teacher" else k, numbers.shape[-1]) for k in self.members
        ]
        return (numbers @ torch.stack(weights)).sin()

    def _map(self, network: str, member: int, pixels: int) -> Tensor:
        stretched = self._drawn(network, "map", member, (pixels * self.classes,))[0]
        return stretched.reshape(pixels, self.classes).div(pixels**0.5)
