"""The loop that tutorials teach: dataset, transforms, DataLoader, the teacher's forward pass and `.item()` at every step."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from kdcore import networks

MNIST = (1, 28, 28)


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
