"""A class in real browsers: made, joined by three students, locked, voted in, presented, seen on the board."""

from __future__ import annotations

import re
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError, expect

from kdcore.classroom.claims import read_claims
from kdcore.classroom.grading import Grading
from kdcore.classroom.hand_in_archive import read_hand_ins
from tests.browser.conftest import VIEWPORT, NewContext
from tests.browser.helpers import Server, button, serving, settled

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
    expect(page.get_by_text(re.compile("^You are "))).to_be_visible()
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
    expect(marks).to_have_count(4)  # two students and their twins


def vote(page: Page, answer: str) -> None:
    """Answer the vote that is open."""
    page.locator(VOTE).get_by_label(answer, exact=True).check()
    page.locator(VOTE).get_by_role("button", name="Send my answer").click()


def test_the_presenter_goes_through_the_plan_by_keys_and_pages_follow_until_they_are_released(
    hall: Hall,
) -> None:
    lecturer, follower = hall.lecturer, hall.students[0]
    keep(lecturer, "/train?T=8", "Train at T = 8", locked="Temperature T")
    keep(lecturer, "/?T=2", "Look at T = 2", locked="Temperature T")
    part(lecturer, "plan")
    lecturer.get_by_text("Students' pages follow you").click()
    settled(lecturer)
    lecturer.keyboard.press("p")
    expect(lecturer).to_have_url(re.compile("present=1"))
    lecturer.keyboard.press("PageDown")
    for page in (lecturer, follower):
        expect(page).to_have_url(re.compile(r"/train\?.*T=8"))
    expect(lecturer.locator(".presenter .strip")).to_contain_text("1 / 2 Train at T = 8")
    expect(lecturer.locator(".st-key-top_bar")).to_be_hidden()
    settled(lecturer)
    lecturer.goto("/class?part=plan&present=1")
    expect(lecturer.locator(".presenter .strip")).to_contain_text("1 / 2")
    for part_of_theirs in ("class_now", "class_links", "class_item_0"):
        expect(lecturer.locator(f".st-key-{part_of_theirs}")).to_be_hidden()
    settled(lecturer)
    lecturer.keyboard.press("PageDown")
    for page in (lecturer, follower):
        expect(page).to_have_url(re.compile(r":\d+/\?.*T=2"))
    expect(follower.locator(".slider input[type=range]")).to_be_disabled()
    expect(lecturer.locator(".slider input[type=range]")).to_be_enabled()

    lecturer.keyboard.press("b")
    expect(lecturer.locator(".presenter .blank")).to_be_visible()
    lecturer.keyboard.press("b")
    expect(lecturer.locator(".presenter .blank")).to_be_hidden()
    lecturer.keyboard.press("r")
    lecturer.mouse.move(300, 200)
    ring = lecturer.locator(".presenter .ring").bounding_box()
    assert ring is not None
    assert ring["x"] + ring["width"] / 2 == pytest.approx(300, abs=2)
    lecturer.keyboard.press("p")
    expect(lecturer.locator(".st-key-top_bar")).to_be_visible()

    part(lecturer, "plan")
    lecturer.get_by_text("Students' pages follow you").click()
    settled(lecturer)
    lecturer.locator(".st-key-class_step_-1 button").click()
    expect(lecturer).to_have_url(re.compile(r"/train\?.*T=8"))
    expect(follower.locator(".class_panel .place")).to_be_visible()
    expect(follower).to_have_url(re.compile(r":\d+/\?.*T=2"))


def test_the_lecturers_link_leaves_no_trace_of_its_secret(
    hall: Hall, new_context: NewContext, server: Server
) -> None:
    lecturer = hall.lecturer
    button(lecturer, "class_secret").click()
    link = lecturer.get_by_text("#lecturer=").inner_text()
    secret = link.rpartition(".")[2]
    assert len(secret) == 32

    tablet, asked = new_context().new_page(), []
    tablet.on("request", lambda request: asked.append(request.url + str(request.all_headers())))
    address = link.replace(link.split("/class")[0], server.address)
    tablet.goto(address)
    expect(tablet.get_by_text("This browser is the lecturer's now")).to_be_visible()
    expect(tablet.get_by_text("Students open this link")).to_be_visible()
    assert "#" not in tablet.url
    assert asked
    assert not [one for one in asked if secret in one]
    assert secret not in tablet.title()
    assert secret not in tablet.content()
    assert secret not in server.log.read_text(errors="replace")
    assert secret not in (server.runs / "runs.sqlite3").read_bytes().decode("latin-1")
    assert all(secret not in student.content() for student in hall.students)

    button(tablet, "class_secret").click()
    button(tablet, "class_renew").click()
    settled(tablet)
    lecturer.goto("/class")
    settled(lecturer)
    expect(
        lecturer.get_by_text("Make a class").first
    ).to_be_visible()  # the browser before is the lecturer's no more


def test_what_people_write_is_text_everywhere(new_context: NewContext) -> None:
    script = "<img src=x onerror=document.title='owned'>"
    lecturer, student = new_context().new_page(), new_context().new_page()
    lecturer.goto("/class")
    settled(lecturer)
    lecturer.get_by_label("What your class is called").fill(script[:40])
    lecturer.get_by_text("Students may add a name").click()
    button(lecturer, "class_make").click()
    expect(lecturer.get_by_text("Students open this link")).to_be_visible()
    code = re.search(r"join=([A-Z0-9]{6})", lecturer.locator(".stCode").first.inner_text())
    assert code is not None
    student.goto(f"/class?join={code[1]}")
    settled(student)
    student.get_by_role("textbox", name="Your name, if you like").fill(
        "<b onclick=1>**me** :material/home: $x$"
    )
    button(student, "class_join").click()
    expect(student.get_by_text(re.compile(r"\*\*me\*\* :\W?material/home: \$x\$"))).to_be_visible()
    expect(student.get_by_role("heading", name="<img src=x onerror=document.title")).to_be_visible()
    part(lecturer, "vote")
    lecturer.get_by_label("Question", exact=True).last.fill(f"{script} **really**?")
    lecturer.get_by_label("Answers, one a line").fill(f"{script}\n[x](http://nowhere.example)")
    button(lecturer, "class_vote_own").click()
    expect(student.locator(VOTE)).to_contain_text(script)
    vote(student, script)
    part(lecturer, "students")
    expect(lecturer.get_by_text("<b onclick=1>**me** :material/home:")).to_be_visible()
    part(lecturer, "vote")
    button(lecturer, "class_vote_reveal").click()
    expect(student.locator("table.result")).to_contain_text("[x](http://nowhere.example)")
    lecturer.goto("/train?present=1")
    settled(lecturer)
    for page in (lecturer, student):
        assert page.title() != "owned"
        assert page.locator("img[src='x']").count() == 0
        assert page.locator("a[href*='nowhere']").count() == 0


def test_a_class_is_paused_pinned_handed_in_and_survives_its_server(
    browser: Browser, tmp_path: Path, gathered_data: tuple[Path, list[str]]
) -> None:
    runs, data = tmp_path / "runs", gathered_data[0]
    with serving(runs, data) as first:
        contexts: list[BrowserContext] = [
            browser.new_context(base_url=first.address, viewport=VIEWPORT)  # type: ignore[arg-type]
            for _person in range(3)
        ]
        lecturer, *students = [context.new_page() for context in contexts]
        code = made(lecturer)
        for student in students:
            joined(student, code)
            student.goto("/train?epochs=2")
            settled(student)
            button(student, "train").click()
            expect(student).to_have_url(re.compile("run="))
        part(lecturer, "board")
        button(lecturer, "class_pause").click()
        expect(students[0].get_by_text("Your lecturer has paused the class.")).to_be_visible()
        part(lecturer, "vote")
        button(lecturer, "class_vote_lesson").click()
        expect(students[0].locator(VOTE)).to_be_visible()
        students[0].locator(VOTE).get_by_role("button", name="Send my answer").click()
        expect(students[0].locator(VOTE)).to_contain_text("is counted")
        first.process.kill()
        first.process.wait()
        port = int(first.address.rpartition(":")[2])
        with serving(runs, data, port):
            for page in (lecturer, *students):
                page.reload()
                settled(page)
            expect(students[0].locator(VOTE)).to_contain_text("is counted")
            expect(students[1].locator(VOTE).get_by_role("button", name="Send my answer")).to_be_visible()
            expect(students[0].get_by_text("Your lecturer has paused the class.")).to_be_visible()
            students[1].locator(VOTE).get_by_role("button", name="Send my answer").click()
            expect(lecturer.locator(VOTE)).to_contain_text("2 of 2 have answered.")
            part(lecturer, "board")
            button(lecturer, "class_go_on").click()
            hand_in_both(lecturer, students, runs)
    for context in contexts:
        context.close()


def hand_in_both(lecturer: Page, students: list[Page], runs: Path) -> None:
    """Both students' runs end; both are handed in, one is pinned."""
    for student in students:
        finish(student)
        student.goto("/class")
        settled(student)
        box = student.get_by_role("combobox", name=re.compile("Runs of yours"))
        box.click()
        box.type("T = 4")
        student.get_by_role("option").first.click()
        student.keyboard.press("Escape")
        student.get_by_label(re.compile("What did you expect")).fill("That it helps. It did.")
        student.keyboard.press("Tab")
        button(student, "class_hand_in").click()
        expect(student.get_by_text("Handed in, with digest")).to_be_visible()
    part(lecturer, "hand-ins")
    expect(lecturer.locator("table.figures tbody tr")).to_have_count(2)
    with lecturer.expect_download() as download:
        button(lecturer, "class_archive_zip").click()
    graded(download.value.path(), runs)
    part(lecturer, "board")
    box = lecturer.get_by_role("combobox", name=re.compile("Pinned for everybody"))
    box.click()
    box.type("T = 4")
    lecturer.get_by_role("option").first.click()
    for student in students:
        expect(student.locator(".class_panel .pinned a")).to_be_visible()


def graded(archive: Path, runs: Path) -> None:
    """Grade what was handed in, and again with one file that somebody has edited."""
    assert verdicts(archive, runs) == [{"pass"}, {"pass"}]
    tampered = archive.with_name("tampered.zip")
    with zipfile.ZipFile(archive) as whole, zipfile.ZipFile(tampered, "w") as edited:
        first, second = sorted(name for name in whole.namelist() if name.endswith(".json"))
        edited.writestr(first, whole.read(first).decode().replace("It did.", "It did not."))
        edited.writestr(second, whole.read(second))
    assert verdicts(tampered, runs) == [{"fail"}, {"pass"}]


def verdicts(archive: Path, runs: Path) -> list[set[str]]:
    """The verdicts on each hand-in of an archive, by the files' names."""
    grading = Grading(read_claims("epochs <= 40\nT in 2..8\nruns >= 1"), runs)
    found = sorted(read_hand_ins(archive), key=lambda file: file.name)
    return [{grade.verdict for grade in one.grades} for one in grading.grade(found)]


def finish(page: Page) -> None:
    """Wait until the run on the page has been tested, resuming it where it was lost with its server."""
    resume, tested = page.get_by_role("button", name="Resume"), page.locator(".st-key-next_steps")
    expect(resume.or_(tested).first).to_be_visible()
    if resume.count():
        with suppress(TimeoutError):  # the class that goes on may resume it first
            resume.first.click(timeout=5_000)
    expect(tested).to_be_visible()
