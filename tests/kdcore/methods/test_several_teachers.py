"""What the methods with further networks, stages or learned numbers promise beside training at all."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from kdcore.errors import NetworkRefused
from kdcore.events import Checkpoint, Event, Finished, Measured, NoCommands, Phase, Trained, Validation
from kdcore.experiment import Experiment
from kdcore.methods import specialists
from kdcore.methods.learned_temperature import Temperature, pushed, reversed_gradient
from kdcore.methods.self_last_epoch import objective as learn_from_oneself
from kdcore.methods.settings import setting
from kdcore.methods.stages import stages_of
from kdcore.pipelines import experiment_pipeline
from kdcore.pipelines.cohort_members import can_share_loop
from kdcore.plan import Batch, Labels, Output, Stage, Term

DIGITS = Experiment.from_flat(
    {
        "dataset": "digits",
        "count": 100,
        "batch_size": 50,
        "epochs": 2,
        "teacher": "digits-mlp-300",
        "student": "mlp-30",
        "threads": 1,
    }
)


def stages(method: str, **parameters: float) -> list[Stage]:
    return stages_of(DIGITS.with_flat(method=method, parameters=parameters))


def events(folder: Path, resume: Checkpoint | None = None, **fields: Any) -> Iterator[Event]:
    experiment = DIGITS.with_flat(**fields)
    return experiment_pipeline.run(
        experiment,
        data_folder=folder / "data",
        runs_folder=folder / "runs",
        commands=NoCommands(),
        resume=resume,
    )


@pytest.mark.parametrize("method", ["early-stopped-teacher", "route", "born-again", "self-last-epoch"])
def test_who_needs_no_teacher_has_none_trained(method: str, tmp_path: Path) -> None:
    said = list(events(tmp_path, method=method, teacher="mlp-128", parameters={}))
    assert "teacher" not in {e.name for e in said if isinstance(e, Phase)}
    assert {e.role for e in said if isinstance(e, Trained)} == {"twin", "student"}


@pytest.mark.parametrize(
    ("method", "parameters", "further"),
    [
        ("teacher-assistant", {"assistant": 2}, {"assistant": "mlp-128"}),
        ("born-again", {"generations": 1}, {"generation 1": "mlp-30", "generation 2": "mlp-30"}),
        ("early-stopped-teacher", {}, {"early teacher": "mlp-300"}),
    ],
)
def test_who_learned_before_has_a_curve_and_is_tested(
    method: str, parameters: dict[str, float], further: dict[str, str], tmp_path: Path
) -> None:
    """Also in a run that goes on after they had learned, and where the student asks only the last of them."""
    fields: dict[str, Any] = {"method": method, "parameters": parameters, "epochs": 4}
    checkpoints, said = [], []
    for event in events(tmp_path, **fields):
        said.append(event)
        if isinstance(event, Checkpoint) and event.phase == "students":
            kept = {name: t.clone() for name, t in event.tensors.items()}
            checkpoints.append(dataclasses.replace(event, tensors=kept))
    finished, again = said[-1], list(events(tmp_path, resume=checkpoints[0], **fields))[-1]
    assert isinstance(finished, Finished)
    assert isinstance(again, Finished)
    for name, network in further.items():
        curve = [e.errors for e in said if isinstance(e, Validation) and e.role == name]
        assert len(curve) > 2
        assert finished.results[name]["network"] == network
        assert finished.results[name]["val_errors"] == curve[-1]
        assert finished.results[name]["test_nll"] == pytest.approx(again.results[name]["test_nll"])


def test_each_guide_goes_on_from_the_one_before_and_teaches_in_its_turn() -> None:
    found = stages("route", guides=2)
    guides = [f"guide {i}" for i in (1, 2, 3, 4)]
    before, after = [s for s in found if s.before], [s for s in found if not s.before]
    assert [list(s.learns) for s in before] == [[guide] for guide in guides]
    assert [dict(s.starts_from) for s in before] == [{}] + [
        {later: earlier} for earlier, later in itertools.pairwise(guides)
    ]
    assert sum(s.share for s in before) == pytest.approx(1)
    assert [s.frozen for s in after] == [(guide,) for guide in guides]


@pytest.mark.parametrize(
    ("first", "student", "expected"),
    [
        (0, 0, [(), ("generation 1",), ("generation 2",)]),
        (1, 1, [("teacher",), ("generation 1",), ("generation 1", "generation 2")]),
    ],
)
def test_generations_learn_from_the_one_before(
    first: int, student: int, expected: list[tuple[str, ...]]
) -> None:
    found = stages("born-again", first_from=first, student_from=student)
    assert [s.frozen for s in found] == expected
    assert {n for s in found for n in s.learns.values()} == {"mlp-30"}


def test_the_layers_of_a_teacher_of_ones_own_size_make_its_equal(tmp_path: Path) -> None:
    said = events(tmp_path, method="teacher-layers", student="mlp-300")
    begun = next(e for e in said if isinstance(e, Measured))
    assert begun.values == {"agrees with the teacher before training": 1.0}


def batch_of(logits: torch.Tensor, notes: torch.Tensor, **more: Any) -> Batch:
    plain = Batch(
        images=torch.zeros(2, 1, 1, 1),
        labels=Labels(torch.tensor([0, 1])),
        outputs={"student": Output(logits)},
        temperature=torch.ones(1),
        teacher_weight=torch.zeros(1),
        notes={"own": notes},
        partner_notes={},
        progress=0.5,
    )
    return dataclasses.replace(plain, **more)


def test_ones_own_answers_grow_in_weight_and_are_mixed_as_labels_are() -> None:
    epochs = stages_of(DIGITS.with_flat(method="self-last-epoch", epochs=4, parameters={"own_weight": 0.8}))
    logits, own = torch.randn(1, 2, 3), torch.randn(1, 2, 3).log_softmax(dim=-1)
    weights = []
    for stage in epochs[1:]:
        term = stage.objective(batch_of(logits, own))[1]
        assert isinstance(term, Term)
        weights.append(term.scale)
    assert weights == pytest.approx([0.4, 0.6, 0.8])
    mixed = batch_of(
        logits,
        own,
        labels=Labels(torch.tensor([0, 1]), other=torch.tensor([1, 0]), share=0.25),
        partner_notes={"own": own.flip(1)},
    )
    term = learn_from_oneself(mixed, 0.5)[1]
    assert isinstance(term, Term)
    p = 0.25 * own.exp() + 0.75 * own.exp().flip(1)
    expected = (p * (p.log() - logits.log_softmax(dim=-1))).sum() / 2
    torch.testing.assert_close(term.raw, expected[None])


def test_a_reversed_gradient_leaves_the_value_and_turns_the_gradient() -> None:
    x = torch.tensor(3.0, requires_grad=True)
    y = reversed_gradient(x, 0.5)
    (2 * y).backward()
    assert y.item() == 3.0
    assert x.grad is not None
    assert x.grad.item() == -1.0


def test_the_temperature_begins_where_it_is_told_and_is_pushed_more_and_more() -> None:
    assert Temperature(4.0, 20.0)().item() == pytest.approx(4.0)
    assert Temperature(30.0, 20.0)().item() == pytest.approx(30.0, rel=1e-3)
    found = [pushed(progress, 2.0, 0.5) for progress in (0.0, 0.25, 0.5, 1.0)]
    assert found == pytest.approx([0.0, 2 * 0.5 * (1 - math.cos(math.pi / 2)), 2.0, 2.0])


def test_regions_are_classes_that_the_teacher_confuses() -> None:
    """Images of four classes, of which it cannot tell 0 from 2, nor 1 from 3."""
    torch.manual_seed(0)
    pair = torch.randint(2, (400,))
    noise = 0.1 * torch.rand(400)
    p = torch.zeros(400, 4)
    rows = torch.arange(400)
    p[rows, pair], p[rows, pair + 2] = 0.5 + noise, 0.5 - noise
    assert specialists.confused_together(p, 2).tolist() == [0, 1, 0, 1]
    assert len(specialists.confused_together(p[:, :2], 5).unique()) == 2, "no more regions than classes"


def test_exits_of_a_network_without_earlier_layers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NetworkRefused, match="no feature point 'early'"):
        next(iter(events(tmp_path, method="early-exits")))


def test_every_exit_learns_labels_answer_and_feature() -> None:
    found = stages("early-exits", exits=2)[0]
    assert set(found.adapters) == {
        f"{part} {point}" for part in ("exit", "bottleneck") for point in ("early", "middle", "last")
    }
    assert found.taps == {"student": ("early", "middle", "last", "penultimate")}


def test_the_features_of_all_teachers_are_one_hint(tmp_path: Path) -> None:
    """A further teacher of another width and the run's own: the student comes nearer to each of them."""
    point = {"further": 1, "network": setting("fused-hints", "network", "mlp-128"), "point": 3}
    said = list(
        events(
            tmp_path, method="fused-hints", parameters=point, epochs=20, learning_rate=0.01, student="mlp-30"
        )
    )
    for name in ("teacher", "teacher 2", "teacher 3"):
        errors = [e.values[f"error on {name}"] for e in said if isinstance(e, Measured)]
        assert 0 < errors[-1] < 0.8 * errors[0]
    [before, after] = stages("fused-hints", **point)
    assert set(before.learns) == {"teacher 2", "teacher 3"}
    assert set(before.learns.values()) == {"mlp-128"}
    assert after.frozen == ("teacher", "teacher 2", "teacher 3")


def test_fused_hints_of_maps_refuse_a_perceptron(tmp_path: Path) -> None:
    with pytest.raises(NetworkRefused, match="no feature point 'last'"):
        next(iter(events(tmp_path, method="fused-hints")))


def test_a_low_rank_student_begins_near_its_teacher_and_its_twin_does_not(tmp_path: Path) -> None:
    """Beside digits-mlp-300, whatever student was chosen: the twin is of the student's network."""
    said = list(events(tmp_path, method="low-rank-student", epochs=4))
    begun = next(e for e in said if isinstance(e, Measured))
    assert begun.values["agrees with the teacher before training"] > 0.8
    first = {e.role: e.errors / e.images for e in said if isinstance(e, Validation) and e.step == 0}
    assert first["student"] < 0.3 < 0.7 < first["twin"]
    trained = {e.role: e.network for e in said if isinstance(e, Trained)}
    assert trained == {"twin": "lowrank-300x2r8", "student": "lowrank-300x2r8"}
    finished = said[-1]
    assert isinstance(finished, Finished)
    assert finished.results["twin"]["parameters"] == finished.results["student"]["parameters"]


def test_a_chosen_student_of_low_rank_stays() -> None:
    [stage] = stages_of(DIGITS.with_flat(method="low-rank-student", student="lowrank-20x4r3"))
    assert stage.learns == {"student": "lowrank-20x4r3"}


@pytest.mark.parametrize(
    ("method", "together"),
    [("soft-targets", True), ("born-again", False), ("layer-by-layer", False), ("low-rank-student", False)],
)
def test_students_share_a_cohort_where_nothing_of_theirs_is_their_own(method: str, together: bool) -> None:
    assert can_share_loop(DIGITS.with_flat(method=method)) == together
