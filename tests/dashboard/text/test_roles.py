"""The colours of the roles."""

from __future__ import annotations

import pytest

from dashboard.text.roles import ROLES, Theme, role


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", [*ROLES, "peer"])
@pytest.mark.parametrize(("theme", "ground"), [("light", "#FFFFFF"), ("dark", "#14171A")])
def test_the_roles_can_be_read_on_their_ground(name: str, theme: Theme, ground: str) -> None:
    """4.5:1, as the headline writes in these colours."""
    bright, dim = sorted((luminance(role(name).colour(theme)), luminance(ground)), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= (4.5 if name != "peer" else 3)
