"""The Reference page: what its cards offer can be run."""

from __future__ import annotations

import shlex
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.data import experiment_checks, method_cards, network_choices, torch_imports
from kdcore.cli.experiment_flags import experiment_from_flags
from kdcore.cli.main import build_parser
from kdcore.experiment import Experiment
from kdcore.methods.registry import methods
from kdcore.pipelines.checks import check
from kdcore.studies.presets import PRESETS
from tests.dashboard.fake_manager import FakeManager
from tests.kdcore.studies.small_papers import TINY
from tests.kdcore.studies.test_reproduction_runs import measured_by_hand

PAGE = "from dashboard.views.reference import page\n\npage()\n"
DEFAULT = PRESETS[0].experiment


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    torch_imports._import()


def shown(card: str) -> AppTest:
    page = AppTest.from_string(PAGE, default_timeout=120)
    page.query_params["card"] = card
    page.run()
    assert not page.exception
    return page


@pytest.mark.parametrize("dataset", ["digits", "mnist"])
def test_every_method_is_handed_on_with_networks_that_it_can_run_with(dataset: str) -> None:
    moved = DEFAULT.with_flat(dataset=dataset, **network_choices.fitting(DEFAULT, dataset))
    for name in methods():
        wanted = moved.with_flat(method=name, parameters={})
        suited = experiment_checks.suited(wanted)
        experiment_checks.check(suited)
        assert suited.dataset == dataset
        if not experiment_checks.refusal(wanted):
            assert suited == wanted, "networks that will do stay"


def test_a_cards_link_and_command_can_be_run(
    manager: FakeManager, browser: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(method_cards, "comparisons", list)  # nothing was measured yet
    page = shown("attention-transfer")
    [link] = page.get("page_link")
    said = dict(parse_qsl(link.proto.query_string))
    assert f"with {said['student']} as student" in link.proto.label
    experiment_checks.check(
        DEFAULT.with_flat(**{name: said[name] for name in ("method", "teacher", "student")})
    )

    command = next(code.value for code in page.code if "kdcore compare" in code.value)
    options = build_parser().parse_args(shlex.split(command)[3:])
    experiment = experiment_from_flags(options, Experiment()).with_flat(method=options.methods)
    check(experiment, data_folder=tmp_path, runs_folder=tmp_path)
    assert any("This prints a table" in str(caption.value) for caption in page.caption)


def test_a_card_whose_method_runs_with_the_networks_of_now_changes_none(
    manager: FakeManager, browser: str
) -> None:
    page = shown("relational")
    [link] = page.get("page_link")
    assert link.proto.label == "Use it on the Train page"
    assert {"student", "teacher"}.isdisjoint(dict(parse_qsl(link.proto.query_string)))


def test_papers_measured_again_are_shown_with_their_claims_and_what_differs(
    manager: FakeManager, browser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = measured_by_hand({"warm": [(100, 60), (110, 52)], "hot": [(100, 90), (110, 100)]})
    monkeypatch.setattr(method_cards, "reproductions", lambda: [measured])
    page = AppTest.from_string(PAGE, default_timeout=120)
    page.query_params["view"] = "papers"
    page.run()
    assert not page.exception
    html = "".join(element.proto.body for element in page.get("html"))
    assert all(claim.says in html for claim in TINY.claims)
    assert "1 % against 2 % (table 1)" in html
    assert "test errors: warm student 56 ± 6, labels only 105 ± 7" in html
    assert any("Everything." in str(text.value) for text in page.markdown)
    assert any(measured.command in str(caption.value) for caption in page.caption)
    assert not page.radio, "the cards are not shown beside it"


def test_without_papers_none_are_offered(
    manager: FakeManager, browser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(method_cards, "reproductions", list)
    page = AppTest.from_string(PAGE, default_timeout=120)
    page.query_params["view"] = "papers"
    page.run()
    assert not page.exception
    assert "papers" not in page.segmented_control(key="view.choice").options


def test_a_card_says_where_probabilities_cannot_be_taken_at_their_word(
    manager: FakeManager, browser: str
) -> None:
    def marks(card: str) -> list[str]:
        return [one.value.replace("\\", "") for one in shown(card).markdown if "Uncalibrated" in one.value]

    assert marks("soft-targets") == []
    [marked] = marks("standardised-logits")
    assert "cannot be taken at their word: the teacher's term sees standardised logits" in marked
    assert "temperature fitted on validation" in marked
    [by_setting] = marks("learning-without-forgetting")
    assert "new classes" in by_setting.partition("This holds with labels")[2]


def test_the_glossary_waits_for_nothing(
    manager: FakeManager, browser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_imports, "warm", lambda: False)
    monkeypatch.delattr(method_cards, "comparisons")
    page = AppTest.from_string(PAGE, default_timeout=120)
    page.query_params["view"] = "words"
    page.run()
    assert not page.exception
    assert any("glossary" in element.proto.body for element in page.get("html"))
    assert not any("being loaded" in str(caption.value) for caption in page.caption)
    page.segmented_control(key="view.choice").set_value("cards").run()
    assert any("being loaded" in str(caption.value) for caption in page.caption)
