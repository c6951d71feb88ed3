"""The max-norm constraint holds after every step, for networks alone and stacked, and shortens what is too long alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from kdcore import networks
from kdcore.data import datasets
from kdcore.training.network_groups import NetworkGroup
from kdcore.training.parameter_slots import ParameterSlot
from kdcore.training.sequential_networks import SequentialNetworks
from kdcore.training.stacked_mlps import StackedMLPs
from kdcore.training.weight_constraint import shorten_weights
from tests.kdcore.training.test_loop import BASE, training

LONGEST = 0.5


def lengths(name: str, tensor: Tensor) -> Tensor:
    """Of the weights into each unit or filter of one network's layer."""
    return torch.stack([unit.flatten().norm() for unit in tensor])


@pytest.fixture(scope="module")
def dataset() -> datasets.Dataset:
    return datasets.load("digits")


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
@pytest.mark.parametrize(
    ("student", "program"),
    [("mlp-30x2", StackedMLPs), ("mlp-1200", SequentialNetworks), ("cnn-small", SequentialNetworks)],
)
def test_after_every_step_no_unit_has_longer_weights(
    dataset: datasets.Dataset, student: str, program: type, optimiser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = 1.0 if optimiser == "sgd" else 0.05
    experiment = BASE.with_flat(
        student=student, max_norm=LONGEST, optimiser=optimiser, learning_rate=rate, epochs=2
    )
    run = training(dataset, experiment)
    update = NetworkGroup.update
    longest: list[float] = []

    def looked_at(group: NetworkGroup, *given: object) -> None:
        update(group, *given)  # type: ignore[arg-type]
        assert isinstance(group.program, program)
        for k in range(group.program.size):
            weights = {n: t for n, t in group.program.state_dict(k).items() if t.dim() > 1}
            longest.append(max(float(lengths(n, t).max()) for n, t in weights.items()))

    monkeypatch.setattr(NetworkGroup, "update", looked_at)
    list(run.run())
    assert len(longest) == 2 * run.schedule.total
    assert max(longest) <= LONGEST * (1 + 1e-6)
    assert min(longest) > 0.99 * LONGEST, "some weights reach the limit"


def test_it_is_the_same_for_networks_alone_and_stacked() -> None:
    built = [networks.build("mlp-12x2", (1, 8, 8), 10, seed) for seed in range(3)]
    stacked, alone = StackedMLPs(built), SequentialNetworks(built)  # type: ignore[arg-type]
    before = [{n: t.clone() for n, t in alone.state_dict(k).items()} for k in range(3)]
    for program in (stacked, alone):
        shorten_weights(program.parameter_slots(), LONGEST)
    for k in range(3):
        for name, tensor in alone.state_dict(k).items():
            torch.testing.assert_close(stacked.state_dict(k)[name], tensor)
            if tensor.dim() == 1:
                assert torch.equal(tensor, before[k][name]), "biases are left as they are"
                continue
            for unit, was in zip(tensor, before[k][name], strict=True):
                expected = was if was.norm() <= LONGEST else was * LONGEST / was.norm()
                torch.testing.assert_close(unit, expected)


def test_a_unit_without_weights_keeps_none() -> None:
    layer = nn.Linear(3, 2)
    nn.init.zeros_(layer.weight)
    shorten_weights([ParameterSlot("weight", layer.weight, 0)], LONGEST)
    assert torch.equal(layer.weight, torch.zeros(2, 3))
