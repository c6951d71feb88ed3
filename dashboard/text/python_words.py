"""Python source cut into words with their kind, to be shown in the page's own type: keywords, texts, comments, numbers."""

from __future__ import annotations

import io
import keyword
import token
import tokenize

Word = tuple[str, str]
"""The kind, empty for most, and the text as it stands there, blanks included."""
KINDS = {token.STRING: "string", token.COMMENT: "comment", token.NUMBER: "number"}


def lines_of_words(source: str) -> list[list[Word]]:
    """Each line's words; one line's words put together are the line."""
    lines = source.splitlines()
    words: list[list[Word]] = [[] for _line in lines]
    reached = [0] * len(lines)
    for found in tokenize.generate_tokens(io.StringIO(source).readline):
        kind = KINDS.get(found.type, "keyword" if keyword.iskeyword(found.string) else "")
        (first, start), (last, end) = found.start, found.end
        for number in range(first, min(last, len(lines)) + 1):
            line, place = lines[number - 1], number - 1
            begin, stop = start if number == first else 0, end if number == last else len(line)
            if kind and stop > begin:
                words[place] += [("", line[reached[place] : begin]), (kind, line[begin:stop])]
                reached[place] = stop
    rest = (("", line[at:]) for line, at in zip(lines, reached, strict=True))
    return [[word for word in (*row, end) if word[1]] for row, end in zip(words, rest, strict=True)]
