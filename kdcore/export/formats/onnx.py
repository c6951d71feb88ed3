"""A network as ONNX, which runs without PyTorch: on phones, in browsers, in C#. Checked before it is handed out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kdcore.errors import NetworkRefused
from kdcore.export import Format, Options
from kdcore.export.exported_run import Record, untrained
from kdcore.texts import N_

if TYPE_CHECKING:
    from kdcore.inference.models import InferenceModel

FORMAT = Format(
    "onnx", N_("ONNX"), N_("Network"), "{role}.onnx", "application/octet-stream", of_network=True, heavy=True
)


def refusal(record: Record) -> str:
    """Only tested runs have networks."""
    return untrained(record)


def make(records: Sequence[Record], options: Options) -> dict[str, bytes]:
    """A graph from `pixels` to `logits` for any number of images, its facts among the model's properties.

    Raises:
        NetworkRefused: the exporter cannot follow the network, or onnxruntime answers otherwise than the network does.
    """
    import torch

    from kdcore.export.pixel_network import facts, quietly
    from kdcore.export.torch_graph import program

    knower = records[0].knower(options.role)
    graph = program(knower)
    try:
        with quietly():
            made = torch.onnx.export(
                graph, input_names=["pixels"], output_names=["logits"], dynamo=True, verbose=False
            )
    except torch.onnx.OnnxExporterError as error:
        raise NetworkRefused(
            f"PyTorch's exporter cannot say {knower.network} in ONNX. Take it as torch-export or as safetensors."
        ) from error
    assert made is not None, "torch returns the program where it is given no file"
    model = made.model_proto
    for name, value in facts(records[0], knower).items():
        model.metadata_props.add(key=name, value=value if isinstance(value, str) else json.dumps(value))
    content: bytes = model.SerializeToString()
    _check(content, knower)
    return {"network.onnx": content}


def _check(content: bytes, knower: InferenceModel) -> None:
    import onnxruntime
    import torch

    from kdcore.export.pixel_network import differs, on_pixels, probes

    images = probes(knower)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    expected = on_pixels(knower)(images)
    for part in (images, images[:1]):
        said = torch.from_numpy(session.run(None, {"pixels": part.numpy()})[0])
        if differs(said, expected[: len(part)]):
            raise NetworkRefused(
                f"onnxruntime answers otherwise than {knower.network} does: this export would be wrong. "
                "Take it as torch-export or as safetensors."
            )
