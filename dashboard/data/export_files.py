"""Runs exported as files: whether a format can be had, and the file, made when it is asked for.

A graph or a script takes seconds of torch's work. That is done in a process of its own, one at a time, so that the pages
go on answering.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

from dashboard.data import run_manager, torch_imports
from dashboard.data.kdcore_process import printed
from kdcore import export
from kdcore.errors import StillroomError
from kdcore.export.recorded_run import RecordedRun, refusal_without_networks
from kdcore.runs.run_record import Run
from kdcore.runs.runs_folder import runs_folder
from kdcore.texts import N_

PATIENCE = 300.0
"""Seconds after which a process that makes a file is killed."""
TOO_LONG = N_("Making this file took too long. Try again when less is training here.")
_one_at_a_time = Lock()
_failed: dict[ExportRequest, str] = {}


@dataclass(frozen=True)
class ExportRequest:
    """A file that may be asked for.

    Attributes:
        runs: ids and sequence numbers, so that a run that has moved on is another request.
        format: the format's name.
        options: among them, which network is exported.
    """

    runs: tuple[tuple[str, int], ...]
    format: str
    options: export.ExportOptions

    @property
    def ids(self) -> list[str]:
        """The runs' ids."""
        return [run_id for run_id, _seq in self.runs]


def export_request(runs: Sequence[Run], format: str, options: export.ExportOptions) -> ExportRequest:
    """The request for these runs as they are now."""
    return ExportRequest(tuple((run.id, run.seq) for run in runs), format, options)


def record(run_id: str) -> RecordedRun:
    """A run with its points and events."""
    manager = run_manager.manager()
    points, events = manager.points(run_id), manager.events(run_id)
    return RecordedRun(manager.run(run_id), points, events, runs_folder(), manager.store.times(run_id))


def refusal(request: ExportRequest) -> str:
    """Why the file cannot be had, in a sentence; empty where it can, as far as is known."""
    if request in _failed:
        return _failed[request]
    # What more there is to say of a heavy format needs torch, which is imported in the background.
    unknown = export.format_module(request.format).FORMAT.slow and not torch_imports.warm()
    records = map(record, request.ids)
    sentences = (
        refusal_without_networks(one) if unknown else export.refusal(request.format, one) for one in records
    )
    return next(filter(None, sentences), "")


def file_name(request: ExportRequest) -> str:
    """The file's name: run, network and format."""
    format = export.format_module(request.format).FORMAT
    name = export.bundle_name(format, [record(run_id) for run_id in request.ids], request.options.role)
    return f"{name}.zip" if format.is_folder else name


@lru_cache(maxsize=8)
def export_file(request: ExportRequest) -> bytes:
    """The file.

    Raises:
        StillroomError: why it cannot be made; `refusal` says so from then on.
    """
    try:
        if not export.format_module(request.format).FORMAT.slow:
            return export.export_runs(
                request.format, [record(run_id) for run_id in request.ids], request.options
            ).packed()
        with _one_at_a_time:
            return _export_in_subprocess(request)
    except StillroomError as error:
        _failed[request] = str(error)
        raise


def _export_in_subprocess(request: ExportRequest) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / file_name(request)
        arguments = [
            "export",
            *request.ids,
            "--as",
            request.format,
            "--role",
            request.options.role,
            "--language",
            request.options.language,
            "--out",
            str(out),
        ]
        printed(arguments, patience=PATIENCE, too_long=TOO_LONG)
        return out.read_bytes()
