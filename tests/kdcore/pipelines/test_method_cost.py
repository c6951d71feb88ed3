"""What a method costs beside its networks: observed on a run that has ended, reckoned into the next estimate."""

from __future__ import annotations

import json

import pytest

from kdcore.experiment import Experiment
from kdcore.methods.registry import methods
from kdcore.pipelines import checks, method_cost, time_estimate

SPEED = {"step": 5e-4, "linear": 2e10, "convolution": 5e9}
SHAPE = (1, 28, 28)


def estimate(method: str, costs: dict[str, float], **flat: object) -> float:
    experiment = Experiment.from_flat(
        {"method": method, "student": "cnn-tiny", "teacher": "cnn-small", "epochs": 10, **flat}
    )
    return time_estimate.seconds(
        experiment,
        SPEED,
        stages=checks.stages_for(experiment, "cnn-small", SHAPE, 10),
        shape=SHAPE,
        classes=10,
        images=5_000,
        teacher_network="cnn-small",
        teacher_is_trained=True,
        costs=costs,
    )


RESULTS = {
    "epochs": 10,
    "device": "cpu",
    "precision": "float32",
    "dataset": {"shape": [1, 28, 28], "classes": list("0123456789"), "images": {"transfer": 5_000, "validation": 500}},
    "teacher": {"network": "cnn-small"},
    "student": {"network": "cnn-tiny"},
}  # fmt: skip
SOFT = Experiment.from_flat({"student": "cnn-tiny", "teacher": "cnn-small", "epochs": 10, "count": 5_000})


def cost(
    seconds: float, experiment: Experiment = SOFT, *, processor: float | None = None, **changed: object
) -> float | None:
    took = {"seconds": {"students": seconds}, "processor_seconds": {"students": processor or seconds}}
    return method_cost.observed(experiment, {**RESULTS, **took, **changed}, SPEED)


def test_a_run_that_takes_twice_as_long_costs_twice_as_much() -> None:
    once = cost(10.0)
    assert once is not None
    assert (cost(20.0) or 0) > 2 * once > 0, "its validations take no longer"
    mutual = SOFT.with_flat(method="mutual-learning")
    assert (cost(10.0, mutual) or 0) < once, "the peer's own training is no cost of the method's"


def test_what_others_held_the_processor_for_is_no_cost() -> None:
    assert cost(60.0, processor=10.0) == cost(10.0), "on a busy machine"
    assert cost(10.0, processor=19.0) == cost(10.0), "side by side"


def test_what_was_observed_here_is_what_the_next_run_is_reckoned_with() -> None:
    costs = {"soft-targets/cnn-tiny": cost(10.0) or 0}
    twice = {"soft-targets/cnn-tiny": cost(20.0) or 0}
    assert estimate("soft-targets", twice) - estimate("soft-targets", costs) == pytest.approx(10.0)


def test_the_estimate_takes_what_was_observed_of_this_student_before_what_is_shipped() -> None:
    shipped = estimate("input-gradients", {})
    assert estimate("input-gradients", {"input-gradients/cnn-tiny": 99.0}) > 2 * shipped
    assert estimate("input-gradients", {"input-gradients/cnn-small": 99.0}) == shipped


@pytest.mark.parametrize(
    "changed", [{"epochs": 7.5}, {"twin_run": "x"}, {"device": "cuda"}], ids=["stopped", "found", "GPU"]
)
def test_a_run_whose_time_says_something_else_says_nothing(changed: dict[str, object]) -> None:
    assert cost(10.0, SOFT, **changed) is None
    assert cost(10.0, SOFT.with_flat(threads=1)) is None


def test_bfloat16_is_reckoned_where_the_run_would_take_it() -> None:
    fast = SPEED | {"convolution.bfloat16": 3 * SPEED["convolution"]}
    seconds = {
        precision: time_estimate.NetworkCost(fast, SHAPE, 10, precision).training(
            "cnn-tiny", Experiment().recipe, 5_000
        )
        for precision in ("auto", "float32", "bfloat16")
    }
    assert seconds["auto"] == seconds["bfloat16"] < seconds["float32"]


@pytest.mark.parametrize("family", ["linear", "convolution"])
def test_every_method_has_a_shipped_cost(family: str) -> None:
    shipped = json.loads(time_estimate.SHIPPED_COSTS.read_text(encoding="utf-8"))
    missing = [name for name in methods() if time_estimate.cost_key(name, family) not in shipped]
    assert not missing, "python -m scripts.method_costs"
