"""Links that somebody sends a class: parameters of every name with values that are markup, too long, too deep or nonsense."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

from dashboard import pages
from dashboard.url.parameters import FIELD_OF, PAGE_PARAMETERS
from kdcore.experiment import FLAT_FIELDS

ELSEWHERE = "evil.test"
PAGES = ("", pages.TRAIN, pages.DARK_KNOWLEDGE, pages.SWEEP, pages.RUNS, pages.REFERENCE)
PICTURE = f"![i](https://{ELSEWHERE}/i.png)"
VALUES = (
    PICTURE, f"[l](https://{ELSEWHERE}/l)", f"https://{ELSEWHERE}/bare", f"www.{ELSEWHERE}", f"somebody@{ELSEWHERE}",
    f"<img src=https://{ELSEWHERE}/h.png onerror=alert(1)>", f"<script src=//{ELSEWHERE}/s.js></script>",
    f"$\\href{{https://{ELSEWHERE}}}{{x}}$", f"```\n{PICTURE}\n```", f"| a |\n|---|\n| {PICTURE} |", f"[^1]: {PICTURE}", f"# {PICTURE}",
    f'{{"{PICTURE}": 1}}', f'{{"a": "{PICTURE}"}}', f'["{PICTURE}"]', f"temperature:{PICTURE}", f"a{PICTURE}-3", f"run:{PICTURE}",
    "[" * 4000, "{" * 300, '{"a":' * 900, "9" * 5000, "-" * 3000, "1e999", "-1e999", "nan", "inf", "1_000", "0x10", "１２", "null", "true", "{}", "[]",
    "a " * 900, "T = 20 " * 200, "x" * 20_000, "../../../etc/passwd", "..\\..\\x", "/dev/zero", "file:///etc/passwd", "\x00", "\ud7ff\u202e\u2066",
    "' OR 1=1 --", "%' ESCAPE '", "{{7*7}}", "{0.__class__}", "%s%n", ":material/home:", "javascript:alert(1)", "constructor", "__proto__", "=HYPERLINK(1)",
    "1,2,3," * 500, "3-8-1", "-1", "4294967296", "1e309,2", "temperature:1,2;temperature:3", "count:" + "1," * 400, "😀" * 500,
)  # fmt: skip
STRANGE_NAMES = (
    PICTURE,
    "__class__",
    "recipe.temperature",
    "a" * 500,
    "\x00",
    "run[]",
    "embed",
    "embed_options",
    "constructor",
    "",
)
NAMES = (*sorted(FLAT_FIELDS), *FIELD_OF, *sorted(PAGE_PARAMETERS))


class Link(NamedTuple):
    """A page's path and the query behind its `?`."""

    page: str
    query: str


def hostile_links(chance: random.Random, run_id: str = "") -> Iterator[Link]:
    """Links without end; some show the run with that id."""
    while True:
        pairs = [(chance.choice(NAMES), chance.choice(VALUES)) for _ in range(chance.randint(1, 4))]
        if chance.random() < 0.2:
            pairs.append((chance.choice(STRANGE_NAMES), chance.choice(VALUES)))
        if run_id and chance.random() < 0.3:
            pairs.append(("run", run_id))
        query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
        yield Link(chance.choice(PAGES), query[:40_000])


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")
