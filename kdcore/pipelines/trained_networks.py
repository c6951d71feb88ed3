"""Build a network of a run with weights that were trained."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from kdcore import networks
from kdcore.errors import TeacherUnavailable
from kdcore.pipelines.loading import LoadedData


def build_trained(network: str, weights: Mapping[str, Tensor], owner: str, data: LoadedData) -> nn.Module:
    """The network of that name with these weights, on the run's device. `owner` names it in an error.

    Raises:
        TeacherUnavailable: the weights are of another network.
    """
    module = networks.build(network, data.dataset.shape, data.dataset.num_classes, seed=0)
    try:
        module.load_state_dict(dict(weights))
    except RuntimeError as error:
        raise TeacherUnavailable(
            f"The weights of '{owner}' do not fit the network {network}. Train it again, or name its own network."
        ) from error
    return networks.placed(module, network, data.device)
