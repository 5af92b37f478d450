"""Rebuild the files that the package brings of MNIST and Fashion-MNIST from their IDX files, byte for byte.

    python scripts/make_bundle.py mnist FOLDER_WITH_THE_FOUR_FILES [-o OUTPUT]

Licence and citation are written beside the data. The bytes depend on the version of liblzma only.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import replace
from pathlib import Path

from tooeasy.data import known_datasets
from tooeasy.data.assemble import assemble
from tooeasy.data.formats.idx import find_idx, read, read_raw, sha256_of_idx
from tooeasy.data.known.bundle import IMAGES, LABELS, SKETCHES, bundle_folder, pack
from tooeasy.data.options import LoadOptions


def main() -> None:
    """Parse the command line and write the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=[name for name, entry in known_datasets().items() if entry.sha256])
    parser.add_argument("folder", type=Path, help="with the four IDX files, raw or gzip")
    parser.add_argument("-o", "--output", type=Path, help="where to write; the package itself by default")
    arguments = parser.parse_args()
    output = arguments.output or Path(str(bundle_folder(arguments.name)))
    output.mkdir(parents=True, exist_ok=True)
    make_bundle(arguments.name, arguments.folder, output)
    for path in sorted(output.iterdir()):
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.stat().st_size:>9,}  {path.name}")


def make_bundle(name: str, folder: Path, output: Path) -> None:
    """Write the sketches of the training images and the compressed test files."""
    entry = known_datasets()[name]
    found = find_idx(folder)
    for (part, kind), path in found.items():
        plain = f"{'train' if part == 'train' else 't10k'}-{kind}-idx{3 if kind == 'images' else 1}-ubyte"
        if sha256_of_idx(path) != entry.sha256[plain]:
            raise SystemExit(f"{path} is not {plain} of {name}: its SHA-256 differs")
    raw = replace(read(folder, LoadOptions()), name=name, classes=entry.classes)
    train = assemble(raw, LoadOptions(split="train")).train
    train.sketch(moments=True).save(output / SKETCHES["none"])
    train.sketch(normalize="l2").save(output / SKETCHES["l2"])
    for plain, kind in ((IMAGES, "images"), (LABELS, "labels")):
        (output / f"{plain}.xz").write_bytes(pack(read_raw(found["test", kind])))


if __name__ == "__main__":
    main()
