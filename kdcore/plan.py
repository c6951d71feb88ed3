"""The contract between a method and the training loop: a plan is a list of stages.

A stage names the networks that learn, those that are frozen, its objective (a list of named loss terms made from outputs
and labels), and what it needs to know about the transfer set before it begins. The loop knows no method.

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
    """The labels of a batch's images.

    Attributes:
        index: Class numbers, [N] or [K, N].
        known: False where the label is hidden, same shape; None where all are known.
        other: Under mixup, the class numbers of the images mixed in; else None.
        share: Under mixup, the weight of `index`; else 1.
        margin: By how much the label's logit has to lead.
    """

    index: Tensor
    known: Tensor | None = None
    other: Tensor | None = None
    share: float = 1.0
    margin: float = 0.0


@dataclass(frozen=True)
class Output:
    """A network's output: logits [K, N, C] ([N, C] for a teacher) and the tapped features, each [K, N, ...]."""

    logits: Tensor
    features: Mapping[str, Tensor] = field(default_factory=dict)

    def float(self) -> Output:
        """The same in single precision, in which losses are computed."""
        return Output(self.logits.float(), {point: f.float() for point, f in self.features.items()})


class Adapt(Protocol):
    """Runs an adapter of the stage: `Batch.adapt`."""

    def __call__(self, name: str, *inputs: Tensor, learn: bool = True) -> Tensor:
        """Each member's own module on its part of the inputs.

        inputs: [K, N, ...]; a leading 1 goes to every member. Returns the modules' outputs, [K, ...]. Without `learn` the
        gradient flows to the inputs alone.

        Raises:
            KeyError: the stage has no adapter of this name.
        """
        ...


def no_adapters(name: str, *inputs: Tensor, learn: bool = True) -> Tensor:
    """Refuse every name: the `adapt` of a stage without adapters."""
    raise KeyError(f"This stage has no adapter '{name}'.")


class NetworkForward(Protocol):
    """Runs a network of the plan on images of the objective's own making: `Batch.forward`."""

    def __call__(self, network: str, images: Tensor, learn: bool = True) -> Tensor:
        """Logits [K, N, C] of a learning or frozen network, the teacher too, with the graph back to the images.

        images: [K, N, channels, height, width]; a leading 1 goes to every member. Without `learn` the gradient flows to
        the images alone, as it always does through frozen networks.
        """
        ...


def no_networks(network: str, images: Tensor, learn: bool = True) -> Tensor:
    """Refuse every name: the `forward` of a batch outside a cohort."""
    raise KeyError(f"There is no network '{network}' to run here.")


@dataclass(frozen=True)
class Batch:
    """What an objective sees of one step.

    Attributes:
        images: [N, channels, height, width], as the networks saw them.
        labels: Of these images.
        outputs: Of the networks on these images, by name; `teacher` is the teacher's.
        temperature: [K], one per member.
        teacher_weight: [K], one per member; the share of the loss that comes from the teacher.
        notes: What the stage's `prepare` returned for these images, each [K, N, ...].
        partner_notes: The same for the images mixed in; empty without mixup.
        progress: Share of the whole run that is done, 0 to 1.
        label_smoothing: The probability spread over all classes in the labels.
        adapt: Runs the stage's adapters.
        forward: Runs a network on other images.
        seed: For whatever the objective draws at random in this step.
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
    forward: NetworkForward = no_networks
    seed: int = 0


@dataclass(frozen=True)
class Term:
    """One named term of a network's loss.

    Attributes:
        network: Whose loss it belongs to.
        name: What curves call it.
        side: Where its gradient comes from.
        raw: Its value, [K].
        scale: The factor with which it enters the sum, a number or [K].
    """

    network: str
    name: str
    side: Side
    raw: Tensor
    scale: Tensor | float = 1.0


@dataclass(frozen=True)
class Figure:
    """Something measured on the way that is no part of the loss: a share, an accuracy, a learned weight.

    Attributes:
        network: Which network it is about.
        name: What curves call it.
        value: [K]; NaN where this batch has none, which is left out of the mean that is reported.
    """

    network: str
    name: str
    value: Tensor


@dataclass(frozen=True)
class Drawing:
    """A few images that a method generated, shown to the reader. Same for every member, or with a leading [K].

    Attributes:
        network: Which network's page they belong to.
        images: [P, channels, height, width].
        classes: [P]; the class that a network sees in each.
    """

    network: str
    images: Tensor
    classes: Tensor


Objective = Callable[[Batch], Sequence[Term | Figure | Drawing]]

Shapes = Mapping[str, Mapping[str, tuple[int, ...]]]
"""The size of one image's features, by network and feature point; every network has the point `logits`. The size of an
image itself is under `images`, `pixels`."""


def nothing_to_refuse(shapes: Shapes) -> str:
    """Accept all networks: most stages need no more than logits."""
    return ""


Network = Callable[[Tensor], Tensor]
"""From images [N, channels, height, width] to logits [N, C]."""


class TransferView(Protocol):
    """What `prepare` sees: the transfer set's labels, and any network's logits on it. The set has n images."""

    @property
    def labels(self) -> Labels:
        """The labels, [n]."""
        ...

    def logits(self, network: str) -> Tensor:
        """Logits [n, C] of a network of this plan (or `teacher`) on the whole transfer set, not augmented, eval mode."""
        ...


@dataclass(frozen=True)
class Notes:
    """What a stage fixes before it begins.

    Attributes:
        tensors: By name, each with one row per image of the transfer set, [n, ...].
        measured: Figures to show, by name.
    """

    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)


def nothing_to_note(view: TransferView) -> Notes:
    """Prepare nothing: most stages need nothing fixed before they begin."""
    return Notes()


@dataclass(frozen=True)
class Stage:
    """One part of a method.

    Attributes:
        name: What events and the method's diagram call it.
        learns: The networks that are trained: their name in the network table, or TEACHERS_OWN, by their name in the plan.
        objective: Makes the loss terms of a batch.
        frozen: Networks that run without learning: `teacher`, or one that an earlier stage trained.
        taps: The feature points that the objective reads, by network.
        prepare: Fixes the stage's notes on the transfer set before it begins.
        share: This stage's share of the run's epochs, relative to the other stages'.
        adapters: Small modules that belong to the loss and learn beside the networks, each built from the sizes of the
            features.
        fixed: By network, the feature point up to which its layers keep their weights.
        refuses: Why these networks will not do, in a sentence that may name the method as {method}; empty if they will.
        starts_from: By network, another of this plan whose weights it begins with.
        shows: Pictures made of one network's output for a few images: maps [P, h, w] or a matrix [P, P].
        shown_at: The feature point that the pictures are of, where they are of one.
        probes: Pictures as in `shows`, made by running the network on images [P, ...].
        without_images: Networks that learn from the objective's own images alone, never from the run's.
        before: Whether it runs before twin and student begin, its epochs on top of the run's own.
        becomes: Makes the stages that take its place, where they depend on the networks' features.
        from_labels_alone: Whether its networks learn what they would whatever the method's settings, the student and the
            run's teacher: networks that were trained for one run then serve for another.
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
    from_labels_alone: bool = False


TEACHERS_OWN = "the teacher's own"
"""In a stage's `learns`: the architecture of the experiment's teacher, which a plan does not know."""


def with_teachers_network(stages: Sequence[Stage], network: str) -> list[Stage]:
    """The stages with this network in place of TEACHERS_OWN."""
    return [
        replace(stage, learns={n: network if a == TEACHERS_OWN else a for n, a in stage.learns.items()})
        for stage in stages
    ]


@dataclass(frozen=True)
class Parameter:
    """A method's own setting.

    Attributes:
        name: Its name in the experiment's `parameters`.
        default: Its value where none is given.
        low: The smallest value.
        high: The largest value.
        help: What it does, in a sentence.
        source: Where the default comes from.
        choices: Names for the values 0, 1, ...; empty for a number.
    """

    name: str
    default: float
    low: float
    high: float
    help: str
    source: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Card:
    """What a reader learns about a method before running it.

    Attributes:
        name: Its name in experiments, links and on the command line.
        title: Its name on screen.
        transfers: What it transfers: responses, features, relations and so on; the picker groups by it.
        what: How it works, in a few sentences.
        formula: Its loss, in LaTeX.
        symbols: What each symbol of the formula means.
        citation: Paper and section or equation.
        cost: What it costs beyond training the student.
        hurts: When it does harm.
        uses: The experiment's fields that its loss reads.
        parameters: Its own settings.
        controls: Settings under which it serves as a control for another method's gain, by the control's name.
        views: How its figures and pictures are shown.
        uncalibrated: Why the student's probabilities cannot be taken at their word, as the rest of such a sentence: what
            of its logits no term of the loss fixes once the teacher has all the weight. Empty where its loss fixes them.
        with_two_classes: What of its loss is left where there are two classes only, as a sentence; empty where all of it is.
        uncalibrated_with: The settings of its own under which that is so; empty where it is so under all.
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
    uncalibrated: str = ""
    with_two_classes: str = ""
    uncalibrated_with: Mapping[str, float] = field(default_factory=dict)


class Method(Protocol):
    """What a file in `methods/` defines."""

    CARD: Card

    def plan(self, experiment: Experiment) -> list[Stage]:
        """The stages of this method for this experiment.

        Raises:
            InvalidExperiment: a parameter that the card does not name, or out of its bounds.
        """
        ...
