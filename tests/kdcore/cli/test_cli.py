"""The command line as a user calls it: results as JSON, and wrong input in a sentence with exit code 2."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kdcore.cli import main as main_module
from kdcore.cli.commands import distill
from kdcore.cli.exit_codes import INTERRUPTED
from kdcore.cli.experiment_flags import experiment_from_flags, flag, flags_of
from kdcore.cli.main import main
from kdcore.cli.stop_on_interrupt import StopOnInterrupt
from kdcore.events import Checkpoint
from kdcore.experiment import FLAT_FIELDS, Experiment
from kdcore.runs import checkpoints
from kdcore.runs.runs_folder import runs_folder
from kdcore.runs.store import Store
from kdcore.studies.run_conclusion import conclusion_of
from kdcore.training import progress_clock


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path / "data"))
    return tmp_path


def last_json(capsys: pytest.CaptureFixture[str]) -> object:
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


SHORT = ["distill", "--preset", "digits-100", "--epochs", "5", "--json"]


def test_distill_prints_what_a_script_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SHORT, "--seed", "3", "--temperature", "8"]) == 0
    said = last_json(capsys)
    assert isinstance(said, dict)
    assert said["status"] == "finished"
    assert said["device"] == "cpu"
    assert said["threads"] == 1
    assert said["dataset"]["name"] == "digits"
    assert said["experiment"]["temperature"] == 8.0
    assert {said["experiment"][name] for name in ("init_seed", "order_seed", "teacher_seed")} == {3}
    assert len(said["experiment_hash"]) == 16
    for role in ("teacher", "twin", "student"):
        assert {"test_errors", "test_accuracy", "test_nll", "test_ece", "parameters"} <= said[role].keys()
    assert {"load", "teacher", "teacher_logits", "students", "students_per_epoch"} <= said["seconds"].keys()
    assert main(["runs", "show", said["run_id"][:8], "--json"]) == 0
    shown = last_json(capsys)
    assert isinstance(shown, dict)
    assert said.items() <= shown.items()


def test_people_read_what_a_run_shows(capsys: pytest.CaptureFixture[str], folders: Path) -> None:
    assert main([*SHORT[:-1], "--method", "standardised-logits"]) == 0
    [run] = Store(folders / "runs").runs()
    printed = capsys.readouterr().out
    assert conclusion_of(run, changed=False) in printed
    assert "cannot be taken at their word" in printed
    assert "fitted T" in printed
    assert main(["runs", "show", run.id]) == 0
    assert conclusion_of(run, changed=False) in capsys.readouterr().out


def test_runs_are_found_marked_deleted_restored_and_cleaned_up(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store = Store(tmp_path / "runs")
    made = {t: store.create(Experiment().with_flat(temperature=t), "a browser").id for t in (2.0, 8.0)}
    for run_id in made.values():
        store.finish(run_id, "finished", {})

    def say(*words: str) -> Any:
        assert main(["runs", *words, "--json"]) == 0
        return last_json(capsys)

    first, second = made[2.0], made[8.0]
    assert say("star", first) == {"starred": first}
    assert say("mark", second, "--tags", "good, week 2", "--note", "the one") == {"marked": second}
    assert [line["run_id"] for line in say("list", "--sort", "temperature")] == [first, second]
    assert [line["run_id"] for line in say("--find", "WEEK one")] == [second]
    assert [line["run_id"] for line in say("--starred")] == [first]
    assert say("show", second)["tags"] == ["good", "week 2"]
    assert main(["runs", "mark", second]) == 2
    assert "--tags" in capsys.readouterr().err

    assert say("delete", second) == {"deleted": second}
    assert [line["run_id"] for line in say("--deleted")] == [second]
    assert say("restore", second[:12]) == {"restored": second}
    assert [line["run_id"] for line in say()] == [second, first]

    assert say("clean", "--what", "all")["runs"] == [second]
    assert len(say()) == 2, "nothing is removed unless it is said"
    assert say("clean", "--what", "all", "--yes") == {
        "freed": 0,
        "runs": [second],
        "pictures": [],
        "teachers": [],
        "starred": 1,
    }
    assert [line["run_id"] for line in say()] == [first]


def test_a_stored_experiment_runs_again_to_the_same_errors(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(SHORT) == 0
    first = last_json(capsys)
    assert isinstance(first, dict)
    file = tmp_path / "experiment.json"
    file.write_text(json.dumps(first["experiment"]))
    assert main(["distill", "--experiment", str(file), "--json"]) == 0
    second = last_json(capsys)
    assert isinstance(second, dict)
    assert second["experiment_hash"] == first["experiment_hash"]
    assert second["student"]["test_errors"] == first["student"]["test_errors"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["distill", "--temperature", "-1"], "temperature"),
        (["distill", "--epochs", "1000000000"], "2000"),
        (["distill", "--dataset", "nothing-here"], "nothing-here"),
        (["distill", "--dataset", "mnist", "--teacher", "mlp-30"], "MNIST"),
        (["distill", "--student", "mlp-0"], "mlp-0"),
        (["distill", "--teacher", "nobody"], "nobody"),
        (["distill", "--method", "magic"], "magic"),
        (["distill", "--method", "pseudo-labels", "--set", "confidence=much"], "takes a number"),
        (["distill", "--count", "10", "--fraction", "0.5"], "not both"),
        (["distill", "--preset", "nothing"], "nothing"),
        (["distill", "--experiment", "not-there.json"], "not-there.json"),
        (["distill", "--experiment", sys.executable], "not text"),
        (["runs", "show", "nothing"], "nothing"),
        (["runs", "star", "nothing"], "nothing"),
        (["runs", "restore", "nothing"], "runs list --deleted"),
        (["presets", "verify", "nothing"], "nothing"),
        (["presets", "verify", "--seeds", "0", "digits-100"], "--seeds 0"),
        (["runs", "show", "--json", "nothing"], "nothing"),
        (["runs", "--json", "show", "nothing"], "nothing"),
        (["networks", "--dataset", "nothing"], "nothing"),
        (["teach", "--name", "x", "--teacher", "nobody"], "nobody"),
        (["teach", "--name", "../x", "--teacher", "mlp-30"], "--name ../x"),
    ],
)
def test_wrong_input_gets_a_sentence_and_exit_code_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(arguments) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert "Traceback" not in errors
    assert not list(tmp_path.glob("runs/*/*")), "something was begun"


def test_flags_that_do_not_parse_exit_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main(["distill", "--epochs", "many"])
    assert exit.value.code == 2
    assert "--epochs" in capsys.readouterr().err


def test_classes_that_are_none_get_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["distill", "--omit", "a"]) == 2
    assert "omit: digits has no class 'a'. It has: 0, 1, 2" in capsys.readouterr().err
    assert main(["distill", "--dataset", "shapes", "--omit", "circl"]) == 2
    assert "Did you mean circle?" in capsys.readouterr().err


def test_an_interruption_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(experiment: Experiment) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(distill, "fetch_dataset", interrupted)
    assert main(SHORT) == 130


def test_an_interruption_of_a_run_that_has_just_ended_is_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(tmp_path)
    run = store.create(Experiment(), "shell", status="running")
    store.finish(run.id, "finished", {})
    with StopOnInterrupt(store, run.id) as interrupt:
        signal.raise_signal(signal.SIGINT)
    assert interrupt.interrupted
    assert "nothing to stop" in capsys.readouterr().err


def test_a_failed_run_can_be_resumed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    store = Store(tmp_path / "runs")
    experiment = Experiment().with_flat(teacher="mlp-30", teacher_epochs=1, epochs=1, count=100)
    run = store.create(experiment, "shell", status="running")
    store.finish(run.id, "failed", error="no space")
    assert main(["runs", "resume", run.id, "--json"]) == 0
    said = last_json(capsys)
    assert isinstance(said, dict)
    assert said["status"] == "finished"


def test_the_command_of_a_teacher_gives_its_experiment_again() -> None:
    experiment = Experiment().with_flat(
        method="pseudo-labels", parameters={"confidence": 0.9}, omit=(0, 3), flip=True, temperature=2.0
    )
    words = " ".join(flags_of(experiment)).split()
    options = main_module.build_parser().parse_args(["teach", "--name", "x", *words])
    assert experiment_from_flags(options, Experiment()) == experiment


def test_every_field_has_a_flag_with_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["distill", "--help"])
    said = capsys.readouterr().out
    for name in FLAT_FIELDS:
        assert name == "parameters" or flag(name) in said


def test_every_command_is_in_the_file_of_its_name() -> None:
    [commands] = [
        action.choices for action in main_module.build_parser()._actions if isinstance(action.choices, dict)
    ]
    folder = Path(main_module.__file__).parent / "commands"
    assert {name.replace("-", "_") for name in commands} == {path.stem for path in folder.glob("*.py")} - {
        "__init__"
    }
    for name, parser in commands.items():
        assert parser.get_default("command").__module__ == f"kdcore.cli.commands.{name.replace('-', '_')}"


def test_help_waits_for_no_torch() -> None:
    program = (
        "import sys\n"
        "from kdcore.cli.main import main\n"
        "try: main(['--help'])\n"
        "finally: print({'torch', 'numpy'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize("command", ["datasets", "networks", "methods", "presets", "runs"])
def test_lists_speak_to_people_and_to_scripts(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command]) == 0
    assert capsys.readouterr().out.strip()
    assert main([command, "--json"]) == 0
    assert isinstance(last_json(capsys), list)


def test_an_interrupted_teacher_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["teach", "--name", "mine", "--teacher", "mlp-64", "--teacher-epochs", "4", "--json"]
    assert main([*words, "--folder", str(tmp_path / "whole")]) == 0
    monkeypatch.setattr(progress_clock, "CHECKPOINT_SECONDS", 0.0)
    write, steps = checkpoints.write, list[int]()

    def stop_at_the_fifth(folder: Path, checkpoint: Checkpoint, seq: int) -> None:
        if len(steps) == 5:
            raise KeyboardInterrupt
        write(folder, checkpoint, seq)
        steps.append(checkpoint.step)

    monkeypatch.setattr(checkpoints, "write", stop_at_the_fifth)
    assert main([*words, "--folder", str(tmp_path / "resumed")]) == INTERRUPTED
    left = steps[-1]
    steps.clear()
    monkeypatch.setattr(checkpoints, "write", lambda folder, checkpoint, seq: steps.append(checkpoint.step))
    capsys.readouterr()
    another = [word.replace("mine", "another") for word in words]
    assert main([*another, "--folder", str(tmp_path / "resumed")]) == 0
    assert steps[0] < left, "another name begins anew"
    assert "interrupted training" not in capsys.readouterr().err
    steps.clear()
    assert main([*words, "--folder", str(tmp_path / "resumed")]) == 0
    underway = next((runs_folder() / "teaching").glob("*-mine"))
    said = f"resuming at step {left} of an interrupted training; remove {underway} to start over"
    assert said in capsys.readouterr().err
    assert left > 0
    assert steps[0] > left
    ends = [(tmp_path / name / "mine.safetensors").read_bytes() for name in ("whole", "resumed")]
    assert ends[0] == ends[1]
    assert not list((runs_folder() / "teaching").rglob("*.json"))


def test_teach_saves_a_teacher_that_distill_finds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["teach", "--name", "mine", "--teacher", "mlp-64", "--teacher-epochs", "4", "--json"]) == 0
    card = last_json(capsys)
    assert isinstance(card, dict)
    assert "--teacher mlp-64" in card["command"]
    assert main([*SHORT, "--teacher", "mine"]) == 0
    said = last_json(capsys)
    assert isinstance(said, dict)
    assert said["teacher"]["test_errors"] == card["test"]["errors"]


def test_a_teacher_that_trained_on_the_validation_images_says_nothing_of_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["teach", "--name", "whole", "--teacher", "mlp-64", "--teacher-epochs", "2"]
    assert main([*words, "--train-on-validation"]) == 0
    said = capsys.readouterr().out
    assert "validation errors" not in said
    assert "of 360 test errors" in said
    assert main([*words, "--name", "held-out"]) == 0
    assert "of 360 validation errors, " in capsys.readouterr().out
    assert main([*SHORT, "--teacher", "whole"]) == 0


def test_a_preset_whose_claim_holds_verifies_and_is_found_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["presets", "verify", "digits-100", "--seeds", "3", "--json"]) == 0
    first = last_json(capsys)
    assert main(["presets", "verify", "digits-100", "--seeds", "3", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out.strip().splitlines()[-1]) == first
    assert "students" not in captured.err, "nothing is trained a second time"


def test_a_claim_that_does_not_hold_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["presets", "verify", "digits-100", "--seeds", "1"]) == 1
    assert "FAILS" in capsys.readouterr().out


def test_a_run_can_be_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    main(SHORT)
    said = last_json(capsys)
    assert isinstance(said, dict)
    assert main(["runs", "delete", said["run_id"]]) == 0
    assert main(["runs", "show", said["run_id"]]) == 2


def test_the_module_runs_as_a_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kdcore", "distill", "--temperature", "-1"],
        capture_output=True,
        text=True,
        env={**os.environ, "STILLROOM_RUNS": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.slow
def test_mnist_distils_from_the_shell(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_DATA", str(data_folder))
    mnist = (
        "distill --dataset mnist --teacher mnist-cnn-medium --student mlp-30 --count 2000 --epochs 2 --json"
    )
    assert main(mnist.split()) == 0
    said = last_json(capsys)
    assert isinstance(said, dict)
    assert said["teacher"]["test_errors"] == 39
    assert said["student"]["test_accuracy"] > 0.5


@pytest.mark.proof
def test_cifar_distils_from_the_shell(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it does from the page in every run of the tests."""
    monkeypatch.setenv("STILLROOM_DATA", str(data_folder))
    cifar = "distill --dataset cifar10-jpeg --teacher cifar10-jpeg-cnn-medium --student cnn-tiny --count 512 --epochs 2 --json"
    assert main(cifar.split()) == 0
    said = last_json(capsys)
    assert isinstance(said, dict)
    assert said["dataset"]["title"] == "CIFAR-10 (JPEG)"
    assert said["teacher"]["test_accuracy"] > 0.8
    assert said["student"]["test_images"] == 10_000
