"""Settings with which a network starts: what was measured of them, and what may be said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kdcore.experiment import Experiment
from kdcore.studies.presets import PRESETS
from kdcore.studies.starting_settings import FIELDS, StartingSettings, judge, kept, start_of

EXPERIMENT = Experiment(student="mlp-30").with_flat(epochs=40, count=100)
START = StartingSettings(
    "digits",
    "mlp-30",
    {name: EXPERIMENT.value(name) for name in FIELDS},
    360,
    (40, 44, 42, 39, 41),
    (30, 33, 32, 30, 31),
    (0.5, 0.52, 0.51, 0.49, 0.5),
    (0.5, 0.51, 0.52, 0.5, 0.48),
    3.0,
)


def test_settings_fit_the_experiment_that_has_all_of_them() -> None:
    assert START.fits(EXPERIMENT)
    assert START.fits(EXPERIMENT.with_flat(init_seed=7, method="decoupled")), "other fields are free"
    for changed in ({"epochs": 41}, {"student": "mlp-10"}, {"temperature": 2.0}, {"dataset": "drawn"}):
        assert not START.fits(EXPERIMENT.with_flat(**changed)), changed


def test_what_may_be_said_is_judged_by_measure() -> None:
    [only_errors] = judge([START])
    assert (only_errors.errors.less, only_errors.nll.less, only_errors.helps) == (True, False, True)
    [nothing] = judge([replace(START, student_errors=(41, 43, 42, 40, 40))])
    assert not nothing.helps
    [worse] = judge([replace(START, student_errors=START.twin_errors, twin_errors=START.student_errors)])
    assert not worse.helps


def test_more_settings_in_the_table_make_each_claim_harder() -> None:
    weak = replace(START, student_errors=(35, 40, 41, 37, 36))
    assert judge([weak])[0].errors.less
    assert not judge([weak] * 6)[0].errors.less


def test_the_first_preset_is_what_its_network_starts_with() -> None:
    first = start_of(PRESETS[0].experiment)
    assert first is not None
    assert first.start.fits(PRESETS[0].experiment)
    assert first.errors.less


@pytest.mark.parametrize("dataset", ["digits", "drawn", "shapes", "mnist", "cifar10-jpeg"])
def test_every_kind_of_images_has_a_network_that_soft_targets_help_within_a_minute(dataset: str) -> None:
    found = [one for (images, _), one in kept().items() if images == dataset]
    assert any(one.helps for one in found)
    assert all(one.start.processor_seconds <= 60 for one in found)
    assert all(len(one.start.student_errors) == 5 for one in found)


def test_the_settings_make_an_experiment() -> None:
    for one in kept().values():
        experiment = Experiment.from_flat(
            {"dataset": one.start.dataset, "student": one.start.student, **one.start.settings}
        )
        assert one.start.fits(experiment)
