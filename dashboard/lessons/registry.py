"""The lessons of this folder, found by being there."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from dashboard import lessons as folder
from dashboard.data.lesson import Lesson

SHARED = ("registry", "checks", "figures")
"""Files of this folder that are no lessons."""


@cache
def lessons() -> dict[str, Lesson]:
    """Every lesson by its name, in their order."""
    names = [file.name for file in pkgutil.iter_modules(folder.__path__) if file.name not in SHARED]
    found: list[Lesson] = [importlib.import_module(f"{folder.__name__}.{name}").LESSON for name in names]
    return {lesson.name: lesson for lesson in sorted(found, key=lambda lesson: lesson.number)}
