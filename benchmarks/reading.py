"""How fast are files read? tooeasy beside torchvision's way with IDX, Pillow in a pool of threads, and datasets.

    python benchmarks/reading.py --data FOLDER --photographs FOLDER

The first FOLDER has the IDX files of MNIST in a folder ``mnist``; by default it is what TOOEASY_TEST_DATA names. The
second has photographs (JPEG, at any depth), of which small crops are made; without one, pictures are made up. All
numbers are measured in the run, in rounds that take turns. Before anything is timed, the images that the peers read are
compared, and the script ends if they differ.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import _reading_peers as peers
import numpy as np
from _timing import (
    MEGABYTE,
    Timing,
    describe_machine,
    print_table,
    run_json,
    time_in_turn,
    usable_cores,
    verdict,
)
from PIL import Image

import tooeasy

PACKAGES = ("numpy", "pillow", "pyarrow", "torch", "datasets", "tooeasy")
PROCESS = Path(__file__).with_name("_reading_process.py")
SIZE, PNG_SIZE = 32, 28  # that images are brought to
CROP_SIDES = (80, 120)  # of a small JPEG, in pixels: from 128 on, tooeasy would decode it at a fraction of its size
PEAK = 500 * MEGABYTE


@dataclass(frozen=True)
class Counts:
    """How many images of each kind."""

    jpegs: int
    pngs: int
    links: int


@dataclass(frozen=True)
class Peer:
    """Something to set beside tooeasy.

    Attributes
    ----------
    call : callable
        Reads everything.
    target : float
        How many times as fast as this tooeasy should be; 0 if nothing is asked.
    ours : str
        Key of tooeasy's own call that does the same.
    """

    call: Callable[[], Any]
    target: float = 0.0
    ours: str = "tooeasy"


def main() -> None:
    """Make the files, check that all agree, time them, print the tables."""
    options = parse_arguments()
    counts = Counts(1000, 4000, 10_000) if options.quick else Counts(5000, 20_000, 50_000)
    print("Reading files, down to uint8 arrays in memory.")
    print(describe_machine(PACKAGES))
    print(f"Medians of {options.rounds} rounds; every call is made once untimed before: files are in the page cache.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        time_idx(options, folder)
        jpegs = small_jpegs(options.photographs, counts.jpegs, options.seed)
        photographs = write_folder(folder / "jpegs", jpegs)
        time_folder(photographs, options)
        time_parquet(write_parquet(folder / "jpegs.parquet", jpegs), SIZE, "the same JPEGs", options)
        pngs = mnist_pngs(options.folder, counts.pngs)
        time_parquet(write_parquet(folder / "pngs.parquet", pngs), PNG_SIZE, "PNGs of MNIST", options)
        print_memory(photographs, counts.links)


def parse_arguments() -> argparse.Namespace:
    """Read the command line; one line on stderr and exit code 2 if the data are not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", metavar="FOLDER", default=os.environ.get("TOOEASY_TEST_DATA"))
    parser.add_argument("--dataset", default="mnist", help="folder in FOLDER: mnist (default) or fashion-mnist")
    parser.add_argument("--photographs", metavar="FOLDER", type=Path, help="of JPEG files; made up by default")
    parser.add_argument("--rounds", type=int, help="rounds to time (default 5; with --quick 2)")
    parser.add_argument("--quick", action="store_true", help="fewer images and rounds: rough numbers soon")
    parser.add_argument("--seed", type=int, default=0, help="of the crops (default 0)")
    options = parser.parse_args()
    if options.rounds is None:
        options.rounds = 2 if options.quick else 5
    if options.rounds < 1:
        parser.exit(2, "reading.py: --rounds is 1 or more\n")
    if not options.data:
        parser.exit(2, "reading.py: say where the IDX files are, with --data FOLDER or TOOEASY_TEST_DATA\n")
    options.folder = Path(options.data) / options.dataset
    if not list(options.folder.glob("train-*-idx*")):
        parser.exit(2, f"reading.py: no IDX files in {options.folder}\n")
    if options.photographs and not options.photographs.is_dir():
        parser.exit(2, f"reading.py: no such folder: {options.photographs}\n")
    return options


# Files to read


def idx_files(source: Path, target: Path, *, zipped: bool) -> tuple[Path, Path]:
    """Write images and labels of the training split, raw or gzip, whichever form the source has."""
    target.mkdir()
    found = []
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        raw, packed = source / name, source / f"{name}.gz"
        data = raw.read_bytes() if raw.exists() else gzip.decompress(packed.read_bytes())
        found.append(target / (packed if zipped else raw).name)
        found[-1].write_bytes(gzip.compress(data, 6) if zipped else data)
    return found[0], found[1]


def small_jpegs(photographs: Path | None, count: int, seed: int) -> list[tuple[bytes, str]]:
    """Crops of photographs, each as the bytes of a JPEG, and the class: the folder where its photograph is."""
    random = np.random.default_rng(seed)
    paths = sorted(photographs.rglob("*.jp*g")) if photographs else []
    found = []
    for number in range(count):
        path = paths[number % len(paths)] if paths else None
        picture = Image.open(path).convert("RGB") if path else made_up(random)
        size = tuple(random.integers(*CROP_SIDES, 2, endpoint=True).tolist())
        scale = random.uniform(0.4, 1.0) * min(side / want for side, want in zip(picture.size, size, strict=True))
        box = [scale * want for want in size]
        left, top = (random.uniform(0, side - edge) for side, edge in zip(picture.size, box, strict=True))
        crop = picture.resize(size, Image.Resampling.BICUBIC, (left, top, left + box[0], top + box[1]))
        found.append((encoded(crop, "JPEG", quality=85), path.parent.name if path else f"class {number % 10}"))
    return found


def made_up(random: np.random.Generator) -> Image.Image:
    """Noise on several scales, which compresses about as a photograph does."""
    layers = [Image.fromarray(random.integers(0, 256, (n, n, 3), np.uint8)).resize((256, 256)) for n in (4, 16, 64)]
    return Image.blend(Image.blend(layers[0], layers[1], 0.4), layers[2], 0.2)


def mnist_pngs(source: Path, count: int) -> list[tuple[bytes, str]]:
    """First images of MNIST, each as the bytes of a PNG."""
    train = tooeasy.load(f"{source}/").train
    images = next(train.batches(count)).images
    labels = train.labels[:count].tolist()
    return [(encoded(Image.fromarray(image[:, :, 0]), "PNG"), str(y)) for image, y in zip(images, labels, strict=True)]


def encoded(image: Image.Image, form: str, **how: Any) -> bytes:
    """Bytes of an image file."""
    buffer = io.BytesIO()
    image.save(buffer, form, **how)
    return buffer.getvalue()


def write_folder(folder: Path, images: Iterable[tuple[bytes, str]]) -> Path:
    """Write image files into class folders."""
    for number, (data, label) in enumerate(images):
        path = folder / label / f"{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def write_parquet(path: Path, images: Sequence[tuple[bytes, str]]) -> Path | None:
    """Write image files as Hugging Face does: a struct of bytes and path, a ClassLabel, and both in the metadata."""
    try:
        import pyarrow as pa
        import pyarrow.parquet
    except ImportError:
        return None
    names = sorted({label for _, label in images})
    table = pa.table(
        {
            "image": [{"bytes": data, "path": f"{number}"} for number, (data, _) in enumerate(images)],
            "label": [names.index(label) for _, label in images],
        }
    )
    features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), path, row_group_size=1000)
    return path


# What tooeasy does


def read(path: Path, size: int | None = None) -> list[np.ndarray]:
    """Load a dataset and read all batches; copied, as those of a memory-mapped file are not read before."""
    return batches_of(load(path, size))


def load(path: Path, size: int | None = None) -> tooeasy.Dataset:
    """Load a dataset: of image files, list them and read every header."""
    return tooeasy.load(path, size=(size, size) if size else None)


def batches_of(data: tooeasy.Dataset) -> list[np.ndarray]:
    """All images, copied."""
    return [np.array(batch.images) for batch in data.train.batches()]


# Timing


def time_idx(options: argparse.Namespace, folder: Path) -> None:
    """Set IDX files beside torchvision's way."""
    forms = {
        "raw": idx_files(options.folder, folder / "raw", zipped=False),
        "gzip": idx_files(options.folder, folder / "gzip", zipped=True),
    }
    ours, others = {}, {}
    for form, (images, labels) in forms.items():
        expected = np.concatenate(read(images))[:, :, :, 0]
        whole, items = peers.idx_whole(images, labels)[0], peers.idx_items(images, labels)
        require(np.array_equal(expected, np.asarray(whole)), f"IDX, {form}, all at once")
        require(np.array_equal(expected, np.concatenate([np.asarray(item) for item, _ in items])), f"IDX, {form}")
        ours[f"tooeasy, {form}"] = partial(read, images)
        others[f"torchvision's way [1], {form}: items"] = Peer(
            partial(peers.idx_items, images, labels), 5.0, f"tooeasy, {form}"
        )
        others[f"torchvision's way [1], {form}: one tensor"] = Peer(
            partial(peers.idx_whole, images, labels), 0.0, f"tooeasy, {form}"
        )
    time_and_print(f"IDX: {options.dataset}, {len(expected):,} images of 28x28", len(expected), ours, others, options)
    print("[1] There is no torchvision for this machine. This is its published algorithm, written anew: a file is read")
    print("    whole and copied into a tensor; its MNIST dataset then gives item by item a PIL image of a row, which")
    print("    users turn into a tensor. It reads no gzip: that is unpacked at the download, here in the time given.")
    if not peers.torch():
        print("    PyTorch is not installed: NumPy stands in for it.")
    print("    tooeasy maps a raw file; what is timed copies all its batches into memory. datasets reads no IDX.")


def time_folder(folder: Path, options: argparse.Namespace) -> None:
    """Set a folder of JPEGs beside Pillow."""
    threads, data = usable_cores(), load(folder, SIZE)
    images, kilobytes = len(data.train), sum(path.stat().st_size for path in peers.paths_of(folder)) / 1000
    expected = np.concatenate(batches_of(data))
    others = {
        f"Pillow, {threads} threads, an image a task": Peer(partial(peers.folder_pool, folder, SIZE, threads), 1.0),
        "  the same, 16 images a task": Peer(partial(peers.folder_chunks, folder, SIZE, threads), 1.0),
        "Pillow, one thread": Peer(partial(peers.folder_serial, folder, SIZE)),
    }
    for name, peer in others.items():
        require(np.array_equal(expected, peer.call()), name.strip())
    ours: dict[str, Callable[[], object]] = {
        "tooeasy": partial(read, folder, SIZE),
        "  part: load (list files, read headers)": partial(load, folder, SIZE),
        "  part: all batches": partial(batches_of, data),
    }
    source = f"crops of {options.photographs.name}" if options.photographs else "made up"
    sides = f"{CROP_SIDES[0]} to {CROP_SIDES[1]} pixels a side, {kilobytes / images:.1f} kB"
    title = f"Folder: {images:,} JPEGs ({source}; {sides}), to {SIZE}x{SIZE}"
    time_and_print(title, images, ours, others, options)
    print(
        "All list the folder, decode and resize the same way. tooeasy alone looks at all headers first, to know sizes,"
    )
    print("colour and what is broken before it begins.")


def time_parquet(path: Path | None, size: int, what: str, options: argparse.Namespace) -> None:
    """Set a Parquet file beside datasets."""
    if path is None or not peers.datasets():
        print(f"\nleft out: Parquet of {what}: pyarrow or datasets is not installed")
        return
    data = load(path, size)
    images, expected = len(data.train), np.concatenate(batches_of(data))
    cache = path.parent / "cache"
    others = {
        "datasets, first time (writes its cache)": Peer(partial(peers.parquet_fresh, path, size, path.parent), 1.0),
        "datasets, again (cache is there)": Peer(partial(peers.parquet_again, path, size, cache), 1.0),
        "datasets, again, NumPy format, batches": Peer(partial(peers.parquet_numpy, path, size, cache), 1.0),
        "datasets, streaming": Peer(partial(peers.parquet_streaming, path, size), 1.0),
    }
    for name, peer in others.items():
        require(np.array_equal(expected.squeeze(), peer.call()), f"{name}, {what}")
    ours: dict[str, Callable[[], object]] = {
        "tooeasy": partial(read, path, size),
        "  part: load (read labels and headers)": partial(load, path, size),
        "  part: all batches": partial(batches_of, data),
    }
    title = f"Parquet: {images:,} rows, {what}, to {size}x{size}, {path.stat().st_size / MEGABYTE:.1f} MB"
    time_and_print(title, images, ours, others, options)


def require(holds: bool, what: str) -> None:
    """End the script if peers differ: their times would say nothing."""
    if not holds:
        raise SystemExit(f"reading.py: images differ from tooeasy's: {what}")


def time_and_print(
    title: str,
    images: int,
    ours: Mapping[str, Callable[[], object]],
    others: Mapping[str, Peer],
    options: argparse.Namespace,
) -> None:
    """Time all in turn, and print a table."""
    times = time_in_turn({**ours, **{name: peer.call for name, peer in others.items()}}, options.rounds)
    rows = [("", "images/s", "median", "range", "tooeasy is", "target")]
    rows += [(name, per_second(images, times[name]), *times[name].cells(), "", "") for name in ours]
    for name, peer in others.items():
        ratio = times[name].median / times[peer.ours].median
        goal = f">= {peer.target:g} x: {verdict(ratio >= peer.target)}" if peer.target else ""
        rows.append((name, per_second(images, times[name]), *times[name].cells(), f"{ratio:.2f} x as fast", goal))
    print_table(title, rows)


def per_second(images: int, timing: Timing) -> str:
    """Images a second."""
    return f"{images / timing.median:,.0f}"


def print_memory(folder: Path, count: int) -> None:
    """Print the peak memory of reading a large folder: hard links to the files of a small one."""
    paths = peers.paths_of(folder)
    large = folder.with_name("large")
    for number in range(count):
        source = paths[number % len(paths)]
        target = large / source.parent.name / f"{number}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(source, target)
    found = run_json(PROCESS, [str(large), str(SIZE)])
    require(found["images"] == count, f"{found['images']} of {count} files were read")
    memory = {name: f"{size / MEGABYTE:.0f} MB" for name, size in found["memory"].items()}
    rows = [
        ("", "resident", "target"),
        ("after importing tooeasy", memory["imported"], ""),
        ("peak, with all headers read", memory["loaded"], ""),
        ("peak, with all batches read", memory["peak"], f"< 500 MB: {verdict(found['memory']['peak'] < PEAK)}"),
    ]
    print_table(f"Memory: a folder of {count:,} JPEGs, in a fresh process", rows)


if __name__ == "__main__":
    try:
        main()
    except tooeasy.TooeasyError as error:
        print(f"reading.py: {error}", file=sys.stderr)
        raise SystemExit(2) from None
