"""An archive holds every hand-in and a table; one that somebody built to do harm is refused in a sentence."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from kdcore.classroom import hand_in_archive
from kdcore.classroom.hand_in_archive import TABLE, archive_of, file_stem, read_hand_ins, table_of
from kdcore.classroom.submission import MOST_BYTES
from kdcore.errors import HandInRefused
from tests.kdcore.classroom.handed_in import ANSWERED, LEFT_OUT, handed_in


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def good() -> bytes:
    return handed_in().to_json().encode()


def test_what_was_packed_is_read_again(tmp_path: Path) -> None:
    submissions = [
        handed_in(student="clear flask", answers=(ANSWERED, LEFT_OUT)),
        handed_in(student="Füße/../beaker"),
    ]
    (tmp_path / "class.zip").write_bytes(archive_of(submissions))
    files = read_hand_ins(tmp_path / "class.zip")
    assert [file.name for file in files] == sorted(f"{file_stem(one)}.json" for one in submissions)
    assert {file.submission.student for file in files if file.submission} == {"clear flask", "Füße/../beaker"}
    with zipfile.ZipFile(tmp_path / "class.zip") as archive:
        assert all("/" not in name and ".." not in name for name in archive.namelist())
        assert {name.rpartition(".")[2] for name in archive.namelist()} == {"json", "html", "csv"}
        table = pd.read_csv(io.BytesIO(archive.read(TABLE)))
    assert table["missing"].tolist() == [1, 0]


def test_a_name_is_no_formula_in_the_table() -> None:
    assert "'=HYPERLINK" in table_of([handed_in(student='=HYPERLINK("http://elsewhere")')])


def test_one_file_is_read_by_itself(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_bytes(good())
    [file] = read_hand_ins(tmp_path / "mine.json")
    assert file.submission == handed_in()


@pytest.mark.parametrize(
    "name", ["../up.json", "/etc/up.json", "a/../../up.json", "C:\\up.json", "a\\..\\up.json", "a\nb.json"]
)
def test_names_that_climb_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(HandInRefused, match="climbs out of it"):
        read_hand_ins(zipped(tmp_path / "class.zip", {"good.json": good(), name: good()}))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "class.zip", {"a.json": b" " * 300_000_000, "b.json": good()})
    assert bomb.stat().st_size < 1_000_000
    first, second = read_hand_ins(bomb)
    assert "more than 2 MB" in first.refused
    assert second.submission is not None, "the others are read"


def test_a_header_that_lies_about_the_size_is_not_believed(tmp_path: Path) -> None:
    path = zipped(tmp_path / "class.zip", {"a.json": b" " * 3_000_000})
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02") + 24  # the size in the central directory
    content[at : at + 4] = struct.pack("<I", 10)
    path.write_bytes(content)
    [file] = read_hand_ins(path)
    assert file.submission is None
    assert file.refused


def test_many_small_bombs_are_refused_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_in_archive, "MOST_UNPACKED", 3 * MOST_BYTES)
    with pytest.raises(HandInRefused, match="unpacks to more than 6 MB"):
        read_hand_ins(zipped(tmp_path / "class.zip", {f"{n}.json": b" " * MOST_BYTES for n in range(5)}))


def test_a_damaged_file_keeps_its_sentence_and_the_others_are_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "class.zip", {"a.json": good(), "b.json": good()})
    content = bytearray(path.read_bytes())
    at = content.index(b"a.json") + 40
    content[at : at + 8] = b"\0" * 8
    path.write_bytes(content)
    first, second = read_hand_ins(path)
    assert first.refused.startswith(("It cannot be unpacked", "It is no hand-in"))
    assert second.submission is not None


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"readme.txt": b"nothing"}, "holds no hand-in"),
        ({f"{n}.txt": b"" for n in range(12)}, "at most are looked at"),
    ],
)
def test_what_is_no_archive_of_hand_ins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes], says: str
) -> None:
    monkeypatch.setattr(hand_in_archive, "MOST_FILES", 10)
    with pytest.raises(HandInRefused, match=says):
        read_hand_ins(zipped(tmp_path / "class.zip", files))


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "class.zip", {"a.json": good(), "b.json": good()})
    path.write_bytes(path.read_bytes().replace(b"b.json", b"a.json"))
    with pytest.raises(HandInRefused, match="two files of one name"):
        read_hand_ins(path)


def test_what_is_not_there_or_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HandInRefused, match="cannot be read"):
        read_hand_ins(tmp_path / "nothing.zip")
    with pytest.raises(HandInRefused, match="cannot be read"):
        read_hand_ins(tmp_path)
    (tmp_path / "huge.zip").write_bytes(b"PK" * 600)
    monkeypatch.setattr(hand_in_archive, "MOST_ARCHIVE_BYTES", 1_000)
    with pytest.raises(HandInRefused, match="at most are read"):
        read_hand_ins(tmp_path / "huge.zip")
