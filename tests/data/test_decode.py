"""From the bytes of image files to properties and pixels."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tooeasy
from tooeasy.data import decode as module
from tooeasy.data.decode import DecodedImages, FileProperties, decode, inspect, read_properties
from tooeasy.errors import SourceError

RANDOM = np.random.default_rng(0)
COLOURS = RANDOM.integers(0, 256, (6, 5, 3), np.uint8)  # 5 wide, 6 high
GREYS = COLOURS[:, :, 0]
ORIENTATION, MAKE, MODEL = 0x0112, 0x010F, 0x0110


class Files:
    """Encoded images in memory, of which the beginning can be read alone."""

    def __init__(self, *files: bytes) -> None:
        self.files = files

    def __len__(self) -> int:
        return len(self.files)

    def name(self, row: int) -> str:
        return f"file {row}"

    def read(self, rows: Any) -> list[bytes]:
        return [self.files[row] for row in rows]

    def heads(self, rows: Any, most: int) -> list[tuple[bytes, int]]:
        return [(self.files[row][:most], len(self.files[row])) for row in rows]


def encoded(pixels: Any, form: str = "PNG", **how: Any) -> bytes:
    """Bytes of an image file; the pixels are an array or a picture."""
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = io.BytesIO()
    picture.save(buffer, form, **how)
    return buffer.getvalue()


def exif(**tags: Any) -> Image.Exif:
    """EXIF with an orientation, a make and a model."""
    found = Image.Exif()
    for tag, value in tags.items():
        found[{"orientation": ORIENTATION, "make": MAKE, "model": MODEL}[tag]] = value
    return found


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, bits: int, colour: int, rows: bytes) -> bytes:
    """A PNG file, of which the header may promise what is not there."""
    header = chunk(b"IHDR", struct.pack(">2I5B", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def properties(data: bytes) -> FileProperties:
    """Properties, as the pass over headers finds them."""
    (found,), broken = inspect(Files(data))
    assert broken == {}
    assert found is not None
    return found


def reason(data: bytes) -> str:
    """Why an image is broken, by its header or by its pixels; one line, and `strict` names the file with it."""
    (_,), broken = inspect(Files(data))
    look: Any = inspect
    if not broken:
        images = DecodedImages(Files(data), 4, 4, 3)
        assert not images[:].any()
        broken = images.broken

        def look(files: Files, *, strict: bool) -> None:
            DecodedImages(files, 4, 4, 3, strict=strict)[:]

    assert list(broken) == [0]
    assert "\n" not in broken[0]
    with pytest.raises(SourceError) as caught:
        look(Files(encoded(GREYS), data), strict=True)
    assert str(caught.value) == f"file 1 cannot be read: {broken[0]}"
    return broken[0]


# -- pixels ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["PNG", "BMP", "PPM", "TIFF", "WEBP"])
def test_lossless_forms_give_the_pixels(form):
    data = encoded(COLOURS, form, **({"lossless": True} if form == "WEBP" else {}))
    assert np.array_equal(decode(data, 6, 5, 3), COLOURS)
    assert (properties(data).height, properties(data).width, properties(data).format) == (6, 5, form)


def test_16_bits_are_scaled_to_8():
    values = np.array([[0, 1, 128, 129, 256, 257, 32768, 65535]], np.uint16)
    for form in ("PNG", "TIFF"):
        data = encoded(values, form)
        assert decode(data, 1, 8, 1).ravel().tolist() == [0, 0, 0, 1, 1, 1, 128, 255]  # of 257ths, to the nearest
        assert properties(data).mode.startswith("I")
        assert properties(data).grey


def test_1_bit_is_black_and_white():
    data = encoded(Image.fromarray(GREYS > 127))
    assert np.array_equal(decode(data, 6, 5, 1)[:, :, 0], np.where(GREYS > 127, 255, 0))
    assert properties(data).grey


@pytest.mark.parametrize(("grey", "colours"), [(False, [9, 8, 7, 200, 100, 0]), (True, [9, 9, 9, 200, 200, 200])])
def test_palettes_are_looked_up(grey, colours):
    picture = Image.new("P", (5, 6))
    picture.putdata((GREYS > 127).astype(int).ravel().tolist())
    picture.putpalette(colours)
    for form in ("PNG", "GIF", "BMP", "TIFF"):
        data = encoded(picture, form)
        expected = np.array(colours, np.uint8).reshape(2, 3)[(GREYS > 127).astype(int)]
        assert np.array_equal(decode(data, 6, 5, 3), expected)
        if form == "PNG":
            assert (properties(data).mode, properties(data).grey) == ("P", grey)


def test_transparency_is_dropped():
    alpha = RANDOM.integers(0, 256, (6, 5, 1), np.uint8)
    for form in ("PNG", "TIFF"):
        data = encoded(np.concatenate([COLOURS, alpha], axis=2), form)
        assert np.array_equal(decode(data, 6, 5, 3), COLOURS)
        assert (properties(data).mode, properties(data).grey) == ("RGBA", False)
    both = encoded(Image.merge("LA", [Image.fromarray(GREYS), Image.fromarray(alpha[:, :, 0])]))
    assert np.array_equal(decode(both, 6, 5, 1)[:, :, 0], GREYS)
    assert properties(both).grey


def test_cmyk_becomes_rgb():
    picture = Image.fromarray(COLOURS).convert("CMYK")
    tiff = encoded(picture, "TIFF")
    assert np.array_equal(decode(tiff, 6, 5, 3), np.asarray(picture.convert("RGB")))
    jpeg = encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG")
    assert np.abs(decode(jpeg, 8, 8, 3).astype(int) - [255, 0, 0]).max() <= 3
    assert (properties(jpeg).mode, properties(jpeg).grey) == ("CMYK", False)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied(orientation, form):
    turned = {
        1: COLOURS,
        2: COLOURS[:, ::-1],
        3: COLOURS[::-1, ::-1],
        4: COLOURS[::-1],
        5: COLOURS.transpose(1, 0, 2),
        6: np.rot90(COLOURS, -1),
        7: np.rot90(COLOURS.transpose(1, 0, 2), 2),
        8: np.rot90(COLOURS),
    }[orientation]
    data = encoded(COLOURS, form, exif=exif(orientation=orientation), **({"lossless": True} if form == "WEBP" else {}))
    found = properties(data)
    assert (found.height, found.width) == turned.shape[:2]
    assert np.array_equal(decode(data, *turned.shape), turned)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_animations_the_first_frame_counts(form):
    first, second = (Image.new("RGB", (5, 6), colour) for colour in ("#ff0000", "#0000ff"))
    data = encoded(first, form, save_all=True, append_images=[second], **({"lossless": True} if form == "WEBP" else {}))
    assert np.array_equal(decode(data, 6, 5, 3), np.asarray(first))
    assert (properties(data).height, properties(data).width) == (6, 5)


def test_a_large_jpeg_is_decoded_at_a_fraction_of_its_size():
    """Which is within a level or so of decoding all of it, on a smooth picture."""
    slope = np.linspace(0, 255, 512).astype(np.uint8)
    data = encoded(np.broadcast_to(slope, (512, 512)).copy(), "JPEG", quality=95)
    whole = Image.fromarray(np.broadcast_to(slope, (512, 512)).copy()).resize((32, 32), Image.Resampling.BILINEAR)
    assert np.abs(decode(data, 32, 32, 1)[:, :, 0].astype(int) - np.asarray(whole)).max() <= 2


def test_resizing_covers_and_crops_at_the_centre():
    wide = np.zeros((4, 12), np.uint8)
    wide[:, 4:8] = 255
    assert (decode(encoded(wide), 4, 4, 1) == 255).all()


# -- what headers say --------------------------------------------------------------------------------------------------


def plain_files() -> dict[str, bytes]:
    """Files whose header needs no Pillow."""
    large = RANDOM.integers(0, 256, (300, 200, 3), np.uint8)
    return {
        "grey png": encoded(GREYS),
        "rgb png": encoded(COLOURS),
        "rgba png": encoded(Image.fromarray(COLOURS).convert("RGBA")),
        "large png": encoded(large),
        "grey jpeg": encoded(GREYS, "JPEG"),
        "rgb jpeg": encoded(COLOURS, "JPEG", quality=30),
        "large jpeg": encoded(large, "JPEG", quality=98, subsampling=0),
        "progressive jpeg": encoded(large, "JPEG", progressive=True),
        "optimized jpeg": encoded(large, "JPEG", optimize=True, comment="a comment"),
        "jpeg with restarts": encoded(large, "JPEG", restart_marker_rows=1),
    }


def special_files() -> dict[str, bytes]:
    """Files whose header is Pillow's to read."""
    return {
        "16-bit png": encoded(GREYS.astype(np.uint16)),
        "palette png": encoded(Image.fromarray(COLOURS).quantize(4)),
        "grey and alpha png": encoded(Image.fromarray(GREYS).convert("LA")),
        "png with exif": encoded(COLOURS, exif=exif(orientation=6, make="Maker", model="Model")),
        "png with a resolution": encoded(COLOURS, dpi=(72, 72)),
        "animated png": encoded(Image.fromarray(COLOURS), save_all=True, append_images=[Image.new("RGB", (5, 6))]),
        "jpeg with exif": encoded(COLOURS, "JPEG", exif=exif(orientation=6, make="Maker", model="Model")),
        "jpeg with xmp": encoded(COLOURS, "JPEG", xmp=b'<x tiff:Orientation="6"/>'),
        "jpeg with a profile": encoded(COLOURS, "JPEG", icc_profile=b"profile"),
        "cmyk jpeg": encoded(Image.fromarray(COLOURS).convert("CMYK"), "JPEG"),
        "jpeg with 16-bit tables": encoded(COLOURS, "JPEG", qtables=[[300] * 64, [400] * 64]),
        "gif": encoded(COLOURS, "GIF"),
    }


@pytest.mark.parametrize("name", plain_files())
def test_plain_headers_are_read_as_pillow_reads_them(name, monkeypatch):
    """And Pillow is not asked."""
    data = plain_files()[name]
    expected = read_properties(data)
    monkeypatch.setattr(module, "_open", None)
    assert properties(data) == expected
    assert (expected.bytes, expected.camera) == (len(data), "")


@pytest.mark.parametrize("name", special_files())
def test_other_headers_are_left_to_pillow(name):
    data = special_files()[name]
    assert module._plain_properties(data, len(data)) is None
    assert properties(data) == read_properties(data)


def test_cameras_and_turned_sizes_are_kept():
    for name in ("png with exif", "jpeg with exif"):
        found = properties(special_files()[name])
        assert (found.width, found.height, found.camera) == (6, 5, "Maker Model")
    found = properties(special_files()["jpeg with xmp"])
    assert (found.width, found.height) == (6, 5)


@pytest.mark.parametrize("quality", [25, 50, 75, 90, 95, 100])
def test_jpeg_quality_is_estimated(quality):
    """Below, entries of the table are cut off at 255, which hides the scale."""
    assert abs(properties(encoded(COLOURS, "JPEG", quality=quality)).jpeg_quality - quality) <= 1


def test_a_jpeg_may_do_without_table_0():
    """All its channels may use another one."""
    data = encoded(GREYS, "JPEG", quality=50)
    at = data.index(b"\xff\xdb\x00\x43\x00") + 4
    frame = data.index(b"\xff\xc0") + 12
    data = data[:at] + b"\x01" + data[at + 1 : frame] + b"\x01" + data[frame + 1 :]
    assert properties(data).jpeg_quality == 50
    assert np.array_equal(decode(data, 6, 5, 1), decode(encoded(GREYS, "JPEG", quality=50), 6, 5, 1))


@pytest.mark.parametrize("name", plain_files())
def test_mutated_headers_are_read_as_pillow_reads_them_or_not_at_all(name):
    """No byte of a header leads to other properties than Pillow's where Pillow takes the file; nothing raises."""
    random = np.random.default_rng(1)
    original = plain_files()[name]
    differing = 0
    for _ in range(400):
        data = bytearray(original[: random.integers(1, 800)])
        for at in random.integers(0, len(data), random.integers(0, 3)):
            data[at] = random.integers(0, 256)
        found = module._plain_properties(bytes(data), len(data))
        if found is None:
            continue
        (by_pillow,), broken = inspect_by_pillow(bytes(data))
        differing += not broken and by_pillow != found
    assert differing == 0


def inspect_by_pillow(data: bytes) -> Any:
    """What the pass over headers finds where none is plain."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_plain_properties", lambda head, size: None)
        return inspect(Files(data))


def test_only_some_rows_are_inspected():
    files = Files(encoded(GREYS), encoded(COLOURS), b"", encoded(COLOURS[:3]))
    found, broken = inspect(files, np.array([1, 3]))
    assert [one and one.height for one in found] == [6, 3]
    assert broken == {}


# -- what is broken ----------------------------------------------------------------------------------------------------


def test_truncated_files():
    picture = RANDOM.integers(0, 256, (50, 50, 3), np.uint8)
    for form in ("PNG", "JPEG"):
        data = encoded(picture, form)
        assert "truncated" in reason(data[: len(data) // 2])
        reason(data[:20])
        reason(data[:40])


def test_empty_file():
    assert reason(b"") == "the file is empty"


def test_wrong_types():
    for data in (b"hello, this is text", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\x89PNG", b"\xff\xd8\xff", b"\0" * 100):
        assert "PNG, JPEG" in reason(data) or "truncated" in reason(data).lower()


def test_decompression_bombs():
    """By the header, whether or not it is plain; and Pillow's limit may be lowered."""
    for side in (10_000, 20_000, 2**31 - 1):
        assert "decompression bombs" in reason(png(side, side, 8, 0, b""))
        assert "decompression bombs" in reason(png(side, side, 16, 0, b""))


def test_damaged_headers_of_png():
    good = png(2, 2, 8, 0, b"\0\1\2\0\3\4")
    assert properties(good).width == 2
    for at in (19, 24, 25, 30):  # width, bits, colour, checksum
        reason(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
    reason(png(0, 2, 8, 0, b""))
    reason(png(2, 2, 8, 0, b""))  # without its pixels


def test_fractions_and_more_than_16_bits_are_no_pixels():
    assert "fractions" in reason(encoded(np.zeros((4, 4), np.float32), "TIFF"))
    assert "16 bits" in reason(encoded(np.full((4, 4), 70_000, np.int32), "TIFF"))


def test_broken_among_many_are_counted_and_leave_zeros():
    """Whichever thread meets them."""
    good = encoded(GREYS)
    files = Files(*(b"no image" if row % 7 == 3 else good for row in range(100)))
    found, broken = inspect(files)
    expected = [row for row in range(100) if row % 7 == 3]
    assert sorted(broken) == expected
    assert [row for row, one in enumerate(found) if one is None] == expected
    images = DecodedImages(files, 6, 5, 1)
    assert [row for row, image in enumerate(images[:]) if not image.any()] == expected
    assert sorted(images.broken) == expected
    with pytest.raises(SourceError, match="file 3 cannot be read"):
        inspect(files, strict=True)


# -- threads -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quick", [True, False])
def test_images_are_the_same_with_and_without_threads(quick, monkeypatch):
    """Quick chunks are done one by one, slow ones are shared among threads."""
    monkeypatch.setattr(module, "_WORTH_A_THREAD", 1e9 if quick else 0.0)
    started = []
    pool = module.ThreadPoolExecutor

    def counted(*arguments: Any) -> Any:
        started.append(pool(*arguments))
        return started[-1]

    monkeypatch.setattr(module, "ThreadPoolExecutor", counted)
    pictures = RANDOM.integers(0, 256, (200, 6, 5), np.uint8)
    images = DecodedImages(Files(*map(encoded, pictures)), 6, 5, 1)
    assert np.array_equal(images[:][:, :, :, 0], pictures)
    assert np.array_equal(images[np.array([7, 3, 199])][:, :, :, 0], pictures[[7, 3, 199]])
    assert bool(started[0]._threads) is not quick


def test_no_row_is_no_work():
    images = DecodedImages(Files(), 6, 5, 1)
    assert images[:].shape == (0, 6, 5, 1)
    assert inspect(Files()) == ([], {})


def test_strict_through_the_front_door(tmp_path: Path):
    """A broken image is skipped and said, or with strict the load ends there."""
    for number, data in enumerate([encoded(GREYS), b"", encoded(GREYS)]):
        path = tmp_path / "pictures" / f"class {number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "pictures" / "class 1" / "3.png").write_bytes(encoded(GREYS))
    data = tooeasy.load(tmp_path / "pictures")
    assert len(data.train) == 3
    assert any("1 broken image skipped (class 1/1.png: the file is empty)" in note for note in data.notes)
    with pytest.raises(SourceError, match="the file is empty"):
        tooeasy.load(tmp_path / "pictures", strict=True)
