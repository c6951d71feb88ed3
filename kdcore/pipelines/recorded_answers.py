"""Recorded answers as a teacher: what another system, or people, said of images, looked up in place of a network.

Kept as a teacher's weights are, list by list as the images were published: `train/places` [m], `train/logits` [m, C], and for a folder of
pictures `train/files`, their paths as JSON, by which they are found again when pictures are added. Images without an answer have
NaN in place of logits; students learn from those that have one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from kdcore import teachers
from kdcore.data import datasets
from kdcore.data.answer_places import Places, PublishedImages, published
from kdcore.data.datasets import Dataset, Split
from kdcore.errors import TeacherUnavailable
from kdcore.experiment import Experiment
from kdcore.pipelines.image_lookup import ImageLookup, refuse_looking_inside, refuse_views
from kdcore.plan import Stage
from kdcore.texts import N_

SPLITS = ("train", "validation", "test")


class AnswerLookup(ImageLookup):
    """Recorded logits of a dataset's images; NaN for those without."""

    unknown_image = N_(
        "Recorded answers are of the dataset's own images only, and this method asks about others, or how answers change with an "
        "image. Choose another method or a trained teacher."
    )


@dataclass(frozen=True)
class RecordedAnswers:
    """The answers to a dataset's images, split by split: logits [n, C] on its device, NaN for images without an answer."""

    dataset: Dataset
    logits: Mapping[str, Tensor]

    @cached_property
    def answered(self) -> Mapping[str, Tensor]:
        """Which images have an answer: [n] bool, by split."""
        return {name: ~logits.isnan().any(dim=1) for name, logits in self.logits.items()}

    def network(self) -> AnswerLookup:
        """The teacher: those with an answer first, so that an equal image without one does not hide it."""
        parts = [
            (getattr(self.dataset, name).images, self.logits[name], self.answered[name]) for name in SPLITS
        ]
        known = [(images[mask], logits[mask]) for images, logits, mask in parts]
        rest = [(images[~mask], logits[~mask]) for images, logits, mask in parts]
        images, logits = zip(*known, *rest, strict=True)
        return AnswerLookup(images, logits)

    def count(self, split: str) -> int:
        """How many images of a split have an answer."""
        return int(self.answered[split].sum())


def read_answers(
    card: teachers.TeacherCard, dataset: Dataset, data_folder: Path, runs_folder: Path
) -> RecordedAnswers:
    """The answers of a teacher of this kind to a dataset's images.

    Raises:
        TeacherUnavailable: they are gone, altered, or of other images.
        DataUnavailable: the dataset's folder cannot be used as it is.
    """
    stored = teachers.load(card, runs_folder)
    images = published(dataset, datasets.published_names(dataset.name, data_folder))
    lists = {name: _list_of(name, size, stored, images, dataset) for name, size in images.sizes.items()}
    logits = {}
    for name, (of, places) in images.splits.items():
        split: Split = getattr(dataset, name)
        logits[name] = lists[of][torch.from_numpy(places)].to(split.images.device)
    return RecordedAnswers(dataset, logits)


def stored_tensors(
    rows: Mapping[str, tuple[Places, Tensor]], names: Mapping[str, Sequence[str]]
) -> dict[str, Tensor]:
    """The tensors under which answers are kept; rows: places and logits by list. names: the files of each list."""
    tensors: dict[str, Tensor] = {}
    for name, (places, logits) in rows.items():
        tensors[f"{name}/places"], tensors[f"{name}/logits"] = torch.from_numpy(places), logits.float()
        if names:
            files = json.dumps([names[name][place] for place in places])
            tensors[f"{name}/files"] = torch.frombuffer(bytearray(files.encode()), dtype=torch.uint8)
    return tensors


def _list_of(
    name: str, size: int, stored: Mapping[str, Tensor], images: PublishedImages, dataset: Dataset
) -> Tensor:
    """Logits [size, C] of a published list."""
    whole = torch.full((size, dataset.num_classes), torch.nan)
    if f"{name}/logits" not in stored:
        return whole
    logits, places = stored[f"{name}/logits"], stored[f"{name}/places"]
    if (files := stored.get(f"{name}/files")) is not None and images.names:
        now = {path: place for place, path in enumerate(images.names[name])}
        paths: list[str] = json.loads(bytes(files.tolist()))
        kept = torch.tensor([path in now for path in paths])
        logits, places = (
            logits[kept],
            torch.tensor([now[path] for path in paths if path in now], dtype=torch.int64),
        )
    if logits.shape[1:] != whole.shape[1:] or (len(places) and int(places.max()) >= size):
        raise TeacherUnavailable(
            f"The recorded answers are of other images than those that {dataset.title} holds now. Add them again."
        )
    whole[places] = logits
    return whole


def refuse_for_recorded(experiment: Experiment, stages: Sequence[Stage]) -> None:
    """Refuse what recorded answers cannot do: speak of an image that is not the dataset's, or have features or weights.

    Raises:
        InvalidExperiment: as said.
    """
    refuse_views(
        experiment,
        N_(
            "Recorded answers are of the images as they are, not of shifted, mirrored or mixed ones. Set shift, flip, crop, cutout and mixup "
            "to nothing, or let the teacher look at images as they are (fixed_logits)."
        ),
    )
    refuse_looking_inside(
        stages,
        N_(
            f"The method {experiment.method} uses more of its teacher than what it says of an image, and recorded answers are nothing "
            "else. Choose a method that learns from responses, or a trained teacher."
        ),
    )


def coverage_note(answers: RecordedAnswers) -> str:
    """How many images have an answer, in a sentence; empty where all have one."""
    counts = {name: (answers.count(name), len(answers.answered[name])) for name in SPLITS}
    if all(count == size for count, size in counts.values()):
        return ""
    train, validation, test = (f"{count:,}" for count, _size in counts.values())
    of_train, of_validation, of_test = (f"{size:,}" for _count, size in counts.values())
    return N_(
        f"Answers are recorded for {train} of {of_train} training, {validation} of {of_validation} validation and {test} of {of_test} test "
        "images: students learn from these alone, and the teacher is tested on these alone."
    )
