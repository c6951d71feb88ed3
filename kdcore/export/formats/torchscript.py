"""A network as TorchScript, which C++ and older PyTorch load without its code."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

from kdcore.export.export_format import ExportFormat, ExportOptions
from kdcore.export.recorded_run import RecordedRun, refusal_without_networks
from kdcore.texts import N_

FORMAT = ExportFormat(
    "torchscript",
    N_("TorchScript"),
    N_("Network"),
    "{role}.torchscript.pt",
    "application/octet-stream",
    one_network=True,
    slow=True,
)


def refusal(record: RecordedRun) -> str:
    """A run needs tested networks."""
    return refusal_without_networks(record)


def make(records: Sequence[RecordedRun], options: ExportOptions) -> dict[str, bytes]:
    """A traced program that takes pixels; its metadata is the extra file `about.json`."""
    import torch

    from kdcore.export.network_metadata import network_metadata
    from kdcore.export.network_with_normalisation import with_normalisation
    from kdcore.export.output_check import probe_images
    from kdcore.export.torch_warnings import without_torch_warnings

    model = records[0].model(options.role)
    buffer = io.BytesIO()
    with without_torch_warnings():
        traced = torch.jit.trace(with_normalisation(model), probe_images(model))
        metadata = json.dumps(network_metadata(records[0], model)).encode()
        torch.jit.save(traced, buffer, {"about.json": metadata})
    return {"network.pt": buffer.getvalue()}
