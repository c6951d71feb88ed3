"""Networks from files teach as they do elsewhere, see images as their card says, and are refused in a sentence where they cannot."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from kdcore import networks, teachers
from kdcore.data import datasets
from kdcore.errors import (
    InvalidExperiment,
    NetworkRefused,
    OutOfResources,
    StillroomError,
    TeacherUnavailable,
)
from kdcore.experiment import Experiment
from kdcore.export.formats import onnx
from kdcore.inference import models, network_outputs, output_cache
from kdcore.networks import onnx_network
from kdcore.networks.adapted_network import Adaptation, AdaptedNetwork
from kdcore.networks.onnx_network import OnnxNetwork
from kdcore.networks.pretrained_architectures import ARCHITECTURES, published_architecture
from kdcore.pipelines import checks
from kdcore.pipelines.add_teacher import keep_teacher_file, try_teacher
from kdcore.pipelines.brought_teacher import TeacherDescription
from kdcore.pipelines.load_brought_network import build_brought
from kdcore.teachers import TeacherCard
from tests.kdcore.pipelines.onnx_files import HOSTILE, linear, never_ends
from tests.kdcore.pipelines.test_recorded_answers import run

NETWORK = "digits-mlp-300"
SHORT = Experiment().with_flat(dataset="digits", teacher=NETWORK, student="mlp-10", count=200, epochs=3)


@pytest.fixture(scope="module")
def bundled() -> models.InferenceModel:
    return models.named(f"teacher:{NETWORK}", Path("nowhere"))


@pytest.fixture(scope="module")
def files(bundled: models.InferenceModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled network as ONNX, which takes pixels, and as weights, which want them normalised."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "net.onnx").write_bytes(onnx.of_model(bundled).SerializeToString())
    save_file(
        {k: t.clone() for k, t in models.network(bundled).state_dict().items()}, folder / "net.safetensors"
    )
    return folder


def pixels_as_they_are(**more: Any) -> TeacherDescription:
    return TeacherDescription(dataset="digits", mean=(0,), std=(1,), **more)


def its_weights(bundled: models.InferenceModel, **more: Any) -> TeacherDescription:
    return TeacherDescription(dataset="digits", network="mlp-300", mean=bundled.mean, std=bundled.std, **more)


def added(path: Path, said: TeacherDescription, folder: Path, name: str = "mine") -> TeacherCard:
    return keep_teacher_file(try_teacher(path, said, folder), said, name, folder / "runs")


def logits_of(card: TeacherCard, folder: Path) -> torch.Tensor:
    dataset = datasets.load(card.dataset, folder=folder)
    network = build_brought(card, teachers.load(card, folder / "runs"), dataset, "cpu")
    with torch.no_grad():
        return network(dataset.test.images)


def test_onnx_says_what_the_same_network_says_as_weights_and_teaches_the_same_student(
    bundled: models.InferenceModel, files: Path, tmp_path: Path
) -> None:
    as_onnx = added(files / "net.onnx", pixels_as_they_are(), tmp_path, "as-onnx")
    as_weights = added(files / "net.safetensors", its_weights(bundled), tmp_path, "as-weights")
    torch.testing.assert_close(
        logits_of(as_onnx, tmp_path), logits_of(as_weights, tmp_path), atol=1e-5, rtol=0
    )
    by_onnx, curves = run(SHORT.with_flat(teacher=as_onnx.name), tmp_path)
    by_weights, curves_by_weights = run(SHORT.with_flat(teacher=as_weights.name), tmp_path)
    _, curves_by_name = run(SHORT, tmp_path)
    for role in ("teacher", "twin", "student"):
        assert curves[role] == pytest.approx(curves_by_weights[role], abs=1e-5)
        assert curves[role] == pytest.approx(curves_by_name[role], abs=1e-4)
    assert by_onnx["teacher"]["test_errors"] == by_weights["teacher"]["test_errors"] == 8
    assert by_onnx["teacher"]["network"] == "onnx"
    assert by_onnx["teacher"]["parameters"] == pytest.approx(22_510, abs=16)
    assert by_weights["teacher"]["network"].startswith("mlp-300@")


@pytest.mark.parametrize("kind", ["onnx", "safetensors"])
def test_its_card_says_how_it_normalises_and_that_is_what_is_used(
    kind: str, bundled: models.InferenceModel, files: Path, tmp_path: Path
) -> None:
    """With the data set's mean and deviation in place of its own, or the other way round, a network errs without a word."""
    right = pixels_as_they_are() if kind == "onnx" else its_weights(bundled)
    errors = {}
    for name, said in {
        "its own": right,
        "forged": right.model_copy(update={"mean": (0.9,), "std": (0.05,)}),
    }.items():
        tried = try_teacher(files / f"net.{kind}", said, tmp_path).trial()
        assert (len(tried.images), tried.of) == (3, 60)
        errors[name] = tried.errors
    assert errors["its own"] <= 2
    assert errors["forged"] > 20


def test_augmented_images_are_shown_to_an_onnx_teacher_as_well(files: Path, tmp_path: Path) -> None:
    card = added(files / "net.onnx", pixels_as_they_are(), tmp_path)
    results, _ = run(SHORT.with_flat(teacher=card.name, shift=1, epochs=1), tmp_path)
    assert results["teacher"]["test_errors"] == 8


def test_probabilities_and_a_class_map(tmp_path: Path) -> None:
    """A network with twelve answers in another order, which says probabilities."""
    model = linear(classes=12)
    model.graph.node[-1].output[0] = "z"
    from onnx import helper

    model.graph.node.append(helper.make_node("Softmax", ["z"], ["logits"], axis=1))
    (tmp_path / "twelve.onnx").write_bytes(model.SerializeToString())
    order = (11, 3, 4, 0, 1, 2, 7, 8, 9, 10)
    said = pixels_as_they_are(columns=order, answers="probabilities", floor=1e-9)
    with pytest.raises(TeacherUnavailable, match="Give the class map"):
        try_teacher(tmp_path / "twelve.onnx", pixels_as_they_are(answers="probabilities"), tmp_path)
    card = added(tmp_path / "twelve.onnx", said, tmp_path)
    dataset = datasets.load("digits")
    pixels = (dataset.test.images * torch.tensor(dataset.std)[0] + dataset.mean[0]).flatten(1)
    matrix = torch.from_numpy(np.random.default_rng(0).normal(size=(64, 12)).astype(np.float32))
    expected = (pixels @ matrix).softmax(dim=1)[:, list(order)]
    found = logits_of(card, tmp_path).exp()
    torch.testing.assert_close(found, expected.clamp(min=1e-9), atol=1e-6, rtol=1e-4)
    as_logits = try_teacher(tmp_path / "twelve.onnx", said.model_copy(update={"answers": ""}), tmp_path)
    assert "add up to 1, as probabilities do" in as_logits.trial().notes[-1]
    with pytest.raises(TeacherUnavailable, match="no probabilities"):
        (tmp_path / "ten.onnx").write_bytes(linear().SerializeToString())
        try_teacher(tmp_path / "ten.onnx", pixels_as_they_are(answers="probabilities"), tmp_path)


@pytest.mark.parametrize(("write", "sentence"), HOSTILE, ids=[write.__name__ for write, _ in HOSTILE])
def test_a_hostile_onnx_file_is_refused_in_a_sentence(
    write: Callable[[], bytes], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLROOM_SANDBOX", "1")
    (tmp_path / "net.onnx").write_bytes(write())
    with pytest.raises(StillroomError, match=sentence):
        try_teacher(tmp_path / "net.onnx", pixels_as_they_are(), tmp_path)


def test_a_network_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_network, "SECONDS", 5.0)
    network = OnnxNetwork(never_ends(), (1, 8, 8))
    assert network.facts["channels"] == 1
    process = network._process
    monkeypatch.setattr(onnx_network, "SECONDS", 1.0)
    with pytest.raises(OutOfResources, match="longer than 1 seconds"):
        network(torch.zeros(2, 1, 8, 8))
    assert process is not None
    assert process.wait(10) != 0


def test_the_process_ends_with_whoever_asked(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(linear().SerializeToString())
    program = (
        "import sys, pathlib, torch\n"
        "from kdcore.networks.onnx_network import OnnxNetwork\n"
        "network = OnnxNetwork(pathlib.Path(sys.argv[1]).read_bytes(), (1, 8, 8))\n"
        "network(torch.zeros(1, 1, 8, 8))\n"
        "print(network._process.pid, flush=True)\n"
        "import os; os._exit(9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "net.onnx"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(networks.__file__).parents[2])},
    )
    child = int(done.stdout)
    for _ in range(100):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, os.WNOHANG)
        if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]:
            return
        subprocess.run([sys.executable, "-c", ""], check=True)  # some tens of milliseconds
    raise AssertionError("it lives on")


@pytest.mark.parametrize("method", ["attention-transfer", "layer-by-layer", "data-free", "hint"])
def test_of_an_onnx_file_only_answers_are_known(method: str, files: Path, tmp_path: Path) -> None:
    card = added(files / "net.onnx", pixels_as_they_are(), tmp_path)
    with pytest.raises(InvalidExperiment, match="uses more of its teacher"):
        checked(SHORT.with_flat(teacher=card.name, method=method, student="cnn-small"), tmp_path)
    with pytest.raises(InvalidExperiment, match="not how that changes"):
        run(SHORT.with_flat(teacher=card.name, method="input-gradients", epochs=1), tmp_path)


def checked(experiment: Experiment, folder: Path) -> checks.CheckedExperiment:
    return checks.check(experiment, data_folder=folder, runs_folder=folder / "runs")


def test_features_of_weights_from_a_file_are_tapped_but_no_student_is_built_like_them(
    bundled: models.InferenceModel, files: Path, tmp_path: Path
) -> None:
    card = added(files / "net.safetensors", its_weights(bundled), tmp_path)
    results, _ = run(SHORT.with_flat(teacher=card.name, method="similarity-preserving", epochs=1), tmp_path)
    assert results["teacher"]["test_errors"] == 8
    with pytest.raises(InvalidExperiment, match="trains a network like its teacher"):
        checked(SHORT.with_flat(teacher=card.name, method="low-rank-student"), tmp_path)


def test_they_stand_beside_others_on_the_pages_that_compare(files: Path, tmp_path: Path) -> None:
    card = added(files / "net.onnx", pixels_as_they_are(), tmp_path)
    [mine] = [m for m in models.of_teachers(tmp_path / "runs", "digits") if m.title == card.name]
    network_outputs.compute_outputs([mine], tmp_path / "runs", data_folder=tmp_path, splits=["test"])
    outputs = output_cache.cached_outputs(mine, "test", tmp_path / "runs", tmp_path)
    assert outputs is not None
    assert outputs.features is None
    np.testing.assert_allclose(outputs.logits, logits_of(card, tmp_path), atol=1e-5)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small"])
def test_torchvisions_weights_see_small_images_at_their_own_size(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = published_architecture(name, 20).eval()
    save_file(dict(network.state_dict()), tmp_path / "net.safetensors")
    said = TeacherDescription(dataset="digits", network=name, columns=tuple(range(10, 20)), size=64)
    card = added(tmp_path / "net.safetensors", said, tmp_path)
    assert card.inputs["mean"] == [0.485, 0.456, 0.406]
    assert card.network.startswith(f"torchvision.{name}@")
    dataset = datasets.load("digits")
    few = dataset.test.images[:4]
    side = card.inputs["size"]
    pixels = (few * dataset.std[0] + dataset.mean[0]).expand(-1, 3, -1, -1)
    large = F.interpolate(pixels, (side, side), mode="bilinear", antialias=True)
    mean, std = (torch.tensor(card.inputs[of]).view(1, 3, 1, 1) for of in ("mean", "std"))
    teacher = build_brought(card, teachers.load(card, tmp_path / "runs"), dataset, "cpu")
    with torch.no_grad():
        torch.testing.assert_close(
            teacher(few), network((large - mean) / std)[:, 10:20], atol=1e-4, rtol=1e-4
        )
    facts = networks.describe(card.network, dataset.shape, 10)
    assert facts.parameters == sum(p.numel() for p in network.parameters())
    assert facts.macs > 1e6
    assert networks.feature_shapes(card.network, dataset.shape, 10)["logits"] == (10,)


def test_every_published_architecture_is_torchvisions(tmp_path: Path) -> None:
    import torchvision

    for name in ARCHITECTURES:
        with torch.device("meta"):
            ours, theirs = published_architecture(name, 1000), getattr(torchvision.models, name)()
        assert {k: t.shape for k, t in ours.state_dict().items()} == {
            k: t.shape for k, t in theirs.state_dict().items()
        }
        for path in networks.points_of(ours).values():
            ours.get_submodule(path)


def test_what_other_programs_put_before_names_is_taken_off(
    bundled: models.InferenceModel, files: Path, tmp_path: Path
) -> None:
    state = models.network(bundled).state_dict()
    save_file({f"module.{k}": t.clone() for k, t in state.items()}, tmp_path / "net.safetensors")
    assert try_teacher(tmp_path / "net.safetensors", its_weights(bundled), tmp_path).trial().errors <= 2


@pytest.mark.parametrize(
    ("name", "said", "sentence"),
    [
        ("net.safetensors", TeacherDescription(dataset="digits"), "Say which network"),
        ("net.safetensors", TeacherDescription(dataset="digits", network="mlp-300"), "Say how it normalises"),
        (
            "net.safetensors",
            TeacherDescription(dataset="digits", network="mlp-30", mean=(0,), std=(1,)),
            "no weights of mlp-30",
        ),
        (
            "net.safetensors",
            TeacherDescription(dataset="digits", network="alexnet", mean=(0,), std=(1,)),
            "no network whose weights",
        ),
        ("net.onnx", TeacherDescription(dataset="digits"), "Say how it normalises"),
        ("net.onnx", TeacherDescription(dataset="digits", mean=(0, 0), std=(1, 1)), "have 1 channels"),
        (
            "net.onnx",
            TeacherDescription(dataset="digits", mean=(0,), std=(1,), size=16),
            "at images of 1 x 8 x 8|looks at images",
        ),
        ("net.pth", TeacherDescription(dataset="digits"), r"is a pickle.*save_file\(torch.load\('net.pth'"),
        ("net.pt2", TeacherDescription(dataset="digits"), r"unpickles.*torch.onnx.export\(torch.export.load"),
        ("net.h5", TeacherDescription(dataset="digits"), "no table of answers"),
    ],
)
def test_what_cannot_teach_is_refused_in_a_sentence(
    name: str, said: TeacherDescription, sentence: str, files: Path, tmp_path: Path
) -> None:
    if not (files / name).exists():
        (files / name).write_bytes(b"PK\x03\x04")
    with pytest.raises((TeacherUnavailable, NetworkRefused), match=sentence):
        try_teacher(files / name, said, tmp_path)


def test_a_file_larger_than_the_owner_allows_is_refused_before_it_is_read(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net.onnx").write_bytes(bytes(1_100_000))
    monkeypatch.setenv("STILLROOM_BROUGHT", "1")
    with pytest.raises(TeacherUnavailable, match="STILLROOM_BROUGHT"):
        try_teacher(tmp_path / "net.onnx", pixels_as_they_are(), tmp_path)


def test_colours_are_turned_into_those_that_it_knows() -> None:
    plain = Adaptation((0.5,) * 3, (0.25,) * 3, (0.0,) * 3, (1.0,) * 3, 0, "", (0, 1), 0.0)
    pixels = torch.rand(2, 3, 4, 4)
    seen = (pixels - 0.5) / 0.25

    def shown(adaptation: Adaptation, images: torch.Tensor) -> torch.Tensor:
        return AdaptedNetwork(torch.nn.Identity(), adaptation).as_it_sees(images)

    torch.testing.assert_close(shown(plain, seen), pixels)
    torch.testing.assert_close(shown(replace(plain, colour="bgr"), seen), pixels.flip(1))
    grey = replace(plain, colour="grey", mean=(0.0,), std=(1.0,))
    expected = 0.299 * pixels[:, :1] + 0.587 * pixels[:, 1:2] + 0.114 * pixels[:, 2:]
    torch.testing.assert_close(shown(grey, seen), expected)
    one = replace(plain, seen_mean=(0.5,), seen_std=(0.25,), colour="rgb")
    torch.testing.assert_close(shown(one, seen[:, :1]), pixels[:, :1].expand(-1, 3, -1, -1))
    assert grey.shape((3, 8, 8)) == (1, 8, 8)
    assert replace(one, size=32).shape((1, 8, 8)) == (3, 32, 32)
