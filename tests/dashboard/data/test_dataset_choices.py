"""Datasets by name: those that are here, and those that measured tables speak of."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.data import dataset_choices


def test_a_dataset_has_its_title_where_it_is_not_here_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path))
    dataset_choices.forget()
    try:
        assert dataset_choices.short_title("mnist") == "MNIST"
        assert dataset_choices.short_title("cifar10-jpeg") == "CIFAR-10 (JPEG)"
        assert dataset_choices.short_title("nobody's") == "nobody's"
    finally:
        dataset_choices.forget()
