"""Networks that are a chain of layers as the source of an `nn.Sequential`."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from kdcore import networks
from kdcore.export.sequential_source import sequential_source


@pytest.mark.parametrize("name", ["mlp-30", "mlp-1200x2", "lenet5", "cnn-small", "cnn-medium", "vgg8"])
def test_a_chain_as_it_is_spelled_is_the_network(name: str) -> None:
    shape = (3, 32, 32)
    found = sequential_source(name, shape, 10)
    assert found is not None
    original = networks.build(name, shape, 10, seed=3).eval()
    spelled = nn.Sequential(*(eval(layer, {"nn": nn}) for layer in found.layers)).eval()
    spelled.load_state_dict(found.state(original.state_dict()))
    images = torch.rand(2, *shape)
    assert torch.equal(spelled(images), original(images))
    kinds = [type(m) for m in original.modules() if isinstance(m, nn.Dropout | nn.BatchNorm2d)]
    assert [type(m) for m in spelled if isinstance(m, nn.Dropout | nn.BatchNorm2d)] == kinds


@pytest.mark.parametrize("name", ["resnet8", "resnet11-slim", "densenet-40-12"])
def test_a_network_that_branches_is_no_chain(name: str) -> None:
    assert sequential_source(name, (3, 32, 32), 10) is None
