"""How counting and searching grow: images, kinds of storage, processes, classes; beside NumPy and dask.array.

    python benchmarks/scale.py --data FOLDER [--photographs FOLDER] [--largest 6000000] [--quick] [--only TABLE...]

FOLDER has the IDX files of MNIST in a folder ``mnist``; by default it is what TOOEASY_TEST_DATA names. Larger sets are
its images, each moved and dimmed at random, written to disk part by part. The counts of the peers are compared with
tooeasy's before anything is timed. Needs dask, and for Parquet pyarrow.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _timing import MEGABYTE, describe_machine, print_table, run_json, time_in_turn, verdict
from PIL import Image
from sklearn.datasets import load_sample_images

import tooeasy
from tooeasy.data.decode import decode
from tooeasy.pixels.pairs import Pairs
from tooeasy.pixels.search import best_pixels, best_pixels_of_pairs
from tooeasy.sketch.memory import counts_bytes

TABLES = ("counting", "pairs", "plans", "memory", "storage")
PACKAGES = ("numpy", "numba", "dask", "distributed", "pyarrow", "tooeasy")
PROCESS = Path(__file__).with_name("_scale_process.py")
BLOCK = 5_000  # images of a block of dask.array
CHUNK = 20_000  # images that are made at once
MOST_SECONDS = {16: 90, 256: 900}  # for all pairs of 3,832 classes, by levels
KANJI = (64, 64, 1)  # Kuzushiji-Kanji's shape; it has 140,424 images of 3,832 classes
PER_CLASS = 36


def counting(images: np.ndarray, labels: np.ndarray, rounds: int) -> None:
    """Counts of MNIST in memory, beside peers that make the same counts."""
    import dask.array as da
    from dask import delayed

    shape, classes = images.shape[1:], 10
    names, pixels = [str(label) for label in range(classes)], int(np.prod(shape))
    cells = classes * pixels * 256
    flat = images.reshape(len(images), pixels)
    offsets = np.arange(pixels) * 256

    def ours(threads: int | None = None) -> np.ndarray:
        return tooeasy.Sketch(shape, names).update(images, labels, threads=threads).counts

    def places(some: np.ndarray, own: np.ndarray) -> np.ndarray:
        return ((own * (pixels * 256))[:, np.newaxis] + offsets + some).ravel()

    def numpy_bincount() -> np.ndarray:
        return np.bincount(places(flat, labels), minlength=cells)

    def dask_histogram() -> np.ndarray:
        blocks = [
            da.from_delayed(delayed(places)(flat[i : i + BLOCK], labels[i : i + BLOCK]), (np.nan,), np.int64)
            for i in range(0, len(flat), BLOCK)
        ]
        return da.bincount(da.concatenate(blocks, allow_unknown_chunksizes=True), minlength=cells).compute()

    reference = ours().ravel()
    for name, call in (("bincount", numpy_bincount), ("dask.array", dask_histogram)):
        if not np.array_equal(call(), reference):
            sys.exit(f"{name} counts differently")
    calls: dict[str, Callable[[], object]] = {
        "tooeasy": ours,
        "tooeasy, one thread": lambda: ours(1),
        "numpy.bincount": numpy_bincount,
        "dask.array.bincount": dask_histogram,
        "one read of the bytes": lambda: flat.view(np.uint64).sum(),
    }
    times = time_in_turn(calls, rounds)
    rows = [["counts of 60,000 images in memory", "seconds", "range", "images a second", "times tooeasy's"]]
    for name, timing in times.items():
        ratio = timing.median / times["tooeasy"].median
        rows.append([name, *timing.cells(), f"{len(images) / timing.median:,.0f}", f"{ratio:.2f}"])
    print_table("Counting", rows)
    ratio = times["numpy.bincount"].median / times["tooeasy"].median
    print(f"{ratio:.1f} times as fast as bincount: {verdict(ratio >= 6)} (at least 6)")


def made(images: np.ndarray, labels: np.ndarray, n: int, seed: int = 0):
    """Yield n images, each one of MNIST moved by up to two pixels and dimmed, some thousand at a time."""
    random = np.random.default_rng(seed)
    for start in range(0, n, CHUNK):
        rows = random.integers(0, len(images), min(CHUNK, n - start))
        some = images[rows]
        for axis in (1, 2):
            by = random.integers(-2, 3, len(rows))
            for step in range(-2, 3):
                some[by == step] = np.roll(some[by == step], step, axis=axis)
        dim = random.integers(160, 257, (len(rows), 1, 1, 1), dtype=np.uint16)
        yield (some * dim >> 8).astype(np.uint8), labels[rows]


def write_npy(folder: Path, images: np.ndarray, labels: np.ndarray, n: int) -> Path:
    """Write a pair of .npy files without holding them."""
    folder.mkdir()
    out = np.lib.format.open_memmap(folder / "images.npy", "w+", np.uint8, (n, *images.shape[1:3]))
    own = np.lib.format.open_memmap(folder / "labels.npy", "w+", np.int64, (n,))
    start = 0
    for some, label in made(images, labels, n):
        out[start : start + len(some)], own[start : start + len(some)] = some[..., 0], label
        start += len(some)
    out.flush(), own.flush()
    return folder


def write_parquet(folder: Path, images: np.ndarray, labels: np.ndarray, n: int) -> Path:
    """Write PNGs in a Parquet file of several row groups."""
    import pyarrow as pa
    from pyarrow import parquet

    folder.mkdir()
    schema = pa.schema([("image", pa.binary()), ("label", pa.int64())])
    with parquet.ParquetWriter(folder / "train.parquet", schema) as writer:
        for some, label in made(images, labels, n):
            data = [encoded(image[..., 0], "PNG") for image in some]
            writer.write_table(pa.table({"image": data, "label": label}, schema), row_group_size=2_000)
    return folder


def write_jpegs(folder: Path, n: int) -> Path:
    """Write JPEG files in class folders: pieces of photographs."""
    for start in range(0, n, 1_000):
        for number, image in enumerate(photographs(1_000, 224, seed=start), start):
            path = folder / str(number % 10) / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encoded(image, "JPEG"))
    return folder


def encoded(image: np.ndarray, form: str) -> bytes:
    """An image as a file."""
    out = io.BytesIO()
    Image.fromarray(image).save(out, form)
    return out.getvalue()


def storage(images: np.ndarray, labels: np.ndarray, scratch: Path, *, quick: bool) -> None:
    """Images a second from each kind of storage, by one process and by two."""
    few = 10 if quick else 1
    kinds = {
        ".npy, memory-mapped": write_npy(scratch / "npy", images, labels, 6_000_000 // few),
        "Parquet, PNGs of 28x28": write_parquet(scratch / "parquet", images, labels, 200_000 // few),
        "folder, JPEGs of 224x224": write_jpegs(scratch / "jpegs", 10_000 // few),
    }
    rows = [["storage", "images", "no workers", "one worker", "two workers", "two to one", "at least 1.7"]]
    for name, path in kinds.items():
        found = [min((_sketched(path, workers) for _ in range(3)), key=lambda f: f["seconds"]) for workers in (0, 1, 2)]
        here, one, two = (f["images"] / f["seconds"] for f in found)
        speeds = [f"{speed:,.0f}" for speed in (here, one, two)]
        rows.append([name, f"{found[0]['images']:,}", *speeds, f"{two / one:.2f}", verdict(two / one >= 1.7)])
    print_table("Sketches from storage: images a second (workers have one thread each, a process alone as cores)", rows)


def _sketched(path: Path, workers: int) -> dict[str, float]:
    return run_json(PROCESS, [str(path), str(workers)])


def memory(images: np.ndarray, labels: np.ndarray, scratch: Path, largest: int) -> None:
    """Peak memory of a sketch of sets that grow tenfold."""
    rows = [["images", "bytes of pixels", "peak memory", "of it before the sketch"]]
    for n in (largest // 100, largest // 10, largest):
        path = write_npy(scratch / f"memory{n}", images, labels, n)
        found = _sketched(path, 0)
        size = f"{n * images[0].size / MEGABYTE:,.0f} MB"
        rows.append([f"{n:,}", size, f"{found['peak'] / MEGABYTE:,.0f} MB", f"{found['imported'] / MEGABYTE:,.0f} MB"])
        for file in path.iterdir():
            file.unlink()
    print_table("Memory", rows)
    print("without pages of the file, which the system may drop at any time")


def pairs(*, quick: bool) -> None:
    """Best pixel of all pairs, by classes and levels; equal to the search pair by pair where that is short."""
    rows = [["classes", "pairs", "levels", "search", "scores", "counts", "target"]]
    for classes in (10, 100, 345) if quick else (10, 100, 345, 3_832):
        for levels in (16, 256):
            sketch = made_up(classes, levels)
            if classes <= 100 and not np.array_equal(
                best_pixels_of_pairs(sketch.counts, "lookup"),
                best_pixels(sketch.counts, np.stack(np.triu_indices(classes, 1), axis=1), "lookup"),
            ):
                sys.exit("tiles find other pixels than pairs")
            start = time.perf_counter()
            best = best_pixels_of_pairs(sketch.counts, "lookup")
            searched = time.perf_counter()
            _ = Pairs(sketch, None, "lookup", 1.0, best).train_accuracy
            search, scores = searched - start, time.perf_counter() - searched
            target = (
                verdict(search + scores <= MOST_SECONDS[levels]) + f" ({MOST_SECONDS[levels]} s)"
                if classes == 3_832
                else ""
            )
            size = f"{sketch.counts.nbytes / 2**30:.2f} GiB"
            rows.append(
                [
                    f"{classes:,}",
                    f"{len(best):,}",
                    str(levels),
                    f"{search:.2f} s",
                    f"{scores:.2f} s",
                    size,
                    target,
                ]
            )
    print_table("Best pixel of every pair, 64x64 pixels, lookup rule, 36 made-up images a class", rows)


def made_up(classes: int, levels: int) -> tooeasy.Sketch:
    """Sketch of blurred noise, another for each class."""
    random = np.random.default_rng(classes)
    names = [str(label) for label in range(classes)]
    sketch = tooeasy.Sketch(KANJI, names, tooeasy.Quantization(256, levels))
    for start in range(0, classes, 32):
        n = min(32, classes - start)
        means = random.integers(40, 216, (n, 1, *KANJI), dtype=np.int16)
        noise = random.integers(-40, 41, (n, PER_CLASS, *KANJI), dtype=np.int16)
        labels = np.repeat(np.arange(start, start + n), PER_CLASS)
        sketch.update((means + noise).reshape(-1, *KANJI).astype(np.uint8), labels)
    return sketch


@dataclass(frozen=True)
class Plan:
    """A dataset that is too large for this machine, and how it would be counted."""

    name: str
    images: int
    shape: tuple[int, int, int]
    classes: int
    levels: int

    @property
    def pixel_bytes(self) -> int:
        """Of one image."""
        return int(np.prod(self.shape))

    def sketch(self) -> tooeasy.Sketch:
        """Make an empty sketch of it."""
        return tooeasy.Sketch(self.shape, [str(c) for c in range(self.classes)], tooeasy.Quantization(256, self.levels))


PLANS = (
    Plan("Quick, Draw! 28x28", 50_426_266, (28, 28, 1), 345, 256),
    Plan("ImageNet 64x64", 1_281_167, (64, 64, 3), 1_000, 16),
)
PHOTOGRAPH = (375, 500)  # height and width of most of ImageNet's; 138 GB in all


def plans(digits: np.ndarray) -> None:
    """What two large datasets would take, from what a core does here."""
    rows = [["dataset", "images", "pixels", "images a second and core", "core-hours", "counts", "pairs", "search"]]
    for plan, like in zip(PLANS, (digits, photographs), strict=True):
        n = 300_000_000 // plan.pixel_bytes
        images = like[np.arange(n) % len(like)] if isinstance(like, np.ndarray) else like(n)
        labels = np.random.default_rng(0).integers(0, plan.classes, n)
        rate = counted_a_second(plan, images, labels)
        sketch = plan.sketch().update(images, labels)
        start = time.perf_counter()
        best = best_pixels_of_pairs(sketch.counts, "lookup")
        search = time.perf_counter() - start
        counts = counts_bytes(plan.shape, [2 * plan.images // plan.classes], plan.classes, plan.levels)
        rows.append(
            [
                f"{plan.name}, {plan.levels} levels",
                f"{plan.images:,}",
                f"{plan.images * plan.pixel_bytes / 1e9:,.0f} GB",
                f"{rate:,.0f}",
                f"{plan.images / rate / 3600:.3f}",
                f"{counts / MEGABYTE:,.0f} MB",
                f"{len(best):,}",
                f"{search:.1f} s",
            ]
        )
    print_table("Plans: pixels as arrays, counted by one thread; search in two", rows)
    rate = decoded_a_second()
    hours = PLANS[1].images / rate / 3600
    height, width = PHOTOGRAPH
    told = f"{rate:,.0f} a second and core, ImageNet in {hours:.2f} core-hours"
    print(f"photographs of {width}x{height} (JPEG) to 64x64: {told}")


def photographs(n: int, size: int = 64, seed: int = 0) -> np.ndarray:
    """Square pieces of two photographs."""
    random = np.random.default_rng(seed)
    pictures = [np.asarray(picture) for picture in load_sample_images().images]
    out = np.empty((n, size, size, 3), np.uint8)
    for image in out:
        picture = pictures[random.integers(len(pictures))]
        row, column = (random.integers(edge - size) for edge in picture.shape[:2])
        image[:] = picture[row : row + size, column : column + size]
    return out


def counted_a_second(plan: Plan, images: np.ndarray, labels: np.ndarray) -> float:
    """Images a second that one thread counts, the best of three."""
    sketch = plan.sketch()
    calls = {"count": lambda: sketch.update(images, labels, threads=1)}
    return len(labels) / min(time_in_turn(calls, 3)["count"].seconds)


def decoded_a_second(photographs: int = 200) -> float:
    """Photographs a second that one thread decodes and brings to 64x64."""
    out = io.BytesIO()
    Image.fromarray(load_sample_images().images[0]).resize(PHOTOGRAPH[::-1]).save(out, "JPEG", quality=90)
    data = out.getvalue()
    start = time.perf_counter()
    for _ in range(photographs):
        decode(data, 64, 64, 3)
    return photographs / (time.perf_counter() - start)


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("TOOEASY_TEST_DATA"))
    parser.add_argument("--largest", type=int, default=6_000_000, help="images of the largest set on disk")
    parser.add_argument("--quick", action="store_true", help="a tenth of the images, no 3,832 classes")
    parser.add_argument("--only", choices=TABLES, nargs="+", default=TABLES, help="some of the tables")
    given = parser.parse_args()
    if given.data is None:
        parser.error("give --data FOLDER, or set TOOEASY_TEST_DATA")
    print(describe_machine(PACKAGES), flush=True)
    split = tooeasy.load(Path(given.data) / "mnist").train
    images, labels = split.images(), split.labels
    with tempfile.TemporaryDirectory() as scratch:
        tables: dict[str, Callable[[], None]] = {
            "counting": lambda: counting(images, labels, 3 if given.quick else 7),
            "pairs": lambda: pairs(quick=given.quick),
            "plans": lambda: plans(images),
            "memory": lambda: memory(images, labels, Path(scratch), given.largest // (10 if given.quick else 1)),
            "storage": lambda: storage(images, labels, Path(scratch), quick=given.quick),
        }
        for name in given.only:
            tables[name]()


if __name__ == "__main__":
    main()
