"""A network as `torch.export` saves it: PyTorch's own graph, without its code."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

from kdcore.export import Format, Options
from kdcore.export.exported_run import Record, untrained
from kdcore.texts import N_

FORMAT = Format(
    "torch-export",
    N_("torch.export"),
    N_("Network"),
    "{role}.pt2",
    "application/octet-stream",
    of_network=True,
    heavy=True,
)


def refusal(record: Record) -> str:
    """Only tested runs have networks."""
    return untrained(record)


def make(records: Sequence[Record], options: Options) -> dict[str, bytes]:
    """A graph that takes any number of images as pixels; what is known of it stands in its extra file `about.json`."""
    import torch

    from kdcore.export.pixel_network import facts, quietly
    from kdcore.export.torch_graph import program

    knower = records[0].knower(options.role)
    buffer = io.BytesIO()
    with quietly():
        about = {"about.json": json.dumps(facts(records[0], knower))}
        torch.export.save(program(knower), buffer, extra_files=about)
    return {"network.pt2": buffer.getvalue()}
