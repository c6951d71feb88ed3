"""The same program as a notebook, one cell per section."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kdcore.export.export_format import ExportFormat, ExportOptions
from kdcore.export.recorded_run import RecordedRun
from kdcore.texts import N_

if TYPE_CHECKING:
    from kdcore.export.training_script import ScriptSection

FORMAT = ExportFormat(
    "notebook",
    N_("Notebook"),
    N_("Program"),
    "notebook",
    "application/zip",
    slow=True,
    is_folder=True,
)
FILE_NAME = "distil.ipynb"


def refusal(record: RecordedRun) -> str:
    """As the script's."""
    from kdcore.export import training_script

    return training_script.refusal(record)


def make(records: Sequence[RecordedRun], options: ExportOptions) -> dict[str, bytes]:
    """`distil.ipynb` in the notebook format 4.5, and the tensors beside it.

    Raises:
        DataUnavailable: the run's images are not here.
    """
    from kdcore.export.training_script import packages, training_script

    script = training_script(records[0], 'Path(".")')
    install = f"    pip install {packages(records[0])} notebook"
    cells = [_cell("markdown", f"# {script.title}\n\n{script.summary}\n\n{install}", 0)]
    for section in script.sections:
        cells += [
            _cell("markdown", _markdown(section), len(cells)),
            _cell("code", section.code, len(cells) + 1),
        ]
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
        "cells": cells,
    }
    return {FILE_NAME: (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode(), **script.files}


def _markdown(section: ScriptSection) -> str:
    text = f"## {section.title}\n\n{section.prose}"
    return f"{text}\n\n$${section.formula}$$" if section.formula else text


def _cell(kind: str, source: str, number: int) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": source}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})
