"""A class from making to grading as a Chinese lecturer and student read it: no sentence of it is in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.data import class_seat, run_manager
from dashboard.data.class_seat import classrooms, lectured_by, seat_of
from dashboard.session import Key
from kdcore.classroom.hand_in_archive import archive_of
from kdcore.classroom.submission import Submission
from kdcore.classroom.vote_question import VoteQuestion
from kdcore.cli.main import main
from kdcore.experiment import Experiment
from kdcore.runs.manager import Manager
from kdcore.runs.run_training import train_run
from kdcore.translation import speaking
from tests.kdcore.inference.finished_run import CHOICES

LECTURER, STUDENT = "a" * 32, "b" * 32
PAGE = """
from dashboard.text.translation import settle_language
from dashboard.views.classroom.page import page

settle_language()
page()
"""
PARTS = ("plan", "vote", "board", "students", "hand-ins", "settings")
ENGLISH_WORDS = re.compile(r"[A-Za-z]{3,} [a-z]{2,}")


@pytest.fixture
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(class_seat, "seat_of", seat_of)
    monkeypatch.setattr(class_seat, "lectured_by", lectured_by)
    manager = Manager(tmp_path / "runs", spare=False)
    monkeypatch.setattr(run_manager, "manager", lambda: manager)
    yield manager
    manager.close()


class Person:
    """A browser with the class's page in Chinese."""

    def __init__(self, browser: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._browser, self._monkeypatch = browser, monkeypatch
        self.app = AppTest.from_string(PAGE, default_timeout=120)
        self.app.session_state[Key.LANGUAGE] = "zh_CN"

    def draws(self, **address: str) -> AppTest:
        """The page at an address; none of it is English."""
        for name, value in address.items():
            self.app.query_params[name] = value
        self._monkeypatch.setattr(session, "id_in_cookies", lambda cookies: self._browser)
        with speaking("zh_CN"):
            self.app.run()
        assert not self.app.exception, self.app.exception
        assert [text for text in texts(self.app) if ENGLISH_WORDS.search(text)] == []
        return self.app

    def presses(self, key: str) -> AppTest:
        self.app.button(key).click()
        return self.draws()


def texts(app: AppTest) -> list[str]:
    """What the page says: texts, labels, helps, options and placeholders."""
    found: list[Any] = [
        e.value for kind in ("markdown", "caption", "info", "warning", "error") for e in app.get(kind)
    ]
    found += [
        re.sub(r"<style>.*?</style>|<[^>]*>", " ", html.proto.body, flags=re.DOTALL)
        for html in app.get("html")
    ]
    for kind in ("button", "text_input", "text_area", "selectbox", "multiselect", "toggle", "number_input"):
        for one in app.get(kind):
            found += [
                one.label,
                getattr(one, "help", ""),
                getattr(one, "placeholder", ""),
                *getattr(one, "options", ()),
            ]
    return [text for text in found if text]


def test_from_making_to_grading(
    school: Manager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lecturer, student = Person(LECTURER, monkeypatch), Person(STUDENT, monkeypatch)
    lecturer.draws().text_input(Key.CLASS_NAME).set_value("星期二")
    lecturer.presses("class_make")
    [made] = classrooms().table.lectured(LECTURER)
    assert (made.name, made.language) == ("星期二", "zh_CN")
    student.draws(join=made.code)
    student.presses("class_join")
    vote = classrooms().votes.put(made.code, LECTURER, VoteQuestion(asks="有用吗？", options=("有", "没有")))
    classrooms().votes.answer(vote.id, STUDENT, 0)
    run = school.store.create(Experiment().with_flat(**CHOICES), STUDENT, status="running")
    train_run(school.store, run.id, data_folder=tmp_path)
    for part in PARTS:
        lecturer.draws(part=part)

    app = student.draws()
    app.multiselect("class_hand_in_runs.choice").set_value([run.id])
    app.text_area("class_hand_in_reflection.text").set_value("我预期它有用。")
    student.presses("class_hand_in")
    handed_in = classrooms().hand_ins.all_of(made.code)
    assert len(handed_in) == 1
    lecturer.draws(part="hand-ins")

    archive, claims = tmp_path / "作业.zip", tmp_path / "claims.txt"
    archive.write_bytes(archive_of([Submission.from_json(one.content) for one in handed_in]))
    claims.write_text(
        "errors(student) < errors(twin)\nerrors(student) < errors(twin), 3 seeds\nT in 5..8\nruns = 1\n"
    )
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert main(["grade", str(archive), "--claims", str(claims), "--out", str(tmp_path / "grades.csv")]) == 0
    said = re.sub(r"errors\(.*?(?=  )|\S+\.(csv|json)", "", capsys.readouterr().out)
    assert "需要同一配方的 3 个种子" in said
    assert ENGLISH_WORDS.findall(said) == []
