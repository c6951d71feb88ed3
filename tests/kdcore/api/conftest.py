"""Runs and data of a test's own, and small things to hand over."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import kdcore


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the runs folder and of the data folder."""
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture(scope="session")
def digits() -> tuple[Tensor, Tensor]:
    """Training images of digits, pixels from 0 to 1, and their class numbers."""
    return kdcore.images("digits", "train")


class SmallNetwork(nn.Module):
    """A convolutional network of somebody's own."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.maps = nn.Conv2d(1, 8, 3, padding=1)
        self.answer = nn.Linear(8 * 64, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits."""
        return self.answer(torch.relu(self.maps(images)).flatten(1))


@pytest.fixture(scope="session")
def taught(digits: tuple[Tensor, Tensor]) -> nn.Module:
    """A teacher of somebody's own, trained on pixels from 0 to 1."""
    torch.manual_seed(0)
    teacher = nn.Sequential(nn.Flatten(), nn.Linear(64, 200), nn.ReLU(), nn.Linear(200, 10))
    optimiser = torch.optim.Adam(teacher.parameters(), 1e-2)
    images, labels = digits
    for _ in range(60):
        optimiser.zero_grad()
        nn.functional.cross_entropy(teacher(images), labels).backward()
        optimiser.step()
    return teacher
