"""docs/extending.md, followed in a copy of the project by pasting its code and typing its commands, and nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pytest

from kdcore import networks
from tests.manual import ROOT, commands, page, paste, section

COPIED = (
    "kdcore",
    "dashboard",
    "tests",
    "scripts",
    "assets/teachers",
    "assets/methods",
    "assets/starting_settings.json",
    "pyproject.toml",
    "README.md",
    "docs",
)
SGD = ".venv/bin/python -m kdcore distill --count 100 --epochs 2 --optimiser sgd --json"
ADDED_TEST = "tests/dashboard/views/test_added_field.py"
MORE = {
    "A method": (),
    "A network": (".venv/bin/python -m names",),
    "A fault": (),
    "A format to export to": (".venv/bin/python -m kdcore runs --limit 1 --json",),
    "A field of the experiment": (
        f"{SGD} --no-nesterov",
        f"{SGD} --nesterov",
        f".venv/bin/python -m pytest {ADDED_TEST}",
    ),
}
HEADINGS = tuple(MORE)
PROMPT = "--- next command ---\n"
SHELL = f"""
import shlex, sys
import pytest
from kdcore import networks
from kdcore.cli.main import main
from kdcore.runs.store import Store
from kdcore.runs.runs_folder import runs_folder

programs = {{"kdcore": main, "pytest": pytest.main, "names": lambda words: print(*networks.names())}}
for command in sys.argv[1:]:
    print({PROMPT!r}, end="")
    python, m, program, *words = shlex.split(command)
    if "RUN" in words:
        words[words.index("RUN")] = Store(runs_folder()).runs(limit=1)[0].id
    if programs[program](words):
        sys.exit(f"{{command}} failed")
"""
"""A shell's work in one process, because torch takes seconds to import. RUN is the newest run; `names` lists the networks."""

ON_THE_PAGE = """
from streamlit.testing.v1 import AppTest

from tests.dashboard.fake_manager import FakeManager


def test_the_field_is_a_widget_and_a_parameter_of_the_link(app: AppTest, manager: FakeManager) -> None:
    app.query_params["more"], app.query_params["nesterov"] = "optimiser", "false"
    app.run()
    assert app.toggle(key="recipe.nesterov").value is False
    app.toggle(key="recipe.nesterov").set_value(True).run()
    assert "nesterov" not in app.query_params
    app.toggle(key="recipe.nesterov").set_value(False).run()
    assert app.query_params["nesterov"] == "false"
    app.button(key="train").click().run()
    assert manager.known["run0"].experiment.recipe.nesterov is False
    assert not app.exception
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, with all code of the page pasted."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    for heading in HEADINGS:
        paste(section(page("docs/extending.md"), heading), folder)
    (folder / ADDED_TEST).write_text(ON_THE_PAGE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def printed(checkout: Path) -> dict[str, list[str]]:
    """What the commands of each section print, and after them some more."""
    typed = {
        heading: [*commands(section(page("docs/extending.md"), heading)), *MORE[heading]]
        for heading in HEADINGS
    }
    shell = subprocess.run(
        [sys.executable, "-c", SHELL, *chain(*typed.values())],
        cwd=checkout,
        env=os.environ | {"STILLROOM_RUNS": str(checkout / "runs"), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    assert shell.returncode == 0, f"{shell.stdout[-4000:]}\n{shell.stderr[-4000:]}"
    answers = iter(shell.stdout.split(PROMPT)[1:])
    return {heading: list(islice(answers, len(words))) for heading, words in typed.items()}


def last_json(text: str) -> Any:
    return json.loads(text.strip().splitlines()[-1])


def test_a_method_trains_on_digits(printed: dict[str, list[str]]) -> None:
    distilled, tested = printed["A method"]
    assert "student" in distilled
    assert " passed" in tested


def test_a_network_can_be_a_student(printed: dict[str, list[str]]) -> None:
    listed, distilled, tested, names = printed["A network"]
    assert "patch-net" in listed
    assert "patch-net" in distilled
    assert " passed" in tested
    assert names.split() == [*networks.names(), "patch-net"], "stored settings name a network by its place"


def test_a_fault_shows_and_is_caught(printed: dict[str, list[str]]) -> None:
    shown, distilled, tested = printed["A fault"]
    assert "-     return torch.ones_like(weight)" in shown
    assert "fault on purpose: Labels at full weight" in distilled
    assert re.search(r"\d+ passed", tested)
    assert "failed" not in tested


def test_a_format_exports_a_run(printed: dict[str, list[str]], checkout: Path) -> None:
    _, listed = printed["A format to export to"]
    [newest] = last_json(listed)[:1]
    written = (checkout / "errors.md").read_text(encoding="utf-8")
    assert f"| student | {newest['student_errors']} of 360 |" in written


def test_a_field_is_a_flag_a_parameter_of_the_link_a_widget_and_stored(printed: dict[str, list[str]]) -> None:
    *runs, tested = printed["A field of the experiment"]
    plain, ahead = map(last_json, runs)
    assert [run["experiment"]["recipe"]["nesterov"] for run in (plain, ahead)] == [False, True]
    assert plain["student"]["test_nll"] != ahead["student"]["test_nll"], "it is used"
    assert "1 passed" in tested
