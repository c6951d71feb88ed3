"""The experiment's part of docs/schemas/kdcore.json, made from the model: `python -m scripts.json_schemas`.

The other definitions are written by hand; the tests validate what every command prints against them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kdcore.experiment import Experiment

FILE = Path(__file__).resolve().parent.parent / "docs" / "schemas" / "kdcore.json"
WIDTH = 120
LEFT_OUT = ("title", "group", "hot")
"""What widgets and flags need and a reader does not."""


def schemas() -> dict[str, Any]:
    """The document as it is written."""
    told: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return told


def experiment_definitions() -> dict[str, Any]:
    """The definitions of an experiment and of the recipe in it."""
    whole = _tidied(Experiment.model_json_schema())
    recipes = whole.pop("$defs")
    return {"experiment": whole, **recipes}


def text_of(document: Any, indent: int = 0) -> str:
    """JSON with a line for whatever fits into one."""
    line = json.dumps(document, ensure_ascii=False)
    if len(line) + indent <= WIDTH or not isinstance(document, dict | list):
        return line
    pad, end = " " * (indent + 1), " " * indent
    if isinstance(document, dict):
        parts = (f"{pad}{json.dumps(name)}: {text_of(part, indent + 1)}" for name, part in document.items())
        return "{\n" + ",\n".join(parts) + f"\n{end}}}"
    return "[\n" + ",\n".join(pad + text_of(part, indent + 1) for part in document) + f"\n{end}]"


def _tidied(part: Any) -> Any:
    if isinstance(part, list):
        return [_tidied(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {name: _tidied(one) for name, one in part.items() if name not in LEFT_OUT or isinstance(one, dict)}


if __name__ == "__main__":
    document = schemas()
    document["$defs"] |= experiment_definitions()
    FILE.write_text(text_of(document) + "\n", encoding="utf-8")
