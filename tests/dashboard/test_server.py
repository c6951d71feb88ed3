"""How `python -m dashboard` begins, and what it says where it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard import __main__ as entry
from dashboard import server
from dashboard.streamlit_settings import settings
from tests.dashboard.fake_manager import FakeManager


@pytest.mark.parametrize("text", ["eighty", "0", "70000", "-1", "8501.5"])
def test_a_wrong_port_is_refused_in_a_sentence(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 2
    assert f"PORT={text} is no port" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["everybody", "x86_64-conda-linux-gnu", "0.0.0", "unix://socket"])
def test_a_wrong_address_is_refused_in_a_sentence(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOST", text)
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 2
    assert f"HOST={text} is no address" in capsys.readouterr().err


def test_whatever_the_folder_all_settings_are_handed_over(
    monkeypatch: pytest.MonkeyPatch, manager: FakeManager
) -> None:
    monkeypatch.setenv("PORT", "8765")
    monkeypatch.delenv("HOST", raising=False)
    handed: dict[str, Any] = {}
    monkeypatch.setattr(server.app, "run", lambda config: handed.update(config))
    entry.main()
    assert handed.items() >= settings().items()
    assert (handed["server.address"], handed["server.port"]) == ("127.0.0.1", 8765)
    assert handed["client.showErrorDetails"] == "none"
    assert server.greeting.startswith("Stillroom: http://localhost:8765")
