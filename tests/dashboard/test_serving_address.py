from __future__ import annotations

import pytest

from dashboard import serving_address
from dashboard.__main__ import greeting


def test_only_this_machine_unless_another_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOST", raising=False)
    assert serving_address.host() == "127.0.0.1"
    for text, listening in {
        "": "127.0.0.1",
        "localhost": "127.0.0.1",
        "0.0.0.0": "0.0.0.0",
        "::": "::",
    }.items():
        monkeypatch.setenv("HOST", text)
        assert serving_address.host() == listening


def test_what_is_printed_says_who_can_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_address, "_address_on_network", lambda: "192.168.1.7")
    here = greeting("127.0.0.1", 8501)
    assert "http://localhost:8501" in here
    assert "Only this machine" in here
    assert "192.168.1.7" not in here
    assert "HOST=0.0.0.0" in here
    open_to_all = greeting("0.0.0.0", 8501)
    assert "on this network: http://192.168.1.7:8501" in open_to_all
    assert "Everybody who reaches this machine" in open_to_all
    assert "on this network: http://192.168.9.9:80" in greeting("192.168.9.9", 80)
    monkeypatch.setattr(serving_address, "_address_on_network", lambda: None)
    assert "on this network" not in greeting("0.0.0.0", 8501)


def test_addresses_of_a_proxy_are_read_as_browsers_send_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_ADDRESSES", "https://Lab.example.org/, http://10.0.0.9:8080")
    assert serving_address.sites("STILLROOM_ADDRESSES") == {"https://lab.example.org", "http://10.0.0.9:8080"}


@pytest.mark.parametrize("text", ["lab.example.org", "ftp://lab", "https://", "https://lab/path", "*"])
def test_what_is_no_address_of_a_site_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_ADDRESSES", text)
    with pytest.raises(ValueError, match="no address of a site"):
        serving_address.sites("STILLROOM_ADDRESSES")
