"""Pictures that users hand in: what is refused, in which sentence and before it costs anything, and what is read."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

from kdcore import networks, teachers
from kdcore.data import drawn_digits, uploads
from kdcore.data.uploads import picture
from kdcore.errors import PictureRefused

Numbers = npt.NDArray[np.float64]
GREY, COLOUR = (1, 28, 28), (3, 32, 32)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def grey(values: npt.NDArray[np.floating]) -> Image.Image:
    return Image.fromarray((np.clip(values, 0, 1) * 255).round().astype(np.uint8))


def sheet(digit: int = 5, height: int = 480, width: int = 640) -> npt.NDArray[np.floating]:
    """A drawing's ink on a sheet, 0 to 1, away from the middle."""
    ink = np.asarray(Image.fromarray(drawn_digits.draw(digit)).resize((224, 224), Image.Resampling.BICUBIC))
    return np.pad(ink, ((height - 300, 76), (100, width - 324)))


def difference(found: npt.NDArray[np.floating], digit: int = 5) -> float:
    """Mean difference per pixel to the drawing as it was made; two different digits are more than 0.1 apart."""
    return float(np.abs(found[0] - drawn_digits.draw(digit)).mean())


# ---- what is refused ------------------------------------------------------------------------------------------------


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def header_of(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"no pixels") + chunk(b"IEND", b"")


def test_a_50_megapixel_png_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(Image.new("1", (10_000, 5_000)))
    assert len(content) < 20_000
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("decoded"))
    with pytest.raises(PictureRefused, match="more than 25 megapixels"):
        picture(content, GREY)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(5001, 5000), (10_000, 10_000), (2**31 - 1, 2**31 - 1)])
def test_a_picture_is_too_large_by_what_its_header_says(size: tuple[int, int]) -> None:
    with pytest.raises(PictureRefused, match="more than 25 megapixels"):
        picture(header_of(*size), COLOUR)


def test_25_megapixels_are_taken() -> None:
    assert picture(encoded(Image.new("L", (5000, 5000), 255)), COLOUR).min() == 1


def test_a_file_of_more_than_10_mb_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(grey(sheet()))
    assert picture(content + bytes(10_000_000 - len(content)), GREY).shape == GREY
    monkeypatch.setattr(Image, "open", lambda *arguments, **options: pytest.fail("opened"))
    with pytest.raises(PictureRefused, match="more than 10 MB"):
        picture(content + bytes(10_000_001 - len(content)), GREY)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"This is a text, and its file is named digit.png.\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        encoded(Image.new("L", (28, 28)), "GIF"),
        encoded(Image.new("L", (28, 28)), "TIFF"),
    ],
)
def test_a_file_that_is_no_png_or_jpeg_is_refused(content: bytes) -> None:
    with pytest.raises(PictureRefused, match="not a PNG or JPEG"):
        picture(content, GREY)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_file_that_is_cut_short_is_refused(kind: str, share: float) -> None:
    content = encoded(grey(sheet() + np.random.default_rng(0).normal(0, 0.1, (480, 640))), kind)
    for shape in (GREY, COLOUR):
        with pytest.raises(PictureRefused, match="damaged"):
            picture(content[: int(share * len(content))], shape)


def test_a_file_cut_short_anywhere_is_refused_or_read() -> None:
    for kind in ("PNG", "JPEG"):
        content = encoded(grey(sheet()).resize((64, 48)), kind)
        for length in range(0, len(content), 7):
            with contextlib.suppress(PictureRefused):
                assert picture(content[:length], GREY).shape == GREY


TURNED = b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
HEIGHT_IN_LETTERS = b"\x01\x01\0\x02\0\0\0\x02a\0\0\0"


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"no exif data",
        b"MM",
        b"MM\0*\0\0\0\x08\0\x01\x01",
        b"MM\0*\0\0\0\x08\0\x02" + HEIGHT_IN_LETTERS + TURNED + bytes(4),
    ],
)
@pytest.mark.parametrize("shape", [GREY, COLOUR])
def test_broken_exif_data_is_refused_or_passed_over(exif: bytes, shape: tuple[int, int, int]) -> None:
    content = encoded(grey(sheet()))
    after_header = 8 + 25
    content = content[:after_header] + chunk(b"eXIf", exif) + content[after_header:]
    with contextlib.suppress(PictureRefused):
        assert picture(content, shape).shape == shape


def test_damage_anywhere_is_refused_or_read() -> None:
    generator = np.random.default_rng(0)
    for kind in ("PNG", "JPEG"):
        whole = np.frombuffer(encoded(grey(sheet()).resize((64, 48)), kind), dtype=np.uint8)
        for _ in range(200):
            damaged = whole.copy()
            damaged[generator.integers(0, len(whole), 4)] = generator.integers(0, 256, 4)
            with contextlib.suppress(PictureRefused):
                assert np.isfinite(picture(damaged.tobytes(), GREY)).all()


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("size", [(1, 1), (28, 28), (640, 480), (3000, 1)])
def test_a_picture_of_one_colour_is_blank(level: int, size: tuple[int, int]) -> None:
    content = encoded(Image.new("L", size, level))
    with pytest.raises(PictureRefused, match="blank"):
        picture(content, GREY)
    assert picture(content, COLOUR) == pytest.approx(np.full(COLOUR, level / 255))


def test_empty_paper_in_uneven_light_is_blank() -> None:
    light = np.linspace(0.2, 0.9, 640) + np.random.default_rng(0).normal(0, 0.05, (480, 640))
    with pytest.raises(PictureRefused, match="blank"):
        picture(encoded(grey(light), "JPEG"), GREY)


# ---- what is read: one channel ----------------------------------------------------------------------------------------


def test_a_drawing_is_found_laid_out_and_turned_light_on_dark() -> None:
    for ink in (sheet(), 1 - sheet(), 0.9 - 0.5 * sheet(), 0.2 + 0.4 * sheet()):
        found = picture(encoded(grey(ink)), GREY)
        assert found.shape == GREY
        assert found.dtype == np.float32
        assert found.min() == 0
        assert found.max() <= 1
        assert difference(found) < 0.035


@pytest.mark.parametrize("digit", range(10))
def test_a_photograph_of_a_digit_is_read_by_the_teacher(digit: int) -> None:
    photographs = [photograph(digit, seed, pen) for seed in range(4) for pen in (1.2, 2.4)]
    assert answers([picture(content, GREY) for content in photographs]) == [digit] * len(photographs)


def photograph(digit: int, seed: int, pen: float) -> bytes:
    """Dark on paper in slanting light, with the soft shadow of a hand, noise, dirt and the edge of a table."""
    generator = np.random.default_rng(seed)
    small = Image.fromarray(drawn_digits.draw(digit, slant=0.1, width=pen))
    large = np.asarray(small.resize((280, 280), Image.Resampling.BICUBIC))
    above, left = generator.integers(30, (600 - 310, 800 - 310))
    ink = np.pad(large, ((above, 320 - above), (left, 520 - left)))
    y, x = np.meshgrid(np.linspace(-1, 1, 600), np.linspace(-1, 1, 800), indexing="ij")
    angle = generator.uniform(0, 2 * np.pi)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    light = (0.65 + 0.2 * along) * (1 - 0.35 / (1 + np.exp(-15 * (across - 0.2))))
    scene = light * (1 - 0.7 * ink) + generator.normal(0, 0.03, ink.shape)
    scene[15:20, 15:20] = 0.1  # dirt
    scene[:, -8:] = 0.15  # the table
    return encoded(grey(scene), "JPEG", quality=85)


def answers(pictures: list[npt.NDArray[np.float32]]) -> list[int]:
    """The bundled MNIST teacher's."""
    nowhere = Path("no such folder")
    card = teachers.find("mnist-cnn-medium", nowhere)
    assert card is not None
    network = networks.build(card.network, card.shape, 10, 0)
    network.load_state_dict(teachers.load(card, nowhere))
    with torch.no_grad():
        found: list[int] = (
            network.eval()((torch.from_numpy(np.stack(pictures)) - 0.1307) / 0.3081).argmax(1).tolist()
        )
    return found


@pytest.mark.parametrize("digit", [1, 8])
def test_a_picture_of_28_pixels_comes_out_as_it_went_in(digit: int) -> None:
    for ink in (drawn_digits.draw(digit), 1 - drawn_digits.draw(digit)):
        assert difference(picture(encoded(grey(ink)), GREY), digit) < 0.035


def test_a_thin_pen_is_thickened_as_far_as_mnist_writes() -> None:
    line = np.zeros((300, 300))
    line[50:250, 150:152] = 1
    assert picture(encoded(grey(1 - line)), GREY)[0, 10:18].sum(axis=1) == pytest.approx(
        np.full(8, 2), abs=0.4
    )


@pytest.mark.parametrize(("level", "width"), [(160, 12), (180, 6), (190, 4), (200, 6), (210, 4)])
def test_a_faint_drawing_beside_a_black_line_across_the_sheet_is_read(level: int, width: int) -> None:
    paper = 1 - (255 - level) / 255 * sheet()
    paper[:, 10 : 10 + width] = 0
    assert difference(picture(encoded(grey(paper)), GREY)) < 0.035


def test_a_picture_is_turned_as_its_exif_data_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned right by a quarter
    content = encoded(grey(1 - sheet()).transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)
    assert difference(picture(content, GREY)) < 0.035


def test_palette_and_transparency_and_16_bits_are_read_as_they_look() -> None:
    ink = grey(sheet())
    clear = Image.new("RGBA", ink.size, (0, 0, 0, 0))
    clear.putalpha(ink)
    deep = Image.fromarray((np.clip(1 - sheet(), 0, 1) * 65535).astype(np.uint16))
    for image in (
        ink.convert("P"),
        grey(1 - sheet()).convert("RGB").quantize(16),
        clear,
        deep,
        ink.convert("1"),
    ):
        assert difference(picture(encoded(image), GREY)) < 0.035
    assert difference(picture(encoded(ink.convert("CMYK"), "JPEG"), GREY)) < 0.035


def test_the_first_frame_of_an_animation_counts() -> None:
    first, second = grey(1 - sheet(5)), grey(1 - sheet(0))
    for kind in ("PNG", "MPO"):
        assert difference(picture(encoded(first, kind, save_all=True, append_images=[second]), GREY)) < 0.035


def test_a_small_network_gets_digits_that_fill_its_square_as_scikit_learns_do() -> None:
    found = picture(encoded(grey(1 - sheet(5))), (1, 8, 8))
    assert found.shape == (1, 8, 8)
    assert found[0, 0].max() > 0.3
    assert found[0, -1].max() > 0.3


# ---- what is read: three channels -------------------------------------------------------------------------------------


def test_the_middle_square_of_a_colour_picture_is_resized() -> None:
    scene = np.zeros((60, 100, 3), dtype=np.uint8)
    scene[:, :20], scene[:, 20:50], scene[:, 50:80], scene[:, 80:] = (
        (9, 9, 9),
        (200, 0, 0),
        (0, 0, 200),
        (9, 9, 9),
    )
    found = picture(encoded(Image.fromarray(scene)), COLOUR)
    assert found.shape == COLOUR
    assert found.dtype == np.float32
    assert found[:, :, 1:14] == pytest.approx(
        np.broadcast_to(np.array([200, 0, 0])[:, None, None] / 255, (3, 32, 13))
    )
    assert found[:, :, -14:-1] == pytest.approx(
        np.broadcast_to(np.array([0, 0, 200])[:, None, None] / 255, (3, 32, 13))
    )


# ---- drawings -----------------------------------------------------------------------------------------------------------


def test_a_drawing_on_the_canvas_is_laid_out() -> None:
    ink = np.kron(drawn_digits.draw(3), np.ones((10, 10))) * 255
    values = np.roll(ink.round(), (17, -23), axis=(0, 1)).ravel().tolist()
    found = uploads.canvas(values, 280)
    assert found.shape == GREY
    assert difference(found, 3) < 0.035
    assert uploads.canvas(values, 280, (3, 32, 32)).shape == (3, 32, 32)


@pytest.mark.parametrize(
    ("values", "side"),
    [
        ([0] * 9, 4),
        ([None] * 4, 2),
        (["ink"] * 4, 2),
        ([float("nan")] * 4, 2),
        ([[1, 2], [3]], 2),
        ([], 0),
        ([1], -1),
    ],
)
def test_a_canvas_that_is_none_is_refused(values: Any, side: int) -> None:
    with pytest.raises(PictureRefused, match="did not arrive whole"):
        uploads.canvas(values, side)


def test_an_empty_canvas_is_refused() -> None:
    with pytest.raises(PictureRefused, match="Nothing is drawn"):
        uploads.canvas([0] * 280 * 280, 280)
