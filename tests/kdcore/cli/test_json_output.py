"""Whatever a command prints with --json is what docs/schemas says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kdcore.cli.command_parser import commands_of
from kdcore.cli.main import build_parser, main
from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from kdcore.studies import reproduction_registry
from kdcore.studies.reproduction_registry import papers
from scripts.json_schemas import FILE, experiment_definitions, schemas, text_of
from tests.kdcore.studies.small_papers import on_digits

Say = Callable[..., Any]
SHORT = ["--count", "100", "--epochs", "3"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs and data of all tests of this file."""
    return tmp_path_factory.mktemp("json")


@pytest.fixture
def say(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs a command with --json and holds its last line against the definition of that name; returns the value."""
    monkeypatch.setenv("STILLROOM_RUNS", str(folder / "runs"))
    monkeypatch.setenv("STILLROOM_DATA", str(folder / "data"))
    monkeypatch.chdir(folder)

    def run(definition: str, *words: str, code: int = 0) -> Any:
        assert main([*words, "--json"]) == code
        value = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
        assert problems(definition, value) == []
        return value

    return run


def problems(definition: str, value: Any) -> list[str]:
    """Where a value differs from its definition."""
    schema = schemas() | {"$ref": f"#/$defs/{definition.replace(' ', '%20')}"}
    return [
        f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(value)
    ]


def test_the_definitions_are_schemas_and_a_wrong_value_is_found() -> None:
    Draft202012Validator.check_schema(schemas())
    assert problems("runs delete", {"deleted": "a"}) == []
    assert problems("runs delete", {"deleted": 1}) != []
    assert problems("runs delete", {"deleted": "a", "more": 1}) != []
    assert problems("distill", {"run_id": "a"}) != []


def test_the_experiment_is_described_as_the_model_has_it() -> None:
    assert schemas()["$defs"].items() >= experiment_definitions().items(), "python -m scripts.json_schemas"
    assert FILE.read_text(encoding="utf-8") == text_of(schemas()) + "\n"


def test_every_command_has_a_definition() -> None:
    defined = {name.partition(" ")[0] for name in schemas()["$defs"]}
    assert {*commands_of(build_parser())} <= defined


@pytest.mark.parametrize("command", ["datasets", "networks", "methods", "faults", "presets"])
def test_lists(command: str, say: Say) -> None:
    assert len(say(command, command)) > 3


def test_runs_from_their_beginning_to_their_removal(say: Say) -> None:
    run = say("distill", "distill", *SHORT)["run_id"]
    say(
        "distill", "distill", *SHORT, "--dataset", "drawn", "--teacher", "drawn-oracle", "--student", "mlp-30"
    )
    say("distill", "distill", *SHORT, "--omit", "3", "--seed", "1", "--method", "mutual-learning")
    say("runs show", "runs", "show", run)
    say("runs list", "runs")
    for action, definition in (("star", "runs star"), ("unstar", "runs unstar")):
        say(definition, "runs", action, run)
    say("runs mark", "runs", "mark", run, "--note", "one")
    say("export", "export", run, "--as", "csv")
    say("knowledge", "knowledge", run)
    say("knowledge", "knowledge", "--teachers", "digits-mlp-300")
    say("compress", "compress", run)
    say("hand-in", "hand-in", run, "--student", "Somebody")
    Path("claims.txt").write_text("epochs <= 40\n")
    say("grade", "grade", "hand-in.json", "--claims", "claims.txt")
    say("runs stop", "runs", "stop", "--all")
    say("runs delete", "runs", "delete", run)
    say("runs restore", "runs", "restore", run)
    say("runs clean", "runs", "clean", "--what", "all")
    say("runs clean", "runs", "clean", "--what", "kept", "--yes")


def test_a_run_that_failed_is_resumed(say: Say, folder: Path) -> None:
    store = Store(folder / "runs")
    run = store.create(Experiment().with_flat(count=100, epochs=2), "shell", status="running")
    store.finish(run.id, "failed", error="no space")
    say("runs show", "runs", "show", run.id)
    say("runs resume", "runs", "resume", run.id)
    store.close()


def test_faults_and_their_riddles(say: Say) -> None:
    say("faults NAME", "faults", "kl-reversed")
    run = say("distill", "distill", *SHORT, "--fault", "?7")["run_id"]
    say("faults --run", "faults", "--run", run, "--guess", "none")


def test_a_paper_that_is_measured_again(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "mueller2019"
    small = {name: on_digits(papers()[name])}
    monkeypatch.setattr(reproduction_registry, "papers", lambda: small)
    say("reproduce", "reproduce", name, "--seeds", "1")


def test_what_takes_many_runs(say: Say) -> None:
    say("teach", "teach", "--name", "mine", "--teacher", "mlp-30", "--teacher-epochs", "1")
    say("compare", "compare", "--methods", "soft-targets,hint", "--seeds", "2", *SHORT)
    say("sweep", "sweep", "--vary", "temperature=1,4", "--seeds", "2", *SHORT)
    say("presets verify", "presets", "verify", "digits-100", "--seeds", "1", code=1)


def test_a_teacher_of_ones_own(say: Say) -> None:
    Path("answers.csv").write_text("\n".join([",".join(["0.1"] * 10)] * 1797))
    about = ("answers.csv", "--dataset", "digits")
    say("teachers try", "teachers", "try", *about)
    say("teachers add", "teachers", "add", *about, "--yes")
    say("teachers list", "teachers", "list")
    say("teachers remove", "teachers", "remove", "answers")


def test_the_completion_of_a_shell(say: Say) -> None:
    assert say("completion", "completion", "bash")["shell"] == "bash"
