"""docs/glossary.md, made from the words that the pages explain: `python -m scripts.glossary_table --write`."""

from __future__ import annotations

import sys
from pathlib import Path

from dashboard.text.glossary import GLOSSARY

PAGE = Path(__file__).resolve().parent.parent / "docs" / "glossary.md"


def page() -> str:
    """The whole page: one line a word, in alphabetical order."""
    words = sorted(GLOSSARY, key=lambda entry: entry.name.casefold())
    lines = [f"- **{entry.name}**: {entry.means}" for entry in words]
    return "\n".join(
        [
            "# Glossary",
            "",
            "The words of the field and of Stillroom. The Reference page lists them too, each with the page on which one sees what it means, and",
            "every page explains those that stand on it.",
            "",
            *lines,
            "",
            "This page is made by `.venv/bin/python -m scripts.glossary_table --write`.",
            "",
        ]
    )


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")
