"""The loop that tutorials teach: dataset, transforms, DataLoader, the teacher's forward pass and `.item()` at every step."""

from __future__ import annotations

import math
import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from kdcore import networks

MNIST, CIFAR = (1, 28, 28), (3, 32, 32)
WARM_UP, STEPS = 5, {"cpu": 40, "cuda": 300}
"""Steps of the loop over pictures; those that count by device."""


def stock_seconds_per_epoch(data_folder: Path, workers: int, steps: int, batch: int = 128) -> float:
    """Seconds for one epoch of distilling mlp-30 from mlp-1200x2, from the time of `steps` steps after a warm-up of 10."""
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    dataset = datasets.MNIST(str(data_folder), train=True, transform=transform)
    loader = DataLoader(dataset, batch_size=batch, shuffle=True, num_workers=workers)
    teacher = networks.build("mlp-1200x2", MNIST, 10, seed=0).eval()
    student = networks.build("mlp-30", MNIST, 10, seed=0)
    optimiser = torch.optim.AdamW(student.parameters(), lr=1e-3)
    divergence, cross_entropy = nn.KLDivLoss(reduction="batchmean"), nn.CrossEntropyLoss()
    temperature, weight, total = 4.0, 0.9, 0.0
    for step, (images, labels) in enumerate(loader):
        if step == 10:
            began = time.perf_counter()
        if step == steps + 10:
            break
        optimiser.zero_grad()
        with torch.no_grad():
            targets = teacher(images)
        logits = student(images)
        soft = divergence((logits / temperature).log_softmax(dim=1), (targets / temperature).softmax(dim=1))
        loss = (1 - weight) * cross_entropy(logits, labels) + weight * temperature**2 * soft
        loss.backward()
        optimiser.step()
        total += loss.item()
    seconds = time.perf_counter() - began
    assert total == total
    return seconds / steps * (60_000 / batch)


def stock_cnn_images_per_second(
    data_folder: Path, device: str, workers: int, students: int, batch: int = 128
) -> float:
    """Images per second of distilling cnn-small from cnn-medium on CIFAR-10 (JPEG); of two students, one has labels only."""
    mean, std = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean, std)])
    dataset = datasets.ImageFolder(str(data_folder / "cifar10-jpeg" / "train"), transform=transform)
    loader = DataLoader(dataset, batch_size=batch, shuffle=True, num_workers=workers)
    teacher = networks.build("cnn-medium", CIFAR, 10, seed=0).to(device).eval()
    learning = [networks.build("cnn-small", CIFAR, 10, seed=0).to(device) for _ in range(students)]
    optimisers = [torch.optim.AdamW(student.parameters(), lr=1e-3) for student in learning]
    divergence, cross_entropy = nn.KLDivLoss(reduction="batchmean"), nn.CrossEntropyLoss()
    temperature, weight, steps = 4.0, 0.9, STEPS[device]
    for step, (images, labels) in enumerate(loader):
        if step == WARM_UP:
            began = time.perf_counter()
        if step == steps + WARM_UP:
            break
        images, labels = images.to(device), labels.to(device)
        with torch.no_grad():
            targets = teacher(images)
        for k, (student, optimiser) in enumerate(zip(learning, optimisers, strict=True)):
            optimiser.zero_grad()
            logits = student(images)
            loss = cross_entropy(logits, labels)
            if k == 0:
                soft = divergence(
                    (logits / temperature).log_softmax(dim=1), (targets / temperature).softmax(dim=1)
                )
                loss = (1 - weight) * loss + weight * temperature**2 * soft
            loss.backward()
            optimiser.step()
            assert not math.isnan(loss.item())
    return steps * batch / (time.perf_counter() - began)
