"""The wheel holds what it needs and nothing else, and what it installs is the program of the checkout, from whatever folder."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import tomllib
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kdcore.cli.exit_codes import INTERRUPTED
from kdcore.experiment import Experiment
from kdcore.runs.store import Store
from tests.browser.helpers import free_port
from tests.installed import PACKAGES, ROOT, Installed, build_wheel, install

PATIENCE = 90.0
SHORT = ("--preset", "digits-100", "--epochs", "3")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this checkout."""
    return build_wheel(tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    """The names of the files in it."""
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """An environment outside the checkout that has the wheel."""
    return install(wheel, tmp_path_factory.mktemp("elsewhere"))


# ---- what is in it --------------------------------------------------------------------------------------------------


def test_every_file_of_the_packages_and_every_asset_is_in_the_wheel(names: set[str]) -> None:
    own = {str(p.relative_to(ROOT)) for name in PACKAGES for p in (ROOT / name).rglob("*") if p.is_file()}
    assets = {f"kdcore/{p.relative_to(ROOT)}" for p in (ROOT / "assets").rglob("*") if p.is_file()}
    wanted = {name for name in own | assets if "__pycache__" not in name and not name.endswith(".md")}
    pictures = ("kdcore/assets/readme/", "kdcore/assets/classroom/")  # of pages that a wheel does not have
    assert {name for name in wanted - names if not name.startswith(pictures)} == set()


def test_nothing_else_is_installed_beside_the_two_packages(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {*PACKAGES}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_extra_dev_names_what_is_pinned_for_developers() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    pins = [
        line.partition("==")[0]
        for line in (ROOT / "requirements-dev.txt").read_text().splitlines()
        if "==" in line
    ]
    assert [floor.partition(">=")[0] for floor in extras["dev"]] == pins
    assert [floor.partition(">=")[0] for floor in extras["cluster"]] == ["ray"]


# ---- what it is, installed ------------------------------------------------------------------------------------------


def test_pip_finds_nothing_missing(installed: Installed) -> None:
    words = [sys.executable, "-m", "pip", "--python", str(installed.bin / "python"), "check"]
    checked = subprocess.run(words, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_the_program_says_its_version_and_its_commands(installed: Installed) -> None:
    assert installed.run("stillroom", "--version").stdout == "stillroom 0.1.0\n"
    listed = installed.run("stillroom", "--help").stdout
    assert "usage: stillroom" in listed
    assert "Without a command it serves the page" in listed
    assert "stillroom distill --preset" in installed.run("stillroom", "distill", "--help").stdout


def test_it_trains_from_an_empty_folder_into_the_users_data(installed: Installed) -> None:
    done = installed.run("stillroom", "distill", *SHORT, "--json")
    assert done.returncode == 0, done.stderr
    trained = json.loads(done.stdout.splitlines()[-1])
    assert trained["status"] == "finished"
    assert trained["teacher"]["network"] == "mlp-300", "the bundled teacher came along"
    listed = installed.run("python", "-m", "kdcore", "runs", "--json")
    assert [line["run_id"] for line in json.loads(listed.stdout)] == [trained["run_id"]]
    assert (installed.data / "runs" / "runs.sqlite3").is_file()
    assert [*installed.working.iterdir()] == []


def test_a_tilde_is_the_home_folder_in_every_setting(installed: Installed) -> None:
    settings = {"STILLROOM_RUNS": "~/my runs", "STILLROOM_DATA": "~/my data"}
    done = installed.run("stillroom", "distill", *SHORT, "--json", **settings)
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout.splitlines()[-1])["run_id"]
    assert (
        installed.run(
            "stillroom", "export", run, "--as", "json", "--out=~/my run.json", **settings
        ).returncode
        == 0
    )
    assert "~/my run.json" not in [path.name for path in installed.working.iterdir()]
    assert (installed.home / "my run.json").is_file()
    assert (installed.home / "my runs" / "runs.sqlite3").is_file()
    said = installed.run("stillroom", "datasets", **settings).stdout
    assert f"The data folder is {installed.home / 'my data'}" in said
    assert [*installed.working.iterdir()] == []


@pytest.fixture
def server(installed: Installed) -> Iterator[str]:
    """The address at which `stillroom` serves, ended as Ctrl-C does."""
    port = str(free_port())
    process = subprocess.Popen(
        [str(installed.bin / "stillroom")],
        cwd=installed.working,
        env=installed.environment(PORT=port),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for(lambda: answer(f"http://localhost:{port}/_stcore/health") == "ok")
        yield f"http://localhost:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        written, _ = process.communicate(timeout=30)
    assert process.returncode == INTERRUPTED, written
    assert "Traceback" not in written


def answer(address: str) -> str:
    """What is answered there; empty where nobody does."""
    try:
        with urllib.request.urlopen(address, timeout=5) as got:
            return str(got.read().decode())
    except OSError:
        return ""


def wait_for(holds: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_it_serves_as_the_checkout_does_and_trains_what_the_page_asks(
    installed: Installed, server: str
) -> None:
    told = json.loads(answer(f"{server}/_stcore/host-config"))
    assert told["enableCustomParentMessages"] is False
    assert "<title>" in answer(f"{server}/train")
    experiment = Experiment().with_flat(count=100, epochs=3)
    with closing(Store(installed.data / "runs")) as store:
        run = store.create(experiment, "a browser")
        wait_for(lambda: store.run(run.id).status == "finished")


def test_nothing_is_written_outside_the_folders_that_are_said_and_nobody_is_called(
    installed: Installed,
) -> None:
    """Read last: of everything that the tests above had it do."""
    assert installed.notes.read_text().count("write") > 10, "what it writes is noted"
    assert installed.calls_outside() == []
    allowed = (
        installed.data,
        installed.home.parent / "temporary",
        installed.home / "my ru",
        installed.home / "my data",
    )
    assert installed.written_outside(*allowed) == []
    assert [*installed.working.iterdir()] == []
    assert {path.name for path in installed.home.iterdir()} <= {".local", "my run.json", "my runs", "my data"}
    left = {path.name for path in (installed.home.parent / "temporary").iterdir()}
    assert {name for name in left if not name.startswith("torchinductor_")} == set(), "torch's own cache"
