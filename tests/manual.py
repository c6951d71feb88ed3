"""The manual as tests read it: the README and docs/, their fenced blocks and their inline code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
IN_CHINESE = (ROOT / "README.zh-CN.md", *sorted((ROOT / "docs/zh-CN").glob("*.md")))
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page(name: str) -> str:
    """The text of `README.md`, or of a page of docs/."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, *languages: str) -> Iterator[str]:
    """The fenced blocks of these languages."""
    for language, block in FENCED.findall(text):
        if language in languages:
            yield block


def inline_code(text: str) -> list[str]:
    """What stands between single backticks, outside fenced blocks."""
    return re.findall(r"`([^`\n]+)`", FENCED.sub("", text))


def commands(text: str) -> Iterator[str]:
    """Every command of a page: the lines of its shell blocks, and inline code that starts a program."""
    for block in blocks(text, "sh"):
        joined = block.replace("\\\n", " ")
        yield from (line.strip() for line in joined.splitlines() if line.strip())
    programs = (".venv/bin/", "make ", "python -m ", "python3 -m ")
    yield from (code for code in inline_code(text) if code.startswith(programs))


# ---- docs/extending.md: files to add, and changes of files ----------------------------------------------------------

TO_PASTE = re.compile(
    r"^`([\w/.]+)`(?:, a new file)?:\n((?:\n```(?:python|diff)\n.*?^```$\n?)+)", re.M | re.S
)


def section(text: str, heading: str) -> str:
    """What stands under a heading of the second level."""
    [found] = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return str(found)


def new_file(text: str, path: str) -> str:
    """The block of code that is to become this new file."""
    [block] = [blocked for named, blocked in TO_PASTE.findall(text) if named == path]
    [code] = blocks(block, "python")
    return code


def paste(text: str, checkout: Path) -> None:
    """Do in a copy of the project what a reader of this section does: add its files, make its changes."""
    for path, pasted in TO_PASTE.findall(text):
        file = checkout / path
        for code in blocks(pasted, "python"):
            assert not file.exists(), f"{path} is no new file"
            file.write_text(code, encoding="utf-8")
        for change in blocks(pasted, "diff"):
            file.write_text(changed(file.read_text(encoding="utf-8"), change), encoding="utf-8")


def changed(source: str, change: str) -> str:
    """The source with the lines of a change added and taken away, at the one place where its other lines stand."""
    lines = change.splitlines(keepends=True)
    before, after = ("".join(line[1:] for line in lines if line[0] != sign) for sign in "+-")
    assert source.count(before) == 1, f"not in one place:\n{before}"
    return source.replace(before, after)
