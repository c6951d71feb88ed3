"""Published weights: said before they are fetched, checked after, read without running them; all against a server of this machine."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from kdcore.cli.main import main
from kdcore.errors import DataUnavailable, TeacherUnavailable
from kdcore.networks.pretrained_architectures import ARCHITECTURES, published_architecture
from kdcore.networks.state_dict_reader import read_state_dict
from kdcore.pipelines import published_weights
from kdcore.pipelines.published_weights import PublishedWeights, columns_of, fetch_weights


def saved(legacy: bool = False, what: object = None) -> bytes:
    torch.manual_seed(0)
    file = io.BytesIO()
    found = published_architecture("mobilenet_v3_small", 20).state_dict() if what is None else what
    torch.save(found, file, _use_new_zipfile_serialization=not legacy)
    return file.getvalue()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: the tests' output stays readable."""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address at which its files are served."""
    (tmp_path / "served").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "served")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield tmp_path / "served", f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def offered(place: tuple[Path, str], content: bytes) -> PublishedWeights:
    folder, address = place
    mark = hashlib.sha256(content).hexdigest()[:8]
    (folder / f"net-{mark}.pth").write_bytes(content)
    classes = tuple(f"class {n}" for n in range(20))
    return PublishedWeights(
        "mobilenet_v3_small", f"{address}/net-{mark}.pth", len(content), mark, "BSD", classes
    )


@pytest.mark.parametrize("legacy", [False, True])
def test_a_state_dict_is_read_without_running_it(legacy: bool) -> None:
    expected = published_architecture("mobilenet_v3_small", 20).state_dict()
    found = read_state_dict(saved(legacy))
    assert found.keys() == expected.keys()
    torch.manual_seed(0)
    for name, tensor in published_architecture("mobilenet_v3_small", 20).state_dict().items():
        assert torch.equal(found[name], tensor), name


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("this ran",)


@pytest.mark.parametrize("legacy", [False, True])
def test_what_would_run_something_is_refused_and_does_not_run(
    legacy: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match=r"refers to|instruction"):
        read_state_dict(saved(legacy, {"w": torch.zeros(1), "evil": Evil()}))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x02.", saved()[:2000], saved(True)[:2000]])
def test_what_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_state_dict(content)


@pytest.mark.parametrize("legacy", [False, True])
def test_weights_are_fetched_with_progress_checked_and_converted(
    legacy: bool, place: tuple[Path, str], tmp_path: Path
) -> None:
    weights = offered(place, saved(legacy))
    reports: list[tuple[int, int]] = []
    path = fetch_weights(weights, tmp_path, lambda done, total: reports.append((done, total)))
    assert reports[-1] == (weights.bytes, weights.bytes)
    assert len(reports) > 5
    assert load_file(path).keys() == published_architecture("mobilenet_v3_small", 20).state_dict().keys()


def test_other_weights_than_those_are_refused_and_nothing_is_kept(
    place: tuple[Path, str], tmp_path: Path
) -> None:
    weights = offered(place, saved())
    with pytest.raises(DataUnavailable, match="not the file that it should be"):
        fetch_weights(replace(weights, checksum="00000000"), tmp_path, lambda done, total: None)
    with pytest.raises(DataUnavailable, match="sends more than"):
        fetch_weights(replace(weights, bytes=1000), tmp_path, lambda done, total: None)
    with pytest.raises(DataUnavailable, match="cannot be fetched"):
        fetch_weights(replace(weights, url=weights.url + "x"), tmp_path, lambda done, total: None)
    assert list(tmp_path.glob("*.safetensors")) == []


def test_every_published_network_has_a_size_a_licence_and_a_checksum(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ARCHITECTURES:
        weights = published_weights.published_weights(name)
        assert len(weights.checksum) >= 8
        assert len(weights.classes) == 1000
        assert weights.bytes > 1e6
        assert "Licence: BSD" in weights.said
    monkeypatch.setenv("STILLROOM_WEIGHTS", "https://mirror.example.org/models/")
    assert published_weights.published_weights("resnet18").url.startswith(
        "https://mirror.example.org/models/resnet18-"
    )
    with pytest.raises(TeacherUnavailable, match="no published weights"):
        published_weights.published_weights("lenet5")


def test_a_class_map_may_name_the_networks_classes() -> None:
    weights = PublishedWeights("x", "", 1, "", "", ("tabby", "Beagle", "crane", "crane"))
    assert columns_of(weights, ("beagle", "tabby", "crane", "3", "cat")) == (1, 0, 2, "3", "cat")


def test_from_the_shell_it_is_said_fetched_and_added(
    place: tuple[Path, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("STILLROOM_RUNS", str(tmp_path / "runs"))
    weights = offered(place, saved())
    monkeypatch.setattr(published_weights, "published_weights", lambda network: weights)
    columns = ",".join(f"class {n}" for n in range(10, 20))
    words = [
        "teachers",
        "fetch",
        "mobilenet_v3_small",
        "--dataset",
        "digits",
        "--size",
        "32",
        "--columns",
        columns,
    ]
    assert main([*words, "--json"]) == 0
    said = capsys.readouterr()
    assert "Licence: BSD" in said.err
    [card] = json.loads(said.out.strip().splitlines()[-1])
    assert card["name"].startswith("own-mobilenet_v3_small-")
    assert card["inputs"]["columns"] == [*range(10, 20)]
