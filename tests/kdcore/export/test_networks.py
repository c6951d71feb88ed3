"""Exported networks give the logits that the run's networks give."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import safetensors
import torch
from safetensors.torch import load
from torch import nn

from kdcore import networks
from kdcore.errors import NetworkRefused
from kdcore.export import network_with_normalisation
from kdcore.export.formats import onnx as onnx_format
from kdcore.inference import models
from tests.kdcore.export.helpers import Finished, expected, packed_export, pixels


@pytest.mark.parametrize("student", ["mlp-30", "cnn-medium"])
def test_onnxruntime_answers_to_pixels_as_the_network_does(finished: Finished, student: str) -> None:
    record = finished(student=student, epochs=2)
    content = packed_export("onnx", record)
    onnx.checker.check_model(onnx.load_from_string(content))
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    for count in (1, 7):
        images = pixels(record, count)
        said = session.run(["logits"], {"pixels": images.numpy()})[0]
        np.testing.assert_allclose(said, expected(record, images).numpy(), atol=1e-4)
    about = session.get_modelmeta().custom_metadata_map
    assert json.loads(about["classes"]) == list("0123456789")
    assert json.loads(about["mean"]) == record.run.results["dataset"]["mean"]
    assert about["run"] == record.run.id


def test_every_network_of_a_run_can_be_taken(finished: Finished) -> None:
    record = finished()
    images = pixels(record)
    for role in ("teacher", "twin"):
        traced = torch.jit.load(io.BytesIO(packed_export("torchscript", record, role=role)))
        torch.testing.assert_close(traced(images), expected(record, images, role))


def test_onnx_whose_logits_differ_is_not_exported(
    finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, with_normalisation = finished(), network_with_normalisation.with_normalisation
    model = record.model("student")
    content = packed_export("onnx", record)
    onnx_format._check(content, model)

    def another(asked: models.InferenceModel) -> nn.Module:
        return with_normalisation(record.model("twin"))

    monkeypatch.setattr(network_with_normalisation, "with_normalisation", another)
    with pytest.raises(NetworkRefused, match="logits differ"):
        onnx_format._check(content, model)


@pytest.mark.parametrize("student", ["mlp-30", "cnn-medium"])
def test_pytorch_loads_its_own_graphs_for_any_number_of_pictures(finished: Finished, student: str) -> None:
    record = finished(student=student, epochs=2)
    script, graph = packed_export("torchscript", record), packed_export("torch-export", record)
    about: dict[str, str] = {"about.json": ""}
    traced = torch.jit.load(io.BytesIO(script), _extra_files=about)
    program = torch.export.load(io.BytesIO(graph)).module()
    for count in (1, 7):
        images = pixels(record, count)
        torch.testing.assert_close(traced(images), expected(record, images))
        torch.testing.assert_close(program(images), expected(record, images))
    assert json.loads(about["about.json"])["network"] == student


def test_weights_say_how_they_are_used(finished: Finished, tmp_path: Path) -> None:
    record = finished()
    path = tmp_path / "student.safetensors"
    path.write_bytes(packed_export("safetensors", record))
    with safetensors.safe_open(path, "pt") as opened:
        about = opened.metadata()
    student = networks.build(
        about["network"], tuple(json.loads(about["shape"])), len(json.loads(about["classes"])), 0
    )
    student.load_state_dict(load(path.read_bytes()))
    mean, std = (torch.tensor(json.loads(about[name])).view(1, -1, 1, 1) for name in ("mean", "std"))
    images = pixels(record)
    torch.testing.assert_close(student.eval()((images - mean) / std), expected(record, images))
    assert "(pixels - mean) / std" in about["input"]
