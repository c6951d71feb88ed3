"""Every command of the manual works word for word: parsed by the program's own parser, and run where it is cheap.

The commands of docs/extending.md run in tests/test_extending.py, after its code was pasted.
"""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kdcore.cli.commands.sweep import wanted_sweep
from kdcore.cli.experiment_flags import experiment_from_flags, start_experiment
from kdcore.cli.main import build_parser, main
from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from tests.kdcore.plugin_files import NETWORK
from tests.manual import PAGES, ROOT, commands, inline_code

DIGITS = Experiment.from_flat(
    {"dataset": "digits", "count": 100, "teacher": "digits-mlp-300", "student": "mlp-30", "epochs": 2}
)
EXPENSIVE = ("mnist", "cifar10", "compare", "reproduce", "presets verify", "how-long", "--leave-out")
"""Words of commands that need images which are not everywhere, or take minutes."""

PLACEHOLDERS = {
    "FILE": "experiment.json",
    "NAME": "digits-100",
    "ARCHIVE": "docs/assignment/model-answer.json",
    "CLAIMS": "docs/assignment/few-labels.txt",
    "PLUGIN": "patch_net.py",
}
OTHER_PROGRAMS = {".venv/bin/ray", ".venv/bin/python", "export", "docker", ".venv/bin/jupyter"}
"""Not ours: they are only looked at. tests/kdcore/runs starts a Ray cluster with the same commands."""


def all_commands() -> Iterator[tuple[str, str]]:
    for path in PAGES:
        yield from (
            (path.name, command) for command in dict.fromkeys(commands(path.read_text(encoding="utf-8")))
        )


def of_kdcore(command: str) -> list[str] | None:
    """The arguments of `python -m kdcore`, or None where the command is another one."""
    words = shlex.split(command)
    if words[:3] in ([".venv/bin/python", "-m", "kdcore"], ["python", "-m", "kdcore"]):
        return words[3:]
    return None


COMMANDS = list(all_commands())
WORKING = [path for path in PAGES if path.name != "extending.md"]
LONG = ("teachers.md",)
"""Pages whose commands take a minute."""
OURS = [(page, command) for page, command in COMMANDS if of_kdcore(command)]


@pytest.fixture
def working_folder(runs: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an experiment's file to work in, beside a runs folder with two finished runs."""
    folder, _ = runs
    monkeypatch.setenv("STILLROOM_RUNS", str(folder / "runs"))
    monkeypatch.setenv("STILLROOM_DATA", str(folder / "data"))
    monkeypatch.chdir(folder)
    (folder / "experiment.json").write_text(DIGITS.to_json(), encoding="utf-8")
    (folder / "patch_net.py").write_text(NETWORK, encoding="utf-8")
    (folder / "answers.csv").write_text("\n".join([",".join(["0.1"] * 10)] * 1797), encoding="utf-8")
    shutil.copytree(ROOT / "docs/assignment", folder / "docs/assignment", dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder with two finished runs on digits, and their ids."""
    folder = tmp_path_factory.mktemp("manual")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STILLROOM_RUNS", str(folder / "runs"))
        flags = ["--count", "100", "--epochs", "2"]
        assert [main(["distill", *flags, "--seed", seed]) for seed in "01"] == [0, 0]
    store = Store(folder / "runs")
    ids = [run.id for run in store.runs(limit=2)]
    store.close()
    return folder, ids


def filled_in(words: list[str], ids: list[str]) -> list[str]:
    """The words with what stands for a run, a file or a name replaced by one that there is."""
    left = iter(ids)
    return [next(left) if word == "RUN" else PLACEHOLDERS.get(word, word) for word in words]


# ---- kdcore ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "command"), OURS)
def test_a_command_has_flags_and_values_that_the_program_takes(
    page: str, command: str, working_folder: Path
) -> None:
    words = filled_in(of_kdcore(command) or [], ["a", "b"])
    if "--help" in words:
        return
    options = build_parser().parse_args(words)
    if hasattr(options, "preset"):
        assert isinstance(experiment_from_flags(options, start_experiment(options)), Experiment)
    if hasattr(options, "vary"):
        assert wanted_sweep(options).size > 1


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=pytest.mark.proof if path.name in LONG else []) for path in WORKING],
    ids=[path.name for path in WORKING],
)
def test_what_is_cheap_works_in_the_order_of_the_page(
    path: Path, working_folder: Path, runs: tuple[Path, list[str]]
) -> None:
    failed = {}
    for command in commands(path.read_text(encoding="utf-8")):
        words = of_kdcore(command)
        if words is None or any(word in command for word in EXPENSIVE):
            continue
        try:
            code = main(filled_in(words, runs[1]))
        except SystemExit as exit:  # --help
            code = exit.code
        if code:
            failed[command] = code
    assert failed == {}


# ---- the others -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "command"), [one for one in COMMANDS if one not in OURS])
def test_other_commands_name_what_there_is(page: str, command: str) -> None:
    words = shlex.split(command)
    while re.match(r"[A-Z_]+=", words[0]):
        words.pop(0)
    if words[0] == "make":
        planned = subprocess.run([*words, "--dry-run"], cwd=ROOT, capture_output=True, text=True)
        assert planned.returncode == 0, planned.stderr
    elif words[1:2] == ["-m"]:
        assert importlib.util.find_spec(words[2]) is not None
    else:
        assert words[0] in OTHER_PROGRAMS


@pytest.mark.parametrize("path", WORKING, ids=lambda path: path.name)
def test_every_flag_that_is_mentioned_belongs_to_a_command(path: Path) -> None:
    subparsers = next(action for action in build_parser()._actions if isinstance(action.choices, dict))
    assert isinstance(subparsers.choices, dict)
    known = {flag for parser in subparsers.choices.values() for flag in parser._option_string_actions}
    mentioned = {
        flag
        for code in inline_code(path.read_text(encoding="utf-8"))
        if code.startswith("--")
        for flag in re.findall(r"--[a-z-]+", code)
    }
    assert mentioned - known == set()
