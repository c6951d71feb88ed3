"""The teacher made small in other ways, as presets claim something of it; a convolutional one too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from kdcore.compression import kept_comparison
from kdcore.compression.small_teachers import WAYS, small_teachers
from kdcore.errors import RunRefused
from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from kdcore.studies import preset_verification
from kdcore.studies.presets import Claim, Preset

CONVOLUTIONS = Experiment.from_flat(
    {
        "count": 100,
        "epochs": 2,
        "teacher": "cnn-small",
        "teacher_epochs": 2,
        "student": "cnn-tiny",
        "device": "cpu",
    }
)
SMALL = Preset("small", "", "", CONVOLUTIONS, (Claim("int8", "student"),), compressed=("int8", "pruned"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "runs")) as opened:
        yield opened


def test_a_preset_is_measured_with_its_other_ways_to_be_small(store: Store, tmp_path: Path) -> None:
    measured = preset_verification.measure(
        SMALL, 1, store, data_folder=tmp_path, compress=partial(small_teachers, store, tmp_path)
    )
    assert [*measured.errors] == ["teacher", "twin", "student", *WAYS]
    [run] = store.runs()
    kept = {one.how: one for one in kept_comparison.kept(store.run_folder(run.id)) if one.role == "teacher"}
    assert measured.errors["pruned"] == (kept[WAYS["pruned"]].errors,)
    assert measured.nll["int8"] == (kept[WAYS["int8"]].nll,)
    [[claim]] = preset_verification.judge([measured])
    assert claim.verdict.difference.differences == (
        measured.errors["int8"][0] - measured.errors["student"][0],
    )


def test_who_cannot_measure_them_is_told(store: Store, tmp_path: Path) -> None:
    with pytest.raises(RunRefused, match="measured with other ways to be small: int8, pruned"):
        preset_verification.measure(SMALL, 1, store, data_folder=tmp_path)
