"""The templates in `templates/`, and how one becomes source."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from kdcore.export.training_script.tensor_files import FILES

BATCH = 1024
"""Images per batch where nothing is trained."""


def render(template: str, **values: Any) -> str:
    """The source that a template gives with these values, without empty lines around it."""
    source = _templates().get_template(template)
    return source.render(files=FILES, batch=BATCH, **values).strip("\n")


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("kdcore.export.training_script"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    templates.filters["repr"] = repr
    return templates
