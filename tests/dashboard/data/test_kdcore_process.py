"""What a page asks of `python -m kdcore`: its answer, or its own sentence without the server's folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.data.kdcore_process import printed
from kdcore.errors import RunRefused


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


def test_what_it_prints_is_the_answer(runs: Path) -> None:
    assert printed(["runs", "list", "--json"], patience=60, too_long="").strip() == "[]"


def test_a_page_hears_why_and_not_where(runs: Path) -> None:
    (runs / "runs.sqlite3").write_bytes(b"no database of runs, but a file of another kind" * 100)
    with pytest.raises(RunRefused, match=r"^runs\.sqlite3 is damaged") as refused:
        printed(["runs", "list"], patience=60, too_long="")
    assert str(runs) not in str(refused.value)
    assert "It is about" not in str(refused.value)


def test_what_takes_too_long_is_ended_with_a_sentence(runs: Path) -> None:
    with pytest.raises(RunRefused, match=r"^Too long\.$"):
        printed(["runs", "list"], patience=0.01, too_long="Too long.")
