"""A process may use what its machine has, or its container where that is less."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from kdcore.system import container_limits, memory


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("1073741824\n", 2**30), ("max\n", None), (f"{2**60}\n", None), (None, None)],
    ids=["a container's limit", "no limit", "more than the machine has", "no container"],
)
def test_a_containers_limit_counts_where_it_is_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str | None, expected: int | None
) -> None:
    monkeypatch.setattr(container_limits, "CGROUPS", tmp_path)
    if limit is not None:
        (tmp_path / "memory.max").write_text(limit)
    assert memory.process_memory() == (expected or psutil.virtual_memory().total)
