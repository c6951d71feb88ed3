"""What is measured once on a machine and then looked up, so that the same work is given the same answer again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from kdcore.atomic_files import write_atomically

FOLDER = "measured"
"""Below the runs folder."""

Answer = TypeVar("Answer", bool, float)


def measured_once(path: Path, question: Sequence[Any], measure: Callable[[], Answer]) -> Answer:
    """The answer in the JSON file where this question was measured before; else it is measured and added to the file."""
    key = hashlib.sha256(json.dumps(question).encode()).hexdigest()[:16]
    try:
        answers = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        answers = {}
    if key not in answers:
        answers[key] = measure()
        with suppress(OSError):  # a folder that cannot be written: measured again next time
            write_atomically(path, json.dumps(answers).encode())
    answer: Answer = answers[key]
    return answer
