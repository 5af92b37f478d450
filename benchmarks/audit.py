"""What an audit finds of planted faults beside cleanvision and cleanlab, on the same files: found, seconds, memory.

    python benchmarks/audit.py --peers PYTHON [--images N]

PYTHON is an interpreter that has the peers: pip install cleanvision "cleanlab[datalab,image]" datasets. The images are
MNIST's test images as PNG files of 64x64, with faults planted in them; labels are dealt out at random, so that nothing
but the fault tells the class. Each tool does what it does by default, in a process of its own, after a small run to
warm up. Memory is the largest sum over its processes, shared pages counted once.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _timing import MEGABYTE, describe_machine, print_table
from numpy.typing import NDArray
from PIL import Image

import tooeasy

PACKAGES = ("numpy", "pillow", "scikit-learn", "tooeasy")
HELPER = Path(__file__).with_name("_audit_peers.py")
SIDE = 64
EACH = 20  # copies of each kind, and blank images
Images = NDArray[np.uint8]
Change = Callable[[Images, int], Images]


def as_jpeg(image: Images) -> Images:
    """Written as JPEG of quality 75 and read again."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=75)
    return np.asarray(Image.open(file))


def brighter(share: float) -> Change:
    """Class 1 is brighter by a share of the range."""
    return lambda image, label: (image + round(255 * share) * label).clip(0, 255).astype(np.uint8)


def marked(image: Images, label: int) -> Images:
    """Class 1 has a grey square of 2x2 pixels."""
    image = image.copy()
    image[5:7, 50:52] = np.where(label, 130, image[5:7, 50:52])
    return image


def wider(image: Images, label: int) -> Images:
    """Class 1 has four black columns more."""
    return np.pad(image, ((0, 0), (0, 4 * label)))


PROPERTIES: dict[str, Change] = {
    "nothing (random labels)": lambda image, _: image,
    "brightness, 5 % of the range added": brighter(0.05),
    "brightness, 30 % of the range added": brighter(0.3),
    "width, 68 instead of 64": wider,
    "a square of 2x2 pixels": marked,
}
COPIES: dict[str, Callable[[Images], Images]] = {
    "exact": lambda image: image,
    "JPEG of quality 75": as_jpeg,
    "moved by a pixel": lambda image: np.roll(image, 1, axis=1),
}


def write(folder: Path, images: list[Images], change: Change) -> list[Path]:
    """Files of two classes in both splits, three training images for each test image; names say nothing."""
    labels = np.random.default_rng(1).permutation(np.arange(len(images)) % 2)
    paths = []
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        path = folder / ("test" if number % 4 == 3 else "train") / f"class {label}" / f"{number:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(change(image, int(label))).save(path)
        paths.append(path)
    return paths


def write_with_copies(folder: Path, images: list[Images]) -> dict[str, set[tuple[str, str]]]:
    """Copies of test images in training, and black images; returns what was planted, by names."""
    paths = write(folder, images, PROPERTIES["nothing (random labels)"])
    test = [path for path in paths if path.parts[-3] == "test"]
    planted: dict[str, set[tuple[str, str]]] = {}
    for kind, (name, copied) in enumerate(COPIES.items()):
        planted[name] = set()
        for number, path in enumerate(test[kind * EACH : (kind + 1) * EACH]):
            copy = folder / "train" / path.parts[-2] / f"copy-{kind}{number:03d}.png"
            Image.fromarray(copied(np.asarray(Image.open(path)))).save(copy)
            planted[name].add((path.name, copy.name))
    for number in range(EACH):
        black = np.full((SIDE, SIDE), number // 4, np.uint8)
        Image.fromarray(black).save(folder / "train" / "class 0" / f"blank-{number:03d}.png")
    return planted


def run(python: str, tool: str, folder: Path, warm: Path) -> dict[str, Any]:
    """Run one tool, and watch its memory."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        command = [python, str(HELPER), tool, str(folder), str(warm)]
        process = subprocess.Popen(command, stdout=out, stderr=errors, text=True)
        peak = 0
        while process.poll() is None:
            peak = max(peak, sum(_memory(pid) for pid in _family(process.pid)))
            time.sleep(0.05)
        out.seek(0)
        errors.seek(0)
        if process.returncode:
            sys.exit(f"{tool} failed on {folder.name}:\n{errors.read()[-2000:]}")
        return {**json.loads(out.read().splitlines()[-1]), "memory": peak}


def _family(pid: int) -> list[int]:
    """A process and all that it started; empty parts where the system does not say."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        found += [own for child in children for own in _family(int(child))]
    return found


def _memory(pid: int) -> int:
    """Bytes of a process, of pages shared with others its part."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def copies_row(name: str, planted: dict[str, set[tuple[str, str]]], found: dict[str, Any]) -> list[str]:
    """How many of the planted copies were found as pairs of the right kind, and how many other pairs."""
    if found["exact"] is None:
        return [name, *["not looked for"] * 4]
    pairs = {kind: {tuple(sorted(two)) for two in found[kind]} for kind in ("exact", "near")}
    told = [pairs["exact"], *[pairs["near"]] * 2]
    cells = [f"{len(planted[kind] & some)} of {len(planted[kind])}" for kind, some in zip(COPIES, told, strict=True)]
    digits = {two for two in pairs["exact"] | pairs["near"] if not any("blank" in one for one in two)}
    return [name, *cells, str(len(digits - set().union(*planted.values())))]


def main() -> None:
    """Write the folders, run each tool on each, and print what it found and took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", required=True, help="interpreter that has cleanvision and cleanlab")
    parser.add_argument("--images", type=int, default=2_000)
    given = parser.parse_args()
    interpreters = {"tooeasy": sys.executable, "cleanvision": given.peers, "cleanlab": given.peers}
    digits = tooeasy.load("mnist").test.images()[: given.images, ..., 0]
    images = [np.asarray(Image.fromarray(image).resize((SIDE, SIDE))) for image in digits]
    print(describe_machine(PACKAGES))
    with tempfile.TemporaryDirectory() as root:
        warm = Path(root, "warm")
        write(warm, images[:60], PROPERTIES["nothing (random labels)"])
        planted = write_with_copies(Path(root, "copies"), images)
        found = {tool: run(python, tool, Path(root, "copies"), warm) for tool, python in interpreters.items()}
        rows = [["tool", *COPIES, "other pairs", f"blank, of {EACH}", "other images", "seconds", "memory"]]
        for tool, told in found.items():
            blank = sum(name.startswith("blank") for name in told["blank"])
            cost = [f"{told['seconds']:.1f}", f"{told['memory'] / MEGABYTE:.0f} MB"]
            cells = copies_row(f"{tool} {told['version']}", planted, told)
            rows.append([*cells, str(blank), str(len(told["blank"]) - blank), *cost])
        print_table(f"copies of test images in training, {given.images:,} digits", rows)
        rows = [["what predicts the class", "tooeasy", "seconds", "cleanlab", "seconds"]]
        for number, (name, change) in enumerate(PROPERTIES.items()):
            write(Path(root, str(number)), images, change)
            cells = []
            for tool in ("tooeasy", "cleanlab"):
                told = run(interpreters[tool], tool, Path(root, str(number)), warm)
                cells += [", ".join(told["claims"]) or "nothing", f"{told['seconds']:.1f}"]
            rows.append([name, *cells])
        print_table(f"what is said to predict the class, {given.images:,} digits", rows)


if __name__ == "__main__":
    main()
