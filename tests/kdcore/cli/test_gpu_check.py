"""The GPU check says loudly that there was nothing to check, and does not pass for what ran elsewhere."""

from __future__ import annotations

import pytest
import torch

from kdcore.cli import gpu_check
from kdcore.system import device


def test_without_a_gpu_it_says_so_in_a_frame_and_ends_in_peace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu_check.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert "NO GPU HERE" in lines[1]
    assert set(lines[0]) == set(lines[2]) == {"#"}


def test_what_trained_on_the_processor_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    on_processor = gpu_check.DIGITS.with_flat(device="cpu", epochs=1, teacher_epochs=1)
    monkeypatch.setattr(gpu_check, "DIGITS", on_processor)
    with pytest.raises(gpu_check.CheckFailed, match="ran on cpu"):
        gpu_check.trains()
    with pytest.raises(gpu_check.CheckFailed, match=r"torch\.float32"):
        gpu_check.multiplies_in_bf16()


def test_products_are_seen_as_they_are_made() -> None:
    a = torch.randn(4, 4)
    with gpu_check.ProductDtypes() as products, torch.autocast("cpu", dtype=torch.bfloat16):
        _ = a @ a
    assert products.seen == {torch.bfloat16}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU that torch can use")
@pytest.mark.parametrize("check", gpu_check.CHECKS, ids=lambda check: check.__name__)
def test_the_gpu_path_holds(check: gpu_check.Check) -> None:
    assert device.choose_device("auto") == "cuda"
    assert check()
