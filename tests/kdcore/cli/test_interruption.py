"""Ctrl-C ends a command within two seconds, whatever the run is doing, and leaves a record that can be resumed; kill -9 too."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kdcore.cli.exit_codes import INTERRUPTED
from kdcore.cli.main import main
from kdcore.experiment import Experiment
from kdcore.runs.leases import LEASE_SECONDS
from kdcore.runs.run_record import Run
from kdcore.runs.store import Store
from kdcore.system.processes import Process

PROMPT = 3.0
"""Seconds: two, and one for a machine that is busy with other tests."""
PATIENCE = 60.0
ENDLESS = ("--count", "100", "--epochs", "2000", "--batch-size", "2", "--schedule", "constant")
STUCK = """
import sys, threading
from pathlib import Path

def stuck(*arguments, **options):
    Path(sys.argv[1]).touch()
    while True:
        threading.Event().wait(0.1)

from {module} import {target}
{target}.{name} = stuck
from kdcore.cli.main import main
sys.argv[:] = ["kdcore", *sys.argv[1:]]
import os
code = main(sys.argv[2:])
sys.stderr.flush()
os._exit(code)
"""
PHASES = {
    "load": ("kdcore.data", "datasets", "load"),
    "teacher": ("kdcore.training.loop", "TrainingLoop", "final_weights"),
    "teacher_logits": ("kdcore.training.teacher_outputs", "TeacherOutputs", "_transfer_set_logits"),
    "test": ("kdcore.pipelines", "final_evaluation", "evaluate_network"),
}
"""What is made to go on without end in each phase."""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The record that the commands write."""
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path / "data"))
    with closing(Store(tmp_path / "runs")) as opened:
        yield opened


def begun(words: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(what: str, holds: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def interrupt(process: subprocess.Popen[str]) -> tuple[float, str]:
    """Press Ctrl-C; after how many seconds it had ended, and what it wrote on stderr."""
    pressed = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    return time.monotonic() - pressed, errors


@pytest.mark.parametrize("phase", PHASES)
def test_a_phase_that_takes_no_commands_is_ended_and_its_run_can_be_resumed(
    phase: str, store: Store, tmp_path: Path
) -> None:
    module, target, name = PHASES[phase]
    flags = ["--count", "100", "--epochs", "2", "--teacher", "mlp-30", "--teacher-epochs", "1"]
    there = tmp_path / "there"
    program = STUCK.format(module=module, target=target, name=name)
    process = begun([sys.executable, "-c", program, str(there), "distill", *flags])
    wait_for("the phase begins", there.exists)
    seconds, errors = interrupt(process)
    assert seconds < PROMPT
    assert process.returncode == INTERRUPTED
    assert "Traceback" not in errors
    [run] = store.runs()
    assert run.status == "lost"
    assert f"runs resume {run.id} goes on" in errors
    assert main(["runs", "resume", run.id, "--json"]) == 0
    assert store.run(run.id).status == "finished"


def test_while_students_learn_it_stops_them_and_tests_what_they_know(store: Store) -> None:
    process = begun([sys.executable, "-m", "kdcore", "distill", *ENDLESS])
    wait_for("students learn", lambda: any(run.phase == "students" and run.progress for run in store.runs()))
    seconds, errors = interrupt(process)
    assert seconds < PROMPT
    assert process.returncode == INTERRUPTED
    assert "Stopping; press again" in errors
    [run] = store.runs()
    assert run.status == "stopped"
    assert "test_errors" in run.results["student"]


def test_while_the_program_is_imported_it_says_nothing() -> None:
    """The signal comes at the first import, as if Ctrl-C had been pressed there."""
    program = (
        "import sys, signal, runpy\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored where the tests run in the background
        "class Press:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'kdcore.cli.main': signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Press())\n"
        "sys.argv[1:] = ['datasets']\n"
        "runpy.run_module('kdcore', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == INTERRUPTED
    assert done.stderr == ""


# ---- kill -9 --------------------------------------------------------------------------------------------------------


@pytest.fixture
def killed(store: Store) -> Run:
    """The run of a command that was killed while it trained."""
    process = begun([sys.executable, "-m", "kdcore", "distill", *ENDLESS])
    wait_for("students learn", lambda: any(run.phase == "students" for run in store.runs()))
    process.kill()
    process.communicate()
    [run] = store.runs()
    assert run.status == "running", "nobody was there to notice"
    return run


def test_a_run_that_was_killed_is_lost_to_whoever_asks_at_once(
    killed: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = time.monotonic()
    assert main(["runs", "list", "--json"]) == 0
    assert time.monotonic() - asked < LEASE_SECONDS + PROMPT
    [line] = json.loads(capsys.readouterr().out)
    assert (line["run_id"], line["status"]) == (killed.id, "lost")
    assert main(["runs", "delete", killed.id]) == 0
    assert main(["runs", "clean", "--yes"]) == 0
    assert "1 runs" in capsys.readouterr().out


def test_a_run_that_another_process_renews_is_left_to_it(store: Store) -> None:
    run = store.create(Experiment(), "shell")
    assert store.claim(run.id, Process.me(), of=("queued",))
    elsewhere = Process("another-host", 1, "0")
    other = store.create(Experiment().with_flat(temperature=2.0), "shell")
    assert store.claim(other.id, elsewhere, of=("queued",))
    assert main(["runs", "list"]) == 0
    assert [store.run(one.id).status for one in (run, other)] == ["running", "running"]


# ---- no terminal ----------------------------------------------------------------------------------------------------


def test_a_log_file_is_not_filled_with_progress(tmp_path: Path) -> None:
    log = tmp_path / "log"
    settings = {"STILLROOM_RUNS": str(tmp_path / "runs"), "STILLROOM_DATA": str(tmp_path / "data")}
    flags = ["--count", "100", "--epochs", "40", "--teacher", "mlp-30", "--teacher-epochs", "20"]
    with log.open("w") as out:
        words = [sys.executable, "-m", "kdcore", "distill", *flags]
        subprocess.run(words, stdout=out, stderr=out, env=os.environ | settings, check=True)
    text = log.read_text()
    assert "\r" not in text
    assert "img/s" not in text
    assert len(text.splitlines()) < 20
    assert "students (cpu, threads: 1" in text, "each phase is one line"
