"""Runs made into a format's files: what the bundle is called, packed as one file, and written to disk."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kdcore.atomic_files import write_atomically
from kdcore.errors import OutOfResources, RunRefused
from kdcore.export.export_format import ExportFormat, ExportOptions
from kdcore.export.format_registry import format_module, format_modules
from kdcore.export.recorded_run import RecordedRun


@dataclass(frozen=True)
class ExportBundle:
    """What was made of one or more runs.

    Attributes:
        name: of the one file, or of the folder.
        files: their contents by their paths below the folder; one where the format is no folder.
        format: the format that they are in.
    """

    name: str
    files: Mapping[str, bytes]
    format: ExportFormat

    def packed(self) -> bytes:
        """All in one file: a zip archive where it is a folder."""
        if not self.format.is_folder:
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
        return f"{self.name}.zip" if self.format.is_folder else self.name


def export_runs(
    name: str, records: Sequence[RecordedRun], options: ExportOptions | None = None
) -> ExportBundle:
    """Runs in the format of that name.

    Raises:
        RunRefused: no such format, several runs where it takes one or with a fault on purpose among them, or a run that it cannot
            be made of.
        StillroomError: what else stops it, in a sentence.
    """
    chosen, options = format_module(name), options or ExportOptions()
    if len(records) > 1 and not chosen.FORMAT.several_runs:
        several = ", ".join(n for n, module in format_modules().items() if module.FORMAT.several_runs)
        raise RunRefused(f"As {name} one run is exported at a time. Several at once: {several}.")
    if len(records) > 1 and (faulty := next((r for r in records if r.run.experiment.fault), None)):
        raise RunRefused(
            f"The run {faulty.run.id} has a fault on purpose, or may have one, and has no part in a comparison. Export it by itself."
        )
    for record in records:
        if sentence := chosen.refusal(record):
            raise RunRefused(sentence)
    return ExportBundle(
        bundle_name(chosen.FORMAT, records, options.role),
        chosen.make(records, options),
        chosen.FORMAT,
    )


def bundle_name(format: ExportFormat, records: Sequence[RecordedRun], role: str) -> str:
    """The name that says which runs they are and what is in it."""
    first = records[0].short_id
    runs = first if len(records) == 1 else f"{len(records)}-runs-{first}"
    fault = "-fault" if any(record.run.experiment.fault for record in records) else ""
    return f"stillroom-{runs}{fault}-{format.ending.format(role=role.replace(' ', '-'))}"


def write_bundle(bundle: ExportBundle, out: Path | None) -> list[Path]:
    """Write the bundle: into the folder `out` where it is one, else under that very name; returns the files.

    A folder is written as files, and as a zip archive where `out` ends in `.zip`.

    Raises:
        OutOfResources: the place cannot be written.
    """
    place = Path(bundle.name) if out is None else out
    if bundle.format.is_folder and place.suffix != ".zip":
        contents = {place / path: content for path, content in bundle.files.items()}
    else:
        inside = out is not None and out.is_dir()
        contents = {place / bundle.name if inside else place: bundle.packed()}
    try:
        for path, content in contents.items():
            write_atomically(path, content)
    except OSError as error:
        raise OutOfResources(f"{place} cannot be written ({error.strerror}). Name another place.") from error
    return list(contents)
