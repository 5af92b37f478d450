"""Hashes of images: one of their exact content, and 64 bits that stay nearly the same where images look the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from tooeasy.data import Split
from tooeasy.explore.reading import Read, read_rows

Matrix = NDArray[np.float32]

FREQUENCIES = 8  # of the cosine transform along each side: 8 x 8 make 64 bits
LEAST_SIDE = 8  # pixels: of a shorter side, one pixel is no small shift
SAMPLE = 4096  # images of which the mean of each coefficient is taken
BANDS = 4  # of a hash, that are searched one by one; neighbouring frequencies go to different bands
# Where an image is a copy moved by one pixel, one of the two is the other moved by one of these.
SHIFTS = ((0, 1), (1, -1), (1, 0), (1, 1))


@dataclass(frozen=True)
class Symmetry:
    """A way to turn or mirror an image: swap rows and columns, then reverse rows, then columns.

    Attributes
    ----------
    name : str
        For people.
    swap, up_down, left_right : bool
    """

    name: str
    swap: bool
    up_down: bool
    left_right: bool

    def of(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn images of shape (n, height, width, channels)."""
        if self.swap:
            images = images.swapaxes(1, 2)
        return np.ascontiguousarray(images[:, :: -1 if self.up_down else 1, :: -1 if self.left_right else 1])

    def of_coefficients(self, coefficients: Matrix) -> Matrix:
        """Cosine coefficients, of shape (n, 8, 8), of turned images: reversed, a side's odd waves change their sign."""
        signs = np.where(np.arange(FREQUENCIES) % 2, np.float32(-1), np.float32(1))
        if self.swap:
            coefficients = coefficients.swapaxes(1, 2)
        if self.up_down:
            coefficients = coefficients * signs[:, None]
        return coefficients * signs if self.left_right else coefficients


SAME = Symmetry("", swap=False, up_down=False, left_right=False)
MIRRORED = (
    Symmetry("mirrored", swap=False, up_down=False, left_right=True),
    Symmetry("upside down", swap=False, up_down=True, left_right=False),
    Symmetry("rotated 180", swap=False, up_down=True, left_right=True),
)
TURNED = (  # these swap the sides: of square images only
    Symmetry("rotated 90", swap=True, up_down=True, left_right=False),
    Symmetry("rotated 270", swap=True, up_down=False, left_right=True),
    Symmetry("transposed", swap=True, up_down=False, left_right=False),
    Symmetry("transposed, rotated 180", swap=True, up_down=True, left_right=True),
)


@dataclass(frozen=True, eq=False)
class Hashes:
    """Hashes of the images of a split.

    Attributes
    ----------
    rows : intp array of shape (n,)
        Positions of the images in the split; broken ones are left out.
    labels : intp array of shape (n,)
    content : uint64 array of shape (n, 2)
        128 bits of BLAKE2b of the pixels.
    looks : uint64 array of shape (n,)
        Bit by bit, whether a coefficient of the cosine transform of the grey image without its outermost pixels, in
        units of the image's contrast, is above its mean over images.
    shifted : uint64 array of shape (4, n)
        The same of the images moved by each of `SHIFTS`.
    turned : uint64 array of shape (symmetries, n)
        The same of the images turned and mirrored.
    constant : bool array of shape (n,)
        Whether an image has one colour.
    """

    rows: NDArray[np.intp]
    labels: NDArray[np.intp]
    content: NDArray[np.uint64]
    looks: NDArray[np.uint64]
    shifted: NDArray[np.uint64]
    turned: NDArray[np.uint64]
    constant: NDArray[np.bool_]

    def part(self, chosen: NDArray[np.bool_]) -> Hashes:
        """Hashes of some of the images."""
        return Hashes(
            self.rows[chosen],
            self.labels[chosen],
            self.content[chosen],
            self.looks[chosen],
            self.shifted[:, chosen],
            self.turned[:, chosen],
            self.constant[chosen],
        )


def mean_coefficients(split: Split) -> Matrix:
    """Mean of each cosine coefficient, in units of each image's contrast: float32 of shape (8, 8).

    Of images that all look alike in the large, as digits do, most coefficients have one sign: compared with their mean
    instead of with zero, four times fewer pairs of different images of MNIST come near each other. Of 4096 images,
    evenly spaced.
    """
    rows = np.unique(np.linspace(0, len(split) - 1, min(SAMPLE, len(split))).astype(np.intp))
    transform = cosine_transform(split.shape[:2])
    total, n = np.zeros((FREQUENCIES, FREQUENCIES)), 0
    with threadpool_limits(1, "blas"):  # so small products that on busy cores threads of BLAS took five times as long
        for read in read_rows(split, rows):
            images = read.batch.images[~_constant(read.batch.images)]
            total += _in_contrasts(transform(images)[:, 0]).sum(axis=0, dtype=np.float64)
            n += len(images)
    return (total / max(n, 1)).astype(np.float32)


def hash_images(split: Split, means: Matrix, symmetries: tuple[Symmetry, ...] = ()) -> Hashes:
    """Hash all images of a split in one pass, some at a time.

    Parameters
    ----------
    split : Split
    means : float32 array of shape (8, 8)
        Of `mean_coefficients`; hashes can be compared where it is the same.
    symmetries : tuple of Symmetry
        Ways to turn and mirror the images that are hashed too.

    Raises
    ------
    NotAtHandError
        If the images are not here.
    """
    transform = cosine_transform(split.shape[:2])
    with threadpool_limits(1, "blas"):
        parts = [_hash(read, transform, means, symmetries) for read in read_rows(split, np.arange(len(split)))]
    return _joined(parts)


def _hash(
    read: Read, transform: Callable[[NDArray[np.uint8]], Matrix], means: Matrix, symmetries: tuple[Symmetry, ...]
) -> Hashes:
    """Hash the images of a batch."""
    images, labels = read.batch
    coefficients = transform(images)
    shifted = np.array([to_bits(coefficients[:, at], means) for at in range(1, 1 + len(SHIFTS))])
    turned = np.empty((len(symmetries), len(images)), np.uint64)
    for way, bits in zip(symmetries, turned, strict=True):
        bits[:] = to_bits(way.of_coefficients(coefficients[:, 0]), means)
    looks = to_bits(coefficients[:, 0], means)
    return Hashes(read.rows, labels, hash_contents(images), looks, shifted, turned, _constant(images))


def _joined(parts: list[Hashes]) -> Hashes:
    """Hashes of the images of several parts, in order."""
    return Hashes(
        rows=np.concatenate([part.rows for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        content=np.concatenate([part.content for part in parts]),
        looks=np.concatenate([part.looks for part in parts]),
        shifted=np.concatenate([part.shifted for part in parts], axis=1),
        turned=np.concatenate([part.turned for part in parts], axis=1),
        constant=np.concatenate([part.constant for part in parts]),
    )


def hash_contents(images: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """128 bits of BLAKE2b of each image's pixels: uint64 of shape (n, 2)."""
    flat = np.ascontiguousarray(images).reshape(len(images), -1)
    digests = b"".join(hashlib.blake2b(image.data, digest_size=16).digest() for image in flat)
    return np.frombuffer(digests, "<u8").reshape(-1, 2).astype(np.uint64)


def cosine_transform(sides: tuple[int, int]) -> Callable[[NDArray[np.uint8]], Matrix]:
    """Return what makes the lowest cosine coefficients of the grey images, as they are and moved by each of `SHIFTS`.

    A shift before the transform is another matrix of waves: moved images need not be made.

    Returns
    -------
    callable
        From uint8 of shape (n, height, width, channels) to float32 of shape (n, 5, 8, 8).
    """
    height, width = sides
    down = np.concatenate([_waves(height, shift) for shift in (0, 1)])
    right = np.concatenate([_waves(width, shift) for shift in (0, 1, -1)])
    moves = [(0, 0), *SHIFTS]

    def transform(images: NDArray[np.uint8]) -> Matrix:
        grey = images[..., 0].astype(np.float32) if images.shape[3] == 1 else images.mean(axis=3, dtype=np.float32)
        along = (grey.reshape(-1, width) @ right.T).reshape(len(images), height, len(right))
        found = (down @ along).reshape(len(images), 2, FREQUENCIES, 3, FREQUENCIES)
        return np.stack([found[:, y, :, (0, 1, -1).index(x)] for y, x in moves], axis=1)

    return transform


def _waves(side: int, shift: int) -> Matrix:
    """Lowest orthonormal cosine waves along a side without its ends, to be met by an image moved by some pixels.

    Without the ends, what a moved image shows between them is all in the image itself.
    """
    inset = int(side >= LEAST_SIDE)
    length, number = side - 2 * inset, np.arange(FREQUENCIES)[:, None]
    waves = np.cos(np.pi * number * (2 * np.arange(length) + 1) / (2 * length)) * np.sqrt((1 + (number > 0)) / length)
    waves[number[:, 0] >= length] = 0  # a short side has no more waves than pixels
    placed = np.zeros((FREQUENCIES, side), np.float32)
    first = inset * (1 - shift)
    placed[:, first : first + length] = waves
    return placed


def _in_contrasts(coefficients: Matrix) -> Matrix:
    """Divide by the length of all but the mean grey: neither lamp nor contrast changes the result's waves."""
    squares = np.einsum("nij,nij->n", coefficients, coefficients) - coefficients[:, 0, 0] ** 2
    scaled: Matrix = coefficients / np.sqrt(np.maximum(squares, np.float32(1e-6)))[:, None, None]
    return scaled


def to_bits(coefficients: Matrix, means: Matrix) -> NDArray[np.uint64]:
    """Whether each coefficient is above its mean, as 64 bits: uint64 of shape (n,)."""
    above = (_in_contrasts(coefficients) > means).reshape(len(coefficients), -1, BANDS)
    bits = np.packbits(above.transpose(0, 2, 1).reshape(len(above), -1), axis=1, bitorder="little")
    return np.ascontiguousarray(bits).view("<u8")[:, 0].astype(np.uint64)


def _constant(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray((images == images[:, :1, :1]).all(axis=(1, 2, 3)), np.bool_)
