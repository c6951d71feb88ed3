"""The parts of the image, where no image can be built: its user, folders, entry point, health check, and what stands before it."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import platformdirs
import pytest
import yaml

from dashboard import health, serving_address
from tests.browser.helpers import free_port, serving
from tests.installed import ROOT

FOLDER = ROOT / "containers"


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, continued lines joined."""
    text = re.sub(r"\\\n", " ", (FOLDER / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def of(kind: str) -> list[str]:
    return [rest for word, rest in instructions() if word == kind]


def variables() -> dict[str, str]:
    [line] = of("ENV")
    return dict(word.split("=", 1) for word in shlex.split(line))


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, object]]:
    told = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    assert {*told["volumes"]} == {"kept", "certificates"}
    return dict(told["services"])


def test_what_is_copied_exists_and_is_sent_to_the_builder() -> None:
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    sources = [
        name for line in of("COPY") if not line.startswith("--from") for name in shlex.split(line)[:-1]
    ]
    assert {*sources} == {*sent}
    assert all((ROOT / name).exists() for name in sources)


def test_it_runs_as_a_user_without_rights_who_owns_the_one_folder_that_is_kept() -> None:
    kinds = [word for word, _ in instructions()]
    [user], [volume] = of("USER"), of("VOLUME")
    assert "root" not in user
    assert "RUN" not in kinds[kinds.index("USER") :], (
        "nothing is installed as that user, nothing after as root"
    )
    [made] = [line for line in of("RUN") if "useradd" in line]
    assert f"--uid 10001 --no-create-home --home-dir {volume}" in made
    assert f"install -d -o {user} -g {user} -m 0700 {volume}" in made


def test_runs_and_data_are_in_the_volume(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables().items():
        monkeypatch.setenv(name, value)
    assert str(platformdirs.user_data_path("stillroom", appauthor=False)) == of("VOLUME")[0]
    assert serving_address.port() == 8501
    assert serving_address.is_open(serving_address.host()), "a container's own machine is not this one"
    assert of("EXPOSE") == ["8501"]


def test_the_entry_point_is_the_program_that_the_wheel_installs() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert [json.loads(line) for line in of("ENTRYPOINT")] == [[name] for name in scripts]
    assert of("STOPSIGNAL") == ["SIGINT"], "what the server ends in order at"


def test_torch_comes_from_the_index_of_builds_without_cuda_and_all_else_as_pinned() -> None:
    assert of("ARG") == ["TORCH_INDEX=https://download.pytorch.org/whl/cpu"]
    [pinned] = [line for line in of("RUN") if "requirements" in line]
    [pattern] = re.findall(r"grep -E '(.+?)'", pinned)
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert [line.partition("==")[0] for line in lines if re.match(pattern, line)] == ["torch", "torchvision"]


def test_the_health_check_tells_a_server_that_answers_from_none(tmp_path: Path) -> None:
    [line] = of("HEALTHCHECK")
    words = json.loads(line.partition("CMD ")[2])
    assert words == ["python", "-m", "dashboard.health"]
    with serving(tmp_path / "runs", tmp_path / "data", HOME="/nonexistent") as server:
        port = server.address.rpartition(":")[2]
        for asked, code in ((port, 0), (str(free_port()), 1)):
            settings = os.environ | {"PORT": asked}
            done = subprocess.run([sys.executable, *words[1:]], cwd=ROOT, env=settings, check=False)
            assert done.returncode == code
        assert health.is_healthy(int(port))


def test_compose_leaves_nothing_open_but_https(services: dict[str, dict[str, object]]) -> None:
    page, proxy = services["stillroom"], services["caddy"]
    assert page["init"] is page["read_only"] is True
    assert page["tmpfs"] == ["/tmp"]
    assert page["volumes"] == [f"kept:{of('VOLUME')[0]}"]
    assert page["cap_drop"] == ["ALL"]
    assert page["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in page
    assert proxy["ports"] == ["80:80", "443:443"]
    assert proxy["depends_on"] == {"stillroom": {"condition": "service_healthy"}}
    assert page["build"] == {"context": "..", "dockerfile": "containers/Dockerfile"}


def test_caddy_serves_the_name_that_the_page_lets_in(
    services: dict[str, dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    caddy = (FOLDER / "Caddyfile").read_text()
    assert "reverse_proxy stillroom:8501 {" in caddy
    assert "flush_interval -1" in caddy
    settings = services["stillroom"]["environment"]
    assert isinstance(settings, dict)
    address = settings["STILLROOM_ADDRESSES"]
    assert address == "https://${LAB:-localhost}"
    assert re.search(r"^\{\$LAB:localhost\} \{", caddy, re.MULTILINE)
    monkeypatch.setenv("STILLROOM_ADDRESSES", address.replace("${LAB:-localhost}", "lab.example.org"))
    assert serving_address.sites("STILLROOM_ADDRESSES") == {"https://lab.example.org"}


def test_nothing_of_git_or_of_runs_is_sent_to_the_builder() -> None:
    first, *_ = (ROOT / ".dockerignore").read_text().splitlines()
    assert fnmatch.fnmatch(".git", first)
    assert fnmatch.fnmatch("runs", first)
