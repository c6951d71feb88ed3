"""Every augmented image must be one that its definition allows, and every allowed one must come up."""

from __future__ import annotations

import pytest
import torch

from kdcore.data.augmentation import augment, mixup
from kdcore.errors import InvalidExperiment
from kdcore.recipe import Recipe

BLACK = torch.tensor([-0.4, -0.5, -0.6])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(400, 3, 7, 6, generator=generator(9))


def places(augmented: torch.Tensor, candidates: list[torch.Tensor]) -> list[int]:
    """Which of the candidates [N, ...] each augmented image is; none is an error."""
    match = torch.stack([(augmented == candidate).flatten(1).all(1) for candidate in candidates])
    assert match.any(0).all(), "an image that the definition does not allow"
    return match.int().argmax(0).tolist()


def test_nothing_on_changes_nothing(images: torch.Tensor) -> None:
    assert augment(images, Recipe(), generator(), BLACK) is images


def test_flip_mirrors_half_of_the_images_left_to_right(images: torch.Tensor) -> None:
    found = places(augment(images, Recipe(flip=True), generator(), BLACK), [images, images.flip(-1)])
    assert 150 < sum(found) < 250


def test_shift_moves_by_up_to_so_many_pixels_and_black_moves_in(images: torch.Tensor) -> None:
    moves = [(down, right) for down in range(-2, 3) for right in range(-2, 3)]
    found = places(
        augment(images, Recipe(shift=2), generator(), BLACK), [moved(images, *move) for move in moves]
    )
    assert set(found) == set(range(len(moves)))


def moved(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
    """Pixel by pixel: (y, x) comes from (y - down, x - right), black from outside."""
    result = BLACK.view(1, 3, 1, 1).expand_as(images).clone()
    height, width = images.shape[2:]
    for y in range(height):
        for x in range(width):
            if 0 <= y - down < height and 0 <= x - right < width:
                result[:, :, y, x] = images[:, :, y - down, x - right]
    return result


def test_crop_takes_a_window_of_the_reflected_image(images: torch.Tensor) -> None:
    def reflected(place: int, length: int) -> int:
        place = abs(place)
        return 2 * (length - 1) - place if place >= length else place

    height, width = images.shape[2:]
    windows = []
    for down in range(-2, 3):
        for right in range(-2, 3):
            rows = [reflected(y + down, height) for y in range(height)]
            columns = [reflected(x + right, width) for x in range(width)]
            windows.append(images[:, :, rows][:, :, :, columns])
    found = places(augment(images, Recipe(crop=2), generator(), BLACK), windows)
    assert set(found) == set(range(25))


def test_a_crop_that_the_image_cannot_reflect_is_refused(images: torch.Tensor) -> None:
    with pytest.raises(InvalidExperiment, match="crop = 6: images of 6 pixels"):
        augment(images, Recipe(crop=6), generator(), BLACK)


@pytest.mark.parametrize("side", [1, 3, 4])
def test_cutout_blanks_one_square_and_nothing_else(images: torch.Tensor, side: int) -> None:
    blanked = augment(images, Recipe(cutout=side), generator(), BLACK)
    changed = (blanked != images).any(1)
    assert torch.equal(
        blanked[~changed[:, None].expand_as(images)], images[~changed[:, None].expand_as(images)]
    )
    assert torch.equal(blanked.permute(0, 2, 3, 1)[changed], BLACK.expand(int(changed.sum()), 3))
    full = 0
    for square in changed:
        rows, columns = square.any(1).nonzero().flatten(), square.any(0).nonzero().flatten()
        assert square.sum() == len(rows) * len(columns), "a filled rectangle"
        assert 1 <= len(rows) <= side
        assert 1 <= len(columns) <= side
        assert rows[-1] - rows[0] < side
        full += len(rows) == len(columns) == side
    assert full > len(images) * (1 - (side - 1) / 6) ** 2 * 0.7
    assert changed.any(0).all(), "every pixel is blanked at times"


def test_a_square_larger_than_the_image_may_blank_it(images: torch.Tensor) -> None:
    blanked = augment(images, Recipe(cutout=64), generator(), BLACK)
    assert torch.equal(blanked, BLACK.view(1, 3, 1, 1).expand_as(images))


def test_images_of_a_batch_are_augmented_differently() -> None:
    same = torch.arange(49.0).view(1, 1, 7, 7).expand(64, 1, 7, 7)
    views = augment(same, Recipe(shift=2, flip=True), generator(), torch.zeros(1))
    assert len({tuple(view.flatten().tolist()) for view in views}) > 25


def test_a_seed_gives_the_same_views_and_leaves_the_images_alone(images: torch.Tensor) -> None:
    recipe, before = Recipe(shift=1, flip=True, crop=2, cutout=3), images.clone()
    one, same, other = (augment(images, recipe, generator(seed), BLACK) for seed in (3, 3, 4))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(images, before)
    assert one.is_contiguous()


def test_mixup_is_the_weighted_sum_of_an_image_and_its_partner(images: torch.Tensor) -> None:
    mixed, partner, share = mixup(images, 1.0, generator())
    torch.testing.assert_close(mixed, share * images + (1 - share) * images[partner])
    assert sorted(partner.tolist()) == list(range(len(images)))
    again = mixup(images, 1.0, generator())
    assert torch.equal(mixed, again[0])
    assert share == again[2]


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_mixups_share_follows_the_beta_distribution(alpha: float) -> None:
    pair, draw = torch.zeros(2, 1, 1, 1), generator(1)
    shares = torch.tensor([mixup(pair, alpha, draw)[2] for _ in range(1_500)], dtype=torch.float64)
    assert shares.mean().item() == pytest.approx(0.5, abs=0.04)
    assert shares.var().item() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.12)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_sees_the_same_views(images: torch.Tensor) -> None:
    recipe = Recipe(shift=1, flip=True, crop=2, cutout=3)
    here = augment(images, recipe, generator(), BLACK)
    there = augment(images.cuda(), recipe, generator(), BLACK.cuda())
    assert torch.equal(here, there.cpu())
    mixed = mixup(images.cuda(), 0.5, generator())[0]
    torch.testing.assert_close(mixed.cpu(), mixup(images, 0.5, generator())[0])
