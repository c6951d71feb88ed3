"""A short PyTorch program that repeats the run without this project, with the tensors that it begins from."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kdcore.export.export_format import ExportFormat, ExportOptions
from kdcore.export.recorded_run import RecordedRun
from kdcore.texts import N_

if TYPE_CHECKING:
    from kdcore.export.training_script import ScriptSection

FORMAT = ExportFormat(
    "script",
    N_("Script"),
    N_("Program"),
    "script",
    "application/zip",
    slow=True,
    is_folder=True,
)
FILE_NAME = "distil.py"


def refusal(record: RecordedRun) -> str:
    """A few methods and networks are written as a program; the sentence names them."""
    from kdcore.export import training_script

    return training_script.refusal(record)


def make(records: Sequence[RecordedRun], options: ExportOptions) -> dict[str, bytes]:
    """`distil.py`, `prepare_photo.py` for photos of one's own, and the tensors beside them.

    Raises:
        DataUnavailable: the run's images are not here.
    """
    from kdcore.export import photo_preparation
    from kdcore.export.training_script import packages, training_script

    script = training_script(records[0], "Path(__file__).parent")
    install = f"    pip install {packages(records[0])}\n    python {FILE_NAME}"
    parts = [f'"""{script.title}\n\n{script.summary}\n\n{install}\n"""']
    parts += [_source(section) for section in script.sections]
    program = photo_preparation.photo_preparation(records[0].model("student"))
    return {
        FILE_NAME: ("\n\n\n".join(parts) + "\n").encode(),
        photo_preparation.FILE_NAME: program.encode(),
        **script.files,
    }


def _source(section: ScriptSection) -> str:
    """The section's code below its heading and its prose, both as comments."""
    rule = "-" * (104 - len(section.title))
    prose = textwrap.fill(section.prose, 110, initial_indent="# ", subsequent_indent="# ")
    blank_lines = "\n\n\n" if section.code.startswith(("def ", "class ")) else "\n\n"
    return f"# ---- {section.title} {rule}\n{prose}{blank_lines}{section.code}"
