"""The address that is handed on from the server's own machine."""

from __future__ import annotations

import pytest

from dashboard import serving_address
from dashboard.components.share_dialog import qr_code
from dashboard.data import shared_address


@pytest.mark.parametrize(
    ("environment", "origin"),
    [
        ({}, None),
        ({"HOST": "0.0.0.0", "PORT": "8600"}, "http://192.168.1.7:8600"),
        ({"HOST": "10.1.2.3"}, "http://10.1.2.3:8501"),
        ({"STILLROOM_ADDRESSES": "https://lab.example.org/"}, "https://lab.example.org"),
    ],
    ids=["this machine only", "everybody", "one address", "behind a proxy"],
)
def test_others_get_the_address_by_which_they_reach_the_server(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], origin: str | None
) -> None:
    monkeypatch.setattr(serving_address, "_address_on_network", lambda: "192.168.1.7")
    for name in ("HOST", "PORT", "STILLROOM_ADDRESSES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    shared_address._own.cache_clear()
    assert shared_address.origin() == origin


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("http://localhost:8501/train?T=4", True),
        ("http://127.0.0.1:8501/", True),
        ("http://[::1]:8501/", True),
        ("http://192.168.1.7:8501/", False),
        ("https://lab.example.org/train", False),
    ],
)
def test_an_address_of_this_machine_alone_is_known(address: str, here: bool) -> None:
    assert shared_address.only_here(address) is here


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "http://", "train", None, "http://here/" + "x" * 5000]
)
def test_what_is_no_address_of_a_page_is_not_shown(text: object) -> None:
    assert not shared_address.is_address_of_page(text)


def test_an_address_that_no_code_holds_gets_none() -> None:
    assert qr_code("http://here/?x=" + "y" * 3000) is None
    assert "data:image/png;base64," in (qr_code("http://here/") or "")
