"""The contract between a method and the training loop: a plan is a list of stages.

A stage names the networks that learn, those that only answer, its objective (a list of named loss terms made from
outputs and labels), and what it wants to know about the transfer set before it begins. The loop knows no method.

Shapes: N images in a batch, C classes, K members of a cohort that share this plan (1 in a simple run). A network's
logits in a batch are [K, N, C]; the teacher's are [N, C] and broadcast. Losses reduce the last two dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from torch import Tensor, nn

from kdcore.experiment import Experiment

View = Literal["curve", "map", "matrix", "histogram", "images"]
Side = Literal["labels", "teacher", "peer"]


@dataclass(frozen=True)
class Labels:
    """What a batch's images are said to be.

    index: [N] or [K, N] class numbers. known: same shape, False where the label is hidden, or None where all are known.
    Under mixup `other` holds the partners' class numbers and `share` the weight of `index`; else None and 1.
    margin: what the label's logit has to lead by.
    """

    index: Tensor
    known: Tensor | None = None
    other: Tensor | None = None
    share: float = 1.0
    margin: float = 0.0


@dataclass(frozen=True)
class Output:
    """What a network said: logits [K, N, C] ([N, C] for a teacher) and the tapped features, each [K, N, ...]."""

    logits: Tensor
    features: Mapping[str, Tensor] = field(default_factory=dict)

    def float(self) -> Output:
        """The same in single precision, in which losses are computed."""
        return Output(self.logits.float(), {point: f.float() for point, f in self.features.items()})


class Adapt(Protocol):
    """Runs an adapter of the stage."""

    def __call__(self, name: str, *inputs: Tensor, learn: bool = True) -> Tensor:
        """Each member's own module on its part of the inputs.

        inputs: [K, N, ...]; a leading 1 is given to every member. Returns [K, ...] of what the modules return. Without
        `learn` the gradient flows to the inputs alone.
        """
        ...


def no_adapters(name: str, *inputs: Tensor, learn: bool = True) -> Tensor:
    """Refuse every name: a batch of a stage without adapters."""
    raise KeyError(f"This stage has no adapter '{name}'.")


class Ask(Protocol):
    """Runs a network of the plan on images of the objective's own making."""

    def __call__(self, network: str, images: Tensor, learn: bool = True) -> Tensor:
        """Logits [K, N, C] of a learning or frozen network, the teacher too, with the graph back to the images.

        images: [K, N, channels, height, width]; a leading 1 is given to every member. Without `learn` the gradient flows
        to the images alone, as it always does through frozen networks.
        """
        ...


def no_networks(network: str, images: Tensor, learn: bool = True) -> Tensor:
    """Refuse every name: a batch outside a cohort."""
    raise KeyError(f"There is no network '{network}' to ask here.")


@dataclass(frozen=True)
class Batch:
    """What an objective sees of one step.

    images: [N, channels, height, width] as the networks saw them. temperature and teacher_weight: [K], one a member.
    notes: what the stage's `prepare` made, cut to this batch: each [K, N, ...]; partner_notes: the same for the images
    mixed in, empty without mixup. progress: share of the whole run, 0 to 1. adapt: runs the stage's adapters. ask: runs a
    network on other images. seed: of whatever an objective draws at this step.
    """

    images: Tensor
    labels: Labels
    outputs: Mapping[str, Output]
    temperature: Tensor
    teacher_weight: Tensor
    notes: Mapping[str, Tensor]
    partner_notes: Mapping[str, Tensor]
    progress: float
    label_smoothing: float = 0.0
    adapt: Adapt = no_adapters
    ask: Ask = no_networks
    seed: int = 0


@dataclass(frozen=True)
class Term:
    """One named part of a network's loss: raw [K], and the factor (a number or [K]) with which it enters the sum."""

    network: str
    name: str
    side: Side
    raw: Tensor
    scale: Tensor | float = 1.0


@dataclass(frozen=True)
class Figure:
    """Something measured on the way, no part of the loss: a share, an accuracy, a learned weight; value [K].

    NaN where this batch cannot tell: what is shown is the mean over the batches that can.
    """

    network: str
    name: str
    value: Tensor


@dataclass(frozen=True)
class Drawing:
    """A few images that a method made, to be looked at, and the class that somebody sees in each.

    images: [P, channels, height, width] and classes: [P], the same for every member, or both with a leading [K].
    """

    network: str
    images: Tensor
    classes: Tensor


Objective = Callable[[Batch], Sequence[Term | Figure | Drawing]]

Shapes = Mapping[str, Mapping[str, tuple[int, ...]]]
"""The size of one image's features, by network and point; the point `logits` is every network's. Under `images` and
`pixels` stands the size of an image itself."""


def nothing_to_refuse(shapes: Shapes) -> str:
    """Take all networks: most stages need no more than logits."""
    return ""


Network = Callable[[Tensor], Tensor]
"""From images [N, channels, height, width] to logits [N, C]."""


class TransferView(Protocol):
    """What `prepare` may ask: the transfer set's labels, and any network's logits on it."""

    @property
    def labels(self) -> Labels:
        """The labels of the transfer set, [n]."""
        ...

    def logits(self, network: str) -> Tensor:
        """Logits [n, C] of a network of this plan (or `teacher`) on the whole transfer set, not augmented, eval mode."""
        ...


@dataclass(frozen=True)
class Notes:
    """What a stage fixes before it begins: tensors with one row an image of the transfer set, and figures to show."""

    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)


def nothing_to_note(view: TransferView) -> Notes:
    """Prepare nothing: most stages need nothing fixed before they begin."""
    return Notes()


@dataclass(frozen=True)
class Stage:
    """One part of a method.

    learns: the networks that are trained, by name, each with its network's name in the table or TEACHERS_OWN. frozen:
    networks that answer without learning: `teacher`, or a name that an earlier stage trained. taps: feature points to
    hand over, by network. adapters: small modules that learn beside the networks and belong to the loss, built from
    the sizes of the features. fixed: by network, the point up to which its layers stay as they are. refuses: why
    these networks will not do, in a sentence (which may name the method as {method}), or nothing. starts_from:
    networks that begin with the weights of another of this plan. shows: pictures of what one network said to a few
    images: maps [P, h, w] or a matrix [P, P]. shown_at: the feature point that they are of, where it is one. probes:
    the same, made by asking the network about images [P, ...]. without_images: networks that learn without the run's
    images and labels: only what the objective asks of them. share: this stage's share of the run's epochs. before: it
    runs before twin and student begin, its epochs on top of the run's own. becomes: the stages in its place, where
    they depend on the networks' features.
    """

    name: str
    learns: Mapping[str, str]
    objective: Objective
    frozen: tuple[str, ...] = ()
    taps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prepare: Callable[[TransferView], Notes] = nothing_to_note
    share: float = 1.0
    adapters: Mapping[str, Callable[[Shapes], nn.Module]] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    refuses: Callable[[Shapes], str] = nothing_to_refuse
    starts_from: Mapping[str, str] = field(default_factory=dict)
    shows: Mapping[View, Callable[[Output], Tensor]] = field(default_factory=dict)
    shown_at: str = ""
    probes: Mapping[View, Callable[[Network, Tensor], Tensor]] = field(default_factory=dict)
    without_images: tuple[str, ...] = ()
    before: bool = False
    becomes: Callable[[Shapes], Sequence[Stage]] | None = None


TEACHERS_OWN = "the teacher's own"
"""In a stage's `learns`: the network of the experiment's teacher, which a plan does not know."""


def with_teachers_network(stages: Sequence[Stage], network: str) -> list[Stage]:
    """The stages with the teacher's network where they ask for the teacher's own."""
    return [
        replace(stage, learns={n: network if a == TEACHERS_OWN else a for n, a in stage.learns.items()})
        for stage in stages
    ]


@dataclass(frozen=True)
class Parameter:
    """A method's own setting, with its bounds, default and source. With `choices` its value is the number of one."""

    name: str
    default: float
    low: float
    high: float
    help: str
    source: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Card:
    """What a reader learns of a method before running it.

    uses: the experiment's fields that its loss reads. controls: settings under which it explains another method's gain
    otherwise, by the control's name.
    """

    name: str
    title: str
    transfers: str
    what: str
    formula: str
    symbols: Mapping[str, str]
    citation: str
    cost: str
    hurts: str
    uses: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    controls: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    views: tuple[View, ...] = ()


class Method(Protocol):
    """What a file in `methods/` offers."""

    CARD: Card

    def plan(self, experiment: Experiment) -> list[Stage]:
        """The stages of this method for this experiment.

        Raises:
            InvalidExperiment: a parameter that the card does not name, or out of its bounds.
        """
        ...
