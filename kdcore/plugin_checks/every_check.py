"""Every check of a plugin's file, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kdcore import networks, plugins
from kdcore.export import format_modules
from kdcore.export.plugin_format import PluginFormat
from kdcore.methods.registry import methods
from kdcore.plugin_checks import format_checks, method_checks, network_checks
from kdcore.plugin_checks.plugin_check import PluginCheck, Question, answers
from kdcore.plugins import Plugin
from kdcore.texts import N_


def check_file(path: Path) -> Iterator[PluginCheck]:
    """The checks of the plugin in this file, whether it lies in the folder of plugins or not.

    Raises:
        PluginRefused: the file cannot be read.
    """
    plugin = plugins.only(path)
    parts = [*_parts(plugin)] if plugin is not None else []
    left_out = plugins.problems()
    yield PluginCheck("", N_("can be imported, and offers something new"), not left_out, " ".join(left_out))
    for part, questions in parts:
        yield from answers(part, questions)


def _parts(plugin: Plugin) -> Iterator[tuple[str, list[Question]]]:
    for name, entry in networks.plugged().items():
        yield name, network_checks.questions(name, entry)
    for name, method in methods().items():
        if method is plugin.module:
            yield name, method_checks.questions(method)
    name = getattr(getattr(plugin.module, "FORMAT", None), "name", "")
    if isinstance(format_modules().get(name), PluginFormat):
        yield name, format_checks.questions(name)
