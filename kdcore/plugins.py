"""Plugins: Python files in the folder that STILLROOM_PLUGINS names, and modules of installed packages.

A plugin is code, and runs with the rights of whoever started the program. It offers networks (`NETWORKS`), a method (`CARD` and `plan`), a
format to export to (`FORMAT`, `refusal` and `make`), or several of these; the registries of networks, methods and formats take them from
here. One that fails is left out with a sentence, and harms nothing else.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from threading import RLock
from types import ModuleType

from kdcore.errors import OutOfResources, PluginRefused
from kdcore.installation import path_of
from kdcore.texts import N_

SETTING = "STILLROOM_PLUGINS"
GROUP = "stillroom.plugins"
"""The group of entry points in which an installed package names its modules."""
PREFIX = "stillroom_plugin_"
"""Begins the names of files' modules, so that a file hides no module of the same name."""
OFFERS = ("NETWORKS", "CARD", "FORMAT")
"""What a plugin may offer, by the name that says so."""
REGISTRIES = (("kdcore.networks.table", "plugged"), ("kdcore.methods.registry", "methods"))
"""What takes networks and methods from here: named, because it stands above."""
CACHES = (
    *REGISTRIES,
    ("kdcore.export.format_registry", "format_modules"),
    ("kdcore.networks.cost", "describe"),
    ("kdcore.networks.feature_sizes", "feature_shapes"),
    ("kdcore.networks.feature_sizes", "weights_before"),
)
"""What remembers networks, methods and formats by name."""

FOLDERS = re.compile(r"(?<![\w.])(?:[A-Za-z]:)?[\\/](?:[^\s'\"()\\/]+[\\/])*")
MOST_SAID = 300


@dataclass(frozen=True)
class Plugin:
    """A plugin that was imported.

    Attributes:
        title: its file's name, or its package's and the module's.
        module: what it offers.
        digest: of its file: what another version of it trained is not found again.
    """

    title: str
    module: ModuleType
    digest: str


_lock = RLock()
_left_out: dict[tuple[str, str], None] = {}
_brought: dict[str, Plugin] = {}
_only: list[Path] = []


def found() -> tuple[Plugin, ...]:
    """Every plugin that could be imported, those of the folder first, by name."""
    with _lock:
        return _found()


def only(path: Path) -> Plugin | None:
    """Let this file be the one plugin from here on; None where it cannot be imported or offers nothing: `problems` says why."""
    forget()
    _only.append(path)
    return next(iter(found()), None)


def configured() -> bool:
    """Whether there may be plugins: whoever has none does not wait for anything."""
    return bool(_only) or bool(os.environ.get(SETTING)) or bool(_entry_points())


def leave_out(title: str, why: str) -> None:
    """Note why a plugin, or a part of it, is not offered; a sentence."""
    _left_out[title, why] = None


def problems() -> list[str]:
    """A sentence for each plugin, or part of one, that was left out, as far as plugins were asked for."""
    return [N_(f"The plugin {title} was left out: {why}") for title, why in _left_out]


def brings(plugin: Plugin, name: str) -> None:
    """Note that the network or the method of this name is the plugin's."""
    _brought[name] = plugin


def is_brought(name: str) -> bool:
    """Whether a plugin brings the network or the method of this name, which was found before."""
    return name in _brought


def origin(name: str) -> Plugin | None:
    """The plugin that brings the network or the method of this name; None where none does."""
    if not configured():
        return None
    for module, function in REGISTRIES:
        getattr(importlib.import_module(module), function)()
    return _brought.get(name)


def marks(*names: str) -> dict[str, dict[str, str]]:
    """What an experiment's hash has beside its fields: `plugins`, the digest of a network's or method's file; empty for built-in ones."""
    found = {name: plugin.digest for name in names if (plugin := origin(name)) is not None}
    return {"plugins": found} if found else {}


def recorded(*names: str) -> list[dict[str, str]]:
    """What a run keeps of the plugins that brought these networks and methods: JSON values, one a name."""
    found = {name: plugin for name in dict.fromkeys(names) if (plugin := origin(name)) is not None}
    return [{"name": n, "plugin": plugin.title, "digest": plugin.digest} for n, plugin in found.items()]


def differences(kept: Iterable[Mapping[str, str]]) -> list[str]:
    """A sentence for each plugin of a run's record that is gone from here, or has changed since."""
    sentences = []
    for one in kept:
        now = origin(one["name"])
        if now is None:
            sentences.append(
                N_(
                    f"'{one['name']}' came from the plugin {one['plugin']}, which is not here: what was recorded is shown, and it can neither train nor be asked."
                )
            )
        elif now.digest != one["digest"]:
            sentences.append(
                N_(
                    f"The plugin {now.title}, which brings '{one['name']}', has changed since: trained again, this may end otherwise."
                )
            )
    return sentences


def load_file(path: Path) -> Plugin:
    """Import a plugin's file.

    Raises:
        PluginRefused: it cannot be read or imported, or offers nothing.
    """
    try:
        source = path.read_bytes()
    except OSError as error:
        raise PluginRefused(N_(f"{path.name} cannot be read: {error.strerror}.")) from error
    specification = importlib.util.spec_from_file_location(PREFIX + path.stem, path)
    if specification is None or specification.loader is None:
        raise PluginRefused(N_(f"{path.name} is no Python file."))
    module = importlib.util.module_from_spec(specification)
    sys.modules[module.__name__] = module  # where classes and functions of it look for their source
    try:
        specification.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[module.__name__]
        raise PluginRefused(N_(f"it cannot be imported: {_told(error)}")) from error
    return _offering(Plugin(path.name, module, hashlib.sha256(source).hexdigest()[:16]))


def fault_of(error: BaseException) -> str:
    """An exception of somebody else's code as one line: its kind, and what it says, without folders, which pages do not show."""
    said = FOLDERS.sub("", (str(error).strip().splitlines() or [""])[0])[:MOST_SAID]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def forget() -> None:
    """Know of no plugin, until they are looked for again."""
    with _lock:
        for module, function in CACHES:
            if module in sys.modules:
                getattr(sys.modules[module], function).cache_clear()
        _only.clear()
        _found.cache_clear()
        _entry_points.cache_clear()
        _left_out.clear()
        _brought.clear()


@cache
def _found() -> tuple[Plugin, ...]:
    plugins = []
    packages = [] if _only else [(_title(one), one) for one in _entry_points()]
    sources: list[tuple[str, Path | metadata.EntryPoint]] = [*_files(), *packages]
    for title, load in sources:
        try:
            plugins.append(load_file(load) if isinstance(load, Path) else _load_module(title, load))
        except PluginRefused as refused:
            leave_out(title, str(refused))
    return tuple(plugins)


def _files() -> list[tuple[str, Path]]:
    if _only:
        return [(file.name, file) for file in _only]
    named = os.environ.get(SETTING)
    if not named:
        return []
    try:
        folder = path_of(named, SETTING)
        files = sorted(folder.glob("*.py")) if folder.is_dir() else None
    except (OSError, OutOfResources):
        files = None
    if files is None:
        leave_out(SETTING, N_("there is no such folder here. Name one that holds Python files."))
        return []
    return [(file.name, file) for file in files if not file.name.startswith("_")]


@cache
def _entry_points() -> tuple[metadata.EntryPoint, ...]:
    return tuple(sorted(metadata.entry_points(group=GROUP), key=lambda one: one.name))


def _title(entry: metadata.EntryPoint) -> str:
    return f"{entry.dist.name}: {entry.name}" if entry.dist else entry.name


def _load_module(title: str, entry: metadata.EntryPoint) -> Plugin:
    try:
        module = entry.load()
    except (Exception, SystemExit) as error:
        raise PluginRefused(N_(f"it cannot be imported: {_told(error)}")) from error
    if not isinstance(module, ModuleType):
        raise PluginRefused(N_("its entry point has to name a module."))
    source = Path(module.__file__).read_bytes() if module.__file__ else title.encode()
    return _offering(Plugin(title, module, hashlib.sha256(source).hexdigest()[:16]))


def _offering(plugin: Plugin) -> Plugin:
    if not any(hasattr(plugin.module, name) for name in OFFERS):
        raise PluginRefused(
            N_("it offers nothing: NETWORKS, CARD with plan(), or FORMAT with refusal() and make().")
        )
    return plugin


def _told(error: BaseException) -> str:
    line = getattr(error, "lineno", None)
    return f"{fault_of(error)}, line {line}." if isinstance(line, int) else f"{fault_of(error).rstrip('.')}."
