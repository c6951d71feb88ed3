"""Networks of plugins as lines of the network table: what their code may raise or give back ends as a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor, nn

from kdcore import plugins
from kdcore.errors import NetworkRefused, StillroomError
from kdcore.experiment import NAME, OWN_PREFIX
from kdcore.networks.network_entry import NetworkEntry, Shape
from kdcore.plugins import Plugin, fault_of
from kdcore.teachers import BUNDLED
from kdcore.texts import N_

POINTS = ("early", "middle", "last", "penultimate")
"""The feature points that methods look for; a submodule of one of these names is that point where a module names none."""


def entries_of(plugin: Plugin) -> dict[str, NetworkEntry]:
    """The networks that a plugin offers, by name; what is none is left out with a sentence."""
    given = getattr(plugin.module, "NETWORKS", {})
    if not isinstance(given, Mapping):
        plugins.leave_out(plugin.title, N_("NETWORKS has to be a dictionary: a NetworkEntry by its name."))
        return {}
    entries = {}
    for name, entry in given.items():
        if why := _refusal(name, entry):
            plugins.leave_out(plugin.title, why)
        else:
            made = replace(entry, make=partial(_made, plugin.title, name, entry.make))
            entries[name] = replace(made, refuses=partial(_tried, name, made))
    return entries


def points_by_name(network: nn.Module) -> dict[str, str]:
    """The feature points of a module: those that it names itself, else its submodules that are called as points are."""
    named = getattr(network, "points", None)
    if isinstance(named, Mapping):
        return dict(named)
    modules = dict(network.named_modules())
    paths = {point: [path for path in modules if path.rpartition(".")[2] == point] for point in POINTS}
    return {point: found[0] for point, found in paths.items() if found}


def _refusal(name: Any, entry: Any) -> str:
    if not isinstance(name, str) or not re.fullmatch(NAME, name) or name.startswith(OWN_PREFIX):
        return N_(f"'{name}' is no name of a network: letters, digits, dots, dashes, at most 64.")
    if (BUNDLED / f"{name}.json").is_file():
        return N_(f"there is a teacher '{name}' already. Give your network another name.")
    if not isinstance(entry, NetworkEntry):
        return N_(f"'{name}' has to be a NetworkEntry.")
    return ""


def _made(plugin: str, name: str, make: Any, shape: Shape, classes: int) -> nn.Module:
    try:
        network = make(shape, classes)
    except StillroomError:
        raise
    except Exception as error:
        raise NetworkRefused(
            N_(
                f"{name}, a network of the plugin {plugin}, cannot be built for these images: {fault_of(error)}"
            )
        ) from error
    if not isinstance(network, nn.Module):
        raise NetworkRefused(
            N_(f"{name}, a network of the plugin {plugin}, is no torch module but {type(network).__name__}.")
        )
    points = points_by_name(network)
    modules = dict(network.named_modules())
    if gone := next((path for path in points.values() if path not in modules), None):
        raise NetworkRefused(
            N_(f"{name}, a network of the plugin {plugin}, has no submodule '{gone}', which its points name.")
        )
    network.points = points  # type: ignore[assignment]
    return network


@cache
def _tried(name: str, entry: NetworkEntry, shape: Shape, classes: int) -> str:
    """Why it cannot take such images, found by asking it about two; empty where it can."""
    try:
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            said = entry.make(shape, classes).eval()(torch.zeros(2, *shape))
    except StillroomError as refused:
        return str(refused)
    except Exception as error:
        return N_(f"{name} cannot take images of {_size(shape)} (channels, height, width): {fault_of(error)}")
    if not isinstance(said, Tensor) or tuple(said.shape) != (2, classes):
        given = _size(tuple(said.shape)) if isinstance(said, Tensor) else type(said).__name__
        return N_(
            f"{name} gives {given} for two images, and 2 x {classes} logits are wanted: one for each class."
        )
    return ""


def _size(sizes: tuple[int, ...]) -> str:
    return " x ".join(map(str, sizes))
