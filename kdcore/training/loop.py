"""The training loop, as a generator of events. It knows no method, no screen, no file and no queue.

What happens at a step depends on the step alone (batches, noise, reports, learning rate), never on the clock: the same
seeds give the same curves, and a run that goes on from a checkpoint ends in the same weights.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from kdcore.data.datasets import Split
from kdcore.data.image_urls import stretched_url
from kdcore.errors import TrainingDiverged
from kdcore.events import (
    BatchMetrics,
    Checkpoint,
    Command,
    Commands,
    Event,
    Gradients,
    HotChange,
    Measured,
    Pictures,
    Progress,
    Snapshot,
    StageChanged,
    TermValue,
    Validation,
)
from kdcore.plan import View
from kdcore.system.stopwatch import Stopwatch
from kdcore.training.cohort import Cohort
from kdcore.training.data_stream import DataStream, StreamBatch
from kdcore.training.members import NetworkRef, State
from kdcore.training.schedules import rate
from kdcore.training.step import Step, StepDrawing, StepFigure, StepTerms

REPORTS = 250
ENOUGH_GRADIENTS = 20
GRADIENTS_EVERY = 300
"""Steps between two looks at the gradients of a long run: one look costs less than two steps."""
SNAPSHOTS = 60
THUMBNAIL = 16
MATRIX = 40
VALIDATIONS = 6
ENOUGH_VALIDATIONS = 20
PROGRESS_SECONDS = 0.25
CHECKPOINT_SECONDS = 15.0


@dataclass
class Best:
    """The best validation so far of one network, and the weights it was reached with where those are kept."""

    errors: int
    nll: float
    epoch: float
    weights: State = field(default_factory=dict)


Pruner = Callable[[int, Mapping[str, int]], set[str]]
"""Says after a validation who leaves: from the thousandths of the steps that are done and every role's errors to the roles."""


@dataclass
class TrainingLoop:
    """One phase of a run: a cohort, the batches it learns from, and the images it is validated on.

    streams: all of the same length; the first is the one of a simple run. snapshots: how
    often at most the pinned images are asked about. pruner: lets members leave before the end.
    """

    phase: str
    cohort: Cohort
    streams: Sequence[DataStream]
    validation: Split
    commands: Commands
    pinned: tuple[int, ...] = ()
    pruner: Pruner | None = None
    snapshots: int = SNAPSHOTS

    def __post_init__(self) -> None:
        self.recipe = self.cohort.recipe
        self.sampler, self.teacher = self.streams[0].sampler, self.streams[0].teacher
        self.per_epoch = self.sampler.steps_per_epoch
        self.total = self.recipe.epochs * self.per_epoch
        self.report_every = max(1, self.total // REPORTS)
        self.gradients_every = max(1, min(self.total // ENOUGH_GRADIENTS, GRADIENTS_EVERY))
        self.validations = self._validation_steps()
        self.snapshot_every = max(1, len(self.validations) // self.snapshots)
        self.by_class = _a_few_of_each(self.validation.labels)
        self.step = 0
        self.learning_rate = self.last_rate = self.recipe.learning_rate
        self.best: dict[NetworkRef, Best] = {}
        self.better_at = 0.0
        self.stopped = self.paused = False
        self.pause_at: int | None = None
        self.pending: list[Step] = []
        self.drawn: list[StepDrawing] = []
        self.watch = Stopwatch()
        self.clock = _Clock(self.total)

    def _validation_steps(self) -> frozenset[int]:
        """Inside epochs where there are few; else after every epoch, or so seldom that it takes less than training does."""
        epochs, parts = self.recipe.epochs, max(1, math.ceil(VALIDATIONS / self.recipe.epochs))
        every = min(math.ceil(len(self.validation) / len(self.sampler)), max(1, epochs // ENOUGH_VALIDATIONS))
        places = (epoch + part / parts for epoch in range(0, epochs, every) for part in range(parts))
        return frozenset({round(place * self.per_epoch) for place in places} | {self.total})

    @property
    def epoch(self) -> float:
        """Epochs done."""
        return self.step / self.per_epoch

    @property
    def share(self) -> float:
        """Share of all steps done."""
        return self.step / self.total

    @property
    def seconds(self) -> float:
        """Seconds of training so far, in all sittings, without pauses."""
        return self.watch.clock

    @property
    def over(self) -> bool:
        """Whether all steps are done, or no network got better for as long as the recipe allows."""
        patience = self.recipe.early_stop
        return self.step >= self.total or (0 < patience <= self.epoch - self.better_at)

    # ---- the loop -----------------------------------------------------------------------------------------------

    def run(self, resume: Checkpoint | None = None) -> Iterator[Event]:
        """Train to the end, to an early stop or to a `stop` command.

        Raises:
            TrainingDiverged: a loss or a network's answer became NaN or infinite.
        """
        yield from self._begin(resume)
        while not self.over and not self.stopped:
            yield from self._obey()
            if self.stopped:
                break
            yield from self._enter_stages()
            yield from self._one_step()
        yield from self._report()
        yield self.checkpoint()

    def _begin(self, resume: Checkpoint | None) -> Iterator[Event]:
        if resume is None:
            yield from self._enter_stages()
            yield from self._validate()
        else:
            self._go_on_from(resume)
        yield self._progress()

    def _one_step(self) -> Iterator[Event]:
        seen = [stream.batch(self.step) for stream in self.streams]
        stepped = self.pause_at == self.step + 1
        if self.step % self.gradients_every == 0 or stepped:
            yield from self._gradients(seen)
        learning_rate = self.learning_rate * rate(self.recipe.schedule, (self.step + 1) / (self.total + 1))
        self.last_rate = learning_rate
        step = self.cohort.step(seen, learning_rate, self.share)
        self.drawn, step.drawings = step.drawings, []
        self.pending.append(step)
        self.step += 1
        self.clock.count(sum(len(one.inputs.indices) for one in seen))
        if self.step % self.report_every == 0 or stepped:
            yield from self._report()
        if self.step in self.validations:
            yield from self._report()
            yield from self._validate()
        if self.clock.progress_is_due():
            yield self._progress()
        if not self.pending and self.clock.checkpoint_is_due():
            yield self.checkpoint()

    def _enter_stages(self) -> Iterator[Event]:
        stages = [member.stage_at(self.share) for member in self.cohort.members]
        if stages == self.cohort.stages:
            return
        entering = [
            m
            for m, (old, new) in enumerate(zip(self.cohort.stages, stages, strict=True))
            if old != new and m not in self.cohort.absent
        ]
        yield from self._report()
        self.cohort.enter(stages)
        notes = self.cohort.prepare(self.streams, entering)
        for m in entering:
            role = self.cohort.members[m].role
            if len(self.cohort.members[m].stages) > 1:
                yield StageChanged(self.step, self.epoch, role, self.cohort.members[m].stages[stages[m]].name)
            if notes[m].measured:
                yield Measured(self.step, self.epoch, role, notes[m].measured)

    # ---- reports ------------------------------------------------------------------------------------------------

    def _report(self) -> Iterator[Event]:
        """The loss terms and figures since the last report; the one place where the device is waited for."""
        if not self.pending:
            return
        last = self.pending[-1]
        raw = _means([[t.raw for t in step.terms] for step in self.pending])
        scaled = _means([[t.scaled.detach() for t in step.terms] for step in self.pending])
        figures = _means([[f.value for f in step.figures] for step in self.pending], torch.nanmean)
        terms: dict[str, list[TermValue]] = {}
        for i, (role, name) in enumerate(self._named(last.terms)):
            terms.setdefault(role, []).append(TermValue(name, raw[i], scaled[i]))
        measured: dict[str, dict[str, float]] = {}
        for i, (role, name) in enumerate(self._named(last.figures)):
            if not math.isnan(figures[i]):
                measured.setdefault(role, {})[name] = figures[i]
        self.pending = []
        for role, values in terms.items():
            self._guard(role, sum(t.scaled for t in values))
            yield BatchMetrics(self.step, self.epoch, role, tuple(values), self.last_rate)
        for role, found in measured.items():
            yield Measured(self.step, self.epoch, role, found)

    def _named(self, parts: Sequence[StepTerms] | Sequence[StepFigure]) -> Iterator[tuple[str, str]]:
        """Role and name of each value, member by member."""
        for part in parts:
            for m in part.crew.members:
                yield self.cohort.role(NetworkRef(m, part.network)), part.name

    def _guard(self, role: str, value: float) -> None:
        if not math.isfinite(value):
            raise TrainingDiverged(
                f"The loss of the {role} became {value} at step {self.step}. The curves up to there are kept. "
                "Start again with a lower learning rate, or clip the gradient (clip_norm = 1)."
            )

    def _gradients(self, seen: Sequence[StreamBatch]) -> Iterator[Event]:
        found = self.cohort.gradient_norms(seen, self.share)
        for seat, (sides, layers) in found.items():
            yield Gradients(self.step, self.epoch, self.cohort.role(seat), sides, layers)

    def _validate(self) -> Iterator[Event]:
        """Validation of every network on the whole validation set, and now and then the pinned images' logits."""
        better, errors = False, dict[str, int]()
        snapshot = (
            len([s for s in self.validations if s <= self.step]) % self.snapshot_every == 0
            or self.step == self.total
        )
        for seat, logits in self.cohort.logits(self.validation.images).items():
            role = self.cohort.role(seat)
            wrong = int((logits.argmax(dim=1) != self.validation.labels).sum())
            nll = float(torch.nn.functional.cross_entropy(logits, self.validation.labels))
            self._guard(role, nll)
            errors[role] = wrong
            yield Validation(self.step, self.epoch, role, wrong, len(logits), nll)
            better |= self._note_best(seat, wrong, nll)
            if self.pinned and snapshot:
                rows = tuple(tuple(row) for row in logits[list(self.pinned)].tolist())
                yield Snapshot(self.step, self.epoch, role, self.pinned, rows)
        if better:
            self.better_at = self.epoch
        if snapshot:
            yield from self._show()
        if (
            self.pruner is not None
            and 0 < self.step < self.total
            and (out := self.pruner(round(1000 * self.share), errors))
        ):
            self.cohort.leave([m for m, member in enumerate(self.cohort.members) if member.role in out])

    def _show(self) -> Iterator[Event]:
        """What the method shows of teacher, twin and student: maps of the pinned images, matrices of images by class."""
        shows: list[tuple[View, tuple[int, ...]]] = [("map", self.pinned), ("matrix", self.by_class)]
        for view, places in shows:
            chosen = torch.tensor(places, dtype=torch.long, device=self.validation.images.device)
            showing = self.cohort.showing(view)
            if not showing or not places:
                continue
            images = self.validation.images[chosen]
            pictures = {self.cohort.role(s): t for s, t in self.cohort.pictures(view, images).items()}
            if self.teacher is not None and self.step == 0:
                pictures["teacher"] = self.cohort.teachers_picture(view, images, self.teacher)
            for role, picture in pictures.items():
                plain, point = _plain(picture), showing[0].shown_at
                yield Pictures(self.step, self.epoch, role, view, tuple(places), plain, point=point)
        yield from self._show_drawings()

    def _show_drawings(self) -> Iterator[Event]:
        """What a method's networks made at the last step."""
        for drawn in self.drawn:
            for m in drawn.crew.members:
                images, classes = drawn.of(m)
                role, pngs = self.cohort.role(NetworkRef(m, drawn.network)), tuple(map(stretched_url, images))
                yield Pictures(self.step, self.epoch, role, "images", (), pngs, tuple(classes.tolist()))

    def _note_best(self, seat: NetworkRef, errors: int, nll: float) -> bool:
        best = self.best.get(seat)
        if best is not None and (best.errors, best.nll) <= (errors, nll):
            return False
        keep = self.recipe.keep == "best"
        weights = {name: t.clone() for name, t in self.cohort.weights(seat).items()} if keep else {}
        self.best[seat] = Best(errors, nll, self.epoch, weights)
        return True

    def final_weights(self) -> dict[str, State]:
        """Each network's weights by its role: the last, or those best on validation."""
        kept = {}
        for group in self.cohort.groups:
            for seat in group.seats:
                best = self.best.get(seat)
                weights = best.weights if best is not None and best.weights else self.cohort.weights(seat)
                kept[self.cohort.role(seat)] = {name: t.detach().clone() for name, t in weights.items()}
        return kept

    def _progress(self, paused: bool = False) -> Progress:
        speed, left = self.clock.speed(self.total - self.step)
        return Progress(
            self.phase, self.step, self.total, self.epoch, self.recipe.epochs, speed, left, paused
        )

    # ---- commands -----------------------------------------------------------------------------------------------

    def _obey(self) -> Iterator[Event]:
        yield from self._carry_out(self.commands.poll())
        if self.pause_at is not None and self.step >= self.pause_at:
            self.paused, self.pause_at = True, None
        if self.paused and not self.stopped:
            yield from self._pause()

    def _pause(self) -> Iterator[Event]:
        yield from self._report()
        yield self.checkpoint()
        self.watch.hold()
        while self.paused and not self.stopped:
            yield self._progress(paused=True)
            yield from self._carry_out(self.commands.wait())
        self.watch.go_on()
        self.clock.start_again()

    def _carry_out(self, commands: Sequence[Command]) -> Iterator[Event]:
        for command in commands:
            match command.kind:
                case "pause":
                    self.paused = True
                case "resume":
                    self.paused, self.pause_at = False, None
                case "step_batch":
                    self.paused, self.pause_at = False, self.step + 1
                case "step_epoch":
                    self.paused, self.pause_at = False, (self.step // self.per_epoch + 1) * self.per_epoch
                case "stop":
                    self.stopped = True
                case "set":
                    yield from self._change(command.setting, command.value)

    def _change(self, setting: str, value: float) -> Iterator[Event]:
        yield from self._report()
        if setting == "learning_rate":
            self.learning_rate = value
        else:
            self.cohort.change(setting, value)
        yield HotChange(self.step, self.epoch, setting, value)
        yield self.checkpoint()

    # ---- checkpoints --------------------------------------------------------------------------------------------

    def checkpoint(self) -> Checkpoint:
        """Where training stands. The tensors are not copies: write them before the generator goes on."""
        tensors = {f"cohort/{name}": t for name, t in self.cohort.state().items()}
        best = []
        for seat, value in self.best.items():
            best.append([seat.member, seat.network, value.errors, value.nll, value.epoch])
            tensors |= {f"best/{seat.member}/{seat.network}/{n}": t for n, t in value.weights.items()}
        values: dict[str, Any] = {
            "stages": self.cohort.stages,
            "learning_rate": self.learning_rate,
            "temperature": [m.temperature for m in self.cohort.members],
            "teacher_weight": [m.teacher_weight for m in self.cohort.members],
            "best": best,
            "better_at": self.better_at,
            "threads": torch.get_num_threads(),
            "together": self.cohort.stacked,
            "absent": sorted(self.cohort.absent),
            "seconds": self.watch.clock,
            "processor_seconds": self.watch.processor,
        }
        return Checkpoint(self.phase, self.step, tensors, values)

    def _go_on_from(self, checkpoint: Checkpoint) -> None:
        values, tensors = checkpoint.values, checkpoint.tensors
        self.step = checkpoint.step
        self.watch = Stopwatch(values["seconds"], values["processor_seconds"])
        self.learning_rate, self.better_at = values["learning_rate"], values["better_at"]
        for member, temperature, weight in zip(
            self.cohort.members, values["temperature"], values["teacher_weight"], strict=True
        ):
            member.temperature, member.teacher_weight = temperature, weight
        self.cohort.absent = set(values["absent"])
        self.cohort.enter(values["stages"], _under(tensors, "cohort/"))
        for m, network, errors, nll, epoch in values["best"]:
            self.best[NetworkRef(m, network)] = Best(
                errors, nll, epoch, _under(tensors, f"best/{m}/{network}/")
            )
        self.clock = _Clock(self.total - self.step)


class _Clock:
    """Speed and time left, by the wall: for the reader only, nothing that is trained depends on it."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.start_again()

    def start_again(self) -> None:
        """Forget the speed so far: the run was paused."""
        self.began = self.told = self.kept = time.monotonic()
        self.images = self.done = 0

    def count(self, images: int) -> None:
        self.images += images
        self.done += 1

    def speed(self, steps_left: int) -> tuple[float | None, float | None]:
        """Images a second and seconds left; None before the first step."""
        seconds = time.monotonic() - self.began
        if not self.done or seconds <= 0:
            return None, None
        return self.images / seconds, steps_left * seconds / self.done

    def progress_is_due(self) -> bool:
        return self._due("told", PROGRESS_SECONDS)

    def checkpoint_is_due(self) -> bool:
        return self._due("kept", CHECKPOINT_SECONDS)

    def _due(self, which: str, seconds: float) -> bool:
        now = time.monotonic()
        if now - getattr(self, which) < seconds:
            return False
        setattr(self, which, now)
        return True


def _a_few_of_each(labels: Tensor) -> tuple[int, ...]:
    """The first images of every class, class by class, MATRIX of them in all."""
    classes = labels.unique().tolist()
    each = max(1, MATRIX // len(classes))
    return tuple(i for c in classes for i in (labels == c).nonzero()[:each, 0].tolist())[:MATRIX]


def _plain(picture: Tensor) -> tuple[Any, ...]:
    """A picture's numbers, rounded to what an eye can tell; maps larger than a thumbnail are averaged down."""
    if picture.dim() == 3 and max(picture.shape[1:]) > THUMBNAIL:
        picture = torch.nn.functional.adaptive_avg_pool2d(picture, THUMBNAIL)
    rows: list[Any] = (picture.float() * 1e4).round().div(1e4).tolist()
    return tuple(rows)


def _means(
    steps: Sequence[Sequence[Tensor]], mean: Callable[[Tensor, int], Tensor] = torch.mean
) -> list[float]:
    """The mean over steps of each value: every step's tensors, each [K], one after another."""
    if not steps[-1]:
        return []
    means: list[float] = mean(
        torch.stack([torch.cat([t.reshape(-1) for t in step]) for step in steps]), 0
    ).tolist()
    return means


def _under(tensors: Mapping[str, Tensor], prefix: str) -> State:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
