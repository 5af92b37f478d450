"""From the bytes of an image file to pixels. What is damaged is named and skipped."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from tooeasy.data.raw import EncodedImages
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
_GREY = {"1", "L", "LA", "I", "I;16", "I;16L", "I;16B", "I;16N", "F"}
# Luminance table of the JPEG standard (ITU-T T.81, table K.1) sums to this; libjpeg's "quality" scales the table.
_LUMINANCE_SUM = 3692


@dataclass(frozen=True)
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

        self.broken.update(_each(self.encoded, chosen, decode_into, strict=self.strict))
        return out


def inspect(encoded: EncodedImages, *, strict: bool = False) -> tuple[list[FileProperties | None], dict[int, str]]:
    """Read the header of every image.

    Returns
    -------
    properties : list of FileProperties
        None where an image is broken.
    broken : dict of int to str
        Rows whose header cannot be read, and why.

    Raises
    ------
    SourceError
        If ``strict`` and an image is broken.
    """
    properties: list[FileProperties | None] = [None] * len(encoded)

    def note(position: int, data: bytes) -> None:
        properties[position] = read_properties(data)

    return properties, _each(encoded, np.arange(len(encoded)), note, strict=strict)


def read_properties(data: bytes) -> FileProperties:
    """Read what the header of an image file says."""
    with _open(data) as image:
        exif = image.getexif()
        width, height = image.size
        if exif.get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8):
            width, height = height, width
        camera = " ".join(str(exif.get(tag, "")).strip("\0 ") for tag in (ExifTags.Base.Make, ExifTags.Base.Model))
        tables = getattr(image, "quantization", None)
        quality = _jpeg_quality(tables[0]) if tables else 0
        grey = image.mode in _GREY or (image.mode in ("P", "PA") and _grey_palette(image))
        return FileProperties(len(data), width, height, image.mode, image.format or "", camera.strip(), quality, grey)


def decode(data: bytes, height: int, width: int, channels: int) -> NDArray[np.uint8]:
    """Decode an image file to a size: uint8 array of shape (height, width, channels).

    Upright by its EXIF orientation; of animations the first frame; 16 bit scaled to 8; transparency dropped. An image
    of another size is resized with antialiasing (bilinear, as torchvision does) until it covers the size, and cropped
    at the centre; a JPEG much larger than that is decoded at a fraction of its size.
    """
    with _open(data) as opened:
        enough = 2 * max(width, height)  # in both directions, as it may yet be turned
        opened.draft(None, (enough, enough))  # of effect for JPEG only, and never below what is asked
        image = ImageOps.exif_transpose(opened)
        image = _to_channels(image, channels)
        if image.size != (width, height):
            image = ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
        return np.asarray(image, np.uint8).reshape(height, width, channels)


def _to_channels(image: Image.Image, channels: int) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        image = _to_8_bit(image)
    if image.mode in ("P", "PA"):
        image = image.convert("RGB")  # via the palette; straight to grey would lose rounding against the others
    return image.convert("L" if channels == 1 else "RGB")


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
    encoded: EncodedImages, rows: NDArray[np.intp], work: Callable[[int, bytes], None], *, strict: bool
) -> dict[int, str]:
    """Call ``work(position, data)`` on the images of rows, in threads; return the rows where it failed, and why."""
    broken: dict[int, str] = {}

    def try_one(position: int, read: Callable[[], bytes]) -> None:
        try:
            work(position, read())
        except Exception as error:
            broken[int(rows[position])] = _reason(error)

    def chunk(start: int) -> None:
        part = rows[start : start + _CHUNK]
        try:
            for position, data in enumerate(encoded.read(part), start):
                try_one(position, lambda data=data: data)  # type: ignore[misc]
        except OSError:  # which one, shows one by one
            for position, row in enumerate(part, start):
                try_one(position, lambda row=row: encoded.read(np.array([row]))[0])  # type: ignore[misc]

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
