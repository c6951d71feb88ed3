"""Every fault: a whole card, an invariant that tells sound from faulty, and lines that are all that a run differs in."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from kdcore.errors import InvalidExperiment, TrainingDiverged, UnfinishedMethod
from kdcore.experiment import Experiment
from kdcore.faults import registry
from kdcore.faults.contract import Hooks
from kdcore.faults.registry import fault, faults
from kdcore.pipelines import checks
from tests.kdcore.faults.faulty_runs import SHORT, Measured, events_of
from tests.kdcore.faults.suited import suited

FEW = SHORT.with_flat(epochs=3, count=100)


@pytest.mark.parametrize("name", faults())
def test_its_invariant_holds_of_the_sound_lines_and_fails_of_the_faulty_ones(name: str) -> None:
    one = fault(name)
    assert one.invariant(one.sound)
    assert not one.invariant(one.faulty)


@pytest.mark.parametrize("name", faults())
def test_its_card_is_whole(name: str) -> None:
    card = fault(name).CARD
    assert all(getattr(card, field.name) for field in fields(card) if field.name != "in_riddles")
    assert card.hook in {field.name for field in fields(Hooks)}
    assert getattr(fault(name).hooks(fault(name).faulty), card.hook) is not getattr(Hooks(), card.hook)
    assert all(text[-1] in ".”" for text in (card.wrong, card.shows, card.met, card.caught_by))


@pytest.mark.parametrize("name", faults())
def test_with_its_sound_lines_in_place_a_run_is_a_sound_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, experiment = fault(name), suited(name, FEW)
    sound = Measured(events_of(experiment, tmp_path))
    monkeypatch.setattr(checks, "hooks_of", lambda chosen: one.hooks(one.sound))
    assert Measured(events_of(experiment.with_flat(fault=name), tmp_path)).same_networks(sound)


@pytest.mark.parametrize("name", faults())
def test_a_run_with_it_is_another_run(name: str, tmp_path: Path) -> None:
    experiment = suited(name, FEW)
    sound = Measured(events_of(experiment, tmp_path))
    try:
        faulty = Measured(events_of(experiment.with_flat(fault=name), tmp_path))
    except TrainingDiverged:
        return
    assert not faulty.same_networks(sound)


def test_an_unknown_fault_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(InvalidExperiment, match=r"no fault 'no-such'.*t-squared-left-out"):
        events_of(SHORT.with_flat(fault="no-such"), tmp_path)


@pytest.mark.parametrize("written", ["?", "??1", "?1x", "A b", "../x", "?1234567890"])
def test_what_names_no_fault_is_out_of_bounds(written: str) -> None:
    with pytest.raises(InvalidExperiment, match="fault = "):
        Experiment().with_flat(fault=written)


def test_a_run_without_a_teacher_has_no_fault(tmp_path: Path) -> None:
    with pytest.raises(InvalidExperiment, match="this method asks none"):
        events_of(SHORT.with_flat(method="labels-only", fault="shorter-twin"), tmp_path)


def test_a_fault_in_the_loss_of_soft_targets_is_refused_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(InvalidExperiment, match="in the loss of soft targets"):
        events_of(SHORT.with_flat(method="decoupled", fault="t-squared-left-out"), tmp_path)


def test_a_file_without_its_parts_is_said_to_be_unfinished() -> None:
    with pytest.raises(UnfinishedMethod, match=r"kdcore/faults/badge\.py is no fault yet"):
        registry._finished(registry.importlib.import_module("kdcore.faults.badge"))
