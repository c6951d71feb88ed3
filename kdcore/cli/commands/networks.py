"""`networks`: their size and cost on a dataset's images."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from kdcore.cli.command_parser import Commands, add_command
from kdcore.cli.data_folder import data_folder
from kdcore.cli.text_table import print_table
from kdcore.experiment import FLAT_FIELDS


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = add_command(
        commands,
        "networks",
        show_networks,
        "List the networks with their size and cost on a dataset.",
        examples=["--dataset digits"],
    )
    parser.add_argument(
        "--dataset", default="mnist", help="The dataset whose images they take. Default: mnist."
    )


def show_networks(options: argparse.Namespace) -> int:
    """List the networks with their facts on a dataset's images."""
    values = _facts(options.dataset)
    if options.json:
        print(json.dumps(values))
        return 0
    rows = [
        [v["name"], "", "", "", v["refused"]]
        if "refused" in v
        else [v["name"], f"{v['parameters']:,}", f"{v['macs']:,}", f"{v['bytes'] / 1e6:.2f} MB", ""]
        for v in values
    ]
    print_table(["name", "parameters", "MACs", "size", ""], rows)
    return 0


def _facts(dataset: str) -> list[dict[str, Any]]:
    """Every network's facts on a dataset's images, or the sentence that refuses it."""
    from kdcore import networks
    from kdcore.data import catalogue

    entry = catalogue.entry(dataset, data_folder())
    side = entry.size or FLAT_FIELDS["image_size"].default
    shape, classes = (entry.channels, side, side), entry.classes or 10
    values: list[dict[str, Any]] = []
    for name in networks.offered():
        sentence = networks.refusal(name, shape, classes)
        values.append(
            {"name": name, "refused": sentence}
            if sentence
            else asdict(networks.describe(name, shape, classes))
        )
    return values
