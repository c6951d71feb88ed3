"""What a method's own loss costs: measured beside labels alone, reckoned into the estimate, noted once a run has ended."""

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
        {"method": method, "student": "cnn-tiny", "teacher": "cnn-small", **flat}
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


def test_a_method_that_goes_through_the_student_again_costs_more() -> None:
    costly = method_cost.measure("input-gradients", "convolution", SPEED)
    assert costly > 1.5, "a gradient of the images, and a gradient of that"
    assert method_cost.measure("attention-transfer", "linear", SPEED) == 1.0, (
        "perceptrons have no maps: refused"
    )


def test_the_estimate_takes_what_was_measured_here_before_what_is_shipped() -> None:
    base = estimate("input-gradients", {"input-gradients/convolution": 1.0})
    assert estimate("input-gradients", {}) > 1.2 * base, "shipped"
    assert estimate("input-gradients", {"input-gradients/convolution": 9.0}) > 2 * base
    assert estimate("input-gradients", {"input-gradients/linear": 9.0}) == estimate("input-gradients", {})


def test_bfloat16_is_reckoned_where_the_run_would_take_it() -> None:
    fast = SPEED | {"convolution.bfloat16": 3 * SPEED["convolution"]}
    seconds = {
        precision: time_estimate.NetworkCost(fast, SHAPE, 10, precision).training(
            "cnn-tiny", Experiment().recipe, 5_000
        )
        for precision in ("auto", "float32", "bfloat16")
    }
    assert seconds["auto"] == seconds["bfloat16"] < seconds["float32"]


@pytest.mark.parametrize("family", method_cost.NETWORKS)
def test_every_method_has_a_shipped_cost(family: str) -> None:
    shipped = json.loads(time_estimate.SHIPPED_COSTS.read_text(encoding="utf-8"))
    missing = [name for name in methods() if time_estimate.cost_key(name, family) not in shipped]
    assert not missing, "python -m scripts.method_costs"
