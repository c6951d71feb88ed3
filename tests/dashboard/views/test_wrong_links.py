"""Nothing in a link is ignored without a word: what a page cannot take is named, and no folder of the server is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.data import run_manager, sweep_progress, time_estimate, torch_imports
from kdcore.runs.manager import Manager

PAGE = "from dashboard.views.{page} import page\n\npage()\n"


@pytest.fixture
def folder(tmp_path: Path, browser: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path / "data"))
    manager = Manager(tmp_path / "runs", spare=False)
    monkeypatch.setattr(run_manager, "manager", lambda: manager)
    monkeypatch.setattr(time_estimate, "speed", lambda: None)
    monkeypatch.setattr(torch_imports, "warm", lambda: True)
    sweep_progress.forget_progress()
    yield tmp_path
    manager.close()


def sentences(page: str, link: dict[str, str]) -> str:
    """What the page says of the link."""
    app = AppTest.from_string(PAGE.format(page=page), default_timeout=120)
    app.query_params.update(link)
    app.run()
    assert not app.exception
    return " ".join(part.value for part in [*app.warning, *app.error]).replace("\\", "")


@pytest.mark.parametrize(
    ("page", "link"),
    [
        *(("train", {name: "zzz"}) for name in ("method", "dataset", "teacher", "student", "preset", "run", "more", "form", "epochs")),
        *(("sweep.page", {name: "zzz"}) for name in ("method", "vary", "seeds", "sampler", "more")),
        *(("reference", {name: "zzz"}) for name in ("method", "card", "dataset", "view")),
        *(("soft_targets", {name: "zzz"}) for name in ("show", "of", "log", "T", "dataset")),
        *(("runs.page", {name: "zzz"}) for name in ("status", "on", "how", "tag", "sweep", "order", "page", "chosen", "method")),
        *(("dark_knowledge.page", {name: "zzz"}) for name in ("of", "split", "T")),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)  # fmt: skip
def test_what_a_page_cannot_take_is_said(folder: Path, page: str, link: dict[str, str]) -> None:
    said = sentences(page, link)
    assert "zzz" in said, said
    assert str(folder) not in said
