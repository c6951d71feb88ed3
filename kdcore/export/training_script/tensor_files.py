"""The tensors that travel with the program: what cannot be drawn again from a seed in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kdcore.data import catalogue

if TYPE_CHECKING:
    from torch import Tensor

    from kdcore.data.datasets import Dataset, SplitIndices
    from kdcore.data.transfer_set import TransferSet
    from kdcore.export.training_script.script_run import ScriptRun


class FileNames(NamedTuple):
    """What the files of tensors are called."""

    images: str = "images.safetensors"
    first_weights: str = "first_weights.safetensors"
    teacher: str = "teacher.safetensors"
    first_adapter_weights: str = "first_adapter_weights.safetensors"
    trained: str = "student.safetensors"


FILES = FileNames()


def tensor_files(run: ScriptRun) -> dict[str, bytes]:
    """The safetensors files that the program reads, by name.

    Raises:
        DataUnavailable: the run's images are not here.
    """
    from safetensors.torch import save

    from kdcore.data import datasets, transfer_set

    experiment = run.experiment
    how: dict[str, Any] = {
        "folder": catalogue.data_folder(),
        "image_size": experiment.image_size,
        "split_seed": experiment.split_seed,
    }
    dataset = datasets.load(experiment.dataset, **how, download=False)
    if experiment.train_on_validation:
        dataset = dataset.with_validation_in_training()
    transfer = transfer_set.transfer_set(dataset.train, experiment)
    indices = datasets.split_indices(experiment.dataset, **how)
    files = {
        FILES.images: _images(run, indices, transfer),
        FILES.first_weights: _first_weights(run, dataset),
    }
    if run.has_teacher:
        files[FILES.teacher] = _teacher(run, transfer)
    if run.core.adapters:
        files[FILES.first_adapter_weights] = _first_adapter_weights(run)
    return {name: save(tensors) for name, tensors in files.items()}


def _images(run: ScriptRun, indices: SplitIndices, transfer: TransferSet) -> dict[str, Tensor]:
    """Which images are which, by index, and what the run knew of their labels."""
    import torch

    trained = [indices.train, *([indices.validation] if run.experiment.train_on_validation else [])]
    tensors = {"train": torch.cat(trained)[transfer.chosen]}
    if indices.test is not None:
        tensors["test"] = indices.test
    if run.experiment.label_noise:
        tensors["labels"] = transfer.labels
    if transfer.known is not None:
        tensors["known"] = transfer.known.float()
    if run.keeps_best:
        points = run.record.points
        steps = {p.step for p in points if p.phase == "students" and p.series == "val_errors"}
        tensors["validation"] = indices.validation
        tensors["validated"] = torch.tensor(sorted(steps))
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def _first_weights(run: ScriptRun, dataset: Dataset) -> dict[str, Tensor]:
    from kdcore import networks

    experiment = run.experiment
    first = networks.build(experiment.student, dataset.shape, dataset.num_classes, experiment.init_seed)
    return run.core.student.state(first.state_dict())


def _first_adapter_weights(run: ScriptRun) -> dict[str, Tensor]:
    from kdcore.export.training_script.first_adapters import first_adapters

    made = first_adapters(run.experiment, run.results["teacher"]["network"], *run.record.images)
    return {
        f"{name}.{weight}": tensor.contiguous()
        for name, module in made.items()
        for weight, tensor in module.state_dict().items()
    }


def _teacher(run: ScriptRun, transfer: TransferSet) -> dict[str, Tensor]:
    """The teacher's weights; where it is no chain of layers, its logits for the images to learn from."""
    from kdcore.inference import models
    from kdcore.metrics.evaluation import evaluate
    from kdcore.system.precision import autocast

    network = models.network(run.record.model("teacher"))
    if run.core.teacher is None:
        with autocast("cpu", "bfloat16" if run.core.bfloat16 else "float32"):
            return {"logits": evaluate(network, transfer.images).float().clone()}
    return run.core.teacher.state(network.state_dict())
