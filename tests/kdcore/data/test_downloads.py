"""Fetching through torchvision's own classes from a server on this machine, sound and otherwise."""

from __future__ import annotations

import dataclasses
import errno
import gzip
import hashlib
import io
import os
import shutil
import socket
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from torchvision import datasets
from torchvision.datasets import utils

from kdcore.data import catalogue, downloads
from kdcore.data.datasets import load
from kdcore.errors import DataUnavailable, OutOfResources

RANDOM = np.random.default_rng(0)
TRAIN, TEST = 60, 20
IMAGES = {n: RANDOM.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8) for n in (TRAIN, TEST)}
LABELS = {n: np.arange(n) % 10 for n in (TRAIN, TEST)}


# ---- a server that keeps or breaks its promises ---------------------------------------------------------------------


class Server(ThreadingHTTPServer):
    """Serves `files` by their last name; `spoil` says how it fails."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.spoil = ""
        self.asked: list[str] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def stop(self) -> None:
        """From here on the port refuses."""
        self.closing.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up early is no news."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1]
        self.server.asked.append(name)
        if self.server.spoil == "missing" or name not in self.server.files:
            self.send_error(404)
            return
        content = self.server.files[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.server.spoil == "altered":
            content = content[:-20] + bytes(20)
        if self.server.spoil in ("truncated", "silent"):
            content = content[: len(content) // 2]
        self.wfile.write(content)
        if self.server.spoil == "silent":
            self.wfile.flush()
            self.server.closing.wait(30)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests print nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.stop()
        thread.join()


# ---- small datasets in the published formats ------------------------------------------------------------------------


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def idx(values: np.ndarray) -> bytes:
    return (
        bytes([0, 0, 8, values.ndim])
        + np.array(values.shape, ">i4").tobytes()
        + values.astype(np.uint8).tobytes()
    )


def idx_files() -> dict[str, bytes]:
    arrays = [array for n in (TRAIN, TEST) for array in (IMAGES[n][:, 2:30, 2:30, 0], LABELS[n])]
    return {name: idx(array) for name, array in zip(catalogue.IDX, arrays, strict=True)}


def pickled(values: Any) -> bytes:
    return bytes(ForkingPickler.dumps(values))


def cifar_files() -> dict[str, bytes]:
    flat = {n: images.transpose(0, 3, 1, 2).reshape(n, -1) for n, images in IMAGES.items()}
    parts = np.split(np.arange(TRAIN), 5)
    files = {
        f"data_batch_{i}": pickled({"data": flat[TRAIN][part], "labels": LABELS[TRAIN][part].tolist()})
        for i, part in enumerate(parts, 1)
    }
    files["test_batch"] = pickled({"data": flat[TEST], "labels": LABELS[TEST].tolist()})
    files["batches.meta"] = pickled({"label_names": [f"class {i}" for i in range(10)]})
    return files


def tar(folder: str, files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def publish_idx(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.files = {f"{name}.gz": gzip.compress(content) for name, content in idx_files().items()}
    monkeypatch.setattr(datasets.FashionMNIST, "mirrors", [server.url])
    monkeypatch.setattr(datasets.FashionMNIST, "resources", [(n, md5(c)) for n, c in server.files.items()])


def publish_cifar(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    files = cifar_files()
    archive = tar("cifar-10-batches-py", files)
    server.files = {"cifar-10-python.tar.gz": archive}
    sums = [[name, md5(content)] for name, content in files.items()]
    patch_cifar(monkeypatch, sums)
    monkeypatch.setattr(datasets.CIFAR10, "url", server.url + "cifar-10-python.tar.gz")
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", md5(archive))


def patch_cifar(monkeypatch: pytest.MonkeyPatch, sums: list[list[str]]) -> None:
    monkeypatch.setattr(datasets.CIFAR10, "train_list", sums[:5])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", sums[5:6])
    monkeypatch.setattr(
        datasets.CIFAR10, "meta", {"filename": "batches.meta", "key": "label_names", "md5": sums[6][1]}
    )


def publish_svhn(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for split, n in (("train", TRAIN), ("test", TEST)):
        packed = io.BytesIO()
        labels = np.where(LABELS[n] == 0, 10, LABELS[n])  # SVHN writes the digit 0 as 10
        scipy.io.savemat(
            packed, {"X": IMAGES[n].transpose(1, 2, 3, 0), "y": labels[:, None].astype(np.uint8)}
        )
        server.files[f"{split}_32x32.mat"] = packed.getvalue()
    published = {
        split: [server.url + name, name, md5(server.files[name])]
        for split, name in (("train", "train_32x32.mat"), ("test", "test_32x32.mat"))
    }
    monkeypatch.setattr(datasets.SVHN, "split_list", published)


PUBLISHED = {"fashion-mnist": publish_idx, "cifar10": publish_cifar, "svhn": publish_svhn}


@pytest.fixture(params=PUBLISHED)
def published(request: pytest.FixtureRequest, server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a dataset that the server has."""
    PUBLISHED[request.param](server, monkeypatch)
    return str(request.param)


@pytest.fixture
def fashion(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    publish_idx(server, monkeypatch)
    return "fashion-mnist"


def left_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# ---- what arrives ---------------------------------------------------------------------------------------------------


def test_what_is_published_is_what_is_loaded(published: str, tmp_path: Path) -> None:
    pixels = downloads.read(catalogue.SOURCES[published], tmp_path)
    expected = {n: images.transpose(0, 3, 1, 2) for n, images in IMAGES.items()}
    if published == "fashion-mnist":
        expected = {n: images[:, :1, 2:30, 2:30] for n, images in expected.items()}
    assert np.array_equal(pixels.train_images, expected[TRAIN])
    assert np.array_equal(pixels.test_images, expected[TEST])
    assert np.array_equal(pixels.train_labels, LABELS[TRAIN])
    assert np.array_equal(pixels.test_labels, LABELS[TEST])
    assert len(pixels.classes) == 10


def test_it_is_fetched_once_and_only_what_is_read_is_kept(
    published: str, server: Server, tmp_path: Path
) -> None:
    first = load(published, folder=tmp_path)
    source = catalogue.SOURCES[published]
    assert left_in(tmp_path) == sorted(str(Path(source.folder) / file) for file in source.files)
    assert catalogue.entry(published, tmp_path).available
    server.asked.clear()
    again = load(published, folder=tmp_path, download=False)
    assert not server.asked
    assert again.train.images.equal(first.train.images)
    assert (len(first.train), len(first.validation), len(first.test)) == (54, 6, 20)


def test_progress_counts_all_of_it_and_the_terminal_stays_quiet(
    published: str,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    total = sum(map(len, server.files.values()))
    source = dataclasses.replace(catalogue.SOURCES[published], download_bytes=total)
    monkeypatch.setitem(catalogue.SOURCES, published, source)
    reports: list[tuple[str, int, int]] = []
    load(published, folder=tmp_path, progress=lambda *report: reports.append(report))
    assert reports[-1] == (source.title, total, total)
    assert [done for _, done, _ in reports] == sorted(done for _, done, _ in reports)
    assert capfd.readouterr() == ("", "")


def test_an_archive_put_there_by_hand_is_not_fetched(published: str, server: Server, tmp_path: Path) -> None:
    for archive in downloads._archives(catalogue.SOURCES[published]):
        (tmp_path / archive).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / archive).write_bytes(server.files[Path(archive).name])
    load(published, folder=tmp_path)
    assert not server.asked


def test_torchvisions_own_settings_are_put_back(fashion: str, tmp_path: Path) -> None:
    bar, patience = utils.tqdm, socket.getdefaulttimeout()
    load(fashion, folder=tmp_path)
    assert utils.tqdm is bar
    assert socket.getdefaulttimeout() == patience


# ---- what does not --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        ("truncated", "what arrived was truncated or altered"),
        ("altered", "what arrived was truncated or altered"),
        ("missing", "fetching it failed: .*Not Found"),
    ],
)
def test_a_spoilt_download_is_said_and_leaves_nothing(
    published: str, server: Server, tmp_path: Path, spoil: str, why: str
) -> None:
    server.spoil = spoil
    source = catalogue.SOURCES[published]
    with pytest.raises(DataUnavailable, match=why) as refused:
        load(published, folder=tmp_path)
    assert server.asked
    assert str(tmp_path) not in str(refused.value), "pages show it"
    assert str(tmp_path) in refused.value.in_the_shell
    for said in (source.title, str(Path(source.folder) / source.files[0]), "'digits'"):
        assert said in str(refused.value)
    assert left_in(tmp_path) == []
    server.spoil = ""
    assert len(load(published, folder=tmp_path).test) == TEST, "and the next try succeeds"


def test_no_network_is_said(published: str, server: Server, tmp_path: Path) -> None:
    server.stop()
    with pytest.raises(
        DataUnavailable, match=r"fetching it failed: .*refused.*'digits', which needs no files"
    ):
        load(published, folder=tmp_path)
    assert left_in(tmp_path) == []


def test_a_silent_server_is_given_up(
    fashion: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "PATIENCE", 0.3)
    server.spoil = "silent"
    with pytest.raises(DataUnavailable, match=r"fetching it failed: .*timed out"):
        load(fashion, folder=tmp_path)


def test_nothing_is_fetched_where_that_is_not_wanted(published: str, server: Server, tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match="nothing is to be downloaded"):
        load(published, folder=tmp_path, download=False)
    assert not server.asked
    assert left_in(tmp_path) == []


def test_a_full_disk_is_said_before_anything_is_fetched(
    fashion: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
    with pytest.raises(OutOfResources, match=r"No space for Fashion-MNIST.*about 62 MB"):
        load(fashion, folder=tmp_path)
    assert not server.asked


def test_a_disk_that_fills_up_is_said(fashion: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(url: str, filename: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(utils, "_urlretrieve", full)
    with pytest.raises(OutOfResources, match="No space for Fashion-MNIST"):
        load(fashion, folder=tmp_path)


def test_stopping_a_download_leaves_nothing(fashion: str, tmp_path: Path) -> None:
    def stop(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(fashion, folder=tmp_path, progress=stop)
    assert left_in(tmp_path) == []


# ---- files that changed on the disk ---------------------------------------------------------------------------------


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("spoil", ["truncated", "longer", "header", "empty"])
def test_a_spoilt_idx_file_is_named(fashion: str, tmp_path: Path, part: int, spoil: str) -> None:
    load(fashion, folder=tmp_path)
    path = tmp_path / "FashionMNIST/raw" / catalogue.IDX[part]
    content = path.read_bytes()
    path.write_bytes(
        {"truncated": content[:-9], "longer": content * 2, "header": b"GIF89a", "empty": b""}[spoil]
    )
    with pytest.raises(DataUnavailable, match=f"{path.name} is truncated or altered.*Delete it"):
        load(fashion, folder=tmp_path)


def test_labels_that_do_not_fit_the_images_are_refused(fashion: str, tmp_path: Path) -> None:
    load(fashion, folder=tmp_path)
    path = tmp_path / "FashionMNIST/raw" / catalogue.IDX[1]
    for labels in (LABELS[TRAIN][:-1], LABELS[TRAIN] + 1):
        path.write_bytes(idx(labels))
        with pytest.raises(DataUnavailable, match="truncated or altered"):
            load(fashion, folder=tmp_path)


def test_one_altered_pixel_of_mnist_is_noticed(data_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(data_folder / "MNIST", tmp_path / "MNIST")
    path = tmp_path / "MNIST/raw" / catalogue.IDX[2]
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    with pytest.raises(DataUnavailable, match="t10k-images-idx3-ubyte is truncated or altered"):
        load("mnist", folder=tmp_path, download=False)


class Trap:
    """Would run a program if it were unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("file", ["data_batch_3", "test_batch", "batches.meta"])
def test_an_altered_cifar_file_is_refused_before_it_is_unpickled(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    publish_cifar(server, monkeypatch)
    load("cifar10", folder=tmp_path)
    mark = tmp_path / "ran"
    (tmp_path / "cifar-10-batches-py" / file).write_bytes(pickled(Trap(mark)))
    with pytest.raises(DataUnavailable, match="cifar-10-batches-py is truncated or altered"):
        load("cifar10", folder=tmp_path)
    assert not mark.exists()


def test_torchvisions_layout_of_cifar_is_read_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for name, content in cifar_files().items():
        (folder / name).write_bytes(content)
    with pytest.raises(DataUnavailable, match="truncated or altered"):
        load("cifar10", folder=tmp_path, download=False)
    patch_cifar(monkeypatch, [[name, md5(content)] for name, content in cifar_files().items()])
    dataset = load("cifar10", folder=tmp_path, download=False)
    assert dataset.title == "CIFAR-10"
    assert dataset.classes[3] == "class 3"
    assert dataset.shape == (3, 32, 32)


def test_leftovers_of_a_killed_process_are_removed(fashion: str, tmp_path: Path) -> None:
    for name, age in (("old", 200_000), ("new", 10)):
        folder = tmp_path / f".fetching-{name}"
        folder.mkdir()
        stamp = folder.stat().st_mtime - age
        os.utime(folder, (stamp, stamp))
    load(fashion, folder=tmp_path)
    assert [path.name for path in tmp_path.glob(".fetching-*")] == [".fetching-new"]
