"""Computing networks' outputs on a dataset's images for the cache: where torch, the dataset and the time are spent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kdcore import teachers
from kdcore.data import datasets, transfer_set
from kdcore.errors import DataUnavailable, TeacherUnavailable
from kdcore.experiment import Experiment
from kdcore.inference import output_cache
from kdcore.inference.models import InferenceModel, network
from kdcore.inference.output_cache import MAX_TRAIN_IMAGES, SPLITS, ImageSelection, selection_of
from kdcore.metrics import projections
from kdcore.networks import feature_points, points_of
from kdcore.pipelines.recorded_answers import read_answers
from kdcore.texts import N_

BATCH_SIZE = 128
"""Images in one forward pass (see kdcore.metrics.evaluation.CONVOLUTION_CHUNK)."""
SEED = 0
FEATURES = "penultimate"
"""The feature point whose output is kept; what is no torch network has none."""

ReportProgress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is of it."""
READING, INFERRING, PROJECTING = N_("Reading the images"), N_("Asking the networks"), N_("Projecting")


def compute_outputs(
    models: Sequence[InferenceModel],
    runs_folder: Path,
    *,
    data_folder: Path | None = None,
    splits: Sequence[str] = SPLITS,
    report: ReportProgress = lambda what, done, total: None,
) -> None:
    """Run the networks on what is not in the cache yet, and store images, logits and features.

    Raises:
        DataUnavailable: the images are not here, or are not those that a network was trained on.
        TeacherUnavailable: a network's weights are gone, altered, or those of another network.
        OutOfResources: the folder cannot be written, or the images do not fit into the memory.
    """
    missing = [
        (selection_of(model, data_folder), model, split)
        for model, split in output_cache.missing_outputs(models, splits, runs_folder, data_folder)
    ]
    missing.sort(key=lambda job: job[0].key)  # stable: split by split within a dataset
    for _, jobs in groupby(missing, key=lambda job: job[0].key):
        _compute_for_dataset(list(jobs), runs_folder, report)
    output_cache.mark_used(models, runs_folder, data_folder)
    output_cache.forget_old(runs_folder)


def _compute_for_dataset(
    jobs: Sequence[tuple[ImageSelection, InferenceModel, str]], runs_folder: Path, report: ReportProgress
) -> None:
    selection = jobs[0][0]
    report(READING, 0, 0)
    dataset = datasets.load(
        selection.dataset,
        folder=selection.data_folder,
        image_size=selection.image_size,
        split_seed=selection.split_seed,
        download=False,
        progress=lambda _, done, total: report(READING, done, total),
    )
    for _, model, _ in jobs:
        _refuse_other_images(model, dataset)
    parts = [
        (selection, model, split, *_images(dataset, selection, split)) for selection, model, split in jobs
    ]
    total = sum(len(chosen) for *_, chosen in parts)
    done = 0
    for selection, model, split, whole, chosen in parts:
        _keep_images(selection, split, whole, chosen, dataset, runs_folder)
        module = _answering(model, split, dataset, selection.data_folder, runs_folder)
        collector = _OutputCollector(module, features=split != "train" and FEATURES in points_of(module))
        for start in range(0, len(chosen), BATCH_SIZE):
            report(INFERRING, done, total)
            some = chosen[start : start + BATCH_SIZE]
            collector.take(whole.images[some])
            done += len(some)
        folder, name = output_cache.outputs_folder(model, selection, runs_folder), selection.name(split)
        # The logits last: where they stand, the features do too.
        if collector.features:
            output_cache.store_array(folder / f"{name}.features.npy", np.concatenate(collector.features))
        output_cache.store_array(folder / f"{name}.logits.npy", np.concatenate(collector.logits))
    report(INFERRING, done, total)


def _answering(
    model: InferenceModel, split: str, dataset: datasets.Dataset, data_folder: Path, runs_folder: Path
) -> nn.Module:
    """The network; or the answers that were recorded in its place, where every image of the split has one."""
    if not model.is_recorded:
        return network(model)
    card = next((card for card in teachers.all_cards(runs_folder) if card.weights == model.digest), None)
    if card is None:
        raise TeacherUnavailable(f"The recorded answers '{model.title}' are gone.")
    answers = read_answers(card, dataset, data_folder, runs_folder)
    count, size = answers.count(split), len(answers.answered[split])
    if count < size:
        raise DataUnavailable(
            f"'{model.title}' has answers to {count:,} of {size:,} {split} images, and all of them are compared here. "
            "Choose other images, or other networks."
        )
    return answers.network()


class _OutputCollector:
    """One network's logits and features, batch by batch."""

    def __init__(self, module: nn.Module, features: bool) -> None:
        self.network = module
        self.points = (FEATURES,) if features else ()
        self.logits: list[NDArray[np.float32]] = []
        self.features: list[NDArray[np.float32]] = []

    @torch.inference_mode()
    def take(self, images: Tensor) -> None:
        with feature_points.Taps(self.network, self.points) as features:
            self.logits.append(self.network(images).float().numpy())
        if self.points:
            self.features.append(features[FEATURES].flatten(1).float().numpy())


def _refuse_other_images(model: InferenceModel, dataset: datasets.Dataset) -> None:
    if (model.shape, model.classes) != (dataset.shape, dataset.classes):
        raise DataUnavailable(
            f"'{model.title}' was trained on other images than those that {dataset.title} holds now: their size or "
            "their classes have changed. Put the old ones back, or train it again."
        )


def _images(
    dataset: datasets.Dataset, selection: ImageSelection, split: str
) -> tuple[datasets.Split, Tensor]:
    """The split, and its rows that networks are run on: all, or some of a transfer set."""
    if split != "train":
        whole: datasets.Split = getattr(dataset, split)
        return whole, torch.arange(len(whole))
    train, chosen = dataset.train, torch.arange(len(dataset.train))
    if selection.transfer:
        experiment = Experiment().with_flat(**json.loads(selection.transfer))
        if experiment.train_on_validation:
            train = dataset.with_validation_in_training().train
        chosen = transfer_set.transfer_set(train, experiment).chosen
    return train, chosen[torch.from_numpy(output_cache.sample_rows(len(chosen), MAX_TRAIN_IMAGES))]


def _keep_images(
    selection: ImageSelection,
    split: str,
    whole: datasets.Split,
    chosen: Tensor,
    dataset: datasets.Dataset,
    runs_folder: Path,
) -> None:
    folder, name = output_cache.images_folder(selection, runs_folder), selection.name(split)
    if (folder / f"{name}.labels.npy").is_file():
        return
    mean, std = (torch.tensor(of).view(1, -1, 1, 1) for of in (dataset.mean, dataset.std))
    pixels = [
        (some * std + mean).mul_(255).round_().clamp_(0, 255).byte().numpy()
        for some in whole.images[chosen].split(1024)
    ]
    output_cache.store_array(folder / f"{name}.pixels.npy", np.concatenate(pixels))
    output_cache.store_array(folder / f"{name}.labels.npy", whole.labels[chosen].numpy())


def compute_projection(
    models: Sequence[InferenceModel],
    split: str,
    method: str,
    runs_folder: Path,
    *,
    most: int = output_cache.MAX_PROJECTED,
    data_folder: Path | None = None,
    report: ReportProgress = lambda what, done, total: None,
) -> None:
    """Lay the networks' features of a split out in the plane, aligned to the first network's, and keep the points.

    Raises:
        StillroomError: as `compute_outputs` does.
    """
    path = output_cache.projection_path(models, split, method, runs_folder, most, data_folder)
    if path.is_file():
        return
    compute_outputs(models, runs_folder, data_folder=data_folder, splits=[split], report=report)
    features = list(_features(models, split, runs_folder, most, data_folder))
    report(PROJECTING, 0, len(features))
    points = projections.project(
        features, method, seed=SEED, progress=lambda done, total: report(PROJECTING, done, total)
    )
    output_cache.store_array(path, np.stack([np.asarray(of, np.float64) for of in points]))


def _features(
    models: Sequence[InferenceModel], split: str, runs_folder: Path, most: int, data_folder: Path | None
) -> Iterable[Tensor]:
    for model in models:
        outputs = output_cache.cached_outputs(model, split, runs_folder, data_folder)
        if outputs is None or outputs.features is None:
            raise DataUnavailable(
                N_(f"Of '{model.title}' only answers are known, no features. Choose other networks.")
                if model.network in teachers.WITHOUT_NETWORK
                else "The features of training images are not kept. Choose validation or test images."
            )
        rows = output_cache.sample_rows(len(outputs.features), most)
        yield torch.from_numpy(np.ascontiguousarray(outputs.features[rows]))
