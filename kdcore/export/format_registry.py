"""Every format: each is a file in `formats/` and is found by being there, or a plugin's."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import cast

from kdcore import plugins
from kdcore.errors import RunRefused
from kdcore.export import formats
from kdcore.export.export_format import FormatModule
from kdcore.export.plugin_format import PluginFormat, refusal_of
from kdcore.export.recorded_run import RecordedRun

ORDER = (
    "csv",
    "parquet",
    "tensorboard",
    "html",
    "page",
    "script",
    "notebook",
    "safetensors",
    "onnx",
    "torch-export",
    "torchscript",
    "json",
    "link",
)
"""What is asked for most, first; a format that is not named here comes last."""


@cache
def format_modules() -> dict[str, FormatModule]:
    """Every format by its name, what is asked for most first."""
    modules = (
        cast(FormatModule, importlib.import_module(f"{formats.__name__}.{file.name}"))
        for file in pkgutil.iter_modules(formats.__path__)
    )
    by_name = {module.FORMAT.name: module for module in modules}
    for plugin in plugins.found():
        if hasattr(plugin.module, "FORMAT"):
            if why := refusal_of(plugin.module, by_name):
                plugins.leave_out(plugin.title, why)
            else:
                made = PluginFormat(plugin.title, cast(FormatModule, plugin.module))
                by_name[made.FORMAT.name] = made
    order = [*ORDER, *sorted(by_name)]
    return {name: by_name[name] for name in sorted(by_name, key=order.index)}


def format_module(name: str) -> FormatModule:
    """The format of that name.

    Raises:
        RunRefused: there is none.
    """
    try:
        return format_modules()[name]
    except KeyError:
        raise RunRefused(
            f"Nothing is exported as '{name}'. There are: {', '.join(format_modules())}."
        ) from None


def refusal(name: str, record: RecordedRun) -> str:
    """Why a run cannot be had in this format, in a sentence; empty where it can, as far as is known without work.

    Raises:
        RunRefused: there is no such format.
    """
    return format_module(name).refusal(record)
