"""How large a file, a class and a function may be, and that a class has one name and a name one class."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("kdcore", "dashboard", "bench", "scripts")
MOST_LINES = {"file": 400, "class": 250, "function": 40}
TABLES: set[str] = set()
"""Files that are one long table."""

Size = tuple[str, int]


def sources(root: Path) -> Iterator[tuple[Path, str]]:
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in (".py", ".js", ".css"):
                yield path.relative_to(root), path.read_text(encoding="utf-8")


def too_long(root: Path) -> Iterator[str]:
    for path, text in sources(root):
        lines = len(text.splitlines())
        if lines > MOST_LINES["file"] and str(path) not in TABLES:
            yield f"{path} has {lines} lines"
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                kind = "class" if isinstance(node, ast.ClassDef) else "function"
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MOST_LINES[kind]:
                    yield f"{path}:{node.lineno} {kind} {node.name} has {lines} lines"


def named_twice(root: Path) -> Iterator[str]:
    """Classes of one name: what it means would depend on the file."""
    places: dict[str, list[str]] = defaultdict(list)
    for path, text in sources(root):
        if path.suffix == ".py":
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.ClassDef):
                    places[node.name].append(f"{path}:{node.lineno}")
    for name, found in places.items():
        if len(found) > 1:
            yield f"{name}: {', '.join(found)}"


def test_nothing_is_too_long_to_be_read_at_once() -> None:
    assert list(too_long(ROOT)) == []


def test_a_class_name_has_one_meaning() -> None:
    assert list(named_twice(ROOT)) == []


LONG_FUNCTION = "def long():\n" + "    x = 1\n" * 41


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("kdcore/a.py", "x = 1\n" * 401, "kdcore/a.py has 401 lines"),
        ("dashboard/components/a.js", "x\n" * 401, "a.js has 401 lines"),
        ("kdcore/a.py", "class A:\n" + "    x = 1\n" * 250, "class A has 251 lines"),
        ("scripts/a.py", LONG_FUNCTION, "function long has 42 lines"),
    ],
)
def test_what_is_too_long_is_found(tmp_path: Path, file: str, text: str, expected: str) -> None:
    place = tmp_path / file
    place.parent.mkdir(parents=True)
    place.write_text(text, encoding="utf-8")
    [found] = too_long(tmp_path)
    assert expected in found


def test_a_name_that_stands_twice_is_found(tmp_path: Path) -> None:
    for folder in PACKAGES[:2]:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text("class Same:\n    x = 1\n", encoding="utf-8")
    assert list(named_twice(tmp_path)) == ["Same: kdcore/a.py:1, dashboard/a.py:1"]
