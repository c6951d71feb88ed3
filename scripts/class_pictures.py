"""Take the pictures of docs/classroom.md again: `python -m scripts.class_pictures`. `dark` behind it takes them in dark, elsewhere.

A class of twelve on a dashboard of its own, with empty folders: its runs are trained, its votes are drawn by a seed.
"""

from __future__ import annotations

import random
import sys
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from dashboard.data.lesson_votes import vote_question
from dashboard.lessons.registry import lessons
from kdcore.classroom.class_plan import ClassPlan, PlanItem
from kdcore.classroom.classrooms import Classrooms
from kdcore.classroom.locks import ClassBounds, LockKind, Locks
from kdcore.classroom.start_rules import ClassRules
from kdcore.classroom.vote_question import VoteQuestion
from kdcore.runs.queue_limits import QueueLimits
from kdcore.runs.store import Store
from kdcore.studies.presets import PRESETS
from scripts import chromium
from tests.browser.conftest import FLAGS
from tests.browser.helpers import Server, serving, settled

PICTURES = Path(__file__).resolve().parent.parent / "assets" / "classroom"
LECTURER = "a" * 32
STUDENTS = [f"{number:032x}" for number in range(1, 13)]
TEMPERATURES = (1.0, 2.0, 4.0, 8.0, 20.0)
RULES = QueueLimits(waiting=20, rules=ClassRules())
PATIENCE = 600.0
Scheme = Literal["light", "dark"]


def main(scheme: Scheme, folder: Path) -> int:
    """Write the pictures; returns the exit code."""
    executable = chromium.get()
    if executable is None:
        print("There is no Chromium here and none could be installed.", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as temporary, sync_playwright() as playwright:
        (data := Path(temporary) / "data").mkdir()
        with serving(Path(temporary) / "runs", data) as server, closing(Store(server.runs)) as store:
            code = prepared(store)
            browser = playwright.chromium.launch(executable_path=executable, headless=True, args=FLAGS)
            take(browser, server, Classrooms(store), code, scheme, folder)
            browser.close()
    return 0


def prepared(store: Store) -> str:
    """A class with a plan, twelve students, and a run of each that has been trained."""
    rooms = Classrooms(store)
    code, _secret = rooms.table.make(LECTURER, "Machine learning, Tuesday")
    bounds = ClassBounds(epochs=200, datasets=("digits",))
    rooms.table.change(code, LECTURER, bounds=bounds.model_dump_json())
    rooms.table.set_plan(code, LECTURER, plan())
    rooms.table.go_to(code, LECTURER, 1)
    chance = random.Random(0)
    for number, student in enumerate(STUDENTS):
        rooms.members.join(code, student)
        trained = PRESETS[0].experiment.with_flat(temperature=chance.choice(TEMPERATURES), init_seed=number)
        store.create(trained, student, limits=RULES)
    give_up = time.monotonic() + PATIENCE
    while any(run.errors is None for run in rooms.board.runs(code)) and time.monotonic() < give_up:
        time.sleep(0.5)
    return code


def plan() -> ClassPlan:
    """A lesson, a state in which only T can be chosen, and one without bounds."""
    first = lessons()["what-a-label-leaves-out"]
    fields: dict[str, LockKind] = {name: "locked" for name in ("dataset", "teacher", "student")}
    fields |= {name: "hidden" for name in ("method", "epochs", "count")}
    only_t = Locks(fields=fields, pages=("sweep",), presets=False)
    notes = (
        "Let them guess first. Whoever took T = 1 will ask why it helps at all: smoothing does part of it."
    )
    return ClassPlan(
        items=(
            PlanItem(title=first.title, page=first.steps[0].page, lesson=first.name, notes="Seven minutes."),
            PlanItem(
                title="Which T is best?",
                page="train",
                experiment=PRESETS[0].experiment,
                locks=only_t,
                notes=notes,
            ),
            PlanItem(title="Beat your neighbour", page="train", experiment=PRESETS[0].experiment),
        )
    )


def take(
    browser: Browser, server: Server, rooms: Classrooms, code: str, scheme: Scheme, folder: Path
) -> None:
    """The lecturer's page, a student's phone before and after a vote, the projector's, the board and a student's Train page."""
    lecturer = opened(browser, server, LECTURER, scheme, 1280, 900)
    projector = opened(browser, server, LECTURER, scheme, 1920, 1080)
    phone = opened(browser, server, STUDENTS[0], scheme, 390, 844)
    student = opened(browser, server, STUDENTS[1], scheme, 1280, 800)
    student.goto("/train")
    picture(student, folder, "locked", "MACs")
    lecturer.goto("/class?part=plan")
    picture(lecturer, folder, "plan", "Which T is best?")
    question = own_question()
    first = voted(rooms, code, question, weights=(3, 3, 5, 1))
    phone.goto("/train")
    picture(phone, folder, "phone", question.asks)
    projector.goto("/train?present=1")
    picture(projector, folder, "counted", "have answered")
    rooms.votes.again(code, LECTURER, first)
    ballots(rooms, code, weights=(1, 7, 3, 1))
    rooms.votes.reveal(code, LECTURER, rooms.votes.votes(code)[0].id)
    picture(projector, folder, "revealed", "who answered twice")
    picture(phone, folder, "phone-revealed", "who answered twice")
    projector.goto("/class?part=board&present=1")
    expect(projector.locator(".st-key-class_board svg.marks path").first).to_be_visible()
    projector.locator(".st-key-class_board").scroll_into_view_if_needed()
    picture(projector, folder, "board", "All runs of the class")


def own_question() -> VoteQuestion:
    """The question of the pictures: one of a lesson's where it is a choice, with what was measured."""
    for lesson in lessons().values():
        for step in lesson.steps:
            if step.name == "guess-other-seeds":
                return vote_question(lesson, step)
    raise LookupError("guess-other-seeds")


def voted(rooms: Classrooms, code: str, question: VoteQuestion, weights: tuple[int, ...]) -> int:
    """Put it, and have all but two of the class answer; the vote's id."""
    vote = rooms.votes.put(code, LECTURER, question).id
    ballots(rooms, code, weights)
    return vote


def ballots(rooms: Classrooms, code: str, weights: tuple[int, ...]) -> None:
    """Have all but two of the class answer the newest vote."""
    vote, chance = rooms.votes.votes(code)[0], random.Random(1)
    options = range(len(vote.question.options))
    for student in STUDENTS[2:]:
        [answer] = chance.choices(options, weights[: len(options)])
        rooms.votes.answer(vote.id, student, answer)


def opened(browser: Browser, server: Server, who: str, scheme: Scheme, width: int, height: int) -> Page:
    """An empty page of the browser of that id."""
    context = browser.new_context(
        base_url=server.address,
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    context.add_cookies([{"name": server.cookie, "value": who, "url": server.address}])
    return context.new_page()


def picture(page: Page, folder: Path, name: str, whole: str) -> None:
    """Take one once the page says `whole`."""
    settled(page)
    expect(page.get_by_text(whole).filter(visible=True).first).to_be_visible()
    page.wait_for_timeout(500)  # a chart draws itself once its rows are there
    page.screenshot(path=folder / f"{name}.png")


if __name__ == "__main__":
    asked = sys.argv[1:2] == ["dark"]
    sys.exit(main("dark", Path(sys.argv[2])) if asked else main("light", PICTURES))
