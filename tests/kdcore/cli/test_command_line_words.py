"""What the command line says to words that it does not know, what its help shows, and what a shell completes."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess

import pytest

from kdcore.cli import exit_codes
from kdcore.cli.command_parser import commands_of
from kdcore.cli.main import COMMANDS, build_parser, main
from kdcore.cli.shell_completion import completion_script
from tests.manual import page

NAMES = [command.__name__.rpartition(".")[2].replace("_", "-") for command in COMMANDS]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["distil"], "There is no command 'distil'. Did you mean distill?"),
        (["--vresion"], "There is no flag --vresion. Did you mean --version?"),
        (["distill", "--epoks", "5"], "There is no flag --epoks. Did you mean --epochs?"),
        (["distill", "--temprature=5"], "There is no flag --temprature. Did you mean --temperature?"),
        (["distill", "--zzz"], "There is no flag --zzz."),
        (["distill", "extra"], "'extra' is one word too many."),
        (["distill", "--epochs", "many"], "--epochs: 'many': it takes a whole number, 1 to 2000."),
        (
            ["distill", "--device", "cdua"],
            "--device: 'cdua': it takes auto, cpu, cuda or mps. Did you mean cuda?",
        ),
        (["runs", "shwo", "a"], "Did you mean show?"),
        (["runs", "--older", "week"], "--older: 'week': it takes a number of days."),
        (["export", "RUN"], "the following arguments are required: --as."),
    ],
)
def test_what_cannot_be_read_is_said_first_with_the_nearest_there_is(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == exit_codes.REFUSED
    [first, second] = capsys.readouterr().err.splitlines()
    assert first.startswith("kdcore: ")
    assert sentence in first
    assert second.startswith("See: python -m kdcore")


@pytest.mark.parametrize("name", NAMES)
def test_every_help_has_an_example_that_the_command_takes(name: str) -> None:
    parser = build_parser()
    text = commands_of(parser)[name].format_help()
    examples = re.findall(rf"^  python -m kdcore ({name}.*)$", text, re.MULTILINE)
    assert examples
    for example in examples:
        assert parser.parse_args(shlex.split(example.partition(" > ")[0])).command


def test_the_exit_codes_are_documented_in_the_manual_and_in_the_help() -> None:
    codes = {0, exit_codes.FAILED, exit_codes.REFUSED, exit_codes.INTERRUPTED}
    rows = re.findall(r"^\| (\d+) \| \w", page("docs/shell.md"), re.MULTILINE)
    assert {int(row) for row in rows} == codes
    listed = re.findall(r"^  (\d+) +\w", build_parser().format_help(), re.MULTILINE)
    assert {int(row) for row in listed} == codes


def completed(line: str) -> set[str]:
    """What bash offers where the line ends."""
    script = completion_script("bash", "stillroom", commands_of(build_parser()))
    words = line.split(" ")
    ask = (
        f"COMP_WORDS=({' '.join(map(shlex.quote, words))}); COMP_CWORD={len(words) - 1}\n"
        '_stillroom; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    bash = shutil.which("bash") or "bash"
    done = subprocess.run([bash, "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_bash_completes_commands_flags_and_their_words() -> None:
    assert completed("stillroom ") == {*NAMES}
    assert completed("stillroom dis") == {"distill"}
    assert completed("stillroom distill --temp") == {"--temperature"}
    assert completed("stillroom distill --device ") == {"auto", "cpu", "cuda", "mps"}
    assert completed("stillroom runs re") == {"resume", "restore"}
    assert completed("stillroom distill --dataset ") & {"--epochs"}


def test_every_shell_is_told_every_command_and_flag(capsys: pytest.CaptureFixture[str]) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert main(["completion", shell]) == 0
        script = capsys.readouterr().out
        assert all(name in script for name in NAMES)
        assert "label-smoothing" in script
