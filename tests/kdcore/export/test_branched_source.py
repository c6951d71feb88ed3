"""Networks that branch as the source of a class."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kdcore import networks
from kdcore.export.branched_source import BranchedSource, branched_source
from kdcore.export.network_source import network_source
from kdcore.export.sequential_source import SequentialSource

SHAPE = (3, 32, 32)
IMAGES = torch.rand(2, *SHAPE, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", networks.names())
def test_every_network_of_the_project_can_be_written_down(name: str) -> None:
    found = network_source(name, SHAPE, 10)
    assert isinstance(found, SequentialSource | BranchedSource)
    place: dict[str, Any] = {"torch": torch, "nn": nn, "F": F}
    exec(found.definition("Written"), place)
    written = eval(found.made("Written"), place)
    network = networks.build(name, SHAPE, 10, seed=3)
    written.load_state_dict(found.state(network.state_dict()))
    assert torch.equal(written.eval()(IMAGES), network.eval()(IMAGES))


class Forks(nn.Module):
    """Answers otherwise while it trains, which a traced forward pass does not show."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3 * 32 * 32, 10)

    def forward(self, images: Tensor) -> Tensor:
        logits = self.layer(images.flatten(1))
        return logits + logits if self.training else logits


class Looks(Forks):
    """Decides by what it sees: no forward pass can be followed."""

    def forward(self, images: Tensor) -> Tensor:
        return self.layer(images.flatten(1)) if images.sum() > 0 else self.layer(-images.flatten(1))


@pytest.mark.parametrize("network", [Forks(), Looks()])
def test_what_would_say_something_else_is_not_written(network: nn.Module) -> None:
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    assert branched_source(network.eval(), IMAGES) is None
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert not network.training
