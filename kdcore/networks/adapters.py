"""Small modules between two networks' features, that learn beside a student and are thrown away with its teacher."""

from __future__ import annotations

from torch import Tensor, nn

from kdcore.plan import Shapes
from kdcore.texts import N_

MAPS = ("early", "middle", "last")
"""The points at which convolutional networks have maps, from the input on."""


def projection(own: tuple[int, ...], width: int) -> nn.Module:
    """From features of size `own` to `width` channels: a 1x1 convolution of maps, a linear layer of vectors."""
    return nn.Conv2d(own[0], width, 1) if len(own) == 3 else nn.Linear(own[0], width)


class Learned(nn.Module):
    """A tensor that learns: weights of a loss, a codebook. Called with nothing it gives the tensor.

    Under AdamW it moves `pace` times as fast as the run's learning rate says: what starts far from where it belongs would
    not arrive in a short run. Under SGD, whose steps grow with the gradient, it moves as any weight does.
    """

    def __init__(self, start: Tensor, pace: float = 1.0) -> None:
        super().__init__()
        self.pace = pace
        self.value = nn.Parameter(start / pace)

    def forward(self) -> Tensor:
        """The tensor as it is now."""
        fast = self.pace * self.value
        return fast.detach() + (fast - fast.detach()) / self.pace**2


def without_maps(shapes: Shapes, points: tuple[str, ...] = MAPS) -> str:
    """A sentence on the first network that has no maps [channels, height, width] at one of the points, or nothing."""
    method = "{method}"  # whoever shows the sentence names it
    for network in (name for name in shapes if name != "images"):
        for point in points:
            if len(shapes[network].get(point, ())) != 3:
                return N_(
                    f"The method '{method}' compares maps, and the {network} has none at its {point} point. "
                    "Choose a convolutional network of three stages for teacher and student, such as cnn-small."
                )
    return ""
