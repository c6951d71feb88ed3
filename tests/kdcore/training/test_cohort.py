"""A member of a cohort learns what it learns alone, beside members with other temperatures, weights, methods and seeds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from kdcore.errors import InvalidExperiment
from kdcore.events import Checkpoint, Command, Event, Finished, NoCommands, Trained
from kdcore.experiment import Experiment
from kdcore.pipelines import cohort_pipeline, experiment_pipeline
from kdcore.pipelines.baseline_twin import twin_of
from kdcore.pipelines.cohort_spec import CohortSpec, group_into_cohorts

BASE = Experiment.from_flat({"count": 60, "epochs": 4, "batch_size": 32, "student": "mlp-30", "threads": 1})
Weights = dict[str, dict[str, Tensor]]


def varied(base: Experiment) -> list[Experiment]:
    """Three seeds, two of each with another temperature and weight, and some noisy labels."""
    seeds = [
        base.with_flat(temperature=t, teacher_weight=w, init_seed=s, order_seed=s, noise_seed=s)
        for s in range(3)
        for t, w in ((1.0, 0.3), (8.0, 0.9))
    ]
    return [*seeds, base.with_flat(label_noise=0.4, init_seed=2)]


def trained(events: Sequence[Event]) -> Weights:
    return {e.role: dict(e.tensors) for e in events if isinstance(e, Trained)}


def in_cohort(spec: CohortSpec, folder: Path) -> list[Event]:
    given = {"data_folder": folder / "data", "runs_folder": folder / "runs", "commands": NoCommands()}
    return list(cohort_pipeline.run(spec, **given))  # type: ignore[arg-type]


def alone(experiment: Experiment, folder: Path) -> list[Event]:
    given = {"data_folder": folder / "data", "runs_folder": folder / "runs", "commands": NoCommands()}
    return list(experiment_pipeline.run(experiment, **given))  # type: ignore[arg-type]


def assert_as_alone(spec: CohortSpec, folder: Path) -> list[Event]:
    events = in_cohort(spec, folder)
    weights = trained(events)
    for entry in spec.entries:
        single = trained(alone(entry.experiment, folder))
        for name, role in (("student", entry.role), ("twin", entry.twin)):
            for key, tensor in single[name].items():
                torch.testing.assert_close(
                    weights[role][key],
                    tensor,
                    rtol=1e-3,
                    atol=2e-5,
                    msg=lambda m, r=role, k=key: f"{r} {k}: {m}",
                )
    return events


def test_each_student_is_held_against_its_own_twin(tmp_path: Path) -> None:
    [spec] = group_into_cohorts(varied(BASE))
    finished = in_cohort(spec, tmp_path)[-1]
    assert isinstance(finished, Finished)
    for found in finished.results["members"]:
        apart = found["student"]["test_nll"] - found["twin"]["test_nll"]
        assert found["student"]["nll_difference"]["mean"] == pytest.approx(apart)
        assert found["student"]["nll_difference"]["standard_error"] > 0


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"student": "mlp-20x2", "clip_norm": 0.5, "l1": 1e-4, "weight_decay": 0.01},
        {"shift": 1, "mixup": 0.4, "label_smoothing": 0.1},
        {"smoothness": 0.5, "hidden_labels": 0.3},
        {"keep": "best", "optimiser": "sgd", "learning_rate": 0.05},
    ],
    ids=lambda changes: "-".join(changes) or "plain",
)
def test_perceptrons_learn_in_one_program_what_each_learns_alone(
    changes: dict[str, object], tmp_path: Path
) -> None:
    [spec] = group_into_cohorts(varied(BASE.with_flat(**changes)))
    assert (len(spec.entries), len(spec.streams), len(spec.twins)) == (7, 4, 4)
    assert_as_alone(spec, tmp_path)


@pytest.mark.parametrize("student", ["cnn-small", "resnet8"])
def test_convolutions_and_batch_norm_learn_in_one_loop_what_each_learns_alone(
    student: str, tmp_path: Path
) -> None:
    experiments = varied(BASE.with_flat(student=student, epochs=2))[1::2]
    [spec] = group_into_cohorts(experiments)
    assert_as_alone(spec, tmp_path)


def test_methods_with_features_and_networks_of_their_own_train_side_by_side(tmp_path: Path) -> None:
    base = BASE.with_flat(epochs=2, student="cnn-small", teacher="cnn-small", teacher_epochs=1)
    names = ["soft-targets", "attention-transfer", "mutual-learning", "labels-only"]
    [spec] = group_into_cohorts(base.with_flat(method=name, order_seed=s) for name in names for s in range(2))
    assert_as_alone(spec, tmp_path)


class PausedAt:
    """Pauses once, at a step."""

    def __init__(self, step: int) -> None:
        self.step, self.polls = step, 0

    def poll(self) -> list[Command]:
        self.polls += 1
        return [Command("pause")] if self.polls == self.step + 1 else []

    def wait(self) -> list[Command]:
        return [Command("resume")]


@pytest.mark.parametrize("student", ["mlp-30", "cnn-small"])
def test_a_cohort_resumes_from_its_checkpoint_to_the_same_end(student: str, tmp_path: Path) -> None:
    [spec] = group_into_cohorts(varied(BASE.with_flat(student=student)))
    given = {"data_folder": tmp_path / "data", "runs_folder": tmp_path / "runs"}
    kept: list[Checkpoint] = []
    whole = []
    for event in cohort_pipeline.run(spec, **given, commands=PausedAt(3)):  # type: ignore[arg-type]
        whole.append(event)
        if isinstance(event, Checkpoint) and event.step == 3:
            tensors = {name: t.detach().clone() for name, t in event.tensors.items()}
            kept.append(replace(event, tensors=tensors, values=json.loads(json.dumps(event.values))))
    resumed = cohort_pipeline.run(spec, **given, commands=NoCommands(), resume=kept[0])  # type: ignore[arg-type]
    ends = trained(list(resumed))
    for role, tensors in trained(whole).items():
        assert all(torch.equal(ends[role][name], tensor) for name, tensor in tensors.items()), role


def test_a_stopped_cohort_makes_no_results(tmp_path: Path) -> None:
    class Stop(NoCommands):
        def poll(self) -> list[Command]:
            return [Command("stop")]

    [spec] = group_into_cohorts(varied(BASE))
    given = {"data_folder": tmp_path / "data", "runs_folder": tmp_path / "runs", "commands": Stop()}
    last = list(cohort_pipeline.run(spec, **given))[-1]  # type: ignore[arg-type]
    assert isinstance(last, Finished)
    assert (last.status, "members" in last.results) == ("stopped", False)


# ---- who can share a loop -------------------------------------------------------------------------------------------


def test_cohorts_gather_what_can_share_a_loop() -> None:
    compatible = varied(BASE)
    apart = [
        BASE.with_flat(student="mlp-20"),
        BASE.with_flat(epochs=5),
        BASE.with_flat(count=50),
        BASE.with_flat(early_stop=3),
        BASE.with_flat(early_stop=3, temperature=2.0),
    ]
    cohorts = group_into_cohorts([*compatible, *apart, compatible[0]])
    assert [len(one.experiments) for one in cohorts] == [7, 1, 1, 1, 1, 1]


def test_a_twin_is_shared_by_all_who_differ_only_for_a_teachers_pupil() -> None:
    pupils = [
        BASE.with_flat(temperature=2.0),
        BASE.with_flat(teacher_weight=0.1),
        BASE.with_flat(method="decoupled", parameters={"beta": 2.0}),
        BASE.with_flat(corrected_labels=0.9),
    ]
    assert len(CohortSpec(tuple(pupils)).twins) == 1
    assert twin_of(BASE.with_flat(teacher="mlp-64", teacher_epochs=3)).hash == twin_of(BASE).hash
    others = [
        BASE.with_flat(**{name: 1}) for name in ("init_seed", "order_seed", "noise_seed", "label_noise")
    ]
    assert len(CohortSpec((BASE, *others)).twins) == 5


def test_a_cohort_survives_its_json() -> None:
    [spec] = group_into_cohorts(varied(BASE.with_flat(omit=(3, 5))))
    again = CohortSpec.from_json(spec.to_json())
    assert again == spec
    assert again.hash == CohortSpec(spec.experiments[::-1]).hash
    for text in ("", "{}", "[]", '{"base": {}, "members": [{"temperature": -1}]}'):
        with pytest.raises(InvalidExperiment):
            CohortSpec.from_json(text)
