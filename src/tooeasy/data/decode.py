"""From the bytes of an image file to pixels. What is damaged is named and skipped."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from tooeasy.data.raw import EncodedImages, HeadedImages
from tooeasy.data.split import Rows
from tooeasy.errors import SourceError
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
_CHUNK = 16  # images a thread takes at once
_HEAD_BYTES = 2**16  # of a file are read for its header, and all if that is not enough
_GREY = {"1", "L", "LA", "I", "I;16", "I;16L", "I;16B", "I;16N", "F"}
# Luminance table of the JPEG standard (ITU-T T.81, table K.1) sums to this; libjpeg's "quality" scales the table.
_LUMINANCE_SUM = 3692


Data = TypeVar("Data")


@dataclass(frozen=True, slots=True)
class FileProperties:
    """What is known of an image file besides its pixels.

    Attributes
    ----------
    bytes : int
        Size of the file.
    width, height : int
        In pixels, upright: after the EXIF orientation.
    mode, format : str
        As Pillow names them: "RGB", "JPEG", ...
    camera : str
        EXIF make and model; empty where there is none.
    jpeg_quality : int
        Estimated from the luminance quantisation table, 1 to 100; 0 for other formats.
    grey : bool
        Whether the image can have no colour.
    """

    bytes: int
    width: int
    height: int
    mode: str
    format: str
    camera: str
    jpeg_quality: int
    grey: bool


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
        if len(data) < size:
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
        width, height = image.size
        if exif.get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8):
            width, height = height, width
        camera = " ".join(str(exif.get(tag, "")).strip("\0 ") for tag in (ExifTags.Base.Make, ExifTags.Base.Model))
        tables = getattr(image, "quantization", None)
        quality = _jpeg_quality(tables[0]) if tables else 0
        grey = is_grey(image)
        bytes_ = len(data) if size is None else size
        return FileProperties(bytes_, width, height, image.mode, image.format or "", camera.strip(), quality, grey)


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
    """Call ``work(position, data)`` on what is read of rows, in threads; return the rows where it failed, and why."""
    broken: dict[int, str] = {}

    def try_one(position: int, get: Callable[[], Data]) -> None:
        try:
            work(position, get())
        except Exception as error:
            broken[int(rows[position])] = _reason(error)

    def chunk(start: int) -> None:
        part = rows[start : start + _CHUNK]
        try:
            for position, data in enumerate(read(part), start):
                try_one(position, lambda data=data: data)  # type: ignore[misc]
        except OSError:  # which one, shows one by one
            for position in range(start, start + len(part)):
                try_one(position, lambda at=position: next(iter(read(rows[at : at + 1]))))  # type: ignore[misc]

    with _quiet_pillow(), ThreadPoolExecutor(available_cores()) as pool:
        for _ in pool.map(chunk, range(0, len(rows), _CHUNK)):
            if strict and broken:
                row, reason = min(broken.items())
                raise SourceError(f"{encoded.name(row)} cannot be read: {reason}")
    return broken


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Keep Pillow's limit against decompression bombs as an error, and its other warnings to ourselves."""
    with warnings.catch_warnings():
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
