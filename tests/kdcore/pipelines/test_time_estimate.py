"""The estimate of a run's time: it grows with the work, and stays near what a run takes."""

from __future__ import annotations

import time
from pathlib import Path

from kdcore.events import NoCommands
from kdcore.experiment import Experiment
from kdcore.metrics.latency import MOST_TIMED
from kdcore.pipelines import checks, experiment_pipeline, time_estimate
from kdcore.studies.presets import preset

DIGITS = preset("digits-100").experiment
SPEED = {"step": 5e-4, "linear": 2e10, "convolution": 5e9}


def estimate(experiment: Experiment, trained: bool = True, kept: bool = False) -> float:
    return time_estimate.seconds(
        experiment,
        SPEED,
        stages=checks.stages_for(experiment, "mlp-1200x2", (1, 28, 28), 10),
        shape=(1, 28, 28),
        classes=10,
        images=55_000,
        teacher_network="mlp-1200x2",
        teacher_is_trained=trained,
        answers_are_kept=kept,
    )


def test_more_work_takes_longer() -> None:
    small = estimate(DIGITS)
    assert estimate(DIGITS.with_flat(epochs=300)) > small
    assert estimate(DIGITS.with_flat(count=10_000)) > small
    assert estimate(DIGITS.with_flat(student="cnn-medium")) > small
    assert estimate(DIGITS, trained=False) > small
    assert estimate(DIGITS.with_flat(shift=2)) > small, "a teacher that looks at every view costs more"
    assert estimate(DIGITS.with_flat(logit_shift=2)) > small, "so do its logits for 25 copies of each image"
    whole = DIGITS.with_flat(count=None)
    assert estimate(whole.with_flat(train_on_validation=True)) > estimate(whole)


def test_networks_that_a_method_trains_first_are_validated_too() -> None:
    """For a quarter of the epochs, one at least: that one has as many validations as a short run."""
    early = DIGITS.with_flat(method="early-stopped-teacher", epochs=1, count=1000)
    shape = (1, 28, 28)
    cost = time_estimate.NetworkCost(SPEED, shape, 10)
    stages = checks.stages_for(early, "mlp-1200x2", shape, 10)
    images = early.count or 0
    steps = cost.training("mlp-1200x2", early.recipe, images)
    whole = time_estimate.preparation_seconds(early, cost, stages, images, validation=5_000)
    assert whole > steps + 7 * cost.forward("mlp-1200x2", 5_000)
    plain = checks.stages_for(DIGITS, "mlp-1200x2", shape, 10)
    assert time_estimate.preparation_seconds(DIGITS, cost, plain, images, validation=5_000) == 0


def test_large_networks_are_reckoned_at_their_own_speed() -> None:
    cost = time_estimate.NetworkCost(SPEED | {"linear.large": 4e10}, (1, 28, 28), 10)
    as_small = time_estimate.NetworkCost(SPEED, (1, 28, 28), 10)
    for network, differs in (("mlp-1200x2", True), ("mlp-300", False)):
        own, other = (of.training(network, DIGITS.recipe, 1000) for of in (cost, as_small))
        assert (own < other) == differs


def test_a_teacher_that_was_asked_before_takes_no_time() -> None:
    asked = DIGITS.with_flat(method="soft-targets")
    assert estimate(asked, kept=True) < estimate(asked)
    assert estimate(asked.with_flat(logit_shift=2), kept=True) == estimate(asked, kept=True)
    viewing = asked.with_flat(shift=2)
    assert estimate(asked, kept=True) < estimate(viewing, kept=True) < estimate(viewing), (
        "views are new in every run"
    )


def test_forward_passes_are_reckoned_at_their_own_speed() -> None:
    cost = time_estimate.NetworkCost(SPEED | {"linear.forward": 4e10}, (1, 28, 28), 10)
    as_in_training = time_estimate.NetworkCost(SPEED, (1, 28, 28), 10)
    assert as_in_training.forward("mlp-30", 1000) == 2 * cost.forward("mlp-30", 1000)
    assert as_in_training.training("mlp-30", DIGITS.recipe, 1000) == cost.training(
        "mlp-30", DIGITS.recipe, 1000
    )


def test_the_latency_of_a_teacher_that_is_too_large_for_it_takes_no_time() -> None:
    cost = time_estimate.NetworkCost(SPEED, (3, 224, 224), 10)
    assert cost.timed("cnn-tiny", MOST_TIMED) == cost.timed("cnn-tiny") > 0
    assert cost.timed("vgg8", MOST_TIMED) == 0


def test_every_network_that_a_method_trains_takes_its_time() -> None:
    soft = estimate(DIGITS)
    further = {
        n: estimate(DIGITS.with_flat(method="ensemble-of-teachers", parameters={"further": n}))
        for n in (0, 1)
    }
    assert soft < further[0] < further[1], "each further teacher is trained"
    peers = estimate(DIGITS.with_flat(method="mutual-learning", teacher="cnn-medium"))
    assert peers > estimate(DIGITS.with_flat(method="labels-only", teacher="cnn-medium"))
    assert estimate(DIGITS.with_flat(method="labels-only", shift=2)) == estimate(
        DIGITS.with_flat(method="labels-only")
    ), "nobody asks the teacher about the views"


def test_the_estimate_is_near_what_a_run_takes(tmp_path: Path) -> None:
    speed, long = time_estimate.measure(), DIGITS.with_flat(epochs=1000)
    guess = time_estimate.seconds(
        long,
        speed,
        stages=checks.stages_for(long, "mlp-300", (1, 8, 8), 10),
        shape=(1, 8, 8),
        classes=10,
        images=1077,
        teacher_network="mlp-300",
        teacher_is_trained=True,
    )
    began = time.perf_counter()
    for _ in experiment_pipeline.run(long, data_folder=tmp_path, runs_folder=tmp_path, commands=NoCommands()):
        pass
    took = time.perf_counter() - began
    guess -= time_estimate.START_SECONDS  # no process is started here
    print(f"guessed {guess:.1f} s, took {took:.1f} s")
    assert guess / 8 < took < guess * 8
