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

    def finite_copies(self, weights: Mapping[str, Mapping[str, Tensor]]) -> dict[str, dict[str, Tensor]]:
        """Copies of each role's weights at the end: a gradient may be no number while every loss was one.

        Those that are no numbers are left out, with the roles that leave with them.

        Raises:
            TrainingDiverged: some are NaN or infinite, and nobody else would go on.
        """
        for role, state in weights.items():
            if role not in self.diverged and not _is_finite(state):
                self._leaves(
                    role, f"The weights of the {role} became NaN or infinite at its last step. {ADVICE}"
                )
        kept = {
            role: state for role, state in weights.items() if role not in self.diverged and _is_finite(state)
        }
        if weights and not kept:
            raise TrainingDiverged(next(iter(self.diverged.values())))
        return {
            role: {name: tensor.detach().clone() for name, tensor in state.items()}
            for role, state in kept.items()
        }

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


def _is_finite(state: Mapping[str, Tensor]) -> bool:
    """Whether every weight is a number; counters are."""
    return all(bool(torch.isfinite(tensor).all()) for tensor in state.values() if tensor.is_floating_point())
