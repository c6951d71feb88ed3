"""When the pages of a class have to be drawn anew."""

from __future__ import annotations

import zlib

from kdcore.classroom.classroom import Classroom


def page_state(classroom: Classroom) -> str:
    """A short text that changes when students' pages have to be drawn anew: other locks, another state, the end."""
    shown = (classroom.place, classroom.locks.model_dump_json(), classroom.prepared.to_json(), classroom.open)
    return f"{zlib.crc32(repr(shown).encode()):x}"
