"""Pictures of a run while it trains: what its method shows of validation images, and what its networks draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from kdcore.data.datasets import Split
from kdcore.data.image_urls import stretched_url
from kdcore.events import Pictures
from kdcore.plan import View
from kdcore.training.cohort import Cohort
from kdcore.training.members import NetworkRef
from kdcore.training.method_pictures import (
    method_pictures,
    picture_beside,
    stages_showing,
    teacher_picture,
)
from kdcore.training.step_losses import StepDrawing
from kdcore.training.teacher_outputs import TeacherOutputs

THUMBNAIL = 16
"""Rows and columns that a map has at most."""
MATRIX = 40
"""Images in a matrix, at most."""


@dataclass(frozen=True)
class PictureImages:
    """The validation images that pictures are made of: `pinned` for maps, `by_class` for matrices, as indices."""

    split: Split
    pinned: tuple[int, ...]
    by_class: tuple[int, ...]


def picture_images(split: Split, pinned: tuple[int, ...]) -> PictureImages:
    """The pinned images, and the first images of every class, class by class, MATRIX of them in all."""
    classes = split.labels.unique().tolist()
    each = max(1, MATRIX // len(classes))
    by_class = [i for c in classes for i in (split.labels == c).nonzero()[:each, 0].tolist()]
    return PictureImages(split, pinned, tuple(by_class[:MATRIX]))


def pictures(
    cohort: Cohort, chosen: PictureImages, teacher: TeacherOutputs | None, step: int, epoch: float
) -> Iterator[Pictures]:
    """What the method shows of twin and student, and of the teacher where one is given."""
    for view, indices, images in _views(cohort, chosen):
        shown = {cohort.role(ref): t for ref, t in method_pictures(cohort.active, view, images).items()}
        if teacher is not None:
            shown["teacher"] = teacher_picture(cohort.active, view, images, teacher)
        for role, picture in shown.items():
            yield _pictures(cohort, view, indices, role, picture, step, epoch)


def pictures_beside(
    cohort: Cohort, role: str, network: nn.Module, chosen: PictureImages, step: int, epoch: float
) -> Iterator[Pictures]:
    """What the method shows of a network that does not learn here."""
    for view, indices, images in _views(cohort, chosen):
        picture = picture_beside(cohort.active, view, network, images)
        yield _pictures(cohort, view, indices, role, picture, step, epoch)


def _views(cohort: Cohort, chosen: PictureImages) -> Iterator[tuple[View, tuple[int, ...], Tensor]]:
    """The views that the current stages show, each with its images [P, ...] and their indices."""
    views: list[tuple[View, tuple[int, ...]]] = [("map", chosen.pinned), ("matrix", chosen.by_class)]
    for view, indices in views:
        if stages_showing(cohort.active, view) and indices:
            yield view, indices, chosen.split.images[torch.tensor(indices, device=chosen.split.images.device)]


def _pictures(
    cohort: Cohort, view: View, indices: tuple[int, ...], role: str, picture: Tensor, step: int, epoch: float
) -> Pictures:
    point = stages_showing(cohort.active, view)[0].shown_at
    return Pictures(step, epoch, role, view, indices, _numbers(picture), point=point)


def drawings(cohort: Cohort, drawn: Sequence[StepDrawing], step: int, epoch: float) -> Iterator[Pictures]:
    """What the method's networks made at one step."""
    for drawing in drawn:
        for m in drawing.group.members:
            images, classes = drawing.of(m)
            role, urls = cohort.role(NetworkRef(m, drawing.network)), tuple(map(stretched_url, images))
            yield Pictures(step, epoch, role, "images", (), urls, tuple(classes.tolist()))


def _numbers(picture: Tensor) -> tuple[Any, ...]:
    """A picture's numbers, rounded to what an eye can tell; maps larger than a thumbnail are averaged down."""
    if picture.dim() == 3 and max(picture.shape[1:]) > THUMBNAIL:
        picture = torch.nn.functional.adaptive_avg_pool2d(picture, THUMBNAIL)
    rows: list[Any] = (picture.float() * 1e4).round().div(1e4).tolist()
    return tuple(rows)
