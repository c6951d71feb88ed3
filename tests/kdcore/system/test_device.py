"""Which device is taken: one that computes, not one that only says that it is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from kdcore.cli.main import main
from kdcore.errors import OutOfResources
from kdcore.system import device


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    device.why_unusable.cache_clear()
    yield
    device.why_unusable.cache_clear()


@pytest.fixture
def claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose torch says that it has a CUDA device, and cannot compute on it."""
    if torch.cuda.device_count():
        monkeypatch.setattr(torch, "ones", _no_kernel)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


@pytest.fixture(autouse=True)
def put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the check does to torch is undone."""
    monkeypatch.setattr(torch.cuda, "is_available", torch.cuda.is_available)


def _no_kernel(*sizes: int, **options: object) -> torch.Tensor:
    raise RuntimeError("CUDA error: no kernel image is available for execution on the device")


@pytest.mark.usefixtures("claimed")
def test_a_card_that_cannot_compute_gives_way_to_the_processor_and_it_is_said_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert [device.choose_device("auto") for _ in range(3)] == ["cpu"] * 3
    said = capsys.readouterr().err
    assert said.count("cannot compute on it") == 1
    assert "The processor takes its place." in said
    with pytest.raises(OutOfResources, match="Choose device 'auto' or 'cpu'"):
        device.choose_device("cuda")


@pytest.mark.usefixtures("claimed")
def test_a_run_trains_on_the_processor_then(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path))
    assert main(["distill", "--count", "100", "--epochs", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["device"] == "cpu"
