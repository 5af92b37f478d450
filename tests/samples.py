"""Small made-up images, and IDX files of them, for the tests."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

IDX_CODES = {"u1": 0x08, "i1": 0x09, ">i2": 0x0B, ">i4": 0x0C, ">f4": 0x0D, ">f8": 0x0E}
SPELLINGS = ("{part}-{kind}-idx{n}-ubyte", "{part}-{kind}.idx{n}-ubyte")


def random_images(
    seed: int, n: int = 40, shape: tuple[int, int, int] = (3, 4, 1), classes: int = 3, levels: int = 256
) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Images whose pixels say something about the class, and unbalanced labels; no class is empty."""
    random = np.random.default_rng(seed)
    labels = random.choice(classes, n, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum())
    labels[:classes] = np.arange(classes)
    noise = random.integers(0, levels, (n, *shape))
    means = random.integers(0, levels, (classes, *shape))
    mixed = np.where(random.random((n, *shape)) < 0.5, noise, means[labels])
    return mixed.astype(np.uint8), labels.astype(np.intp)


def singular_images(
    seed: int, n: int = 60, shape: tuple[int, int, int] = (4, 4, 1), classes: int = 3
) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Random images some of whose pixels never change, or are exactly collinear with others."""
    images, labels = random_images(seed, n=n, shape=shape, classes=classes)
    flat = images.reshape(n, -1)
    flat[:, 0], flat[:, 1] = 0, 200  # constant: dark, and bright
    flat[:, 3] = flat[:, 2]  # the same
    flat[:, 5] = 255 - flat[:, 4]  # its negative
    flat[:, 6] //= 2
    flat[:, 7] = 2 * flat[:, 6]  # its double
    return images, labels


def idx_bytes(array: ArrayLike, dtype: str = "u1") -> bytes:
    """An IDX file's bytes: two zeros, type, number of dimensions, each dimension, values; numbers are big-endian."""
    values = np.asarray(array).astype(dtype)
    header = bytes([0, 0, IDX_CODES[dtype], values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.tobytes()


def write_idx(
    folder: Path,
    part: str,
    images: ArrayLike,
    labels: ArrayLike,
    *,
    zipped: bool = False,
    spelling: str = SPELLINGS[0],
    label_dtype: str = "u1",
) -> Path:
    """Write the images and labels of one part; returns the path of the images."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for kind, n, data in (
        ("images", 3, idx_bytes(np.asarray(images))),
        ("labels", 1, idx_bytes(labels, label_dtype)),
    ):
        name = spelling.format(part=part, kind=kind, n=n) + (".gz" if zipped else "")
        paths.append(folder / name)
        paths[-1].write_bytes(gzip.compress(data) if zipped else data)
    return paths[0]
