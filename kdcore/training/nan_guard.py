"""A loss that became NaN or infinite ends a run; where several experiments share a loop, only those that it belongs to."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from kdcore.errors import TrainingDiverged
from kdcore.texts import N_

if TYPE_CHECKING:
    from kdcore.training.cohort import Cohort

ADVICE = N_(
    "The curves up to there are kept. Start again with a lower learning rate, or clip the gradient (clip_norm = 1)."
)


@dataclass
class DivergenceGuard:
    """What becomes of networks whose losses are no numbers.

    Attributes:
        leaves_with: given the role of such a network, the roles that leave the loop with it; None where the run ends.
        diverged: why, by every role that has left or is about to.
        leaving: the roles that are about to.
    """

    leaves_with: Callable[[str], set[str]] | None = None
    diverged: dict[str, str] = field(default_factory=dict)
    leaving: set[str] = field(default_factory=set)

    def passes(self, role: str, loss: float, step: int) -> bool:
        """Whether the loss is finite; where it is not, its networks are noted as leaving.

        Raises:
            TrainingDiverged: it is not, and nobody else would go on.
        """
        return math.isfinite(loss) or self._leaves(
            role, f"The loss of the {role} became {loss} at step {step}. {ADVICE}"
        )

    def finite_copies(self, role: str, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Copies of finite weights: a gradient may be no number while the loss before it was one.

        Raises:
            TrainingDiverged: some are NaN or infinite.
        """
        for tensor in weights.values():
            if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
                raise TrainingDiverged(
                    f"The weights of the {role} became NaN or infinite at its last step. {ADVICE}"
                )
        return {name: tensor.detach().clone() for name, tensor in weights.items()}

    def take_out(self, cohort: Cohort) -> None:
        """Take those out of the cohort that are to leave.

        Raises:
            TrainingDiverged: nobody would be left.
        """
        leaving, self.leaving = self.leaving, set()
        members = [
            m for m, one in enumerate(cohort.members) if one.role in leaving and m not in cohort.absent
        ]
        if members and len(cohort.absent) + len(members) == len(cohort.members):
            raise TrainingDiverged(self.diverged[cohort.members[members[0]].role])
        if members:
            cohort.leave(members)

    def _leaves(self, role: str, sentence: str) -> bool:
        if self.leaves_with is None:
            raise TrainingDiverged(sentence)
        together = self.leaves_with(role)
        self.leaving |= together
        for one in together:
            self.diverged.setdefault(one, sentence)
        return False
