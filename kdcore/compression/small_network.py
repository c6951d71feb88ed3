"""What one way to be small makes of a network, and what that costs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class SmallNetwork:
    """One way to be small, and what it costs.

    Attributes:
        role: whose network: teacher, twin or student.
        how: what was done to it, marked for translation.
        errors: on the test images.
        images: how many those are.
        nll: on them, in nats an image.
        weights: that are not zero.
        bytes: of its ONNX file.
        packed: of that file compressed, where zeros cost next to nothing.
        seconds: of a forward pass in onnxruntime on one thread, the median, by the number of images.
    """

    role: str
    how: str
    errors: int
    images: int
    nll: float
    weights: int
    bytes: int
    packed: int
    seconds: dict[int, float]

    def as_json(self) -> dict[str, Any]:
        """JSON values under these names."""
        return asdict(self)
