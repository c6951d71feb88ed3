"""A network as TorchScript, which C++ and older PyTorch load without its code."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

from kdcore.export import Format, Options
from kdcore.export.exported_run import Record, untrained
from kdcore.texts import N_

FORMAT = Format(
    "torchscript",
    N_("TorchScript"),
    N_("Network"),
    "{role}.torchscript.pt",
    "application/octet-stream",
    of_network=True,
    heavy=True,
)


def refusal(record: Record) -> str:
    """Only tested runs have networks."""
    return untrained(record)


def make(records: Sequence[Record], options: Options) -> dict[str, bytes]:
    """A traced program that takes pixels; what is known of it stands in its extra file `about.json`."""
    import torch

    from kdcore.export.pixel_network import facts, on_pixels, probes, quietly

    knower = records[0].knower(options.role)
    buffer = io.BytesIO()
    with quietly():
        traced = torch.jit.trace(on_pixels(knower), probes(knower))
        torch.jit.save(traced, buffer, {"about.json": json.dumps(facts(records[0], knower)).encode()})
    return {"network.pt": buffer.getvalue()}
