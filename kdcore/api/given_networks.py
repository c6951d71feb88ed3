"""Modules that a program hands over as its teacher or its student."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from kdcore import networks, teachers
from kdcore.data.datasets import Dataset
from kdcore.errors import NetworkRefused
from kdcore.experiment import OWN_PREFIX, Experiment
from kdcore.pipelines.find_or_train_teacher import errors_on

Module = nn.Module | Callable[[], nn.Module]
"""A module, or what makes one: called with torch's seed set to the experiment's first weights."""


def keep_student(module: Module, dataset: Dataset) -> str:
    """Let the module be trained as a student; returns the name of its network.

    A module begins with the weights that it has; what makes one is called anew for each seed.

    Raises:
        NetworkRefused: it gives no logits for these images, or has nothing that learns.
    """
    make = networks.copied(module) if isinstance(module, nn.Module) else module
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        first = make()
    _refuse(first, dataset)
    if not any(p.requires_grad for p in first.parameters()):
        raise NetworkRefused(f"{_title(first)} has nothing that learns. Give a module with parameters.")
    name = _name(first, dataset, first.state_dict())
    networks.add_given(name, _title(first), make, dataset.mean, dataset.std)
    return name


def keep_teacher(module: nn.Module, dataset: Dataset, experiment: Experiment, runs_folder: Path) -> str:
    """Let the trained module teach; returns the name under which it is found.

    Raises:
        NetworkRefused: it gives no logits for these images.
        OutOfResources: the runs folder cannot be written.
    """
    _refuse(module, dataset)
    name = _name(module, dataset, module.state_dict())
    networks.add_given(name, _title(module), networks.copied(module), dataset.mean, dataset.std)
    built = networks.build(name, dataset.shape, dataset.num_classes, seed=0).eval()
    facts = networks.describe(name, dataset.shape, dataset.num_classes)
    card = teachers.TeacherCard(
        name=name,
        network=name,
        dataset=dataset.name,
        dataset_title=dataset.title,
        shape=dataset.shape,
        classes=dataset.classes,
        experiment=experiment.model_dump(mode="json"),
        validation=errors_on(built, dataset.validation),
        test=errors_on(built, dataset.test),
        parameters=facts.parameters,
        weights="",
        mean=dataset.mean,
        std=dataset.std,
    )
    teachers.save(card, built.state_dict(), teachers.given_folder(runs_folder))
    return name


def _refuse(module: nn.Module, dataset: Dataset) -> None:
    if not isinstance(module, nn.Module):
        raise NetworkRefused("Give a torch module, or what makes one when it is called.")
    wanted = (2, dataset.num_classes)
    module = networks.copied(module)().eval()
    try:
        with torch.inference_mode():
            answer = module(torch.zeros(2, *dataset.shape))
    except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:
        raise NetworkRefused(
            f"{_title(module)} cannot take images of {_shape(dataset.shape)} (channels, height, width): "
            f"{str(error).splitlines()[0]}"
        ) from error
    if not isinstance(answer, Tensor) or tuple(answer.shape) != wanted:
        given = _shape(tuple(answer.shape)) if isinstance(answer, Tensor) else type(answer).__name__
        raise NetworkRefused(
            f"{_title(module)} gives {given} for two images, and {_shape(wanted)} logits are wanted: one for each class."
        )


def _name(module: nn.Module, dataset: Dataset, weights: dict[str, Tensor]) -> str:
    """Equal for the same module with the same weights on the same images, so that finished work is found."""
    found = hashlib.sha256(f"{module}{dataset.digest}".encode())
    for key, tensor in weights.items():
        found.update(key.encode())
        found.update(
            tensor.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
        )
    kind = re.sub(r"[^a-z0-9]+", "-", type(module).__name__.lower()).strip("-")[:30]
    return f"{OWN_PREFIX}{kind}-{found.hexdigest()[:10]}"


def _title(module: nn.Module) -> str:
    return type(module).__name__


def _shape(sizes: tuple[int, ...]) -> str:
    return " x ".join(map(str, sizes))
