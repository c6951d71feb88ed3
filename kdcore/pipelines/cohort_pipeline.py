"""Many experiments in one loop: a cohort's students and their twins learn side by side, the teacher is asked once.

Each learns what it would learn alone. In events a student is `student-<n>`, n counted in the cohort's order, and the twin
that it shares with others of its seed `twin-<n>`; `CohortSpec` knows who belongs to whom.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kdcore import networks, teachers
from kdcore.atomic_files import write_atomically
from kdcore.data import transfer_set
from kdcore.errors import OutOfResources
from kdcore.events import Checkpoint, Commands, Event, Finished, Phase, Trained
from kdcore.experiment import Experiment
from kdcore.methods.stages import asks_teacher, stages_of
from kdcore.pipelines.checks import check
from kdcore.pipelines.cohort_spec import CohortEntry, CohortSpec
from kdcore.pipelines.experiment_pipeline import ExperimentPipeline
from kdcore.plan import Stage, with_teachers_network
from kdcore.system import threads
from kdcore.training.batch_sampler import BatchSampler
from kdcore.training.cohort import Cohort
from kdcore.training.data_stream import DataStream
from kdcore.training.loop import Pruner, TrainingLoop
from kdcore.training.members import Member, member
from kdcore.training.stacking_benchmark import stacking_pays
from kdcore.training.teacher_outputs import TeacherOutputs

WAYS = Path("measured", "ways.json")
SNAPSHOTS = 8
"""How often the pinned images are asked of each member: a cohort has many."""


def run(
    lineup: CohortSpec,
    *,
    data_folder: Path,
    runs_folder: Path,
    commands: Commands,
    resume: Checkpoint | None = None,
    pruner: Pruner | None = None,
) -> Iterator[Event]:
    """Train the cohort, or go on with it from a checkpoint; the last event is `Finished`.

    Its results hold `members`: for each experiment, in order, what a run of its own would have as its results; None for one
    that `pruner` let leave before the end.

    Raises:
        StillroomError: whatever stops it, in a sentence.
    """
    for experiment in lineup.experiments:
        check(experiment, data_folder=data_folder, runs_folder=runs_folder)
    work = CohortPipeline(
        lineup.experiments[0], data_folder, runs_folder, commands, lineup=lineup, pruner=pruner
    )
    try:
        yield from work.events(resume)
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise OutOfResources(
            "There is not enough memory for this sweep. Choose a smaller batch or network, or fewer settings."
        ) from error


def can_share_loop(experiment: Experiment) -> bool:
    """Whether the experiment's students can be trained beside others.

    Not where something is trained before them, where the stages depend on the networks, and where a method brings a
    student of its own, of which the shared twin is none.

    Raises:
        InvalidExperiment: as `plan` does.
    """
    return not any(
        stage.before or stage.becomes or stage.learns.get("student", experiment.student) != experiment.student
        for stage in stages_of(experiment)
    )


def members_of(lineup: CohortSpec, plans: Mapping[str, Sequence[Stage]] | None = None) -> list[Member]:
    """Every twin and every student of a cohort; `plans` by the students' roles, where the methods' own will not do."""
    twins = [(f"twin-{i}", twin, stages_of(twin)) for i, twin in enumerate(lineup.twins)]
    students = [(p.role, p.experiment, (plans or {}).get(p.role)) for p in lineup.entries]
    return [
        replace(
            member(
                role, experiment, stages or stages_of(experiment), experiment.recipe, experiment.init_seed
            ),
            stream=lineup.stream_of(experiment),
        )
        for role, experiment, stages in [*twins, *students]
    ]


def measured_once(path: Path, about: str, measure: Callable[[], bool]) -> bool:
    """What was measured here before under these words, kept in a JSON file; else it is measured and noted down."""
    key = hashlib.sha256(about.encode()).hexdigest()[:16]
    try:
        known = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        known = {}
    if key not in known:
        known[key] = measure()
        with suppress(OSError):  # a folder that cannot be written: measured again next time
            write_atomically(path, json.dumps(known).encode())
    return bool(known[key])


@dataclass
class CohortPipeline(ExperimentPipeline):
    """One run's work, for many students."""

    lineup: CohortSpec = field(kw_only=True)
    pruner: Pruner | None = field(default=None, kw_only=True)
    latencies: dict[str, dict[str, Any]] = field(default_factory=dict, kw_only=True)

    def load(self) -> Iterator[Event]:
        """Read the images and choose every lane's transfer set."""
        yield from super().load()
        self.transfers = [transfer_set.transfer_set(self.dataset.train, lane) for lane in self.lineup.streams]
        teacher = teachers.find(self.experiment.teacher, self.runs_folder)
        network = teacher.network if teacher else self.experiment.teacher
        self.plans = {
            place.role: with_teachers_network(stages_of(place.experiment), network)
            for place in self.lineup.entries
        }
        self.stages = [stage for stages in self.plans.values() for stage in stages]

    @property
    def _asks_teacher(self) -> bool:
        return any(map(asks_teacher, self.lineup.experiments))

    # ---- the students -------------------------------------------------------------------------------------------

    def _students(self, resume: Checkpoint | None) -> Iterator[Event]:
        recipe, black = self.experiment.recipe, self.dataset.black
        lanes: list[DataStream] = []
        for transfer, lane in zip(self.transfers, self.lineup.streams, strict=True):
            feed = BatchSampler(transfer, recipe, lane.order_seed, black)
            answers = self._answers(feed, self.stages)
            if answers is not None and self.teacher is not None:
                yield from self._lane_logits(answers, first=not lanes)
            lanes.append(DataStream(feed, answers))
        members = members_of(self.lineup, self.plans)
        self.threads = self._racing_threads(len(members)) if resume is None else resume.values["threads"]
        yield self._phase("students", self.threads)
        pinned = self._pinned()
        yield pinned
        together = self._together(members, lanes) if resume is None else resume.values["together"]
        training = TrainingLoop(
            "students",
            Cohort(
                members,
                recipe,
                self.dataset.shape,
                self.dataset.num_classes,
                self.device,
                self.known,
                together,
            ),
            lanes,
            self.dataset.validation,
            self.commands,
            pinned=pinned.images,
            snapshots=SNAPSHOTS,
            pruner=self.pruner,
        )
        yield from training.run(resume)
        self.seconds["students"] = training.seconds
        self.processor_seconds["students"] = training.stopwatch.processor
        if training.epoch:
            self.seconds["students_per_epoch"] = training.seconds / training.epoch
        if training.stopped:
            yield Finished("stopped", {"seconds": self.seconds})
            return
        yield from self._test(training)

    def _together(self, members: Sequence[Member], lanes: Sequence[DataStream]) -> dict[str, bool]:
        """By architecture, whether its networks run as one program: measured once on this machine, then looked up.

        Which way it is shows in the last bits of a result, so the same sweep goes the same way again.
        """
        images = [lane.sampler.batch(0).images for lane in lanes]
        chosen = {}
        for architecture in sorted({n for m in members for n in m.stages[0].learns.values()}):
            seats = [m.stream for m in members for n in m.stages[0].learns.values() if n == architecture]
            about = [architecture, seats, list(images[0].shape), self.device, self.threads]
            chosen[architecture] = measured_once(
                self.runs_folder / WAYS,
                json.dumps(about),
                partial(self._try_ways, architecture, seats, images),
            )
        return chosen

    def _try_ways(self, architecture: str, seats: Sequence[int], images: Sequence[Tensor]) -> bool:
        shape, classes = self.dataset.shape, self.dataset.num_classes
        tried = [
            networks.build(architecture, shape, classes, seed).to(self.device) for seed in range(len(seats))
        ]
        return stacking_pays(tried, seats, images)

    def _lane_logits(self, answers: TeacherOutputs, first: bool) -> Iterator[Event]:
        """Ask the teacher about a lane's images; the phase is told once."""
        assert self.teacher is not None
        before = self.seconds["teacher_logits"]
        for event in self._teacher_logits(answers, self.teacher.threads):
            if first or not isinstance(event, Phase):
                yield event
        self.seconds["teacher_logits"] += before

    def _racing_threads(self, members: int) -> int:
        students = {name for stage in self.stages for name in stage.learns.values()}
        macs = [networks.describe(n, self.dataset.shape, self.dataset.num_classes).macs for n in students]
        return threads.thread_count(self.experiment.threads, max(macs))

    # ---- the test -----------------------------------------------------------------------------------------------

    def _test(self, training: TrainingLoop) -> Iterator[Event]:
        yield self._phase("test", self._threads(self.experiment.student))
        tested: dict[str, dict[str, Any]] = {}
        if (teacher := self.teacher) is not None:
            answers = self._validated(teacher), teacher.on("test", self.dataset.test)
            found = self._tested(teacher.card.network, teacher.network, *answers)
            tested["teacher"] = found | {"weights": teacher.card.weights}
        architectures = self._architectures()
        for role, weights in training.final_weights().items():
            yield Trained(role, architectures[role], weights)
            tested[role] = self._tested_student(
                architectures[role], self._network(architectures[role], weights, role)
            )
        shared = self._circumstances(training) | {"together_with": len(self.lineup.experiments) - 1}
        results = [
            self._results_of(place, tested) | shared if place.role in tested else None
            for place in self.lineup.entries
        ]
        yield Finished("finished", {"members": results})

    def _architectures(self) -> dict[str, str]:
        """The network of every role of the cohort."""
        named = {f"twin-{i}": twin.student for i, twin in enumerate(self.lineup.twins)}
        for racer in members_of(self.lineup, self.plans):
            for stage in racer.stages:
                named |= {racer.network_role(name): network for name, network in stage.learns.items()}
        return named

    def _results_of(self, place: CohortEntry, tested: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        """What was tested of one experiment, under the names that a run of its own would use."""
        return {name: found for role, found in tested.items() if (name := place.own_role(role)) is not None}

    def _latency(self, name: str, network: nn.Module) -> dict[str, Any]:
        """Measured once a network's kind: members differ in their weights alone."""
        if name not in self.latencies:
            self.latencies[name] = super()._latency(name, network)
        return self.latencies[name]
