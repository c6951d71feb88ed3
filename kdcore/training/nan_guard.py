"""Stop a run whose loss became NaN or infinite."""

from __future__ import annotations

import math

from kdcore.errors import TrainingDiverged


def check_finite(role: str, loss: float, step: int) -> None:
    """Let a finite loss pass.

    Raises:
        TrainingDiverged: it is NaN or infinite.
    """
    if not math.isfinite(loss):
        raise TrainingDiverged(
            f"The loss of the {role} became {loss} at step {step}. The curves up to there are kept. "
            "Start again with a lower learning rate, or clip the gradient (clip_norm = 1)."
        )
