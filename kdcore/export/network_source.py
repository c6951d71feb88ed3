"""A network as source that needs none of this project: as a chain of layers where it is one, else as a class."""

from __future__ import annotations

from functools import lru_cache

import torch

from kdcore import networks
from kdcore.export.branched_source import BranchedSource, branched_source
from kdcore.export.recorded_run import RecordedRun
from kdcore.export.sequential_source import SequentialSource, sequential_source
from kdcore.networks import Shape
from kdcore.teachers import WITHOUT_NETWORK

NetworkSource = SequentialSource | BranchedSource


@lru_cache(maxsize=64)
def network_source(
    name: str, shape: Shape, classes: int, points: tuple[str, ...] = ()
) -> NetworkSource | None:
    """The network of that name as source, or None where it cannot be written so.

    points: the feature points that are read of it; where there are any it is a class that keeps their features.

    Raises:
        NetworkRefused: no such network, or it cannot take these images.
    """
    if name in WITHOUT_NETWORK:
        return None
    if not points and (chain := sequential_source(name, shape, classes)) is not None:
        return chain
    images = torch.rand(2, *shape, generator=torch.Generator().manual_seed(0))
    return branched_source(networks.build(name, shape, classes, seed=0).eval(), images, points)


def network_source_of(record: RecordedRun, role: str, points: tuple[str, ...] = ()) -> NetworkSource | None:
    """The run's network of that role as source, or None where it cannot be written so; points: as in `network_source`."""
    return network_source(record.run.results[role]["network"], *record.images, points)
