"""A network as ONNX, which runs without PyTorch: on phones, in browsers, in C#. Checked before it is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kdcore.errors import NetworkRefused, RunRefused
from kdcore.export.export_format import ExportFormat, ExportOptions
from kdcore.export.recorded_run import RecordedRun, refusal_without_networks
from kdcore.texts import N_

if TYPE_CHECKING:
    from onnx import ModelProto

    from kdcore.inference.models import InferenceModel

OPSETS = (18, 23)
"""The versions that may be asked for: what the exporter writes, and what its converter makes of that."""
FORMAT = ExportFormat(
    "onnx", N_("ONNX"), N_("Network"), "{role}.onnx", "application/octet-stream", one_network=True, slow=True
)


def refusal(record: RecordedRun) -> str:
    """A run needs tested networks."""
    return refusal_without_networks(record)


def make(records: Sequence[RecordedRun], options: ExportOptions) -> dict[str, bytes]:
    """A graph from `pixels` to `logits` for any number of images, with what is known of it as metadata.

    Raises:
        NetworkRefused: the exporter cannot follow the network, or onnxruntime's logits differ from the network's.
    """
    from kdcore.export import photo_preparation
    from kdcore.export.network_metadata import as_text, network_metadata

    model = records[0].model(options.role)
    graph = of_model(model, options.opset)
    metadata = network_metadata(records[0], model) | {
        "opset": str(opset_of(graph)),
        photo_preparation.FILE_NAME: photo_preparation.photo_preparation(model),
    }
    for name, value in as_text(metadata).items():
        graph.metadata_props.add(key=name, value=value)
    content: bytes = graph.SerializeToString()
    _check(content, model)
    return {"network.onnx": content}


def opset_of(graph: ModelProto) -> int:
    """The version of ONNX's operators that a runtime has to know."""
    return next(int(one.version) for one in graph.opset_import if one.domain in ("", "ai.onnx"))


def of_model(model: InferenceModel, opset: int | None = None) -> ModelProto:
    """The graph of a network after its normalisation, from `pixels` to `logits`.

    Raises:
        NetworkRefused: the exporter cannot follow it.
    """
    import torch

    from kdcore.export.exported_program import exported_program
    from kdcore.export.torch_warnings import without_torch_warnings

    if opset is not None and not OPSETS[0] <= opset <= OPSETS[1]:
        raise RunRefused(
            f"opset {opset}: ONNX's operators are written here in versions {OPSETS[0]} to {OPSETS[1]}."
        )
    program = exported_program(model)
    try:
        with without_torch_warnings():
            converted = torch.onnx.export(
                program,
                input_names=["pixels"],
                output_names=["logits"],
                opset_version=opset,
                dynamo=True,
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        raise NetworkRefused(
            f"PyTorch's exporter cannot write {model.network} as ONNX. Take it as torch-export or as safetensors."
        ) from error
    assert converted is not None, "torch returns the program where it is given no file"
    graph = converted.model_proto
    if opset is not None and opset_of(graph) != opset:
        raise NetworkRefused(
            f"{model.network} cannot be written in opset {opset}: its operators need {opset_of(graph)}. Leave the opset out."
        )
    return graph


def _check(content: bytes, model: InferenceModel) -> None:
    """Run the graph on noise and compare its logits with the network's own."""
    import onnxruntime
    import torch

    from kdcore.export.network_with_normalisation import with_normalisation
    from kdcore.export.output_check import logits_differ, probe_images

    images = probe_images(model)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    expected = with_normalisation(model)(images)
    for batch in (images, images[:1]):
        logits = torch.from_numpy(session.run(None, {"pixels": batch.numpy()})[0])
        if logits_differ(logits, expected[: len(batch)]):
            raise NetworkRefused(
                f"onnxruntime's logits differ from those of {model.network}: this export would be wrong. "
                "Take it as torch-export or as safetensors."
            )
