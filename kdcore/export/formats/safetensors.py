"""A network's weights as safetensors, with what is needed to use them in the file's metadata."""

from __future__ import annotations

from collections.abc import Sequence

from kdcore.export.export_format import ExportFormat, ExportOptions
from kdcore.export.recorded_run import RecordedRun, refusal_without_networks
from kdcore.texts import N_

FORMAT = ExportFormat(
    "safetensors",
    N_("safetensors"),
    N_("Network"),
    "{role}.safetensors",
    "application/octet-stream",
    one_network=True,
)


def refusal(record: RecordedRun) -> str:
    """A run needs tested networks."""
    return refusal_without_networks(record)


def make(records: Sequence[RecordedRun], options: ExportOptions) -> dict[str, bytes]:
    """The network's tensors by their names in PyTorch; they take normalised images, unlike the graphs."""
    from safetensors.torch import save

    from kdcore.export.network_metadata import as_text, network_metadata
    from kdcore.inference import models

    model = records[0].model(options.role)
    weights = {n: t.contiguous().clone() for n, t in models.network(model).state_dict().items()}
    metadata = network_metadata(records[0], model)
    metadata["input"] = "(pixels - mean) / std, pixels from 0 (black) to 1 (white)"
    return {f"{options.role}.safetensors": save(weights, {"format": "pt", **as_text(metadata)})}
