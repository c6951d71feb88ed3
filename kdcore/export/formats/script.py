"""A short PyTorch program that repeats the run without this project, with the tensors that it begins from."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from kdcore.export import Format, Options
from kdcore.export.exported_run import Record
from kdcore.texts import N_

FORMAT = Format(
    "script",
    N_("Script"),
    N_("Program"),
    "script",
    "application/zip",
    heavy=True,
    folder=True,
)
NAME = "distil.py"


def refusal(record: Record) -> str:
    """A few methods and networks are written as a program; the sentence names them."""
    from kdcore.export import training_script

    return training_script.refusal(record)


def make(records: Sequence[Record], options: Options) -> dict[str, bytes]:
    """`distil.py`, and the tensors beside it.

    Raises:
        DataUnavailable: the run's images are not here.
    """
    from kdcore.export.training_script import needs, program

    made = program(records[0], "Path(__file__).parent")
    parts = [f'"""{made.title}\n\n    pip install {needs(records[0])}\n    python {NAME}\n"""']
    for section in made.sections:
        prose = textwrap.fill(section.prose, 110, initial_indent="# ", subsequent_indent="# ")
        rule = "-" * (104 - len(section.title))
        begins_block = section.code.startswith(("def ", "class "))
        parts.append(f"# ---- {section.title} {rule}\n{prose}\n\n{chr(10) * begins_block}{section.code}")
    return {NAME: ("\n\n\n".join(parts) + "\n").encode(), **made.files}
