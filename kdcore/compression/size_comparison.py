"""How small, compared with what: a run's networks beside their 8-bit versions, and beside its teacher pruned to the student's size."""

from __future__ import annotations

import copy
import hashlib
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kdcore.compression.int8_network import int8_network
from kdcore.compression.pruned_network import fine_tune, nonzero, prune_smallest, weights_left
from kdcore.compression.small_network import SmallNetwork
from kdcore.data import datasets
from kdcore.errors import RunRefused
from kdcore.export.export_format import ExportOptions
from kdcore.export.formats import onnx
from kdcore.export.recorded_run import RecordedRun
from kdcore.inference import models
from kdcore.inference.models import InferenceModel
from kdcore.metrics import classification
from kdcore.texts import N_

BATCHES = (1, 128)
"""Images in a forward pass that is timed."""
PASSES = 30
PRUNED, INT8 = N_("pruned to the student's size"), N_("in int8")
WHOLE = N_("as it is")


@dataclass(frozen=True)
class Measuring:
    """What is being done, marked for translation, of which network's role, and how much of it (0 to 1)."""

    what: str
    role: str
    done: float


def refusal(record: RecordedRun) -> str:
    """Why a run cannot be compared in size, in a sentence; empty where it can."""
    if record.run.results.get("dataset") is None:
        return N_("Only a run whose networks were tested can be compared in size. Let it finish first.")
    here = {model.role for model in record.models}
    if not {"twin", "student"} <= here:
        return N_("The weights of this run's networks are gone, so they cannot be measured. Train it again.")
    if "teacher" not in here:
        return N_("This run's teacher is not one stored network, so there is nothing to prune.")
    return ""


def compare_sizes(record: RecordedRun, data_folder: Path) -> Iterator[Measuring | SmallNetwork]:
    """Measure the run's teacher, twin and student, as they are, in int8, and the teacher pruned; says what it does on the way.

    Everything is measured in onnxruntime on one thread, on the run's test images.

    Raises:
        RunRefused: see `refusal`.
        NetworkRefused: a network cannot be written as ONNX.
        DataUnavailable: the images are gone.
    """
    if sentence := refusal(record):
        raise RunRefused(sentence)
    experiment = record.run.experiment
    dataset = datasets.load(
        experiment.dataset,
        folder=data_folder,
        image_size=experiment.image_size,
        split_seed=experiment.split_seed,
        download=False,
    )
    test, train = (_pixels(dataset, split) for split in (dataset.test, dataset.train))
    wanted = {model.role: model for model in record.models if model.role in ("teacher", "twin", "student")}
    for role, model in wanted.items():
        yield Measuring(N_("Measuring the {role}"), role, 0.0)
        content = onnx.make([record], ExportOptions(role=role))["network.onnx"]
        size = sum(each.numel() for each in models.network(model).parameters())
        yield _measured(role, WHOLE, content, size, test, dataset)
        yield Measuring(N_("Measuring the {role} in int8"), role, 0.0)
        yield _measured(role, INT8, int8_network(content, train), size, test, dataset)
    student = sum(each.numel() for each in models.network(wanted["student"]).parameters())
    yield from _pruned(record, wanted["teacher"], student, dataset, test)


def _pruned(
    record: RecordedRun,
    teacher: InferenceModel,
    keep: int,
    dataset: datasets.Dataset,
    test: NDArray[np.float32],
) -> Iterator[Measuring | SmallNetwork]:
    from safetensors.torch import save

    # Pruning compares all weights as one row of numbers: they have to lie in memory in their order.
    network = copy.deepcopy(models.network(teacher)).to(memory_format=torch.contiguous_format)
    prune_smallest(network, keep)
    for share in fine_tune(network, dataset, record.run.experiment):
        yield Measuring(N_("Training the pruned {role} on"), "teacher", share)
    weights = weights_left(network)
    with TemporaryDirectory() as folder:
        content = save(weights)
        place = Path(folder) / "pruned.safetensors"
        place.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        pruned = onnx.of_model(replace(teacher, path=place, digest=digest)).SerializeToString()
    yield _measured("teacher", PRUNED, pruned, nonzero(weights), test, dataset)


def _pixels(dataset: datasets.Dataset, split: datasets.Split) -> NDArray[np.float32]:
    """Images as exported networks take them: black is 0 and white 1."""
    mean, std = (torch.tensor(of).reshape(1, -1, 1, 1) for of in (dataset.mean, dataset.std))
    found: NDArray[np.float32] = (split.images * std + mean).numpy()
    return found


def _measured(
    role: str, how: str, content: bytes, weights: int, pixels: NDArray[np.float32], dataset: datasets.Dataset
) -> SmallNetwork:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    chunks = [session.run(None, {"pixels": pixels[i : i + 500]})[0] for i in range(0, len(pixels), 500)]
    logits, labels = torch.from_numpy(np.concatenate(chunks)), dataset.test.labels
    return SmallNetwork(
        role,
        how,
        classification.errors(logits, labels),
        len(labels),
        classification.nll(logits, labels),
        weights,
        len(content),
        len(zlib.compress(content, 9)),
        {batch: _seconds(session, np.resize(pixels, (batch, *pixels.shape[1:]))) for batch in BATCHES},
    )


def _seconds(session: Any, pixels: NDArray[np.float32]) -> float:
    """The median of PASSES forward passes, after some to warm up."""
    times = [_once(session, pixels) for _ in range(PASSES // 3 + PASSES)]
    return float(np.median(times[PASSES // 3 :]))


def _once(session: Any, pixels: NDArray[np.float32]) -> float:
    begun = time.perf_counter()
    session.run(None, {"pixels": pixels})
    return time.perf_counter() - begun
