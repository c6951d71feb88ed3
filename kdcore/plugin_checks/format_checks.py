"""Checks of a format to export to: it is made of a run of its own, twice."""

from __future__ import annotations

import tempfile
from contextlib import closing
from functools import cache, partial
from pathlib import Path

from kdcore.errors import PluginRefused
from kdcore.experiment import Experiment
from kdcore.export import ExportBundle, ExportOptions, export_runs, format_module
from kdcore.export.recorded_run import RecordedRun, read
from kdcore.plugin_checks.plugin_check import Question
from kdcore.runs.run_training import train_run
from kdcore.runs.store import Store
from kdcore.texts import N_

SMALL = Experiment.from_flat({"count": 100, "epochs": 3, "device": "cpu", "threads": 1})


class RunToExport:
    """A short run on digits in a folder of its own, which is there as long as this is."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()

    @cache  # noqa: B019 - it lives as long as the checks
    def record(self) -> RecordedRun:
        """The run."""
        folder = Path(self.folder.name)
        with closing(Store(folder)) as store:
            run = store.create(SMALL, "check", status="running")
            train_run(store, run.id, data_folder=folder)
            return read(store, run.id)


def questions(name: str) -> list[Question]:
    """What is asked of the format, in its order."""
    run = RunToExport()
    return [
        (N_("says whether a finished run can be had in it"), partial(_refusal, name, run)),
        (N_("makes its files"), partial(_made, name, run)),
        (N_("the same run gives the same files"), partial(_again, name, run)),
    ]


def _refusal(name: str, run: RunToExport) -> str:
    if refused := format_module(name).refusal(run.record()):
        raise PluginRefused(refused)
    return ""


def _bundle(name: str, run: RunToExport) -> ExportBundle:
    bundle = export_runs(name, [run.record()], ExportOptions())
    if len(bundle.files) > 1 and not bundle.format.is_folder:
        raise PluginRefused(f"{len(bundle.files)} files, and its FORMAT says one: set is_folder")
    return bundle


def _made(name: str, run: RunToExport) -> str:
    bundle = _bundle(name, run)
    return f"{bundle.file_name}, {sum(map(len, bundle.files.values())):,} bytes"


def _again(name: str, run: RunToExport) -> str:
    if _bundle(name, run).files != _bundle(name, run).files:
        raise PluginRefused("two of one run differ: leave out the time, and whatever else is of the moment")
    return ""
