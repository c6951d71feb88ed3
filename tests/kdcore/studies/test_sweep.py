"""A sweep has the members that its definition says, or refuses it."""

from __future__ import annotations

from typing import Any

import pytest

from kdcore.errors import InvalidExperiment
from kdcore.experiment import Experiment
from kdcore.pipelines import varied_fields
from kdcore.studies.sweep import Sweep
from tests.kdcore.studies.small_sweeps import BASE, SWEEP


def test_a_grid_takes_every_combination_with_every_seed() -> None:
    grid = Sweep(base=BASE, vary={"temperature": (1, 2), "teacher_weight": (0.5, 0.9, 1.0)}, seeds=3)
    assert len(grid.members) == grid.size == 18
    assert len({m.experiment.hash for m in grid.members}) == 18
    first = grid.members[1]
    assert (first.setting, first.seed) == ({"temperature": 1, "teacher_weight": 0.5}, 1)
    assert [getattr(first.experiment, n) for n in ("init_seed", "order_seed", "noise_seed")] == [1, 1, 1]


def test_two_ways_to_say_one_sweep_have_one_hash() -> None:
    other = Sweep(
        base=BASE.with_flat(temperature=7.0, init_seed=9, threads=1),
        vary={"temperature": [1, 4, 8, 4]},
        seeds=2,
    )  # type: ignore[arg-type]
    assert other.hash == SWEEP.hash == Sweep.from_json(SWEEP.to_json()).hash
    assert Sweep(base=BASE, vary=SWEEP.vary, seeds=3).hash != SWEEP.hash


def test_a_sweep_of_before_precision_was_a_field_keeps_its_hash() -> None:
    now = Sweep(base=Experiment(), vary={"temperature": (1.0, 2.0)})
    for sampler, hash in (("grid", "4b3352aae22f9cc9"), ("bayesian", "7669813706e556a6")):
        stored = now.model_dump(mode="json") | {"sampler": sampler}
        del stored["base"]["precision"]
        read = Sweep.read(stored)
        assert (read.search or read).hash == hash


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"vary": {}}, "1 to 4 fields"),
        ({"vary": {"temperature": []}}, "1 to 100 values"),
        ({"vary": {"temperature": [0]}}, "temperature"),
        ({"vary": {"no_such": [1]}}, "no_such"),
        ({"vary": {"init_seed": [1, 2]}}, "cannot vary init_seed"),
        ({"vary": {"device": ["cpu"]}}, "cannot vary device"),
        ({"seeds": 0}, "seeds"),
        ({"seeds": 51}, "seeds"),
        ({"sampler": "guess"}, "sampler"),
        ({"vary": {"temperature": list(range(1, 91))}, "seeds": 50}, "may train 1,000"),
        ({"base": {"temperature": -1}}, "temperature"),
        ({"extra": 1}, "extra"),
        ({"base": {"train_on_validation": True}}, "A sweep chooses by the validation images"),
        ({"vary": {"train_on_validation": [False, True]}}, "A sweep chooses by the validation images"),
    ],
)
def test_what_is_out_of_bounds_is_refused_in_a_sentence(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidExperiment, match=said):
        Sweep.read(SWEEP.model_dump(mode="json") | wrong)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"vary": 3}'])
def test_what_is_no_sweep_is_refused(text: str) -> None:
    with pytest.raises(InvalidExperiment):
        Sweep.from_json(text)


def test_a_fraction_takes_the_place_of_a_count_and_a_method_brings_its_own_settings() -> None:
    assert varied_fields.with_setting(BASE, {"fraction": 0.2}).count is None
    own = BASE.with_flat(method="decoupled", parameters={"beta": 2.0})
    assert varied_fields.with_setting(own, {"method": "soft-targets"}).parameters == {}
    assert varied_fields.with_setting(own, {"parameters.beta": 3}).parameters == {"beta": 3.0}


def test_a_random_sweep_is_the_same_each_time_and_stays_within_its_ends() -> None:
    made = [
        Sweep(
            base=BASE,
            vary={"temperature": (1, 40), "student": ("mlp-10", "mlp-30")},
            seeds=1,
            sampler="random",
            trials=30,
        )
        for _ in range(2)
    ]
    settings = [m.setting for m in made[0].members]
    assert settings == [m.setting for m in made[1].members]
    assert len(settings) == 30
    assert all(1 <= one["temperature"] <= 40 for one in settings)
    assert {one["student"] for one in settings} == {"mlp-10", "mlp-30"}
