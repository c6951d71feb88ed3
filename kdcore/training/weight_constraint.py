"""The max-norm constraint: after each step no unit's vector of incoming weights is longer than allowed."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from kdcore.training.parameter_slots import ParameterSlot


@torch.no_grad()
def shorten_weights(slots: Sequence[ParameterSlot], max_norm: float) -> None:
    """Scale the weights into a unit, or a filter of a convolution, to a Euclidean length of `max_norm` where they are longer.

    Srivastava et al. 2014, "Dropout", section 5.1; Hinton et al. 2012, "Improving neural networks by preventing co-adaptation
    of feature detectors", allow a squared length of 15. Biases and the scales of batch norm are left as they are.
    """
    for slot in slots:
        units = (
            1 if slot.member is not None else 2
        )  # stacked, the networks come first: [K, out, ...], else [out, ...]
        if slot.tensor.dim() <= units:
            continue
        incoming = tuple(range(units, slot.tensor.dim()))
        lengths = torch.linalg.vector_norm(slot.tensor, dim=incoming, keepdim=True)
        slot.tensor.mul_((max_norm / lengths).clamp_(max=1.0))  # a length of 0 gives infinity, hence 1
