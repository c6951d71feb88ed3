"""PyTorch's warnings, kept away from a reader who asked for a file."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_torch_warnings() -> Iterator[None]:
    """Run without PyTorch's warnings about formats that it is going to replace."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
