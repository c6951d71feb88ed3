"""A run, or several, in other tools' formats: one file a format in `formats/`, found by being there.

A format's file offers `FORMAT` (its name, what it is for, how its files are called), `refusal(record)` (why it cannot be
had of a run, known without work) and `make(records, options)` (the files).
"""

from __future__ import annotations

import importlib
import io
import pkgutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol, cast

from kdcore.atomic_files import write_atomically
from kdcore.errors import OutOfResources, RunRefused
from kdcore.export import formats
from kdcore.export.exported_run import Record

ORDER = (
    "csv",
    "parquet",
    "tensorboard",
    "html",
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


@dataclass(frozen=True)
class Format:
    """What is known of a format before anything is made.

    group: what it is a format of, as a page heads it. called: how its file's name ends, after the run's: `curves.csv`; `{role}` stands for the network. several: whether it
    takes more than one run. of_network: whether it is of one network. heavy: whether making it takes seconds. folder:
    whether it is a folder of files, which travels as a zip archive. line: whether it is a line to read.
    """

    name: str
    title: str
    group: str
    called: str
    mime: str
    several: bool = False
    of_network: bool = False
    heavy: bool = False
    folder: bool = False
    line: bool = False


@dataclass(frozen=True)
class Options:
    """role: the network that is wanted. server: the address under which the pages are served."""

    role: str = "student"
    server: str = "http://localhost:8501"


@dataclass(frozen=True)
class Exported:
    """What was made: the files by their paths below `name`, or the one file that bears this name."""

    name: str
    files: Mapping[str, bytes]
    format: Format

    @property
    def folder(self) -> bool:
        """Whether it is a folder of files."""
        return self.format.folder

    def packed(self) -> bytes:
        """All in one file: a zip archive where it is a folder."""
        if not self.folder:
            return next(iter(self.files.values()))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in self.files.items():
                # A fixed date: the same run gives the same archive.
                entry = zipfile.ZipInfo(f"{self.name}/{path}", (1980, 1, 1, 0, 0, 0))
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                archive.writestr(entry, content)
        return buffer.getvalue()

    @property
    def file_name(self) -> str:
        """What the one file is called."""
        return f"{self.name}.zip" if self.folder else self.name


class Maker(Protocol):
    """What a file in `formats/` offers."""

    FORMAT: Format

    def refusal(self, record: Record) -> str:
        """Why this run cannot be had so, in a sentence; empty where it can, as far as is known without work."""
        ...

    def make(self, records: Sequence[Record], options: Options) -> dict[str, bytes]:
        """The format's files by their paths; one file under any name where the format is no folder.

        Raises:
            StillroomError: why it cannot be made, in a sentence.
        """
        ...


@cache
def makers() -> dict[str, Maker]:
    """Every format by its name, what is asked for most first."""
    modules = (
        importlib.import_module(f"{formats.__name__}.{found.name}")
        for found in pkgutil.iter_modules(formats.__path__)
    )
    found = {maker.FORMAT.name: maker for maker in (cast(Maker, module) for module in modules)}
    order = [*ORDER, *sorted(found)]
    return {name: found[name] for name in sorted(found, key=order.index)}


def maker(name: str) -> Maker:
    """The format of that name.

    Raises:
        RunRefused: there is none.
    """
    try:
        return makers()[name]
    except KeyError:
        raise RunRefused(f"Nothing is exported as '{name}'. There are: {', '.join(makers())}.") from None


def refusal(name: str, record: Record) -> str:
    """Why a run cannot be had in this format, in a sentence; empty where it can, as far as is known without work.

    Raises:
        RunRefused: there is no such format.
    """
    return maker(name).refusal(record)


def export(name: str, records: Sequence[Record], options: Options | None = None) -> Exported:
    """Runs in the format of that name.

    Raises:
        RunRefused: no such format, several runs where it takes one, or a run that it cannot be made of.
        StillroomError: what else stops it, in a sentence.
    """
    chosen, options = maker(name), options or Options()
    if len(records) > 1 and not chosen.FORMAT.several:
        many = ", ".join(n for n, other in makers().items() if other.FORMAT.several)
        raise RunRefused(f"As {name} one run is exported at a time. Several at once: {many}.")
    for record in records:
        if sentence := chosen.refusal(record):
            raise RunRefused(sentence)
    return Exported(
        called(chosen.FORMAT, records, options.role),
        chosen.make(records, options),
        chosen.FORMAT,
    )


def called(format: Format, records: Sequence[Record], role: str) -> str:
    """The name that says which run it is and what is in it."""
    whose = records[0].short if len(records) == 1 else f"{len(records)}-runs-{records[0].short}"
    return f"stillroom-{whose}-{format.called.format(role=role.replace(' ', '-'))}"


def write(exported: Exported, out: Path | None) -> list[Path]:
    """Write what was exported: into the folder `out` where it is one, else under that very name; returns the files.

    A folder is written as files, and as a zip archive where `out` ends in `.zip`.

    Raises:
        OutOfResources: the place cannot be written.
    """
    place = Path(exported.name) if out is None else out
    if exported.folder and place.suffix != ".zip":
        contents = {place / path: content for path, content in exported.files.items()}
    else:
        inside = out is not None and out.is_dir()
        contents = {place / exported.name if inside else place: exported.packed()}
    try:
        for path, content in contents.items():
            write_atomically(path, content)
    except OSError as error:
        raise OutOfResources(f"{place} cannot be written ({error.strerror}). Name another place.") from error
    return list(contents)
