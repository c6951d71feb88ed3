"""A torch and a torchvision that do not fit are told in one sentence, before either is imported."""

from __future__ import annotations

import importlib
from importlib import metadata

import pytest

from kdcore.errors import BrokenInstallation
from kdcore.system import environment


def pretend(monkeypatch: pytest.MonkeyPatch, torch: str | None, torchvision: str | None, wants: str) -> None:
    versions = {"torch": torch, "torchvision": torchvision}

    def version(package: str) -> str:
        if (found := versions[package]) is None:
            raise metadata.PackageNotFoundError(package)
        return found

    monkeypatch.setattr(environment.metadata, "version", version)
    monkeypatch.setattr(
        environment.metadata, "requires", lambda package: ["numpy", wants, "scipy; extra == 'scipy'"]
    )
    monkeypatch.setattr(environment.sys, "platform", "linux")


def test_what_is_installed_here_is_a_pair() -> None:
    environment.check_pair()
    assert environment.import_pair().ops.nms


@pytest.mark.parametrize(
    ("torch", "torchvision", "wants"),
    [
        ("2.15.0", "0.29.2", "torch>=2.14.0"),
        ("2.15.0+cpu", "0.29.2+cpu", "torch>=2.14.0"),
        ("2.15.0+cu132", "0.29.2+cu132", "torch==2.15.0"),
        ("2.15.0", "0.29.2+cu132", "torch>=2.14.0"),
        ("2.12.0a0+3af2b1c", "0.27.0a0+99ee0d1", "torch==2.12.0"),
    ],
)
def test_pairs_pass(monkeypatch: pytest.MonkeyPatch, torch: str, torchvision: str, wants: str) -> None:
    pretend(monkeypatch, torch, torchvision, wants)
    environment.check_pair()


@pytest.mark.parametrize(
    ("torch", "torchvision", "wants", "said"),
    [
        ("2.15.0+cpu", "0.29.2", "torch>=2.14.0", "not a pair"),
        ("2.15.0", "0.29.2+cpu", "torch>=2.14.0", "not a pair"),
        ("2.15.0+cu130", "0.29.2+cu132", "torch>=2.14.0", "not a pair"),
        ("2.13.0", "0.29.2", "torch>=2.14.0", "not a pair"),
        ("2.14.0", "0.29.2", "torch==2.15.0", "not a pair"),
        ("2.10.0", "0.25.0", "torch==2.10.0", "too old"),
        (None, "0.29.2", "torch>=2.14.0", "torch is not installed"),
        ("2.15.0", None, "torch>=2.14.0", "torchvision is not installed"),
    ],
)
def test_what_does_not_fit_is_one_sentence_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, torch: str | None, torchvision: str | None, wants: str, said: str
) -> None:
    pretend(monkeypatch, torch, torchvision, wants)
    with pytest.raises(BrokenInstallation, match=said) as caught:
        environment.check_pair()
    assert "pip install" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_operators_that_do_not_load_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(importlib, "import_module", broken)
    with pytest.raises(BrokenInstallation, match="torchvision::nms"):
        environment.import_pair()
