"""A class in real browsers: made, joined by three students, locked, voted in, presented, seen on the board."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
from tests.browser.helpers import MINUTE, button, settled

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
VOTE = ".class_panel .vote"
PRESENTED = ".presenter .voting"


@dataclass(frozen=True)
class Hall:
    """A class in the making: its lecturer's page, its students', and its code."""

    lecturer: Page
    students: list[Page]
    code: str


def made(page: Page, name: str = "Tuesday") -> str:
    """Make a class on the page; its code."""
    page.goto("/class")
    settled(page)
    page.get_by_label("What your class is called").fill(name)
    button(page, "class_make").click()
    expect(page.get_by_text("Students open this link")).to_be_visible()
    found = re.search(r"join=([A-Z0-9]{6})", page.locator(".stCode").first.inner_text())
    assert found is not None
    return found[1]


def joined(page: Page, code: str) -> Page:
    """Join by the students' link."""
    page.goto(f"/class?join={code}")
    settled(page)
    button(page, "class_join").click()
    expect(page.get_by_text("You are")).to_be_visible()
    return page


def part(page: Page, name: str) -> None:
    """Open a part of the lecturer's page."""
    page.goto(f"/class?part={name}")
    settled(page)


def keep(page: Page, address: str, title: str, *, locked: str = "", hidden: str = "") -> None:
    """Keep a page for the class, with fields that are locked or hidden."""
    page.goto(address)
    settled(page)
    button(page, "class_keep").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill(title)
    for label, field in (("Locked: shown", locked), ("Hidden: not shown", hidden)):
        if field:
            box = dialog.get_by_role("combobox", name=re.compile(label))
            box.click()
            box.type(field)
            page.get_by_role("option", name=field, exact=True).click()
            page.keyboard.press("Escape") if page.get_by_role("listbox").count() else None
    dialog.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Kept as step")).to_be_visible()


@pytest.fixture
def hall(new_context: NewContext) -> Hall:
    """A lecturer and three students, one with a phone."""
    lecturer = new_context().new_page()
    code = made(lecturer)
    contexts = [new_context(), new_context(), new_context(**PHONE)]
    return Hall(lecturer, [joined(context.new_page(), code) for context in contexts], code)


def test_students_meet_what_is_hidden_and_locked_vote_twice_train_and_see_the_board(hall: Hall) -> None:
    lecturer, students = hall.lecturer, hall.students
    keep(
        lecturer, "/train?T=8&epochs=3", "Train at T = 8", locked="Temperature T", hidden="Weight on teacher"
    )
    part(lecturer, "plan")
    button(lecturer, "class_go_0").click()
    for student in students:
        student.get_by_role("button", name="Go there").click()
        expect(student).to_have_url(re.compile(r"/train\?.*T=8"))
        settled(student)
        expect(student.get_by_text("Temperature T · locked")).to_be_visible()
        expect(student.get_by_text("Weight on teacher", exact=True)).to_have_count(0)

    part(lecturer, "vote")
    lecturer.get_by_label("Question", exact=True).last.fill("Does it help?")
    lecturer.get_by_label("Answers, one a line").fill("yes\nno\nit depends")
    lecturer.get_by_label(re.compile("Which of them was measured")).fill("1")
    button(lecturer, "class_vote_own").click()
    for student, answer in zip(students, ("yes", "no", "no"), strict=True):
        vote(student, answer)
        expect(student.locator(VOTE)).to_contain_text(f"Your answer is counted: {answer}")
    expect(lecturer.locator(VOTE)).to_contain_text("3 of 3 have answered.")
    assert all("Measured" not in student.content() for student in students)

    lecturer.goto("/train?present=1")
    settled(lecturer)
    presented = lecturer.locator(PRESENTED)
    expect(presented).to_contain_text("3 of 3 have answered.")
    presented.get_by_role("button", name="Close the vote").click()
    expect(students[0].locator(VOTE)).to_contain_text("Your answer is counted")
    presented.get_by_role("button", name="Vote again").click()
    for student in students:
        vote(student, "yes")
    expect(presented).to_contain_text("3 of 3 have answered.")
    expect(students[0].locator(VOTE).locator("table")).to_have_count(0)
    presented.get_by_role("button", name="Reveal").click()
    for page in (presented, *(student.locator(VOTE) for student in students)):
        expect(page.locator("table.result")).to_contain_text("1 → 3")
        expect(page).to_contain_text("2 of 3 who answered twice changed their answers.")
        expect(page).to_contain_text("Measured: yes.")
    lecturer.keyboard.press("v")
    expect(presented).to_be_hidden()

    for student in students[:2]:
        button(student, "train").click()
        expect(student).to_have_url(re.compile("run="))
    part(lecturer, "board")
    marks = lecturer.locator(".st-key-class_board svg.marks path[aria-roledescription='point']")
    expect(marks).to_have_count(4, timeout=MINUTE)  # two students and their twins


def vote(page: Page, answer: str) -> None:
    """Answer the vote that is open."""
    page.locator(VOTE).get_by_label(answer, exact=True).check()
    page.locator(VOTE).get_by_role("button", name="Send my answer").click()
