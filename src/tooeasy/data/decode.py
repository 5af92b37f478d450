"""From the bytes of an image file to pixels. What is damaged is named and skipped."""

from __future__ import annotations

import io
import struct
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from tooeasy.data.images import EncodedImages, FileProperties, HeadedImages, Rows
from tooeasy.errors import SourceError, TooeasyError
from tooeasy.threads import available_cores

# Pillow reads more; what it hands to other programs (EPS to Ghostscript) or what no dataset has is not opened.
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "PPM", "TIFF", "GIF")
SUFFIXES = frozenset(
    {
        ".png",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".webp",
        ".bmp",
        ".dib",
        ".pbm",
        ".pgm",
        ".ppm",
        ".pnm",
        ".tif",
        ".tiff",
        ".gif",
    }
)
_FILTERS = threading.RLock()  # Python's warning filters are the whole process's: one pass at a time may change them
_CHUNK = 16  # images a thread takes at once
_HEAD_BYTES = 2**16  # of a file are read for its header, and all if that is not enough
_GREY = {"1", "L", "LA", "I", "I;16", "I;16L", "I;16B", "I;16N", "F"}
# Luminance table of the JPEG standard (ITU-T T.81, table K.1) sums to this; libjpeg's "quality" scales the table.
_LUMINANCE_SUM = 3692
# Python's lock changes hands in about this time: threads that do less between two changes get in each other's way.
_WORTH_A_THREAD = 1e-3  # seconds for a chunk
_SLOW_CHUNKS = 3  # one after the other: a single one may have had to wait

# What is called plain here: 8 bits, no palette, and nothing before the pixels that may turn them or name a camera.
_PLAIN_PIXELS = 2**24  # at most: Pillow's limit is for Pillow to watch
_PNG_START = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_PNG_FIELDS = struct.Struct(">16s2I2B3s2I4s")  # start; of IHDR width to interlacing; its checksum; next chunk
_PNG_MODES = {(8, 0): "L", (8, 2): "RGB", (8, 6): "RGBA"}
_JPEG_FRAMES, _JPEG_TABLE, _JPEG_SCAN = {0xC0, 0xC1, 0xC2}, 0xDB, 0xDA
_JPEG_MARKERS = {*_JPEG_FRAMES, _JPEG_TABLE, _JPEG_SCAN, 0xC4, 0xDD, 0xE0, 0xFE}
_JPEG_MODES = {(8, 1): "L", (8, 3): "RGB"}


Data = TypeVar("Data")


@dataclass(eq=False)
class DecodedImages:
    """Encoded images as uint8 images of one size, decoded in threads when looked at.

    Parameters
    ----------
    encoded : EncodedImages
    height, width, channels : int
        To bring every image to: resized to cover, cropped at the centre.
    strict : bool
        Raise SourceError at the first broken image, instead of noting it in ``broken`` and giving zeros.

    Attributes
    ----------
    broken : dict of int to str
        Rows that could not be decoded, and why.
    """

    encoded: EncodedImages
    height: int
    width: int
    channels: int
    strict: bool = False
    broken: dict[int, str] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """``(n, height, width, channels)``."""
        return len(self.encoded), self.height, self.width, self.channels

    def name(self, row: int) -> str:
        """Name of an image, for messages."""
        return self.encoded.name(row)

    def __getitem__(self, rows: Rows) -> NDArray[np.uint8]:
        chosen = np.arange(len(self.encoded))[rows]
        out = np.zeros((len(chosen), *self.shape[1:]), np.uint8)

        def decode_into(position: int, data: bytes) -> None:
            out[position] = decode(data, self.height, self.width, self.channels)

        self.broken.update(_each(self.encoded, chosen, self.encoded.read, decode_into, strict=self.strict))
        return out


def inspect(
    encoded: EncodedImages, rows: NDArray[np.intp] | None = None, *, strict: bool = False
) -> tuple[list[FileProperties | None], dict[int, str]]:
    """Read the header of every image, or of those of some rows.

    Returns
    -------
    properties : list of FileProperties
        One for each row; None where an image is broken.
    broken : dict of int to str
        Rows whose header cannot be read, and why.

    Raises
    ------
    SourceError
        If ``strict`` and an image is broken.
    """
    chosen = np.arange(len(encoded)) if rows is None else rows
    properties: list[FileProperties | None] = [None] * len(chosen)

    def note(position: int, head: tuple[bytes, int]) -> None:
        data, size = head
        properties[position] = _plain_properties(data, size)
        if properties[position] is None and len(data) < size:
            properties[position] = _properties_of_head(data, size)
        if properties[position] is None:
            whole = data if len(data) == size else next(iter(encoded.read(chosen[position : position + 1])))
            properties[position] = read_properties(whole)

    def heads(part: NDArray[np.intp]) -> Iterable[tuple[bytes, int]]:
        if isinstance(encoded, HeadedImages):
            return encoded.heads(part, _HEAD_BYTES)
        return ((data, len(data)) for data in encoded.read(part))

    return properties, _each(encoded, chosen, heads, note, strict=strict)


def read_properties(data: bytes, size: int | None = None) -> FileProperties:
    """Read what the header of an image file says; ``size`` is that of the file, where the data are its beginning."""
    with _open(data) as image:
        # A PNG that has no EXIF before its pixels may have it behind; Pillow would decode them all to look there.
        exif = Image.Image.getexif(image)
        tags = getattr(image, "tag_v2", None)  # of TIFF, whose size newer Pillows give upright already
        width, height = (tags[ExifTags.Base.ImageWidth], tags[ExifTags.Base.ImageLength]) if tags else image.size
        if exif.get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8):
            width, height = height, width
        camera = " ".join(str(exif.get(tag, "")).strip("\0 ") for tag in (ExifTags.Base.Make, ExifTags.Base.Model))
        tables = getattr(image, "quantization", None)
        quality = _jpeg_quality(tables[min(tables)]) if tables else 0  # a scan may do without table 0
        grey = is_grey(image)
        bytes_ = len(data) if size is None else size
        return FileProperties(bytes_, width, height, image.mode, image.format or "", camera.strip(), quality, grey)


def _plain_properties(head: bytes, size: int) -> FileProperties | None:
    """Properties of a plain PNG or JPEG, in a quarter of the time that Pillow takes; None if it may not be plain."""
    try:
        found = _plain_png(head) if head.startswith(_PNG_START) else _plain_jpeg(head)
    except (IndexError, struct.error):  # it is cut off
        return None
    if found is None or not 0 < found[0] * found[1] <= _PLAIN_PIXELS:
        return None
    width, height, mode, format_, quality = found
    return FileProperties(size, width, height, mode, format_, "", quality, mode == "L")


def _plain_png(head: bytes) -> tuple[int, int, str, str, int] | None:
    _, width, height, bits, colour, methods, checksum, _, follows = _PNG_FIELDS.unpack_from(head)
    mode = _PNG_MODES.get((bits, colour))
    sound = methods in (b"\0\0\0", b"\0\0\1") and checksum == zlib.crc32(head[12:29])
    return (width, height, mode, "PNG", 0) if mode and sound and follows == b"IDAT" else None


def _plain_jpeg(head: bytes) -> tuple[int, int, str, str, int] | None:
    at, frame, tables = 2, (0, 0, 0, 0), dict[int, bytes]()
    while head.startswith(b"\xff\xd8") and head[at] == 0xFF and (marker := head[at + 1]) in _JPEG_MARKERS:
        start, end = at + 4, at + 2 + int.from_bytes(head[at + 2 : at + 4], "big")
        if marker == _JPEG_TABLE and (end - start) % 65 == 0:
            tables |= {head[table]: head[table + 1 : table + 65] for table in range(start, end, 65)}
        elif marker in _JPEG_FRAMES:
            frame = struct.unpack_from(">BHHB", head, start)
        elif marker == _JPEG_SCAN:
            bits, height, width, channels = frame
            mode = _JPEG_MODES.get((bits, channels))
            whole = end <= len(head) and 0 in tables and max(tables) < 4  # larger numbers are of 16-bit tables
            return (width, height, mode, "JPEG", _jpeg_quality(tables[0])) if mode and whole else None
        at = end
    return None


def _properties_of_head(head: bytes, size: int) -> FileProperties | None:
    """Properties by the beginning of a file; None if it takes more: other formats may keep anything anywhere."""
    if not head.startswith((b"\xff\xd8", b"\x89PNG")):
        return None
    try:
        return read_properties(head, size)
    except Exception:  # Pillow raises many kinds; what is really wrong shows when all is read
        return None


def decode(data: bytes, height: int, width: int, channels: int) -> NDArray[np.uint8]:
    """Decode an image file to a size: uint8 array of shape (height, width, channels).

    Upright by its EXIF orientation; of animations the first frame; 16 bit scaled to 8; transparency dropped. An image
    of another size is resized with antialiasing (bilinear, as torchvision does) until it covers the size, and cropped
    at the centre; a JPEG much larger than that is decoded at a fraction of its size.
    """
    with _open(data) as opened:
        enough = 2 * max(width, height)  # in both directions, as it may yet be turned
        opened.draft(None, (enough, enough))  # of effect for JPEG only, and never below what is asked
        return picture_to_array(opened, height, width, channels)


def picture_to_array(picture: Image.Image, height: int, width: int, channels: int) -> NDArray[np.uint8]:
    """Bring a picture to a size, as `decode` does: uint8 array of shape (height, width, channels). It may be changed.

    Raises
    ------
    ValueError
        If its pixels are fractions, or have more than 16 bits.
    """
    # What stands behind a PNG's pixels, the header pass has not seen: it is no part of what the image is.
    if picture.format != "PNG" or "exif" in picture.info:
        ImageOps.exif_transpose(picture, in_place=True)
    image = _to_channels(picture, channels)
    if image.size != (width, height):
        image = ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
    return np.asarray(image, np.uint8).reshape(height, width, channels)


def is_grey(picture: Image.Image) -> bool:
    """Whether a picture can have no colour, by its mode or palette."""
    return picture.mode in _GREY or (picture.mode in ("P", "PA") and _grey_palette(picture))


def _to_channels(image: Image.Image, channels: int) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        image = _to_8_bit(image)
    if image.mode in ("P", "PA"):
        image = image.convert("RGB")  # via the palette; straight to grey would lose rounding against the others
    mode = "L" if channels == 1 else "RGB"
    return image if image.mode == mode else image.convert(mode)  # which would copy it


def _to_8_bit(image: Image.Image) -> Image.Image:
    """Scale 16 bit to 8; 255 * 257 is 65535, so this rounds to the nearest."""
    if image.mode == "F":
        raise ValueError("its pixels are fractions")
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise ValueError("its pixels have more than 16 bits")
    return Image.fromarray(((values + 128) // 257).astype(np.uint8))


def _open(data: bytes) -> Image.Image:
    if not data:
        raise ValueError("the file is empty")
    return Image.open(io.BytesIO(data), formats=FORMATS)


def _grey_palette(image: Image.Image) -> bool:
    palette = np.array(image.getpalette("RGB") or [0, 0, 0]).reshape(-1, 3)
    return bool((palette == palette[:, :1]).all())


def _jpeg_quality(table: Sequence[int]) -> int:
    """Invert libjpeg's scaling of the standard table."""
    scale = 100 * sum(table) / _LUMINANCE_SUM
    quality = (200 - scale) / 2 if scale <= 100 else 5000 / scale
    return min(max(round(quality), 1), 100)


def _each(
    encoded: EncodedImages,
    rows: NDArray[np.intp],
    read: Callable[[NDArray[np.intp]], Iterable[Data]],
    work: Callable[[int, Data], None],
    *,
    strict: bool,
) -> dict[int, str]:
    """Call ``work(position, data)`` on what is read of rows; return the rows where it failed, and why.

    In threads, once it shows that there is enough to do between two turns at Python's lock.
    """
    broken: dict[int, str] = {}

    def try_one(position: int, get: Callable[[], Data]) -> None:
        try:
            work(position, get())
        except (MemoryError, TooeasyError):  # not the image's fault
            raise
        except Exception as error:  # Pillow's readers raise nearly anything on damaged files
            broken[int(rows[position])] = _reason(error)

    def chunk(start: int) -> None:
        part = rows[start : start + _CHUNK]
        try:
            for position, data in enumerate(read(part), start):
                try_one(position, lambda data=data: data)  # type: ignore[misc]
        except OSError:  # which one, shows one by one
            for position in range(start, start + len(part)):
                try_one(position, lambda at=position: next(iter(read(rows[at : at + 1]))))  # type: ignore[misc]

    with _quiet_pillow(), closing(_run(chunk, iter(range(0, len(rows), _CHUNK)))) as done:
        for _ in done:
            if strict and broken:
                row, reason = min(broken.items())
                raise SourceError(f"{encoded.name(row)} cannot be read: {reason}")
    return broken


def _run(chunk: Callable[[int], None], starts: Iterator[int]) -> Generator[None, None, None]:
    """Run chunks one by one while they are quick, and those that are left in threads."""
    slow = 0
    while slow < _SLOW_CHUNKS and (start := next(starts, None)) is not None:
        begun = time.perf_counter()
        chunk(start)
        slow = slow + 1 if time.perf_counter() - begun > _WORTH_A_THREAD else 0
        yield
    with ThreadPoolExecutor(available_cores()) as pool:
        yield from pool.map(chunk, starts)


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Keep Pillow's limit against decompression bombs as an error, and its other warnings to ourselves."""
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _reason(error: Exception) -> str:
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return f"it has more than {Image.MAX_IMAGE_PIXELS:,} pixels, Pillow's limit against decompression bombs"
    if isinstance(error, UnidentifiedImageError):
        return f"it is not an image of a known format ({', '.join(FORMATS)})"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())
