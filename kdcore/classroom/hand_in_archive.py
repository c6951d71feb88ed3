"""Many hand-ins in one zip archive: each as its file and as a page to read, and a table of them all.

An archive comes from somewhere: names that climb, bombs and what is no hand-in are refused before anything of them is used. Nothing
is ever unpacked to the disk.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kdcore.classroom.submission import MOST_BYTES, Submission
from kdcore.errors import HandInRefused
from kdcore.texts import N_

MOST_FILES = 10_000
MOST_ARCHIVE_BYTES = 200_000_000
MOST_UNPACKED = 500_000_000
TABLE = "hand-ins.csv"
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)
"""What reading a damaged, encrypted or strangely packed file raises."""


@dataclass(frozen=True)
class HandInFile:
    """A file of an archive: the hand-in, or why it is none, in a sentence."""

    name: str
    submission: Submission | None
    refused: str = ""


def file_stem(submission: Submission) -> str:
    """The name of its files, without their endings: the pseudonym, and what tells one hand-in from the next."""
    called = re.sub(r"[^a-z0-9]+", "-", submission.student.lower()).strip("-")[:40]
    return f"{called or 'student'}-{submission.digest[:8]}"


def archive_of(submissions: Sequence[Submission]) -> bytes:
    """The archive of these hand-ins."""
    from kdcore.classroom.submission_page import submission_page

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for submission in submissions:
            stem = file_stem(submission)
            archive.writestr(f"{stem}.json", submission.to_json())
            archive.writestr(f"{stem}.html", submission_page(submission))
        archive.writestr(TABLE, table_of(submissions))
    return packed.getvalue()


def table_of(submissions: Sequence[Submission]) -> str:
    """One row a hand-in, as CSV."""
    import pandas as pd

    from kdcore.export.spreadsheet_text import as_csv

    columns = [
        "file",
        "student",
        "name",
        "handed in (UTC)",
        "answered",
        "missing",
        "as expected",
        "runs",
        "sealed",
    ]
    rows = [
        (
            f"{file_stem(one)}.json",
            one.student,
            one.name,
            one.handed_in_text,
            len(one.answers) - len(one.missing),
            len(one.missing),
            sum(bool(answer.as_expected) for answer in one.answers),
            len(one.runs),
            "yes" if one.seal else "no",
        )
        for one in submissions
    ]
    return as_csv(pd.DataFrame(rows, columns=columns))


def read_hand_ins(path: Path) -> list[HandInFile]:
    """The hand-ins of an archive, or the one of a JSON file. One that cannot be read keeps its sentence; the others are read.

    Raises:
        HandInRefused: there is no such file, or it is no archive that may be opened.
    """
    try:
        size = path.stat().st_size
        if size > MOST_ARCHIVE_BYTES:
            raise HandInRefused(
                f"{path.name} has {size / 1e6:,.0f} MB, and {MOST_ARCHIVE_BYTES / 1e6:g} at most are read. Pack fewer hand-ins."
            )
        if not zipfile.is_zipfile(path):
            with path.open("rb") as file:
                return [_read(path.name, file.read(MOST_BYTES + 1))]
        with zipfile.ZipFile(path) as archive:
            return list(_of_archive(path.name, archive))
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise HandInRefused(
            f"{path.name} cannot be read: {_why(error)}. Download it again.", where=path
        ) from error


def _of_archive(called: str, archive: zipfile.ZipFile) -> Iterator[HandInFile]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise HandInRefused(
            f"{called} holds {len(entries):,} files, and {MOST_FILES:,} at most are looked at."
        )
    names = [entry.filename for entry in entries]
    if len({*names}) < len(names):
        raise HandInRefused(f"{called} holds two files of one name. Make the archive anew.")
    for name in names:
        if not _stays_inside(name):
            raise HandInRefused(
                f"{called} holds a file that climbs out of it: {name[:100]!r}. It is not opened."
            )
    hand_ins = [entry for entry in entries if entry.filename.endswith(".json")]
    if not hand_ins:
        raise HandInRefused(f"{called} holds no hand-in: none of its files ends with .json.")
    unpacked = 0
    for entry in sorted(hand_ins, key=lambda entry: entry.filename):
        content, refused = _unpacked(archive, entry)
        unpacked += len(content)
        if unpacked > MOST_UNPACKED:
            raise HandInRefused(
                f"{called} unpacks to more than {MOST_UNPACKED / 1e6:g} MB. It is not read any further."
            )
        yield HandInFile(entry.filename, None, refused) if refused else _read(entry.filename, content)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[bytes, str]:
    """What a file holds, one byte beyond its bound at most, whatever its header says; or why it cannot be read."""
    try:
        with archive.open(entry) as file:
            return file.read(MOST_BYTES + 1), ""
    except DAMAGE as error:
        return b"", N_(f"It cannot be unpacked: {_why(error)}.")


def _read(name: str, content: bytes) -> HandInFile:
    if len(content) > MOST_BYTES:
        return HandInFile(
            name, None, N_(f"It has more than {MOST_BYTES / 1e6:g} MB, and a hand-in has less.")
        )
    try:
        return HandInFile(name, Submission.from_json(content))
    except HandInRefused as error:
        return HandInFile(name, None, str(error))


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    plain = name.isprintable() and "\\" not in name and ":" not in name
    return plain and not path.is_absolute() and ".." not in path.parts


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).rstrip(".")[:200] or type(error).__name__
