"""What ``reading.py`` sets beside tooeasy: the usual ways to read the same files, down to arrays in memory."""

from __future__ import annotations

import gzip
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

Pixels = np.ndarray
_TYPES = {8: "u1", 9: "i1", 11: "i2", 12: "i4", 13: "f4", 14: "f8"}


# IDX, as torchvision reads it


@cache
def torch() -> Any:
    """PyTorch; None where it is not installed."""
    try:
        import torch as module
    except ImportError:
        return None
    module.set_num_threads(1)  # nothing here is shared among threads, and idle ones would only disturb
    return module


def read_tensor(path: Path) -> Any:
    """Read an IDX file into a tensor by the algorithm of torchvision's ``read_sn3_pascalvincent_tensor``.

    All bytes are read, copied into an array that may be written to, and turned to the machine's byte order. An array
    where there is no PyTorch.
    """
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    sides = np.frombuffer(data, ">u4", data[3], 4).tolist()
    values = np.frombuffer(bytearray(data), _TYPES[data[2]], offset=4 + 4 * data[3])
    if sys.byteorder == "little" and values.itemsize > 1:
        values = values.byteswap()
    values = values.reshape(sides)
    return torch().from_numpy(values) if torch() else values


def idx_whole(images: Path, labels: Path) -> tuple[Any, Any]:
    """All images and labels, as torchvision's MNIST keeps them in ``data`` and ``targets``."""
    targets = read_tensor(labels)
    return read_tensor(images), targets.long() if torch() else targets.astype(np.int64)


def idx_items(images: Path, labels: Path) -> list[Any]:
    """Every image as torchvision's MNIST gives it: a PIL image of each row, which ``PILToTensor`` makes a tensor."""
    data, targets = idx_whole(images, labels)
    return [_item(data[row], int(targets[row])) for row in range(len(targets))]


def _item(row: Any, label: int) -> tuple[Any, int]:
    image = Image.fromarray(row.numpy() if torch() else row)
    array = np.array(image)
    return (torch().from_numpy(array).view(1, *array.shape) if torch() else array[np.newaxis]), label


# Folders, with Pillow


def decode(file: Path, size: int) -> Pixels:
    """Decode an image file and bring it to a square."""
    with Image.open(file) as image:
        return to_square(image.convert("RGB"), size)


def to_square(image: Image.Image, size: int) -> Pixels:
    """Resize until it covers the square, and crop at the centre."""
    if image.size != (size, size):
        image = ImageOps.fit(image, (size, size), Image.Resampling.BILINEAR)
    return np.asarray(image)


def paths_of(folder: Path) -> list[Path]:
    """Images in class folders."""
    return sorted(folder.glob("*/*.jpg"))


def folder_serial(folder: Path, size: int) -> Pixels:
    """One image after the other."""
    return np.stack([decode(path, size) for path in paths_of(folder)])


def folder_pool(folder: Path, size: int, threads: int) -> Pixels:
    """A pool of threads, to which each image is a task."""
    with ThreadPoolExecutor(threads) as pool:
        return np.stack(list(pool.map(lambda path: decode(path, size), paths_of(folder))))


def folder_chunks(folder: Path, size: int, threads: int, chunk: int = 16) -> Pixels:
    """A pool of threads, to which some images are a task, so that its queue is less in the way."""
    paths = paths_of(folder)
    with ThreadPoolExecutor(threads) as pool:
        parts = pool.map(
            lambda start: [decode(path, size) for path in paths[start : start + chunk]], range(0, len(paths), chunk)
        )
        return np.stack([image for part in parts for image in part])


# Parquet, with datasets


@cache
def datasets() -> Any:
    """Hugging Face's datasets, silent and offline; None where it is not installed."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        import datasets as module
    except ImportError:
        return None
    module.disable_progress_bars()
    module.logging.set_verbosity_error()
    return module


def parquet_fresh(path: Path, size: int, folder: Path) -> Pixels:
    """``load_dataset`` of a file that it has not seen: it writes its own cache first. Then all rows."""
    with tempfile.TemporaryDirectory(dir=folder) as empty:
        return parquet_again(path, size, Path(empty))


def parquet_again(path: Path, size: int, folder: Path) -> Pixels:
    """``load_dataset`` with its cache in a folder, and all rows."""
    data = datasets().load_dataset("parquet", data_files=str(path), split="train", cache_dir=str(folder))
    return np.stack(list(_arrays(data, size)))


def parquet_numpy(path: Path, size: int, folder: Path) -> Pixels:
    """The same in batches of 1,000, decoded to NumPy by ``with_format``."""
    data = datasets().load_dataset("parquet", data_files=str(path), split="train", cache_dir=str(folder))
    batches = data.with_format("numpy").iter(batch_size=1000)
    return np.stack([to_square(Image.fromarray(image), size) for batch in batches for image in batch["image"]])


def parquet_streaming(path: Path, size: int) -> Pixels:
    """``load_dataset`` with ``streaming=True``, and all rows."""
    data = datasets().load_dataset("parquet", data_files=str(path), split="train", streaming=True)
    return np.stack(list(_arrays(data, size)))


def _arrays(data: Any, size: int) -> Iterator[Pixels]:
    return (to_square(row["image"], size) for row in data)
