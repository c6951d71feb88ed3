"""What the parts of a dataset are called: training, validation and test images."""

from __future__ import annotations

from dashboard.text.translation import _
from kdcore.texts import N_

SPLITS = {"validation": N_("validation"), "test": N_("test"), "train": N_("training")}


def split_title(split: str) -> str:
    """A split as it is called before the word images."""
    return _(SPLITS[split])
