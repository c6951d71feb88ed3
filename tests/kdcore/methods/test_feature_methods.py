"""The methods on features in whole runs: where they may be tapped, what they refuse, what they measure and show."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor

from kdcore import networks
from kdcore.errors import NetworkRefused
from kdcore.events import (
    BatchMetrics,
    Checkpoint,
    Command,
    Event,
    Measured,
    NoCommands,
    Pictures,
    StageChanged,
    Trained,
)
from kdcore.experiment import Experiment
from kdcore.methods.registry import methods
from kdcore.methods.settings import setting
from kdcore.methods.stages import stages_of
from kdcore.networks.adapters import Learned
from kdcore.pipelines.checks import check
from kdcore.pipelines.experiment_pipeline import run
from kdcore.plan import Batch, Drawing, Figure, Labels, Output, Stage, Term
from kdcore.training.members import shapes_of

SMALL = Experiment.from_flat(
    {
        "dataset": "digits",
        "count": 60,
        "batch_size": 30,
        "epochs": 2,
        "teacher": "cnn-medium",
        "teacher_epochs": 1,
        "student": "cnn-small",
        "threads": 1,
    }
)

ON_MAPS = ("attention-transfer", "neuron-selectivity", "flow", "channel-wise", "hierarchical")


class PausesAlways:
    """A channel that pauses at every step and resumes at once, so that there is a checkpoint at each."""

    def poll(self) -> list[Command]:
        return [Command("pause")]

    def wait(self) -> list[Command]:
        return [Command("resume")]


def events(method: str, folder: Path, **changes: object) -> list[Event]:
    experiment = SMALL.with_flat(method=method, **changes)
    return list(
        run(experiment, data_folder=folder / "none", runs_folder=folder / "runs", commands=NoCommands())
    )


def figures(said: list[Event], name: str) -> list[float]:
    return [e.values[name] for e in said if isinstance(e, Measured) and name in e.values]


@pytest.mark.parametrize("method", ON_MAPS)
@pytest.mark.parametrize("who", ["teacher", "student"])
def test_what_compares_maps_refuses_perceptrons_before_training(
    method: str, who: str, tmp_path: Path
) -> None:
    with pytest.raises(NetworkRefused, match=f"the {who} has none at its"):
        check(SMALL.with_flat(method=method, **{who: "mlp-30"}), data_folder=tmp_path, runs_folder=tmp_path)


@pytest.mark.parametrize("method", ["hint", "affine-features", "vector-quantised"])
@pytest.mark.parametrize("teacher", ["cnn-medium", "mlp-30"])
def test_a_perceptron_learns_from_penultimate_features_of_any_width(
    method: str, teacher: str, tmp_path: Path
) -> None:
    point = {"point": setting(method, "point", "penultimate")}
    said = events(method, tmp_path, student="mlp-10", teacher=teacher, parameters=point)
    assert any(isinstance(e, Trained) and e.role == "student" for e in said)
    with pytest.raises(NetworkRefused, match="'middle'"):
        check(
            SMALL.with_flat(
                method=method,
                student="mlp-10",
                parameters={"point": setting(method, "point", "middle")},
            ),
            data_folder=tmp_path,
            runs_folder=tmp_path,
        )


def one_batch(stage: Stage, student: str, teacher: str) -> list[Term | Figure | Drawing]:
    """What a stage's objective makes of four random images of MNIST's size, with two members."""
    names, shape = {"student": student, "teacher": teacher}, (1, 28, 28)
    sizes = {who: networks.feature_shapes(name, shape, 10) for who, name in names.items()}
    assert stage.refuses(sizes) == ""
    modules = {name: build(sizes) for name, build in stage.adapters.items()}

    def adapt(name: str, *inputs: Tensor, learn: bool = True) -> Tensor:
        return torch.stack([modules[name](*(x[k] for x in inputs)) for k in range(2)])

    def said(who: str, *members: int) -> Output:
        made = {point: torch.randn(*members, 4, *sizes[who][point]) for point in sizes[who]}
        return Output(made["logits"], made)

    outputs = {"student": said("student", 2), "teacher": said("teacher")}
    settings = torch.ones(2), torch.ones(2)
    batch = Batch(
        torch.rand(4, *shape), Labels(torch.arange(4)), outputs, *settings, {}, {}, 0.0, adapt=adapt
    )
    return list(stage.objective(batch))


@pytest.mark.parametrize("method", ["hint", "channel-wise", "affine-features", "vector-quantised"])
@pytest.mark.parametrize("point", ["early", "last"])
@pytest.mark.parametrize(("student", "teacher"), [("lenet5", "cnn-medium"), ("cnn-medium", "lenet5")])
def test_maps_of_other_sizes_and_widths_are_matched(
    method: str, point: str, student: str, teacher: str
) -> None:
    """LeNet has 16 last maps of 10 x 10 where the other has 128 of 7 x 7."""
    experiment = SMALL.with_flat(method=method, parameters={"point": setting(method, "point", point)})
    for made in one_batch(stages_of(experiment)[0], student, teacher):
        assert not isinstance(made, Drawing)
        values = made.value if isinstance(made, Figure) else made.raw
        assert values.shape == (2,)
        assert torch.isfinite(values).all()


def test_a_weight_of_zero_leaves_the_student_its_twin(tmp_path: Path) -> None:
    """What a method adds beside the labels is all behind its weight."""
    for method in ("hint", "attention-transfer", "channel-groups"):
        card = methods()[method].CARD
        weight = next(p.name for p in card.parameters if p.name.endswith("_weight"))
        trained = {
            e.role: e.tensors
            for e in events(method, tmp_path, epochs=1, parameters={weight: 0})
            if isinstance(e, Trained)
        }
        for name, tensor in trained["twin"].items():
            assert tensor.equal(trained["student"][name]), (method, name)


def test_attention_is_shown_of_teacher_twin_and_student(tmp_path: Path) -> None:
    shown = [e for e in events("attention-transfer", tmp_path) if isinstance(e, Pictures)]
    assert {e.role for e in shown} >= {"teacher", "twin", "student"}
    assert {e.view for e in shown} == {"map"}
    assert {e.point for e in shown} == {"early"}
    assert {len(e.values[0]) for e in shown} == {8}, "as fine as the images of digits"
    for e in shown:
        assert len(e.values) == len(e.images)
        length = sum(x * x for row in e.values[0] for x in row)
        assert length == pytest.approx(1, abs=0.05)


def test_each_levels_weight_comes_near_half_the_inverse_of_its_own_error(tmp_path: Path) -> None:
    """The loss is smallest where the variance is the error; the errors fall, and the variances follow some steps behind."""
    said = events("hierarchical", tmp_path, teacher_epochs=10, epochs=40, learning_rate=0.01)
    last = [e for e in said if isinstance(e, BatchMetrics) and e.role == "student"][-1]
    errors = {term.name: term.raw for term in last.terms}
    for point in ("early", "middle", "last"):
        weight = figures(said, f"weight of {point}")
        assert weight[0] == pytest.approx(0.5 / (math.log(2) + 0.01), rel=0.05)
        assert weight[-1] * errors[f"{point} hint"] == pytest.approx(0.5, rel=0.4), point


@pytest.mark.parametrize(("name", "times"), [("adamw", 10), ("sgd", 1)])
def test_a_pace_hastens_adamw_and_leaves_sgd_as_it_is(name: str, times: int) -> None:
    def moved(pace: float) -> Tensor:
        learned = Learned(torch.tensor([2.0, -3.0]), pace)
        made: dict[str, Callable[..., torch.optim.Optimizer]] = {
            "adamw": partial(torch.optim.AdamW, lr=1e-3, weight_decay=0),
            "sgd": partial(torch.optim.SGD, lr=1e-2),
        }
        optimiser = made[name](learned.parameters())
        torch.square(learned()).sum().backward()
        optimiser.step()
        now: Tensor = learned()
        return now.detach() - torch.tensor([2.0, -3.0])

    torch.testing.assert_close(moved(10.0), times * moved(1.0), rtol=1e-3, atol=1e-6)


def test_the_codebook_comes_near_and_its_use_is_told(tmp_path: Path) -> None:
    said = events("vector-quantised", tmp_path, epochs=20, learning_rate=0.01, parameters={"codes": 16})
    near = [t.raw for e in said if isinstance(e, BatchMetrics) and e.role == "codebook" for t in e.terms]
    assert near[-1] < near[0] / 2
    used = figures(said, "codes in use")
    assert used
    assert all(1 <= count <= 16 for count in used)
    right = figures(said, "codes named rightly")
    assert right[-1] > right[0]


def test_groups_are_learned_by_students_of_their_own_and_fused(tmp_path: Path) -> None:
    said = events("channel-groups", tmp_path, epochs=30, learning_rate=0.01, parameters={"groups": 3})
    assert {e.role for e in said if isinstance(e, Trained)} >= {"student", "student 2", "student 3"}
    right = figures(said, "accuracy on the batch")
    assert right[-1] > 0.5 > right[0]


# ---- layer by layer -------------------------------------------------------------------------------------------------


def unfolded(student: str, teacher: str, **parameters: float) -> list[Stage]:
    experiment = SMALL.with_flat(method="layer-by-layer", student=student, parameters=parameters)
    shapes = shapes_of({"student": student, "teacher": teacher}, (1, 28, 28), 10)
    [answers] = stages_of(experiment)
    assert answers.becomes is not None
    return list(answers.becomes(shapes))


@pytest.mark.parametrize(
    ("student", "teacher", "points"),
    [
        (
            "cnn-small",
            "resnet8",
            ["early", "middle", "last"],
        ),  # only a mean lies between last and penultimate
        ("lenet5", "cnn-medium", ["early", "last", "penultimate"]),
        ("mlp-30x3", "mlp-50x2", ["early", "penultimate"]),
        ("mlp-30x3", "mlp-50", ["penultimate"]),
        ("cnn-small", "mlp-50", ["penultimate"]),
    ],
)
def test_a_stage_for_every_point_that_both_networks_have(
    student: str, teacher: str, points: list[str]
) -> None:
    *features, answers = unfolded(student, teacher, answers_share=0.25, answers_reach=0)
    assert [dict(s.taps) for s in features] == [{"student": (p,), "teacher": (p,)} for p in points]
    fixed = [dict(s.fixed) for s in (*features, answers)]
    assert fixed == [{}, *({"student": point} for point in points)]
    assert sum(s.share for s in features) == pytest.approx(0.75)
    assert answers.share == 0.25
    assert not unfolded(student, teacher)[-1].fixed
    assert answers.refuses(shapes_of({"student": student, "teacher": teacher}, (1, 28, 28), 10)) == ""


def test_networks_without_a_common_point_are_refused() -> None:
    experiment = SMALL.with_flat(method="layer-by-layer", student="cnn-small")
    [answers] = stages_of(experiment)
    shapes = {**shapes_of({"student": "cnn-small"}, (1, 28, 28), 10), "teacher": {"logits": (10,)}}
    assert answers.becomes is not None
    [alone] = answers.becomes(shapes)
    assert "feature point that teacher and student both have" in alone.refuses(shapes)


def test_what_is_learned_stays_while_the_next_layers_learn(tmp_path: Path) -> None:
    names = {"early": "stages.0.0.weight", "middle": "stages.1.1.weight", "last": "stages.2.1.weight"}
    experiment = SMALL.with_flat(
        method="layer-by-layer",
        epochs=24,
        learning_rate=0.02,
        teacher_weight=0,
        parameters={"answers_share": 0.25, "answers_reach": 0},
    )
    stage = ""
    ends: dict[str, dict[str, Tensor]] = {}
    errors: dict[str, list[float]] = {}
    for event in run(
        experiment, data_folder=tmp_path / "none", runs_folder=tmp_path / "runs", commands=PausesAlways()
    ):
        if isinstance(event, StageChanged) and event.role == "student":
            stage = event.stage
        if isinstance(event, Checkpoint) and event.phase == "students":
            prefix = "cohort/student/student/weights/"
            ends[stage] = {p: event.tensors[prefix + n].clone() for p, n in names.items()}
        if isinstance(event, BatchMetrics) and event.role == "student":
            errors.setdefault(event.terms[0].name, []).append(event.terms[0].raw)
    stages = ["early features", "middle features", "last features", "answers"]
    assert [s for s in ends if s] == stages
    for i, point in enumerate(names):
        for later in stages[i + 1 :]:
            assert ends[later][point].equal(ends[stages[i]][point]), (point, later)
        if i:
            assert not ends[stages[i]][point].equal(ends[stages[i - 1]][point])
        assert errors[f"{point} features"][-1] < 0.9 * errors[f"{point} features"][0]
    assert errors["labels"][-1] < errors["labels"][0]
