"""What was measured of the presets before, as it ships: the test errors of student and twin, without what claims need."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from kdcore.installation import assets_folder

MEASURED = assets_folder() / "presets.json"


@dataclass(frozen=True)
class MeasuredErrors:
    """Test errors of a preset's student and of its twin, one a seed, and of how many images."""

    student: tuple[int, ...]
    twin: tuple[int, ...]
    images: int

    @property
    def student_share(self) -> float:
        """The student's mean share of wrong answers."""
        return sum(self.student) / len(self.student) / self.images

    @property
    def twin_share(self) -> float:
        """The same of the twin."""
        return sum(self.twin) / len(self.twin) / self.images


@cache
def measured_errors() -> dict[str, MeasuredErrors]:
    """By the preset's name; empty where the file does not come along."""
    if not MEASURED.is_file():
        return {}
    entries = json.loads(MEASURED.read_text("utf-8"))
    return {
        one["preset"]: MeasuredErrors(
            tuple(one["errors"]["student"]), tuple(one["errors"]["twin"]), one["images"]
        )
        for one in entries
    }
