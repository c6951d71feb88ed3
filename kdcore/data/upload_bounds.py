"""How much an upload of pictures may hold, and how much of it browsers may keep: settings of whoever starts the server."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kdcore.system.environment_number import number

MEGABYTE = 1 << 20
GIGABYTE = 1e9
MEGAPIXEL = 1_000_000
MOST_MEGAPIXELS = 25
"""In one picture, whatever the setting says: no reader of pictures takes more."""
PICTURES_AT_ONCE = 40
"""An upload may hold as many megapixels as so many of its largest pictures."""
RATIO = 100
"""Bytes unpacked for each packed one, of an archive that is no small one: pictures are packed already, bombs are not."""


@dataclass(frozen=True)
class UploadBounds:
    """The most that is taken.

    Attributes:
        packed: bytes of an upload as it arrives.
        unpacked: bytes of its files together.
        pictures: in one upload.
        pixels: of one picture, by its header.
        sets: uploads that one browser keeps.
        kept: bytes of all that are kept.
    """

    packed: int = 20 * MEGABYTE
    unpacked: int = 200 * MEGABYTE
    pictures: int = 5_000
    pixels: int = MOST_MEGAPIXELS * MEGAPIXEL
    sets: int = 10
    kept: float = 5 * GIGABYTE

    @staticmethod
    def from_environment() -> UploadBounds:
        """From STILLROOM_UPLOADS, STILLROOM_UNPACKED, STILLROOM_PICTURES, STILLROOM_MEGAPIXELS, STILLROOM_SETS and
        STILLROOM_SPACE.

        Raises:
            OutOfResources: one of them is no such number.
        """
        megapixels = number("STILLROOM_MEGAPIXELS", MOST_MEGAPIXELS, least=0.01, unit="megapixels")
        return UploadBounds(
            int(MEGABYTE * number("STILLROOM_UPLOADS", 20, least=1, unit="megabytes")),
            int(MEGABYTE * number("STILLROOM_UNPACKED", 200, least=1, unit="megabytes")),
            int(number("STILLROOM_PICTURES", 5_000, least=4, unit="pictures")),
            int(MEGAPIXEL * min(megapixels, MOST_MEGAPIXELS)),
            int(number("STILLROOM_SETS", 10, unit="uploads")),
            GIGABYTE * number("STILLROOM_SPACE", 5.0, unit="gigabytes"),
        )

    @property
    def pixels_in_all(self) -> int:
        """Of all pictures of an upload together."""
        return PICTURES_AT_ONCE * self.pixels

    def within(self, pictures: int | None) -> UploadBounds:
        """These bounds, with at most so many pictures; None asks for nothing more."""
        return self if pictures is None else replace(self, pictures=min(self.pictures, pictures))
