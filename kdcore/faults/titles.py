"""What the faults are called, read from their files without importing them: lists of runs, the shell and pages name faults and need no torch."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

FIELD = "fault"


def fault_title(fault: str) -> str:
    """The title on a fault's card, in English; a name that no fault has as it is."""
    return titles().get(fault, fault)


def shown_value(field: str, value: Any) -> Any:
    """The value of an experiment's field as readers are shown it: the title of a fault, any other as it is."""
    return fault_title(value) if field == FIELD and isinstance(value, str) else value


@cache
def titles() -> Mapping[str, str]:
    """The title of each fault by its name."""
    return dict(_titles())


def _titles() -> Iterator[tuple[str, str]]:
    for path in sorted(Path(__file__).parent.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CARD":
                card = node.value
                parts = {each.arg: each.value for each in card.keywords} if isinstance(card, ast.Call) else {}
                yield _text(parts["name"]), _text(parts["title"])


def _text(node: ast.expr) -> str:
    """A text, which may be marked for translation."""
    return str(ast.literal_eval(node.args[0] if isinstance(node, ast.Call) else node))
