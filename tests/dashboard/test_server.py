"""How `python -m dashboard` begins, and what it says where it cannot."""

from __future__ import annotations

import pytest

from dashboard import __main__ as entry


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
