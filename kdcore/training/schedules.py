"""Learning-rate schedules: pure functions of the share of the run that is done."""

from __future__ import annotations

import math

WARM_UP = 0.2


def rate(schedule: str, share: float) -> float:
    """The factor on the highest learning rate when `share` (0 to 1) of all steps are done.

    one-cycle rises linearly for the first fifth and falls linearly to 0 (Smith and Topin 2018, in the triangular form);
    cosine falls from 1 to 0 (Loshchilov and Hutter 2017, equation 5, one period); step divides by ten at 60 % and at
    80 %; constant is 1.
    """
    match schedule:
        case "one-cycle":
            return share / WARM_UP if share < WARM_UP else (1 - share) / (1 - WARM_UP)
        case "cosine":
            return 0.5 * (1 + math.cos(math.pi * share))
        case "step":
            return 1.0 if share < 0.6 else 0.1 if share < 0.8 else 0.01
        case _:
            return 1.0
