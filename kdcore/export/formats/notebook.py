"""The same program as a notebook, a cell a section."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kdcore.export import Format, Options
from kdcore.export.exported_run import Record
from kdcore.texts import N_

FORMAT = Format(
    "notebook",
    N_("Notebook"),
    N_("Program"),
    "notebook",
    "application/zip",
    heavy=True,
    folder=True,
)
NAME = "distil.ipynb"


def refusal(record: Record) -> str:
    """As the script."""
    from kdcore.export import training_script

    return training_script.refusal(record)


def make(records: Sequence[Record], options: Options) -> dict[str, bytes]:
    """`distil.ipynb` in the notebook format 4.5, and the tensors beside it.

    Raises:
        DataUnavailable: the run's images are not here.
    """
    from kdcore.export.training_script import needs, program
    from kdcore.methods.registry import method

    made = program(records[0], 'Path(".")')
    title, _, rest = made.title.partition("\n")
    install = f"    pip install {needs(records[0])} notebook"
    cells = [_cell("markdown", f"# {title}\n{rest}\n\n{install}", 0)]
    for section in made.sections:
        prose = f"## {section.title}\n\n{section.prose}"
        if section.title == "The loss":
            prose += f"\n\n$${method(records[0].run.experiment.method).CARD.formula}$$"
        cells += [_cell("markdown", prose, len(cells)), _cell("code", section.code, len(cells) + 1)]
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
        "cells": cells,
    }
    return {NAME: (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode(), **made.files}


def _cell(kind: str, source: str, number: int) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": source}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})
