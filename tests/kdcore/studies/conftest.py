"""A store of its own for each test of a study."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kdcore.runs.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "runs")
    yield opened
    opened.close()
