"""Vega as a page without a server has it: the modules that Streamlit loads it with, each with what it imports before it.

A page cannot import files that are not there. It makes an address of each module's text (`page.js`), in this order, and
puts those addresses in the place of the names by which the modules call each other.
"""

from __future__ import annotations

import re
from functools import cache

from dashboard.components.live_run import STATIC, vega_module

IMPORTED = re.compile(r"""["'`]\./([\w.-]+\.js)["'`]""")
PRELOADER = "preload-helper."
NO_PRELOADER = "const load = module => module();\nexport { load as t };\n"
"""In the place of what has a browser fetch modules beforehand: there is nothing to fetch."""
LICENCE = (
    "Draws with Vega, Vega-Lite and Vega-Embed (University of Washington Interactive Data Lab, BSD-3-Clause) "
    "and D3 (Mike Bostock, ISC), as they come with Streamlit (Snowflake Inc., Apache-2.0)."
)


@cache
def vega_modules() -> tuple[tuple[str, str], ...]:
    """(name, text) of each module; the last exports `t`, which resolves to Vega-Embed and the interpreter of its expressions.

    Raises:
        FileNotFoundError: this Streamlit has them elsewhere.
    """
    loader = STATIC / vega_module()
    texts: dict[str, str] = {}

    def take(name: str) -> None:
        if name in texts:
            return
        text = NO_PRELOADER if name.startswith(PRELOADER) else (loader.parent / name).read_text("utf-8")
        texts[name] = ""  # a circle ends here
        for needed in dict.fromkeys(IMPORTED.findall(text)):
            take(needed)
        del texts[name]
        texts[name] = text

    take(loader.name)
    return tuple(texts.items())
