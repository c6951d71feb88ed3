"""Formats of plugins: what their code may raise or give back ends as a sentence."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from types import ModuleType

from kdcore.errors import RunRefused, StillroomError
from kdcore.export.export_format import ExportFormat, ExportOptions, FormatModule
from kdcore.export.recorded_run import RecordedRun
from kdcore.plugins import fault_of
from kdcore.texts import N_

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
ENDING = re.compile(r"[\w{}][\w.{}-]{0,63}")


class PluginFormat:
    """A plugin's format, as the registry offers it."""

    def __init__(self, plugin: str, module: FormatModule) -> None:
        self.FORMAT = module.FORMAT
        self._plugin, self._module = plugin, module

    def refusal(self, record: RecordedRun) -> str:
        """What the plugin says, or that it failed."""
        try:
            return str(self._module.refusal(record))
        except StillroomError as refused:
            return str(refused)
        except Exception as error:
            return self._failed(error)

    def make(self, records: Sequence[RecordedRun], options: ExportOptions) -> dict[str, bytes]:
        """The plugin's files.

        Raises:
            RunRefused: its code failed, or gave no files.
        """
        try:
            files = self._module.make(records, options)
        except StillroomError:
            raise
        except Exception as error:
            raise RunRefused(self._failed(error)) from error
        if not _are_files(files):
            raise RunRefused(
                N_(
                    f"The format '{self.FORMAT.name}' of the plugin {self._plugin} gave no files: a dictionary of bytes by path."
                )
            )
        return dict(files)

    def _failed(self, error: Exception) -> str:
        return N_(f"The format '{self.FORMAT.name}' of the plugin {self._plugin} failed: {fault_of(error)}")


def refusal_of(module: ModuleType, there: Container[str]) -> str:
    """Why a plugin's module is no format to offer, in a sentence; empty where it is one."""
    format = getattr(module, "FORMAT", None)
    offers = all(callable(getattr(module, name, None)) for name in ("refusal", "make"))
    if not isinstance(format, ExportFormat) or not offers:
        return N_("a format needs FORMAT, an ExportFormat, refusal(record) and make(records, options).")
    if not NAME.fullmatch(format.name) or not ENDING.fullmatch(format.ending):
        return N_(f"'{format.name}' is no name of a format, or '{format.ending}' no end of a file's name.")
    if format.name in there:
        return N_(f"there is a format '{format.name}' already. Give yours another name.")
    return ""


def _are_files(files: object) -> bool:
    """Whether these are contents by relative paths that stay below their folder."""
    return (
        isinstance(files, Mapping)
        and bool(files)
        and all(
            isinstance(path, str) and not path.startswith("/") and ".." not in path.split("/")
            for path in files
        )
        and all(isinstance(content, bytes) for content in files.values())
    )
