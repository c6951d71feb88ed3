"""A network as `torch.export` saves it: PyTorch's own graph, without its code."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

from kdcore.export.export_format import ExportFormat, ExportOptions
from kdcore.export.recorded_run import RecordedRun, refusal_without_networks
from kdcore.texts import N_

FORMAT = ExportFormat(
    "torch-export",
    N_("torch.export"),
    N_("Network"),
    "{role}.pt2",
    "application/octet-stream",
    one_network=True,
    slow=True,
)


def refusal(record: RecordedRun) -> str:
    """A run needs tested networks."""
    return refusal_without_networks(record)


def make(records: Sequence[RecordedRun], options: ExportOptions) -> dict[str, bytes]:
    """A graph that takes any number of images as pixels; its metadata is the extra file `about.json`."""
    import torch

    from kdcore.export.exported_program import exported_program
    from kdcore.export.network_metadata import network_metadata
    from kdcore.export.torch_warnings import without_torch_warnings

    model = records[0].model(options.role)
    buffer = io.BytesIO()
    with without_torch_warnings():
        metadata = {"about.json": json.dumps(network_metadata(records[0], model))}
        torch.export.save(exported_program(model), buffer, extra_files=metadata)
    return {"network.pt2": buffer.getvalue()}
