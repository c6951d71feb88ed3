"""The training loop and its cohort: fair, deterministic, resumable, controlled through one channel; on scikit-learn's digits."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import torch
from torch import Tensor

from kdcore import networks
from kdcore.data import datasets, transfer_set
from kdcore.errors import TrainingDiverged
from kdcore.events import (
    BatchMetrics,
    Checkpoint,
    Command,
    Event,
    Gradients,
    HotChange,
    NoCommands,
    Progress,
    Snapshot,
    StageChanged,
    Validation,
    curves,
)
from kdcore.experiment import Experiment
from kdcore.losses.response import squared
from kdcore.methods.objectives import soft_targets_and_labels
from kdcore.methods.stages import stages_of
from kdcore.networks import feature_points
from kdcore.plan import Batch, Labels, Objective, Output, Term
from kdcore.training import teacher_outputs
from kdcore.training.batch_sampler import BatchSampler, InputBatch
from kdcore.training.cohort import Cohort
from kdcore.training.data_stream import DataStream
from kdcore.training.logit_cache import LogitCache
from kdcore.training.loop import TrainingLoop
from kdcore.training.members import Member, NetworkRef, member
from kdcore.training.pace import Pace
from kdcore.training.teacher_outputs import TeacherOutputs

BASE = Experiment.from_flat(
    {"dataset": "digits", "count": 100, "batch_size": 32, "epochs": 6, "student": "mlp-30"}
)


@pytest.fixture(scope="module")
def dataset() -> datasets.Dataset:
    return datasets.load("digits")


def members(experiment: Experiment) -> list[Member]:
    scratch = experiment.with_flat(method="labels-only", parameters={}, corrected_labels=1.0)
    return [
        member("twin", scratch, stages_of(scratch), experiment.recipe, experiment.init_seed),
        member("student", experiment, stages_of(experiment), experiment.recipe, experiment.init_seed),
    ]


class Scripted:
    """A channel that gives scripted commands, by the number of the poll."""

    def __init__(
        self, script: dict[int, Sequence[Command]], waiting: Iterable[Sequence[Command]] = ()
    ) -> None:
        self.script, self.waiting, self.polls = script, iter(waiting), 0

    def poll(self) -> list[Command]:
        self.polls += 1
        return list(self.script.get(self.polls - 1, ()))

    def wait(self) -> list[Command]:
        return list(next(self.waiting, (Command("resume"),)))


def training(
    dataset: datasets.Dataset,
    experiment: Experiment = BASE,
    commands: object = None,
    trainees: Sequence[Member] | None = None,
) -> TrainingLoop:
    sampler = BatchSampler(
        transfer_set.transfer_set(dataset.train, experiment),
        experiment.recipe,
        experiment.order_seed,
        dataset.black,
    )
    teacher = networks.build("mlp-64", dataset.shape, 10, seed=9)
    outputs = TeacherOutputs(teacher, sampler, "cpu")
    cohort = Cohort(trainees or members(experiment), experiment.recipe, dataset.shape, 10, "cpu")
    return TrainingLoop(
        "students",
        cohort,
        [DataStream(sampler, outputs)],
        dataset.validation,
        commands or NoCommands(),
        pinned=(0, 1),
    )  # type: ignore[arg-type]


def measured(events: Iterable[Event]) -> list[tuple[object, ...]]:
    return [(type(e).__name__, getattr(e, "step", 0), *row) for e in events for row in curves(e)]


def same(first: dict[str, dict[str, Tensor]], second: dict[str, dict[str, Tensor]]) -> bool:
    return all(torch.equal(first[role][name], second[role][name]) for role in first for name in first[role])


# ---- fair ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("student", ["mlp-30", "cnn-small"])
def test_twin_and_student_start_from_the_same_weights(dataset: datasets.Dataset, student: str) -> None:
    cohort = training(dataset, BASE.with_flat(student=student)).cohort
    cohort.enter([0, 0])
    twin, pupil = cohort.weights(NetworkRef(0, "student")), cohort.weights(NetworkRef(1, "student"))
    assert twin.keys() == pupil.keys()
    assert all(torch.equal(twin[name], pupil[name]) for name in twin)


def test_twin_and_student_see_the_same_batches(dataset: datasets.Dataset) -> None:
    seen: dict[str, list[Tensor]] = {"twin": [], "student": []}
    experiment = BASE.with_flat(shift=1, mixup=0.4)
    trainees = members(experiment)
    for one in trainees:
        stage = one.stages[0]

        def watched(
            batch: Batch, role: str = one.role, objective: Objective = stage.objective
        ) -> Sequence[Term]:
            seen[role].append(batch.images.clone())
            return objective(batch)

        one.stages = [replace(stage, objective=watched)]
    list(training(dataset, experiment, trainees=trainees).run())
    assert len(seen["twin"]) == len(seen["student"]) > 20
    assert all(torch.equal(a, b) for a, b in zip(seen["twin"], seen["student"], strict=True))


def test_a_twin_is_what_the_student_would_be_without_a_teacher(dataset: datasets.Dataset) -> None:
    """With no weight on the teacher the distilled student is its twin, bit by bit."""
    run = training(dataset, BASE.with_flat(teacher_weight=0.0))
    list(run.run())
    weights = run.final_weights()
    for name, tensor in weights["twin"].items():
        torch.testing.assert_close(weights["student"][name], tensor, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("student", ["mlp-30", "mlp-20x2", "cnn-small"])
def test_in_lockstep_a_member_learns_what_it_learns_alone(dataset: datasets.Dataset, student: str) -> None:
    experiments = [
        BASE.with_flat(student=student, temperature=t, teacher_weight=w)
        for t, w in ((1, 0.5), (4, 0.9), (20, 1))
    ]
    several = [member(f"student{i}", e, stages_of(e), e.recipe, 0) for i, e in enumerate(experiments)]
    together = training(dataset, experiments[0], trainees=several)
    list(together.run())
    for i, experiment in enumerate(experiments):
        alone = training(
            dataset,
            experiment,
            trainees=[member("student", experiment, stages_of(experiment), experiment.recipe, 0)],
        )
        list(alone.run())
        for name, tensor in alone.final_weights()["student"].items():
            torch.testing.assert_close(
                together.final_weights()[f"student{i}"][name], tensor, rtol=1e-3, atol=1e-4
            )


def test_dropout_disturbs_twin_and_student_alike(dataset: datasets.Dataset) -> None:
    experiment = BASE.with_flat(student="mlp-1200x2", epochs=1, teacher_weight=0.0)
    run = training(dataset, experiment)
    list(run.run())
    weights = run.final_weights()
    for name, tensor in weights["twin"].items():
        torch.testing.assert_close(weights["student"][name], tensor, rtol=1e-4, atol=1e-5)


def test_every_image_is_seen_once_an_epoch(dataset: datasets.Dataset) -> None:
    sampler = training(dataset).sampler
    for epoch in range(2):
        steps = range(epoch * sampler.steps_per_epoch, (epoch + 1) * sampler.steps_per_epoch)
        seen = torch.cat([sampler.batch(step).indices for step in steps])
        assert sorted(seen.tolist()) == list(range(100))
    sizes = {len(sampler.batch(step).indices) for step in range(sampler.steps_per_epoch)}
    assert max(sizes) - min(sizes) <= 1


# ---- the teacher --------------------------------------------------------------------------------------------------


def test_the_teacher_answers_in_eval_mode_without_gradient(dataset: datasets.Dataset) -> None:
    teacher = networks.build("mlp-1200x2", dataset.shape, 10, seed=0).train()
    experiment = BASE.with_flat(shift=1)
    sampler = BatchSampler(
        transfer_set.transfer_set(dataset.train, experiment), experiment.recipe, 0, dataset.black
    )
    outputs = TeacherOutputs(teacher, sampler, "cpu")
    inputs = sampler.batch(0)
    first, second = outputs.for_batch(inputs).logits, outputs.for_batch(inputs).logits
    assert torch.equal(first, second), "dropout is on: the teacher is not in eval mode"
    assert not first.requires_grad
    assert not teacher.training
    assert not any(p.requires_grad for p in teacher.parameters())


def test_under_augmentation_the_teacher_sees_the_students_view(dataset: datasets.Dataset) -> None:
    experiment = BASE.with_flat(shift=2)
    sampler = BatchSampler(
        transfer_set.transfer_set(dataset.train, experiment), experiment.recipe, 0, dataset.black
    )
    teacher = networks.build("mlp-64", dataset.shape, 10, seed=9)
    inputs = sampler.batch(0)
    with torch.no_grad():
        expected = teacher.eval()(inputs.images)
    torch.testing.assert_close(TeacherOutputs(teacher, sampler, "cpu").for_batch(inputs).logits, expected)
    assert not torch.equal(inputs.images, sampler.images[inputs.indices])


def test_without_augmentation_its_logits_are_computed_once(dataset: datasets.Dataset) -> None:
    sampler = training(dataset).sampler
    teacher = networks.build("mlp-64", dataset.shape, 10, seed=9)
    calls: list[int] = []
    teacher.register_forward_hook(lambda *_: calls.append(1))
    outputs = TeacherOutputs(teacher, sampler, "cpu")
    for step in range(8):
        inputs = sampler.batch(step)
        logits = outputs.for_batch(inputs).logits
    assert len(calls) == 1
    with torch.no_grad():
        torch.testing.assert_close(logits, teacher(sampler.images[inputs.indices]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shift", [1, 2])
def test_logits_averaged_over_shifts_are_the_mean_of_those_of_each_shifted_copy(
    dataset: datasets.Dataset, shift: int
) -> None:
    """Each copy is made here pixel by pixel of black images, and asked by itself."""
    sampler = training(dataset).sampler
    teacher = networks.build("mlp-64", dataset.shape, 10, seed=9)
    outputs = TeacherOutputs(teacher, sampler, "cpu", logit_shift=shift)
    copies = []
    for down, right in product(range(-shift, shift + 1), repeat=2):
        copy = dataset.black.view(1, 1, 1, 1).expand_as(sampler.images).clone()
        for row, column in product(range(8), repeat=2):
            if 0 <= row + down < 8 and 0 <= column + right < 8:
                copy[:, :, row + down, column + right] = sampler.images[:, :, row, column]
        copies.append(copy)
    assert len(copies) == (2 * shift + 1) ** 2
    with torch.no_grad():
        expected = torch.stack([teacher(copy) for copy in copies]).mean(dim=0)
        plain = teacher(sampler.images)
    inputs = sampler.batch(1)
    found = outputs.for_batch(inputs).logits
    torch.testing.assert_close(found, expected[inputs.indices], rtol=1e-4, atol=1e-5)
    assert (found - plain[inputs.indices]).abs().max() > 0.01


@pytest.mark.parametrize("room", [2**40, 0])
def test_a_teacher_that_looks_at_no_views_says_the_same_of_an_image_in_every_epoch(
    dataset: datasets.Dataset, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(teacher_outputs, "device_memory", lambda device: room)
    sampler = training(dataset, BASE.with_flat(shift=2)).sampler
    teacher = networks.build("mlp-64", dataset.shape, 10, seed=9)
    fixed = TeacherOutputs(teacher, sampler, "cpu", points=("penultimate",), each_view=False)
    assert fixed.computed_once == bool(room)
    consistent = TeacherOutputs(teacher, sampler, "cpu")
    with torch.no_grad():
        plain = teacher(sampler.images)
    for step in (0, sampler.steps_per_epoch):
        batch = sampler.batch(step)
        torch.testing.assert_close(fixed.for_batch(batch).logits, plain[batch.indices], rtol=1e-4, atol=1e-5)
        with torch.no_grad():
            seen = teacher(batch.images)
        torch.testing.assert_close(consistent.for_batch(batch).logits, seen, rtol=1e-4, atol=1e-5)
        assert (seen - plain[batch.indices]).abs().max() > 0.01


def test_averaged_logits_are_kept_apart_from_others(dataset: datasets.Dataset, tmp_path: Path) -> None:
    sampler = training(dataset).sampler
    teacher = networks.build("mlp-64", dataset.shape, 10, seed=9)
    cache = LogitCache(tmp_path, {"teacher": "x"}, "cpu")
    asked = [TeacherOutputs(teacher, sampler, "cpu", cache=cache, logit_shift=s) for s in (0, 1, 2, 1)]
    none, one, two, again = (outputs.on_transfer_set for outputs in asked)
    assert not torch.allclose(none, one)
    assert not torch.allclose(one, two)
    assert torch.equal(one, again)
    assert len([*tmp_path.iterdir()]) == 3


@pytest.mark.parametrize("room", [2**30, 1000])
def test_features_are_computed_once_where_they_fit(
    dataset: datasets.Dataset, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(teacher_outputs, "device_memory", lambda device: room)
    sampler = training(dataset).sampler
    teacher = networks.build("cnn-small", dataset.shape, 10, seed=9)
    calls: list[int] = []
    steps = 5
    teacher.register_forward_hook(lambda _, given, __: calls.append(len(given[0])))
    outputs = TeacherOutputs(teacher, sampler, "cpu", ["middle", "last"])
    for step in range(steps):
        inputs = sampler.batch(step)
        output = outputs.for_batch(inputs)
        with torch.no_grad(), feature_points.Taps(teacher, ["middle", "last"]) as features:
            teacher(inputs.images)
        for point in ("middle", "last"):
            torch.testing.assert_close(output.features[point], features[point], rtol=1e-4, atol=1e-5)
    seen = sum(len(sampler.batch(step).images) for step in range(steps))
    measured = 1  # image that tells how large the features are
    once, each_time = (
        2 * len(sampler),
        seen,
    )  # logits and features of the whole transfer set, or of every batch
    assert sum(calls) - seen - measured == (once if room == 2**30 else each_time)
    assert once != each_time


def test_the_methods_loss_keeps_the_size_of_its_gradient_at_high_temperature() -> None:
    """T^2 in the method: at T = 100 the gradient is (z - v) / N per example, mean-centred, to 5 %."""
    generator = torch.Generator().manual_seed(1)
    z = (3 * torch.randn(1, 64, 10, generator=generator, dtype=torch.float64)).requires_grad_()
    v = 3 * torch.randn(64, 10, generator=generator, dtype=torch.float64)
    batch = Batch(
        images=torch.zeros(64, 1, 8, 8),
        labels=Labels(torch.zeros(64, dtype=torch.long)),
        outputs={"student": Output(z), "teacher": Output(v)},
        temperature=torch.tensor([100.0], dtype=torch.float64),
        teacher_weight=torch.tensor([1.0], dtype=torch.float64),
        notes={},
        partner_notes={},
        progress=0.0,
    )
    (sum((term.scale * term.raw).sum() for term in soft_targets_and_labels(batch)) * 64).backward()  # type: ignore[union-attr]
    difference = z.detach()[0] - v
    expected = (difference - difference.mean(dim=1, keepdim=True)) / 10
    assert ((z.grad[0] - expected).norm() / expected.norm()).item() < 0.05
    assert squared(3.0) == 9.0


# ---- deterministic and resumable ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"student": "cnn-small", "shift": 1},
        {"student": "mlp-1200x2", "epochs": 2},
        {"method": "mutual-learning"},
    ],
)
def test_the_same_seed_gives_bitwise_the_same_curves(
    dataset: datasets.Dataset, changes: dict[str, object]
) -> None:
    experiment = BASE.with_flat(**changes)
    first, second = training(dataset, experiment), training(dataset, experiment)
    assert measured(first.run()) == measured(second.run())
    assert same(first.final_weights(), second.final_weights())


def test_another_order_seed_gives_another_curve(dataset: datasets.Dataset) -> None:
    other = training(dataset, BASE.with_flat(order_seed=1))
    assert measured(training(dataset).run()) != measured(other.run())


def copied(checkpoint: Checkpoint) -> Checkpoint:
    """As a file would hold it: every tensor in plain order, whatever order its network trains in."""
    kept = {name: t.clone(memory_format=torch.contiguous_format) for name, t in checkpoint.tensors.items()}
    return replace(checkpoint, tensors=kept)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimiser": "sgd", "learning_rate": 0.1, "keep": "best"},
        {"student": "cnn-medium", "shift": 1, "mixup": 0.2, "epochs": 3},
        {"student": "mlp-1200x2", "epochs": 2},
        {"student": "mlp-30x2", "max_norm": 0.8, "optimiser": "sgd", "learning_rate": 0.5},
        {"student": "cnn-small", "max_norm": 0.5, "epochs": 2},
        {"method": "pseudo-labels", "parameters": {"confidence": 0.5}},
        {"method": "mutual-learning"},
    ],
)
def test_resuming_from_a_checkpoint_ends_in_the_same_weights(
    dataset: datasets.Dataset, changes: dict[str, object]
) -> None:
    experiment = BASE.with_flat(**changes)
    whole = training(dataset, experiment)
    list(whole.run())
    per_epoch = whole.schedule.per_epoch
    for at in (per_epoch + 1, whole.schedule.total - 2):
        broken = training(dataset, experiment, Scripted({at: [Command("pause")]}))
        kept = next(copied(e) for e in broken.run() if isinstance(e, Checkpoint) and e.step == at)
        resumed = training(dataset, experiment)
        events = list(resumed.run(kept))
        assert same(whole.final_weights(), resumed.final_weights())
        assert min(e.step for e in events if isinstance(e, BatchMetrics)) > at - 1


# ---- commands -----------------------------------------------------------------------------------------------------


def test_pause_step_and_resume_do_not_change_the_outcome(dataset: datasets.Dataset) -> None:
    undisturbed = training(dataset)
    list(undisturbed.run())
    channel = Scripted(
        {5: [Command("pause")]},
        [(), (Command("step_batch"),), (Command("step_epoch"),), (Command("resume"),)],
    )
    disturbed = training(dataset, commands=channel)
    events = list(disturbed.run())
    pauses = [e.step for e in events if isinstance(e, Progress) and e.paused]
    assert pauses == [5, 5, 6, 8], (
        "paused at 5 (reported twice), then after one batch, then at the end of the epoch of 4 batches"
    )
    assert same(undisturbed.final_weights(), disturbed.final_weights())


def test_a_stepped_batch_reports_its_loss_and_its_gradients(dataset: datasets.Dataset) -> None:
    experiment = BASE.with_flat(epochs=400)
    channel = Scripted({50: [Command("pause")]}, [(Command("step_batch"),), (Command("stop"),)])
    events = list(training(dataset, experiment, channel).run())
    assert any(isinstance(e, BatchMetrics) and e.step == 51 for e in events)
    assert any(isinstance(e, Gradients) and e.step == 50 for e in events)


def test_a_run_begins_paused_and_goes_step_by_step_at_its_pace(dataset: datasets.Dataset) -> None:
    """It stands still at step 0; every step that somebody watches is validated, and the weights end as undisturbed."""
    undisturbed = training(dataset)
    schedule = {e.step for e in undisturbed.run() if isinstance(e, Validation)}
    channel = Scripted(
        {0: [Command("begin_paused", value=100.0)]},
        [(), (Command("step_batch"),), (Command("resume"),)],
    )
    slow = training(dataset, commands=channel)
    began = time.monotonic()
    events = list(slow.run())
    assert [e.step for e in events if isinstance(e, Progress) and e.paused] == [0, 0, 1]
    assert {e.pace for e in events if isinstance(e, Progress)} == {0.0, 100.0}
    seen = [e.step for e in events if isinstance(e, Validation) and e.role == "student"]
    assert len(seen) == len({*seen}), "no step twice"
    assert {1, 10} <= {*seen} - schedule
    assert {10} <= {e.step for e in events if isinstance(e, Snapshot) and e.role == "student"}
    assert {10} <= {e.step for e in events if isinstance(e, BatchMetrics)}
    assert time.monotonic() - began > 0.2, "24 steps at 100 a second"
    assert slow.seconds < time.monotonic() - began, "waiting is no training"
    assert same(undisturbed.final_weights(), slow.final_weights())


def test_a_pace_shows_as_many_steps_as_an_eye_can_follow() -> None:
    pace = Pace()
    assert not any(map(pace.is_shown, range(100)))
    for steps_per_second, shown in ((1.0, 100), (10.0, 100), (30.0, 34), (100.0, 10)):
        pace.change(steps_per_second)
        assert sum(map(pace.is_shown, range(100))) == shown


def test_stop_ends_the_run_with_a_checkpoint(dataset: datasets.Dataset) -> None:
    run = training(dataset, commands=Scripted({7: [Command("stop")]}))
    events = list(run.run())
    assert run.stopped
    assert isinstance(events[-1], Checkpoint)
    assert events[-1].step == 7


def test_hot_changes_act_from_the_next_step_and_are_marked(dataset: datasets.Dataset) -> None:
    changes = [
        Command("set", "temperature", 8.0),
        Command("set", "teacher_weight", 0.25),
        Command("set", "learning_rate", 1e-5),
    ]
    run = training(dataset, BASE.with_flat(schedule="constant"), Scripted({12: changes}))
    events = list(run.run())
    assert [(e.step, e.setting, e.value) for e in events if isinstance(e, HotChange)] == [
        (12, "temperature", 8.0),
        (12, "teacher_weight", 0.25),
        (12, "learning_rate", 1e-5),
    ]
    ratio = {}
    for event in events:
        if isinstance(event, BatchMetrics) and event.role == "student":
            soft = next(term for term in event.terms if term.name == "soft targets")
            ratio[event.step] = (soft.scaled / soft.raw, event.learning_rate)
    assert ratio[12] == (pytest.approx(0.9 * 16), 0.003)
    assert ratio[13] == (pytest.approx(0.25 * 64), 1e-5)
    assert run.cohort.members[1].temperature == 8.0
    assert training(dataset).cohort.members[1].temperature == 4.0


def test_a_hot_change_survives_a_checkpoint(dataset: datasets.Dataset) -> None:
    run = training(dataset, commands=Scripted({9: [Command("set", "temperature", 8.0)]}))
    kept = next(copied(e) for e in run.run() if isinstance(e, Checkpoint) and e.step == 9)
    resumed = training(dataset)
    list(resumed.run(kept))
    changed = training(dataset, commands=Scripted({9: [Command("set", "temperature", 8.0)]}))
    list(changed.run())
    assert same(changed.final_weights(), resumed.final_weights())


# ---- guards and choices -------------------------------------------------------------------------------------------


def test_a_loss_that_is_not_finite_stops_the_run_with_a_sentence(dataset: datasets.Dataset) -> None:
    experiment = BASE.with_flat(
        optimiser="sgd", learning_rate=10.0, momentum=0.99, schedule="constant", student="mlp-64x6", epochs=60
    )
    seen: list[Event] = []
    with pytest.raises(TrainingDiverged, match="lower learning rate"):
        for event in training(dataset, experiment).run():
            seen.append(event)
    assert any(isinstance(e, Validation) for e in seen)


def test_clipping_bounds_each_members_gradient_as_torch_does(dataset: datasets.Dataset) -> None:
    experiment = BASE.with_flat(
        clip_norm=0.05,
        optimiser="sgd",
        momentum=0.0,
        learning_rate=1.0,
        schedule="constant",
        epochs=1,
        count=20,
    )
    run = training(dataset, experiment)
    list(run.run())
    network = networks.build("mlp-30", dataset.shape, 10, seed=0)
    inputs = run.sampler.batch(0)
    torch.nn.functional.cross_entropy(network(inputs.images), inputs.labels.index).backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 0.05)
    for name, parameter in network.named_parameters():
        expected = parameter.detach() - parameter.grad
        torch.testing.assert_close(run.final_weights()["twin"][name], expected, rtol=1e-4, atol=1e-5)


def test_the_best_weights_on_validation_are_kept(dataset: datasets.Dataset) -> None:
    experiment = BASE.with_flat(
        keep="best", optimiser="sgd", learning_rate=0.5, schedule="constant", epochs=12
    )
    run = training(dataset, experiment)
    events = [e for e in run.run() if isinstance(e, Validation) and e.role == "twin"]
    best = min(events, key=lambda e: (e.errors, e.nll))
    network = networks.build("mlp-30", dataset.shape, 10, seed=0)
    network.load_state_dict(run.final_weights()["twin"])
    wrong = (network(dataset.validation.images).argmax(dim=1) != dataset.validation.labels).sum().item()
    assert wrong == best.errors


def test_early_stop_ends_a_run_that_no_longer_improves(dataset: datasets.Dataset) -> None:
    experiment = BASE.with_flat(early_stop=3, epochs=2000, learning_rate=0.01, schedule="constant")
    run = training(dataset, experiment)
    for _ in run.run():
        pass
    assert run.epoch < 500
    assert not run.stopped


def test_sides_and_layers_of_the_gradient_are_measured_without_changing_training(
    dataset: datasets.Dataset,
) -> None:
    experiment = BASE.with_flat(student="cnn-medium", epochs=2)
    run = training(dataset, experiment)
    student = [e for e in run.run() if isinstance(e, Gradients) and e.role == "student"]
    assert {"labels", "teacher"} <= student[0].sides.keys()
    assert len(student[0].layers) > 2
    silent = training(dataset, experiment)
    silent.schedule = replace(silent.schedule, gradients_every=10**9)
    list(silent.run())
    assert same(run.final_weights(), silent.final_weights())


def test_pinned_images_are_followed_to_the_end(dataset: datasets.Dataset) -> None:
    run = training(dataset)
    shots = [e for e in run.run() if isinstance(e, Snapshot) and e.role == "student"]
    assert shots[0].step == 0
    assert shots[-1].step == run.schedule.total
    assert len(shots[0].logits) == 2
    assert len(shots[0].logits[0]) == 10


# ---- methods of more than one stage or student --------------------------------------------------------------------


def test_pseudo_labels_run_in_two_stages_and_the_twin_in_one(dataset: datasets.Dataset) -> None:
    experiment = BASE.with_flat(method="pseudo-labels", parameters={"confidence": 0.5})
    run = training(dataset, experiment)
    changes = [e for e in run.run() if isinstance(e, StageChanged)]
    assert [(e.role, e.stage, e.step) for e in changes] == [
        ("student", "teacher's answers", 0),
        ("student", "own answers", run.schedule.total // 2),
    ]


def test_pseudo_labels_are_the_teachers_answers(dataset: datasets.Dataset) -> None:
    """All weight on the teacher's answers equals training on them as labels."""
    experiment = BASE.with_flat(method="pseudo-labels", parameters={"own_share": 0.0}, teacher_weight=1.0)
    run = training(dataset, experiment)
    list(run.run())
    predicted = run.teacher.on_transfer_set.argmax(dim=1)  # type: ignore[union-attr]
    scratch = BASE.with_flat(method="labels-only")
    relabelled = training(dataset, scratch)
    relabelled.sampler.labels = Labels(predicted)
    list(relabelled.run())
    for name, tensor in relabelled.final_weights()["twin"].items():
        torch.testing.assert_close(run.final_weights()["student"][name], tensor, rtol=1e-4, atol=1e-5)


def test_peers_start_apart_and_both_learn(dataset: datasets.Dataset) -> None:
    run = training(dataset, BASE.with_flat(method="mutual-learning", epochs=40))
    last = {e.role: e for e in run.run() if isinstance(e, Validation)}
    weights = run.final_weights()
    assert set(weights) == {"twin", "student", "peer"}
    assert not torch.equal(weights["student"]["layers.0.weight"], weights["peer"]["layers.0.weight"])
    assert last["peer"].errors < last["peer"].images / 2


def test_a_peer_is_taken_as_fixed() -> None:
    """Each term of a network's loss sends gradient to that network alone."""
    z = {name: torch.randn(1, 4, 10, requires_grad=True) for name in ("student", "peer")}
    experiment = BASE.with_flat(method="mutual-learning")
    stage = stages_of(experiment)[0]
    one = torch.ones(1)
    inputs = InputBatch(torch.zeros(4, 1, 8, 8), Labels(torch.arange(4)), torch.arange(4), None)
    batch = Batch(inputs.images, inputs.labels, {n: Output(t) for n, t in z.items()}, one, one, {}, {}, 0.0)
    for term in stage.objective(batch):
        gradients = torch.autograd.grad(
            term.raw.sum(), list(z.values()), retain_graph=True, allow_unused=True
        )
        touched = {name for name, g in zip(z, gradients, strict=True) if g is not None}
        assert touched == {term.network}
