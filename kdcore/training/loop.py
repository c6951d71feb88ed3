"""The training loop, as a generator of events. It knows no method, no screen, no file and no queue.

What happens at a step depends on the step alone (batches, noise, reports, learning rate), never on the clock: the same
seeds give the same curves, and a run that resumes from a checkpoint ends in the same weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from kdcore.data.datasets import Split
from kdcore.events import (
    Checkpoint,
    Command,
    Commands,
    Event,
    Gradients,
    HotChange,
    Measured,
    Progress,
    StageChanged,
    Validation,
)
from kdcore.system.stopwatch import Stopwatch
from kdcore.training.best_weights import BestWeights
from kdcore.training.cohort import Cohort
from kdcore.training.data_stream import DataStream, StreamBatch
from kdcore.training.loop_checkpoint import LoopState, restore_checkpoint, write_checkpoint
from kdcore.training.loop_schedule import SNAPSHOTS, loop_schedule
from kdcore.training.loss_reports import LossReports
from kdcore.training.members import State
from kdcore.training.nan_guard import DivergenceGuard
from kdcore.training.progress_clock import ProgressClock
from kdcore.training.run_control import RunControl
from kdcore.training.schedules import rate
from kdcore.training.snapshots import drawings, picture_images, pictures
from kdcore.training.step_losses import StepDrawing
from kdcore.training.validation import validate

LISTEN_SECONDS = 0.05
"""Between two looks for commands while a slow run waits for its next step."""
LONGEST_LOOK = 0.5
"""Seconds of a validation beyond which none is made only because somebody watches."""
Pruner = Callable[[int, Mapping[str, int]], set[str]]
"""Names the roles that leave after a validation, given the thousandths of the steps done and every role's errors."""


@dataclass
class TrainingLoop:
    """One phase of a run: a cohort, the batches that it learns from, and the images that it is validated on.

    Attributes:
        phase: Its name in events.
        cohort: The networks that learn.
        streams: The data streams of its members, all of the same length; in a simple run one.
        validation: The validation images.
        commands: Where commands come from.
        pinned: Validation images whose logits are followed, as indices.
        pruner: Lets members leave before the end.
        snapshots: How often the pinned images are followed, at most.
        chosen_on: The images that choose which weights are kept, the validation images unless given.
        guard: What becomes of members whose losses are no numbers.
    """

    phase: str
    cohort: Cohort
    streams: Sequence[DataStream]
    validation: Split
    commands: Commands
    pinned: tuple[int, ...] = ()
    pruner: Pruner | None = None
    snapshots: int = SNAPSHOTS
    chosen_on: Split | None = None
    guard: DivergenceGuard = field(default_factory=DivergenceGuard)

    def __post_init__(self) -> None:
        self.recipe = self.cohort.recipe
        self.sampler, self.teacher = self.streams[0].sampler, self.streams[0].teacher
        images = len(self.sampler), len(self.validation)
        steps = self.sampler.steps_per_epoch
        self.schedule = loop_schedule(self.recipe.epochs, steps, *images, self.snapshots)
        self.picture_images = picture_images(self.validation, self.pinned)
        self.step = 0
        self.learning_rate = self.current_rate = self.recipe.learning_rate
        self.best = BestWeights(self.recipe.keep == "best", self.chosen_on)
        self.control = RunControl()
        self.reports = LossReports(self.cohort, self.guard)
        self.answers = partial(validate, self.cohort, self.validation, self.guard)
        self.drawn: list[StepDrawing] = []
        self.stopwatch = Stopwatch()
        self.clock = ProgressClock()
        self.seen, self.validation_seconds = -1, 0.0

    # ---- where it is --------------------------------------------------------------------------------------------

    @property
    def epoch(self) -> float:
        """Epochs done."""
        return self.schedule.epoch(self.step)

    @property
    def share(self) -> float:
        """Share of all steps done, 0 to 1."""
        return self.schedule.share(self.step)

    @property
    def seconds(self) -> float:
        """Seconds of training so far, before and after any interruption, without pauses."""
        return self.stopwatch.clock

    @property
    def stopped(self) -> bool:
        """Whether a `stop` command came."""
        return self.control.stopped

    @property
    def over(self) -> bool:
        """Whether all steps are done, or no network got better for as long as the recipe allows."""
        patience = self.recipe.early_stop
        return self.step >= self.schedule.total or 0 < patience <= self.epoch - self.best.improved_at

    # ---- the loop -----------------------------------------------------------------------------------------------

    def run(self, resume: Checkpoint | None = None) -> Iterator[Event]:
        """Train to the end, to an early stop or to a `stop` command; from a checkpoint where one is given.

        Raises:
            TrainingDiverged: a network's loss became NaN or infinite.
        """
        yield from self._begin(resume)
        while not self.over and not self.stopped:
            yield from self._obey()
            if self.stopped:
                break
            yield from self._enter_stages()
            yield from self._train_step()
        yield from self._report()
        yield self.checkpoint()

    def _begin(self, resume: Checkpoint | None) -> Iterator[Event]:
        if resume is None:
            yield from self._enter_stages()
            yield from self._validate()
        else:
            state = restore_checkpoint(resume, self.cohort, self.best)
            self.step, self.learning_rate = state.step, state.learning_rate
            self.best, self.stopwatch, self.guard.diverged = state.best, state.stopwatch, {**state.diverged}
            self.clock = ProgressClock()
        yield self._progress()

    def _enter_stages(self) -> Iterator[Event]:
        stages = [member.stage_at(self.share) for member in self.cohort.members]
        before = self.cohort.stages
        if stages == before:
            return
        present = [m for m in range(len(stages)) if m not in self.cohort.absent]
        entering = [m for m in present if stages[m] != before[m]]
        yield from self._report()
        self.cohort.enter(stages)
        notes = self.cohort.prepare(self.streams, entering)
        for m in entering:
            member = self.cohort.members[m]
            if len(member.stages) > 1:
                yield StageChanged(self.step, self.epoch, member.role, member.stages[stages[m]].name)
            if notes[m].measured:
                yield Measured(self.step, self.epoch, member.role, notes[m].measured)

    def _train_step(self) -> Iterator[Event]:
        batches = [stream.batch(self.step) for stream in self.streams]
        shown = self.control.is_shown(self.step + 1)
        if self.step % self.schedule.gradients_every == 0 or shown:
            yield from self._gradients(batches)
        done = (self.step + 1) / (self.schedule.total + 1)
        self.current_rate = self.learning_rate * rate(self.recipe.schedule, done)
        losses = self.cohort.step(batches, self.current_rate, self.share)
        self.drawn, losses.drawings = losses.drawings, []
        self.reports.add(losses)
        self.step += 1
        self.clock.count(sum(len(batch.inputs.indices) for batch in batches))
        self.control.pace.count()
        yield from self._after_step(shown)

    def _after_step(self, shown: bool) -> Iterator[Event]:
        if self.step % self.schedule.report_every == 0 or shown:
            yield from self._report()
        if self.step in self.schedule.validations:
            yield from self._report()
            yield from self._validate()
        elif shown:
            yield from self._look()
        if self.clock.progress_is_due():
            yield self._progress()
        if not self.reports.pending and self.clock.checkpoint_is_due():
            yield self.checkpoint()

    # ---- reports ------------------------------------------------------------------------------------------------

    def _report(self) -> Iterator[Event]:
        return self.reports.report(self.step, self.epoch, self.current_rate)

    def _gradients(self, batches: Sequence[StreamBatch]) -> Iterator[Event]:
        for ref, norms in self.cohort.gradient_norms(batches, self.share).items():
            yield Gradients(self.step, self.epoch, self.cohort.role(ref), norms.by_side, norms.by_layer)

    def _validate(self) -> Iterator[Event]:
        """Every network's validation, at times with pictures, after which members may leave."""
        errors: dict[str, int] = {}
        began = time.monotonic()
        snapshot = self.schedule.is_snapshot(self.step)
        pinned = self.pinned if snapshot else ()
        for event in self.answers(self.best, self.step, self.epoch, pinned):
            if isinstance(event, Validation):
                errors[event.role] = event.errors
            yield event
        self.seen, self.validation_seconds = self.step, time.monotonic() - began
        if snapshot:
            teacher = self.teacher if self.step == 0 else None
            yield from pictures(self.cohort, self.picture_images, teacher, self.step, self.epoch)
            yield from drawings(self.cohort, self.drawn, self.step, self.epoch)
        self._prune(errors)

    def _look(self) -> Iterator[Event]:
        """What the networks answer now, only because somebody watches: nothing is decided by it."""
        if self.seen != self.step and self.validation_seconds <= LONGEST_LOOK:
            self.seen = self.step
            yield from self.answers(None, self.step, self.epoch, self.pinned)

    def _prune(self, errors: Mapping[str, int]) -> None:
        if self.pruner is not None and 0 < self.step < self.schedule.total:
            leaving = self.pruner(round(1000 * self.share), errors)
            if leaving:
                self.cohort.leave([m for m, one in enumerate(self.cohort.members) if one.role in leaving])

    def _progress(self, paused: bool = False) -> Progress:
        total = self.schedule.total
        speed, seconds_left = self.clock.speed(total - self.step)
        pace, epochs = self.control.pace.steps_per_second, self.recipe.epochs
        return Progress(self.phase, self.step, total, self.epoch, epochs, speed, seconds_left, paused, pace)

    # ---- commands -----------------------------------------------------------------------------------------------

    def _obey(self) -> Iterator[Event]:
        yield from self._apply(self.commands.poll())
        yield from self._keep_pace()
        self.control.arrive(self.step)
        if self.control.waiting:
            yield from self._pause()

    def _keep_pace(self) -> Iterator[Event]:
        """Wait until the next step is due; what is told meanwhile counts at once."""
        while (rest := self.control.pace.rest()) and not (self.control.paused or self.stopped):
            self.stopwatch.hold()
            time.sleep(min(rest, LISTEN_SECONDS))
            self.stopwatch.go_on()
            yield from self._apply(self.commands.poll())

    def _pause(self) -> Iterator[Event]:
        yield from self._report()
        yield self.checkpoint()
        self.stopwatch.hold()
        while self.control.waiting:
            yield self._progress(paused=True)
            yield from self._look()
            yield from self._apply(self.commands.wait())
        self.stopwatch.go_on()
        self.clock.restart()

    def _apply(self, commands: Sequence[Command]) -> Iterator[Event]:
        for command in commands:
            if command.kind == "set":
                yield from self._change(command.setting, command.value)
            else:
                self.control.apply(command, self.step, self.schedule)
                if command.kind == "pace":
                    self.clock.restart()

    def _change(self, setting: str, value: float) -> Iterator[Event]:
        yield from self._report()
        if setting == "learning_rate":
            self.learning_rate = value
        else:
            self.cohort.change(setting, value)
        yield HotChange(self.step, self.epoch, setting, value)
        yield self.checkpoint()

    # ---- what it leaves -----------------------------------------------------------------------------------------

    def checkpoint(self) -> Checkpoint:
        """Everything needed to resume here. The tensors are not copies: write them before the generator continues."""
        state = LoopState(self.step, self.learning_rate, self.best, self.stopwatch, self.guard.diverged)
        return write_checkpoint(self.phase, self.cohort, state)

    def final_weights(self) -> dict[str, State]:
        """Each network's weights by its role: the last, or those best on validation; copies. Raises TrainingDiverged for no numbers."""
        refs = self.cohort.active.refs
        weights = {self.cohort.role(ref): self.best.weights(ref) or self.cohort.weights(ref) for ref in refs}
        return self.guard.finite_copies(weights)
