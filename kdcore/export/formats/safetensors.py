"""A network's weights as safetensors, with what one has to know to use them in the file's metadata."""

from __future__ import annotations

import json
from collections.abc import Sequence

from kdcore.export import Format, Options
from kdcore.export.exported_run import Record, untrained
from kdcore.texts import N_

FORMAT = Format(
    "safetensors",
    N_("safetensors"),
    N_("Network"),
    "{role}.safetensors",
    "application/octet-stream",
    of_network=True,
)


def refusal(record: Record) -> str:
    """Only tested runs have weights."""
    return untrained(record)


def make(records: Sequence[Record], options: Options) -> dict[str, bytes]:
    """The network's tensors by their names in PyTorch; they take normalised images, unlike the graphs."""
    from safetensors.torch import save

    from kdcore.export.pixel_network import facts
    from kdcore.inference import models

    knower = records[0].knower(options.role)
    weights = {n: t.contiguous().clone() for n, t in models.network(knower).state_dict().items()}
    said = facts(records[0], knower) | {"input": "(pixels - mean) / std, pixels from 0 (black) to 1 (white)"}
    about = {n: value if isinstance(value, str) else json.dumps(value) for n, value in said.items()}
    return {f"{options.role}.safetensors": save(weights, {"format": "pt", **about})}
