"""Where a method touches its networks: found by running its objectives on made-up answers, one of them changed at a time.

Nothing is trained and no image is read. A term of the loss reads what it changes with; an adapter is fed with what its
inputs change with.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from kdcore.experiment import Experiment
from kdcore.pipelines.checks import stages_for
from kdcore.plan import Batch, Labels, Notes, Output, Shapes, Side, Stage, Term
from kdcore.training.members import shapes_of

Source = tuple[str, str]
"""A network and its feature point, `logits`, or BEFORE; LABELS; or ADAPTER and the name of one."""
BEFORE = "before"
"""What a learning network answered when the stage began."""
LABELS: Source = ("", "labels")
ADAPTER = "adapter"
IMAGES, CLASSES, SHAPE = 6, 10, (1, 28, 28)
SPREAD = 8.0
"""Standard deviation of made-up logits: a network is sure of most images, so that what asks for sureness finds some."""
TEACHER, STUDENT = "cnn-medium", "cnn-small"
"""Networks that have every feature point: what a method touches does not depend on which they are."""


@dataclass(frozen=True)
class Wire:
    """One term of the loss, and what its value changes with."""

    network: str
    name: str
    side: Side
    reads: frozenset[Source]


@dataclass(frozen=True)
class Wiring:
    """A stage's terms, what each adapter is fed with, and on what the images depend about which a network is asked."""

    wires: tuple[Wire, ...]
    feeds: tuple[tuple[str, frozenset[Source]], ...]
    images: tuple[tuple[str, frozenset[Source]], ...] = ()


def stages_of(experiment: Experiment) -> list[Stage]:
    """The stages of the experiment's method with its settings, for networks that have every feature point.

    Raises:
        InvalidExperiment: no such method, or a setting that it does not take.
    """
    drawn = experiment.with_flat(dataset="mnist", teacher=TEACHER, student=STUDENT)
    return stages_for(drawn, TEACHER, SHAPE, CLASSES)


def wirings(stages: Sequence[Stage]) -> list[Wiring]:
    """What every stage touches, in their order."""
    named = {"teacher": TEACHER} | {n: a for stage in stages for n, a in stage.learns.items()}
    shapes = shapes_of(named, SHAPE, CLASSES)
    return [_wiring(stage, shapes) for stage in stages]


def _wiring(stage: Stage, shapes: Shapes) -> Wiring:
    plain = _Trial(stage, shapes, None)
    reads: list[set[Source]] = [set() for _ in plain.terms]
    fed: dict[str, set[Source]] = {name: set() for name in plain.fed}
    images: dict[str, set[Source]] = {name: set() for name in plain.asked}
    for source in _sources(stage):
        changed = _Trial(stage, shapes, source)
        for i, (before, now) in enumerate(zip(plain.terms, changed.terms, strict=True)):
            if not _same(_values(before), _values(now)):
                reads[i].add(source)
        for found, some, others in ((fed, plain.fed, changed.fed), (images, plain.asked, changed.asked)):
            for name in some:
                if not _same(some[name], others[name]):
                    found[name].add(source)
    wires = zip(plain.terms, reads, strict=True)
    return Wiring(
        tuple(Wire(term.network, term.name, term.side, frozenset(found)) for term, found in wires),
        _kept(fed),
        _kept(images),
    )


def _kept(found: dict[str, set[Source]]) -> tuple[tuple[str, frozenset[Source]], ...]:
    return tuple((name, frozenset(sources)) for name, sources in found.items() if sources)


def _sources(stage: Stage) -> list[Source]:
    """Everything that an objective of this stage could read."""
    networks = (*stage.frozen, *stage.learns)
    answers = [(network, point) for network in networks for point in (*stage.taps.get(network, ()), "logits")]
    return [
        *answers,
        *((network, BEFORE) for network in stage.learns),
        LABELS,
        *((ADAPTER, name) for name in stage.adapters),
    ]


def _values(term: Term) -> list[Tensor]:
    return [term.raw, torch.as_tensor(term.scale)]


def _same(some: Sequence[Tensor], others: Sequence[Tensor]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(some, others, strict=True))


def _seed(source: Source) -> int:
    return zlib.crc32(repr(source).encode())


class _Trial:
    """One call of an objective on answers drawn at random, those of one source drawn otherwise than in other trials."""

    def __init__(self, stage: Stage, shapes: Shapes, changed: Source | None) -> None:
        self.stage, self.shapes, self.changed = stage, shapes, changed
        self.fed: dict[str, list[Tensor]] = {name: [] for name in stage.adapters}
        self.asked: dict[str, list[Tensor]] = {name: [] for name in (*stage.frozen, *stage.learns)}
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            self.modules = {name: self._adapter(name) for name in stage.adapters}
            torch.manual_seed(0)
            notes = stage.prepare(self)
            self.terms = [made for made in stage.objective(self._batch(notes)) if isinstance(made, Term)]

    @property
    def labels(self) -> Labels:
        """A class for each image."""
        return Labels((torch.arange(IMAGES) + (self.changed == LABELS)) % CLASSES)

    def logits(self, network: str) -> Tensor:
        """What a network says to all images before the stage begins."""
        return self._drawn((network, BEFORE if network in self.stage.learns else "logits"), CLASSES)

    def _drawn(self, source: Source, *size: int) -> Tensor:
        drawn = torch.Generator().manual_seed(_seed(source) + (source == self.changed))
        return SPREAD * torch.randn(IMAGES, *size, generator=drawn)

    def _adapter(self, name: str) -> nn.Module:
        torch.manual_seed(_seed((ADAPTER, name)))
        module = self.stage.adapters[name](self.shapes)
        if self.changed == (ADAPTER, name):
            with torch.no_grad():
                for weights in module.parameters():
                    weights.add_(torch.rand_like(weights))
        return module

    def _said(self, network: str) -> Output:
        """A network's answers: [1, N, ...] of those that learn or were trained by an earlier stage."""
        tapped, sizes = self.stage.taps.get(network, ()), self.shapes[network]
        points = {p: self._drawn((network, p), *sizes[p]).abs() / SPREAD for p in tapped}
        logits = self._drawn((network, "logits"), CLASSES)
        if network == "teacher":
            return Output(logits, points)
        return Output(logits[None], {p: f[None] for p, f in points.items()})

    def _batch(self, notes: Notes) -> Batch:
        return Batch(
            images=torch.randn(IMAGES, *SHAPE),
            labels=self.labels,
            outputs={n: self._said(n) for n in (*self.stage.learns, *self.stage.frozen)},
            temperature=torch.full((1,), 4.0),
            teacher_weight=torch.full((1,), 0.5),
            notes={name: note[None] for name, note in notes.tensors.items()},
            partner_notes={},
            progress=0.5,
            adapt=self.adapt,
            forward=self.forward,
        )

    def adapt(self, name: str, *inputs: Tensor, learn: bool = True) -> Tensor:
        """The adapter on its inputs, which are noted."""
        self.fed[name] += [x.detach() for x in inputs]
        said: Tensor = self.modules[name](*(x[0] for x in inputs))
        return said[None]

    def forward(self, network: str, images: Tensor, learn: bool = True) -> Tensor:
        """A bent linear map in the place of a network: it answers differently where the network's logits would."""
        self.asked[network].append(images.detach())
        weights = self._drawn((network, "logits"), CLASSES)
        numbers = images.flatten(2)
        stretched = nn.functional.interpolate(weights.T[None], size=numbers.shape[-1])[0]
        return (numbers @ stretched.T / IMAGES).sin() * IMAGES


@lru_cache(maxsize=256)
def wired(method: str, settings: tuple[tuple[str, float], ...] = ()) -> list[tuple[Stage, Wiring]]:
    """The stages of a method with these settings of its own, and what each touches.

    Raises:
        InvalidExperiment: no such method, or a setting that it does not take.
    """
    stages = stages_of(Experiment.from_flat({"method": method, "parameters": dict(settings)}))
    return list(zip(stages, wirings(stages), strict=True))
