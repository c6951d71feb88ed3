"""The panel with the PyTorch: closed, nothing is made for it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.components import code_panel
from dashboard.data.training_code import TrainingCode, training_code
from dashboard.session import Key
from kdcore.experiment import Experiment


def test_closed_it_makes_no_code(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Experiment] = []

    def noted(experiment: Experiment) -> TrainingCode | None:
        asked.append(experiment)
        return training_code(experiment)

    monkeypatch.setattr(code_panel, "training_code", noted)
    app.run()
    assert not app.exception
    assert asked == []
    app.session_state[Key.CODE] = True
    app.run()
    assert not app.exception
    assert asked
