"""Of two presets that teach the same, Train offers the one whose images are here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.data import dataset_choices
from dashboard.data.preset_choices import presets_at_hand
from kdcore.data import catalogue
from kdcore.experiment import Experiment
from kdcore.studies.presets import PRESETS, Preset

OWN = replace(PRESETS[0], name="own", sibling="")
FAR = Preset("far", "", "", Experiment().with_flat(dataset="mnist"), (), sibling="near")
NEAR = Preset("near", "", "", Experiment().with_flat(dataset="drawn"), ())
TABLE = (OWN, FAR, NEAR)


@pytest.fixture(autouse=True)
def no_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_choices, "datasets", lambda: catalogue.catalogue(tmp_path))


def offered(chosen: Preset | None = None) -> list[str]:
    return [one.name for one in presets_at_hand(chosen, TABLE)]


def test_a_sibling_stands_in_where_the_images_are_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    assert offered() == ["own", "near"]
    here = [replace(one, available=True) for one in dataset_choices.datasets()]
    monkeypatch.setattr(dataset_choices, "datasets", lambda: here)
    assert offered() == ["own", "far"]


def test_a_preset_that_was_chosen_by_its_link_is_offered_whatever_is_here() -> None:
    assert offered(FAR) == ["own", "far"]
    assert offered(NEAR) == ["own", "near"]


def test_without_a_network_every_question_has_a_preset_that_runs() -> None:
    for one in presets_at_hand(None):
        entry = dataset_choices.dataset(one.experiment.dataset)
        assert entry is not None
        assert entry.available, one.name
