"""The reference in docs/python.md, made from the docstrings of what `kdcore` offers: `python -m scripts.api_reference`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kdcore

FILE = Path(__file__).resolve().parent.parent / "docs" / "python.md"
BEGIN, END = "<!-- reference: begin -->\n", "<!-- reference: end -->\n"
FUNCTIONS = ("distill", "sweep", "soft_targets", "images", "trained", "own_method", "result")
CLASSES = ("Given", "Result", "SweepResult", "MLflowLog", "WandbLog")


def reference() -> str:
    """Every function and class with its signature and what it says of itself."""
    return "\n".join([*map(_function, FUNCTIONS), *map(_class, CLASSES)])


def page() -> str:
    """The page with the reference as it is made now."""
    text = FILE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}{reference()}{END}{rest.split(END)[1]}"


def _function(name: str) -> str:
    function = getattr(kdcore, name)
    return f"### kdcore.{name}\n\n```text\n{_signature(name, function)}\n```\n\n{_prose(function)}\n"


def _class(name: str) -> str:
    kind = getattr(kdcore, name)
    members = "\n".join(_members(kind)) if name != "Given" else ""
    table = f"\n| | |\n|---|---|\n{members}\n" if members else ""
    return f"### kdcore.{name}\n\n{_prose(kind)}\n{table}"


def _members(kind: type[Any]) -> Iterator[str]:
    for name, member in vars(kind).items():
        if name.startswith("_") or not (isinstance(member, property) or inspect.isfunction(member)):
            continue
        first, *_ = inspect.cleandoc(member.__doc__ or "").split("\n\n")
        shown = (
            f".{name}"
            if isinstance(member, property)
            else _signature(f".{name}", member).replace("self, ", "").replace("self", "")
        )
        yield f"| `{shown}` | {' '.join(first.split())} |".replace("|None", "")


def _signature(name: str, function: Any) -> str:
    parts, starred = [], False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        text = f"**{parameter.name}" if parameter.kind is parameter.VAR_KEYWORD else parameter.name
        parts.append(text if parameter.default is parameter.empty else f"{text}={parameter.default!r}")
    line = f"{name}({', '.join(parts)})"
    return line if len(line) <= 110 else f"{name}(\n    " + ",\n    ".join(parts) + ",\n)"


def _prose(thing: Any) -> str:
    """The docstring: its paragraphs, a list of what it takes, its examples as a block of code."""
    text = inspect.cleandoc(thing.__doc__ or "")
    prose, _, examples = text.partition("\n>>>")
    parts = [_paragraph(part) for part in prose.strip().split("\n\n")]
    if examples:
        parts.append(f"```pycon\n>>>{examples}\n```")
    return "\n\n".join(parts)


def _paragraph(part: str) -> str:
    head, *rest = part.splitlines()
    if head in ("Args:", "Attributes:", "Raises:"):
        items = re.sub(r"\n +", " ", re.sub(r"\n {4}(?=\S)", "\n- ", "\n" + "\n".join(rest)))
        return f"{head}\n\n{items.strip()}"
    return " ".join(part.split())


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
