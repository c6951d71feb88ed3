"""The events of a run and the commands that it takes: small typed values, safe to store and to send.

`curves(event)` turns measurements into (role, series, value) rows, so that a store need not know any event.
Roles are `teacher`, `twin`, `student`; a method's further networks go by their own names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol


@dataclass(frozen=True)
class Phase:
    """A new phase of the run begins: `load`, `teacher`, `preparation`, `teacher_logits`, `students` or `test`.

    precision: of its training steps; empty where nothing is trained.
    """

    name: str
    device: str = ""
    threads: int = 0
    precision: str = ""


@dataclass(frozen=True)
class Progress:
    """How far a phase is: steps, images per second, and seconds left (None while unknown).

    pace: steps a second that the run was told to keep to; 0 where it goes as fast as it can.
    """

    phase: str
    step: int
    steps: int
    epoch: float
    epochs: int
    images_per_second: float | None = None
    seconds_left: float | None = None
    paused: bool = False
    pace: float = 0.0


@dataclass(frozen=True)
class TermValue:
    """One named loss term: its mean since the last report, raw and as it enters the sum."""

    name: str
    raw: float
    scaled: float


@dataclass(frozen=True)
class BatchMetrics:
    """The loss of one network, split into its terms, averaged over the steps since the last report."""

    step: int
    epoch: float
    role: str
    terms: tuple[TermValue, ...]
    learning_rate: float


@dataclass(frozen=True)
class Validation:
    """Errors (of `images`) and mean NLL (nats per image) on the validation images."""

    step: int
    epoch: float
    role: str
    errors: int
    images: int
    nll: float


@dataclass(frozen=True)
class Gradients:
    """Norms of the gradient on one batch: of the labels' terms, of the teacher's terms, and of their sum by layer."""

    step: int
    epoch: float
    role: str
    sides: Mapping[str, float]
    layers: Mapping[str, float]


@dataclass(frozen=True)
class Measured:
    """A method's own figures (`confident`, `discriminator accuracy` ...), one value per series."""

    step: int
    epoch: float
    role: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class Snapshot:
    """Logits of the pinned validation images, [images][classes]; `images` are their indices in the validation split."""

    step: int
    epoch: float
    role: str
    images: tuple[int, ...]
    logits: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Pinned:
    """The few validation images that a run follows: indices, labels, pictures as PNG data URLs, the teacher's logits."""

    images: tuple[int, ...]
    labels: tuple[int, ...]
    png: tuple[str, ...]
    teacher_logits: tuple[tuple[float, ...], ...]
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Pictures:
    """What a method shows of one network.

    On validation images a `map` [images][rows][columns] or a `matrix` [images][images]; or `images` that a network made.

    Attributes:
        view: `map`, `matrix` or `images`.
        images: indices of the validation images.
        values: rows of numbers, or PNG data URLs of the images that were made.
        classes: the class that a network assigned to each of these.
        point: the feature point that is shown, if any.
    """

    step: int
    epoch: float
    role: str
    view: str
    images: tuple[int, ...]
    values: tuple[Any, ...]
    classes: tuple[int, ...] = ()
    point: str = ""


@dataclass(frozen=True)
class StageChanged:
    """A method's next stage begins for the network `role`."""

    step: int
    epoch: float
    role: str
    stage: str


@dataclass(frozen=True)
class Entered:
    """A further experiment (its JSON) takes part: the roles of its student and its twin."""

    role: str
    twin: str
    experiment: str


@dataclass(frozen=True)
class TwinFound:
    """The twin is not trained here: the run of this id trained it before, and its curves are taken over from there."""

    run: str


@dataclass(frozen=True)
class HotChange:
    """A setting was changed during the run; curves mark it."""

    step: int
    epoch: float
    setting: str
    value: float


@dataclass(frozen=True)
class Checkpoint:
    """Everything needed to resume from here to the same end: tensors by name, and a few JSON values. Never stored as a row."""

    phase: str
    step: int
    tensors: Mapping[str, Any]
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Trained:
    """The final weights of one network, by tensor name: kept as a file of the run, never as a row."""

    role: str
    network: str
    tensors: Mapping[str, Any]


@dataclass(frozen=True)
class TrainerReplaced:
    """The run's worker is gone: it resumes elsewhere from its last checkpoint, and the events since then are void."""


@dataclass(frozen=True)
class Finished:
    """The run has ended or was stopped; `results` are the JSON values that a run keeps."""

    status: Literal["finished", "stopped"]
    results: Mapping[str, Any] = field(default_factory=dict)


Event = (
    Phase
    | Progress
    | BatchMetrics
    | Validation
    | Gradients
    | Measured
    | Pinned
    | Snapshot
    | Pictures
    | StageChanged
    | Entered
    | TwinFound
    | HotChange
    | Checkpoint
    | Trained
    | TrainerReplaced
    | Finished
)


def curves(event: Event) -> Iterator[tuple[str, str, float]]:
    """The (role, series, value) rows of a measured event; nothing for the others.

    Series: `val_errors`, `val_error` (share), `val_nll`, `loss.<term>.raw`, `loss.<term>.scaled`, `loss.total`,
    `learning_rate`, `grad.side.<labels|teacher|...>`, `grad.layer.<name>`, `measured.<name>`.
    """
    match event:
        case Validation():
            yield event.role, "val_errors", event.errors
            yield event.role, "val_error", event.errors / event.images
            yield event.role, "val_nll", event.nll
        case BatchMetrics():
            for term in event.terms:
                yield event.role, f"loss.{term.name}.raw", term.raw
                yield event.role, f"loss.{term.name}.scaled", term.scaled
            yield event.role, "loss.total", sum(term.scaled for term in event.terms)
            yield event.role, "learning_rate", event.learning_rate
        case Gradients():
            for side, norm in event.sides.items():
                yield event.role, f"grad.side.{side}", norm
            for layer, norm in event.layers.items():
                yield event.role, f"grad.layer.{layer}", norm
        case Measured():
            for name, value in event.values.items():
                yield event.role, f"measured.{name}", value
        case _:
            return


@dataclass(frozen=True)
class Command:
    """A command to a run.

    `set` carries a hot field and its new value. `pace` carries steps a second, 0 for as fast as it goes; so does
    `begin_paused`, which comes with a new run and holds its students before their first step. The others carry nothing.
    """

    kind: Literal["pause", "resume", "step_batch", "step_epoch", "stop", "set", "pace", "begin_paused"]
    setting: str = ""
    value: float = 0.0


class Commands(Protocol):
    """The one channel into a run. Both calls return the commands since the last call, oldest first."""

    def poll(self) -> list[Command]:
        """Return at once. It is called every step, so an implementation looks at the clock before it looks at a database."""
        ...

    def wait(self) -> list[Command]:
        """Block for a short while (at most a quarter of a second) until something comes; called while paused."""
        ...


class NoCommands:
    """A channel without commands."""

    def poll(self) -> list[Command]:
        """Nothing."""
        return []

    def wait(self) -> list[Command]:
        """Nothing can end a pause here, so none may begin: `poll` never asks for one."""
        return []
