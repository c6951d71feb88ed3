"""What a zip of pictures is refused for, in which sentence, and that nothing of it was written by then."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from kdcore.data import offered_pictures
from kdcore.data.picture_archive import archive_files
from kdcore.data.upload_bounds import UploadBounds
from kdcore.errors import OutOfResources, StillroomError
from tests.kdcore.data.test_uploads import header_of
from tests.kdcore.data.zips import pets, png, zipped

BOUNDS = UploadBounds(packed=1 << 20, unpacked=4 << 20, pictures=100)


def link() -> bytes:
    entry = zipfile.ZipInfo("cat/link.png")
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    buffer = io.BytesIO(zipped(pets(2)))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(entry, "../../../../etc/passwd")
    return buffer.getvalue()


def encrypted() -> bytes:
    content = bytearray(zipped(pets(2)))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := content.find(signature, place + 1)) >= 0:
            content[place + offset] |= 1
    return bytes(content)


def understated() -> bytes:
    """A zip whose directory says that a large file is a small one."""
    content = bytearray(zipped(pets(2) | {"cat/large.bmp": bytes(1 << 20)}))
    for signature, name, offset in ((b"PK\x03\x04", 30, 22), (b"PK\x01\x02", 46, 24)):
        place = -1
        while (place := content.find(signature, place + 1)) >= 0:
            if content[place + name :].startswith(b"cat/large.bmp"):
                content[place + offset : place + offset + 4] = (100).to_bytes(4, "little")
    return bytes(content)


BAD = {
    "no zip": (b"GIF89a" + bytes(50), "not a zip, or is damaged"),
    "cut short": (zipped(pets(3))[:-30], "not a zip, or is damaged"),
    "empty": (zipped({}), "no pictures in this upload"),
    "climbs": (zipped(pets(2) | {"../../escape.png": png()}), "'../../escape.png' climbs out of this upload"),
    "climbs as on Windows": (zipped(pets(2) | {"cat\\..\\..\\x.png": png()}), "climbs out of this upload"),
    "absolute": (zipped(pets(2) | {"/etc/cat/1.png": png()}), "names a place on a disk"),
    "drive": (zipped(pets(2) | {"C:\\cat\\1.png": png()}), "names a place on a disk"),
    "link": (link(), "'cat/link.png' is a link"),
    "bomb": (zipped(pets(2) | {"cat/zero.png": bytes(64 << 20)}), "more than 100 times its size"),
    "archive in it": (zipped(pets(2) | {"cat/more.zip": zipped(pets(1))}), "another archive in this upload: 'cat/more.zip'"),
    "encrypted": (encrypted(), "is encrypted"),
    "another way of packing": (zipped(pets(2), zipfile.ZIP_LZMA), "packed in a way that is not read here"),
    "too many pictures": (zipped(pets(51)), "102 pictures in this upload, and 100 are taken at most"),
    "too many bytes packed": (zipped({"cat/1.png": bytes(2 << 20)}, zipfile.ZIP_STORED), "This zip has 2 MB, and 1 MB"),
    "too many bytes unpacked": (zipped({"cat/1.png": bytes(5 << 20)}), "would take 5 MB unpacked, and 4 MB"),
    "too many files": (zipped({f"{n}.txt": b"" for n in range(1300)}), "lists 1,300 files"),
    "too many pixels": (zipped(pets(2) | {"cat/huge.png": header_of(10_000, 5_000)}), "'cat/huge.png' has more than 25 megapixels"),
    "far too many pixels": (zipped(pets(2) | {"cat/huge.png": header_of(60_000, 60_000)}), "far too many pixels for a picture"),
    "a control character": (zipped(pets(2) | {"cat/a\nb.png": png()}), "characters that names of files do not have"),
    "twice": (zipped(pets(2) | {"cat/A.png": png(), "cat/a.png": png()}), "is in this upload twice"),
    "no class folders": (zipped({"1.png": png(), "2.png": png()}), "are in no folders, so nobody knows their classes"),
    "one class": (zipped({"pets/cat/1.png": png(), "pets/cat/2.png": png()}), "are in one class, 'cat'"),
    "a test and nothing to train on": (zipped({"test/cat/1.png": png(), "test/dog/1.png": png(), "val/cat/1.png": png()}), "no folder 'train'"),
    "a class with one picture": (zipped(pets(3) | {"hen/1.png": png()}), "the class 'hen' has 1 training picture"),
    "nothing to read": (zipped({"cat/1.png": b"no", "dog/1.png": b"no"}), "None of its 2 pictures can be read"),
}  # fmt: skip


@pytest.mark.parametrize("why", BAD)
def test_each_bad_archive_gets_its_sentence_and_leaves_nothing(why: str, tmp_path: Path) -> None:
    content, sentence = BAD[why]
    with pytest.raises(StillroomError) as refused:
        offered_pictures.offer(archive_files(content, BOUNDS), "Pets", tmp_path, BOUNDS)
    assert sentence in str(refused.value)
    assert str(tmp_path) not in str(refused.value)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_file_that_is_longer_than_it_said_is_never_read_further(tmp_path: Path) -> None:
    offered = offered_pictures.offer(archive_files(understated(), BOUNDS), "Pets", tmp_path, BOUNDS)
    assert offered.unreadable == ("'cat/large.bmp' is damaged.",)
    assert len(offered.survey.train) + len(offered.survey.test) == 4


def test_pixels_of_all_pictures_together_are_bounded(tmp_path: Path) -> None:
    bounds = UploadBounds(pixels=100)
    files = zipped({f"{animal}/{n}.png": png(side=10) for animal in ("cat", "dog") for n in range(21)})
    with pytest.raises(StillroomError, match="megapixels together"):
        offered_pictures.offer(archive_files(files, bounds), "Pets", tmp_path, bounds)


def test_bounds_are_settings_of_whoever_starts_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_UPLOADS", "7")
    monkeypatch.setenv("STILLROOM_UNPACKED", "70")
    monkeypatch.setenv("STILLROOM_PICTURES", "300")
    monkeypatch.setenv("STILLROOM_MEGAPIXELS", "100")
    monkeypatch.setenv("STILLROOM_SETS", "2")
    monkeypatch.setenv("STILLROOM_SPACE", "0.5")
    found = UploadBounds.from_environment()
    assert found == UploadBounds(7 << 20, 70 << 20, 300, 25_000_000, 2, 0.5e9)
    assert found.within(20).pictures == 20
    assert found.within(1000).pictures == 300
    assert found.within(None) == found
    monkeypatch.setenv("STILLROOM_PICTURES", "many")
    with pytest.raises(OutOfResources, match="STILLROOM_PICTURES=many: give a number of pictures"):
        UploadBounds.from_environment()
