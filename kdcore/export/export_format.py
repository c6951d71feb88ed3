"""What a format is: what is known of it before any work, and what a file in `formats/` offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kdcore.export.recorded_run import RecordedRun
from kdcore.translation import ENGLISH


@dataclass(frozen=True)
class ExportFormat:
    """What is known of a format before anything is made.

    Attributes:
        name: what `export --as` calls it.
        title: what a button says.
        group: what it is a format of, as a page heads it.
        ending: how the file's name ends, after the run's: `curves.csv`; `{role}` stands for the network.
        mime: the MIME type of the file.
        several_runs: whether it takes more than one run.
        one_network: whether it holds one network of the run.
        slow: whether making it takes seconds, and torch.
        is_folder: whether it is a folder of files, which travels as a zip archive.
        one_line: whether it is a line to read.
    """

    name: str
    title: str
    group: str
    ending: str
    mime: str
    several_runs: bool = False
    one_network: bool = False
    slow: bool = False
    is_folder: bool = False
    one_line: bool = False


FIGURES = ("soft-targets", "numbers", "curves", "losses", "images", "results")
"""The figures of a page that is handed out, in their order."""


@dataclass(frozen=True)
class ExportOptions:
    """What may be chosen.

    Attributes:
        role: the network that is wanted.
        server: the address under which the pages are served.
        figure: the one figure of a page that is wanted, one of FIGURES; empty for all.
        language: of what is written for people.
        opset: the version of ONNX's operators, for a runtime that is older than this exporter; None for the exporter's own.
    """

    role: str = "student"
    server: str = "http://localhost:8501"
    figure: str = ""
    language: str = ENGLISH
    opset: int | None = None


class FormatModule(Protocol):
    """What a file in `formats/` offers."""

    FORMAT: ExportFormat

    def refusal(self, record: RecordedRun) -> str:
        """Why the run cannot be had in this format, in a sentence; empty where it can, as far as is known without work."""
        ...

    def make(self, records: Sequence[RecordedRun], options: ExportOptions) -> dict[str, bytes]:
        """The format's files by their paths; one file under any name where the format is no folder.

        Raises:
            StillroomError: why it cannot be made, in a sentence.
        """
        ...
