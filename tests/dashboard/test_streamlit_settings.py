from __future__ import annotations

from streamlit import config

from dashboard.streamlit_settings import settings

HARDENED = {
    "client.showErrorDetails": "none",
    "browser.gatherUsageStats": False,
    "server.maxUploadSize": 10,
    "server.enableXsrfProtection": True,
    "server.enableStaticServing": False,
    "server.fileWatcherType": "none",
}


def test_every_setting_is_one_that_streamlit_knows() -> None:
    known = config._config_options_template
    assert [name for name in settings() if name not in known] == []


def test_what_protects_the_server_is_among_them() -> None:
    assert settings().items() >= HARDENED.items()
