"""A table of figures as HTML; what is wider than the page scrolls."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


def html_table(heads: Sequence[str], rows: Sequence[Sequence[str]], titles: Sequence[str] = ()) -> str:
    """A table as HTML. Cells are HTML already; heads and their titles are escaped here."""
    titles = titles or [""] * len(heads)
    head = "".join(
        f'<th scope="col"{f" title={chr(34)}{escape(title)}{chr(34)}" if title else ""}>{escape(text)}</th>'
        for text, title in zip(heads, titles, strict=True)
    )
    body = "".join(
        "<tr>" + f'<th scope="row">{row[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )
    return f'<div class="scroll" tabindex="0"><table class="figures"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
