"""Asking networks about a dataset's images and keeping what they say: where torch, the dataset and the time are spent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kdcore.data import datasets, transfer_set
from kdcore.errors import DataUnavailable
from kdcore.experiment import Experiment
from kdcore.inference import output_cache
from kdcore.inference.models import InferenceModel, network
from kdcore.inference.output_cache import MOST_TRAIN, SPLITS, Question, question
from kdcore.metrics import projections
from kdcore.networks import feature_points
from kdcore.texts import N_

AT_ONCE = 128
"""Images in one forward pass (see kdcore.metrics.evaluation.CONVOLUTION_CHUNK)."""
SEED = 0

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""
READING, ASKING, PROJECTING = N_("Reading the images"), N_("Asking the networks"), N_("Projecting")


def answer(
    knowers: Sequence[InferenceModel],
    runs_folder: Path,
    *,
    data_folder: Path | None = None,
    splits: Sequence[str] = SPLITS,
    tell: Tell = lambda what, done, total: None,
) -> None:
    """Ask the networks what they were not asked yet, and keep images, logits and features.

    Raises:
        DataUnavailable: the images are not here, or are not those that a network was trained on.
        TeacherUnavailable: a network's weights are gone, altered, or those of another network.
        OutOfResources: the folder cannot be written, or the images do not fit into the memory.
    """
    left = [
        (question(knower, data_folder), knower, split)
        for knower, split in output_cache.missing(knowers, splits, runs_folder, data_folder)
    ]
    left.sort(key=lambda job: job[0].key)  # stable: split by split within a dataset
    for _, jobs in groupby(left, key=lambda job: job[0].key):
        _answer_about_one_dataset(list(jobs), runs_folder, tell)
    output_cache.mark_used(knowers, runs_folder, data_folder)
    output_cache.forget_old(runs_folder)


def _answer_about_one_dataset(
    jobs: Sequence[tuple[Question, InferenceModel, str]], runs_folder: Path, tell: Tell
) -> None:
    asked = jobs[0][0]
    tell(READING, 0, 0)
    dataset = datasets.load(
        asked.dataset,
        folder=asked.data_folder,
        image_size=asked.image_size,
        split_seed=asked.split_seed,
        download=False,
        progress=lambda _, done, total: tell(READING, done, total),
    )
    for _, knower, _ in jobs:
        _refuse_other_images(knower, dataset)
    parts = [(asked, knower, split, _chosen(dataset, asked, split)) for asked, knower, split in jobs]
    total = sum(len(chosen) for *_, chosen in parts)
    done = 0
    for asked, knower, split, chosen in parts:
        whole: datasets.Split = getattr(dataset, split)
        _keep_images(asked, split, whole, chosen, dataset, runs_folder)
        asking = _Asking(network(knower), features=split != "train")
        for start in range(0, len(chosen), AT_ONCE):
            tell(ASKING, done, total)
            some = chosen[start : start + AT_ONCE]
            asking.take(whole.images[some])
            done += len(some)
        place, name = output_cache.answers_place(knower, asked, runs_folder), asked.name(split)
        # The logits last: where they stand, the features do too.
        if asking.features:
            output_cache.keep(place / f"{name}.features.npy", np.concatenate(asking.features))
        output_cache.keep(place / f"{name}.logits.npy", np.concatenate(asking.logits))
    tell(ASKING, done, total)


class _Asking:
    """One network's answers, as they come."""

    def __init__(self, asked: nn.Module, features: bool) -> None:
        self.network = asked
        self.points = ("penultimate",) if features else ()
        self.logits: list[NDArray[np.float32]] = []
        self.features: list[NDArray[np.float32]] = []

    @torch.inference_mode()
    def take(self, images: Tensor) -> None:
        with feature_points.Taps(self.network, self.points) as seen:
            self.logits.append(self.network(images).float().numpy())
        if self.points:
            self.features.append(seen["penultimate"].flatten(1).float().numpy())


def _refuse_other_images(knower: InferenceModel, dataset: datasets.Dataset) -> None:
    if (knower.shape, knower.classes) != (dataset.shape, dataset.classes):
        raise DataUnavailable(
            f"'{knower.title}' was trained on other images than those that {dataset.title} holds now: their size or "
            "their classes have changed. Put the old ones back, or train it again."
        )


def _chosen(dataset: datasets.Dataset, asked: Question, split: str) -> Tensor:
    """The places in the split of the images that are asked about: all, or some of a transfer set."""
    if split != "train":
        return torch.arange(len(getattr(dataset, split)))
    chosen = torch.arange(len(dataset.train))
    if asked.transfer:
        experiment = Experiment().with_flat(**json.loads(asked.transfer))
        chosen = transfer_set.transfer_set(dataset.train, experiment).chosen
    return chosen[torch.from_numpy(output_cache.sampled(len(chosen), MOST_TRAIN))]


def _keep_images(
    asked: Question,
    split: str,
    whole: datasets.Split,
    chosen: Tensor,
    dataset: datasets.Dataset,
    runs_folder: Path,
) -> None:
    place, name = output_cache.images_place(asked, runs_folder), asked.name(split)
    if (place / f"{name}.labels.npy").is_file():
        return
    mean, std = (torch.tensor(of).view(1, -1, 1, 1) for of in (dataset.mean, dataset.std))
    pixels = [
        (some * std + mean).mul_(255).round_().clamp_(0, 255).byte().numpy()
        for some in whole.images[chosen].split(1024)
    ]
    output_cache.keep(place / f"{name}.pixels.npy", np.concatenate(pixels))
    output_cache.keep(place / f"{name}.labels.npy", whole.labels[chosen].numpy())


def project(
    knowers: Sequence[InferenceModel],
    split: str,
    method: str,
    runs_folder: Path,
    *,
    most: int = output_cache.MOST_PROJECTED,
    data_folder: Path | None = None,
    tell: Tell = lambda what, done, total: None,
) -> None:
    """Lay the networks' features of a split out in the plane, aligned to the first network's, and keep the points.

    Raises:
        StillroomError: as `answer` does.
    """
    path = output_cache.projection_path(knowers, split, method, runs_folder, most, data_folder)
    if path.is_file():
        return
    answer(knowers, runs_folder, data_folder=data_folder, splits=[split], tell=tell)
    features = list(_features(knowers, split, runs_folder, most, data_folder))
    tell(PROJECTING, 0, len(features))
    points = projections.project(
        features, method, seed=SEED, progress=lambda done, total: tell(PROJECTING, done, total)
    )
    output_cache.keep(path, np.stack([np.asarray(of, np.float64) for of in points]))


def _features(
    knowers: Sequence[InferenceModel], split: str, runs_folder: Path, most: int, data_folder: Path | None
) -> Iterable[Tensor]:
    for knower in knowers:
        found = output_cache.answers(knower, split, runs_folder, data_folder)
        if found is None or found.features is None:
            raise DataUnavailable(
                "The features of training images are not kept. Choose validation or test images."
            )
        rows = output_cache.sampled(len(found.features), most)
        yield torch.from_numpy(np.ascontiguousarray(found.features[rows]))
