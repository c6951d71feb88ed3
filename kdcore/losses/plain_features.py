"""What plain losses on features share: one network and its teacher, features [N, ...], in PyTorch that anybody can read.

The losses beside this file do the same for all members of a cohort at once. These stand in exported scripts, below the heading
"The loss", and need only `torch`, `F` and `Tensor`.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def same_size(student: Tensor, teacher: Tensor) -> tuple[Tensor, Tensor]:
    """Both with the height and width of the smaller; beside a vector a map is averaged over its positions."""
    if student.dim() == 2 or teacher.dim() == 2:
        student, teacher = (x.reshape(*x.shape[:2], -1).mean(2) for x in (student, teacher))
        return student, teacher
    height, width = (min(sides) for sides in zip(student.shape[2:], teacher.shape[2:], strict=True))
    return F.adaptive_avg_pool2d(student, (height, width)), F.adaptive_avg_pool2d(teacher, (height, width))
