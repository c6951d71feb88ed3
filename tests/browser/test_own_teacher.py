"""A teacher of one's own on the page: tables of answers and networks from files are tried, added and learned from."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect
from torch.nn.functional import interpolate

from tests.browser.conftest import NewContext


def answers(path: Path, shift: int = 0) -> Path:
    """A teacher of all 1,797 digits that gives the right class, or one in another order, nine tenths."""
    from kdcore.data import datasets

    dataset = datasets.load("digits")
    assert dataset.places is not None
    assert dataset.places.test is not None
    table = np.full((1797, 10), 0.1 / 9)
    for split, places in (
        (dataset.train, dataset.places.train),
        (dataset.validation, dataset.places.validation),
        (dataset.test, dataset.places.test),
    ):
        table[places.numpy(), (split.labels.numpy() + shift) % 10] = 0.9
    np.savetxt(path, table, delimiter=",")
    return path


def mobilenet(path: Path) -> tuple[int, int]:
    """torchvision's MobileNetV3 that knows the digits a little, as a file; how often it errs by itself, of 60 validation and of the test images.

    It sees images at 32 pixels, normalised as ImageNet's. Its weights are by chance, all but the last layer, which is fitted (ridge).
    """
    from safetensors.torch import save_file
    from torchvision.models import mobilenet_v3_small

    from kdcore.data import datasets

    dataset = datasets.load("digits")
    torch.manual_seed(0)
    network = mobilenet_v3_small(num_classes=10)
    last, network.classifier[3] = network.classifier[3], torch.nn.Identity()
    mean, std = (torch.tensor(part).view(3, 1, 1) for part in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))

    def seen(images: torch.Tensor) -> torch.Tensor:
        pixels = (images * dataset.std[0] + dataset.mean[0]).expand(-1, 3, -1, -1)
        return (interpolate(pixels, (32, 32), mode="bilinear", antialias=True) - mean) / std

    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network(seen(dataset.train.images))  # measures what its batch norms are to take off
        features = network.eval()(seen(dataset.train.images))
        wanted = torch.nn.functional.one_hot(dataset.train.labels, 10).float()
        ridge = features.T @ features + features.square().mean() * torch.eye(features.shape[1])
        last.weight.copy_(10 * torch.linalg.solve(ridge, features.T @ wanted).T)
        network.classifier[3] = last
        named = [network(seen(split.images)).argmax(dim=1) for split in (dataset.validation, dataset.test)]
    save_file({name: tensor.clone() for name, tensor in network.state_dict().items()}, path)
    evenly = torch.linspace(0, len(named[0]) - 1, 60).round().long()
    of_sixty = int((named[0] != dataset.validation.labels)[evenly].sum())
    return of_sixty, int((named[1] != dataset.test.labels).sum())


def opened(page: Page, path: Path) -> Locator:
    """The dialog, with the file in it."""
    page.get_by_role("button", name="A teacher of your own").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(path)
    return dialog


def choose(page: Page, of: str, value: str) -> None:
    page.get_by_role("dialog").get_by_role("combobox", name=of).click()
    page.get_by_role("option", name=value).first.click()


def tried_and_added(page: Page, errors: str) -> None:
    """Ask it, see what it says of three images and how often it is wrong, and add it."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Ask it about three images").click()
    expect(dialog.get_by_text(f"another class than the label for {errors} images")).to_be_visible()
    expect(dialog.locator(".image_grid figure")).to_have_count(3)
    dialog.get_by_role("button", name="Add it").click()
    expect(dialog).to_be_hidden()


def taught(page: Page, errors: int) -> None:
    """A student learns from it to its end; the teacher's errors on the test images are those."""
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page).to_have_url(re.compile("run="))
    expect(page.get_by_text(f"The teacher made {errors} errors")).to_be_visible()


def test_a_table_of_answers_teaches_from_the_page(new_context: NewContext, tmp_path: Path) -> None:
    page = new_context().new_page()
    page.goto("/train?dataset=digits&epochs=2&count=100")
    opened(page, answers(tmp_path / "people.csv"))
    tried_and_added(page, "0 of 360")
    expect(page).to_have_url(re.compile("teacher=people-[0-9a-f]{8}"))
    expect(page.get_by_text("recorded answers, looked up image by image")).to_be_visible()
    taught(page, 0)


@pytest.mark.proof
def test_torchvisions_network_teaches_from_the_page(new_context: NewContext, tmp_path: Path) -> None:
    of_sixty, of_test = mobilenet(tmp_path / "mobile.safetensors")
    page = new_context().new_page()
    page.goto("/train?dataset=digits&epochs=2&count=100")
    dialog = opened(page, tmp_path / "mobile.safetensors")
    choose(page, "Weights of", "mobilenet_v3_small")
    dialog.get_by_label("Side of its images").fill("32")
    choose(page, "It normalises its images", "as ImageNet's")
    tried_and_added(page, f"{of_sixty} of 60")
    expect(page).to_have_url(re.compile("teacher=mobile-[0-9a-f]{8}"))
    expect(page.get_by_text(f"{of_sixty} of 60 wrong on validation")).to_be_visible()
    taught(page, of_test)
