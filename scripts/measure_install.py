"""How much pip downloads, and how much then lies on the disk, for ``pip install tooeasy`` in an empty environment.

    python scripts/measure_install.py dist/tooeasy-0.1.0-py3-none-any.whl

Sizes are of the wheels that pip chooses for this machine and this Python. With ``--limit BYTES``, the script ends with
1 if it downloads more. ``--install`` installs them, too, and measures what is there.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> int:
    """Download, perhaps install, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", help="what to install: a wheel, a folder, a name, as pip takes it")
    parser.add_argument("--limit", type=int, metavar="BYTES", help="end with 1 above it")
    parser.add_argument("--install", action="store_true", help="measure what lies on the disk, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder) / "wheels"
        pip("download", "--dest", str(wheels), options.wheel)
        sizes = {path.name: path.stat().st_size for path in wheels.iterdir()}
        for name in sorted(sizes, key=sizes.__getitem__, reverse=True)[:6]:
            print(f"{sizes[name]:>12,}  {name}")
        total = sum(sizes.values())
        print(f"{total:>12,}  bytes in all, {len(sizes)} packages")
        if options.install:
            target = Path(folder) / "installed"
            pip("install", "--no-index", "--no-compile", "--target", str(target), *map(str, wheels.iterdir()))
            print(f"{bytes_of(target):>12,}  bytes installed, not yet compiled")
    if options.limit is not None and total > options.limit:
        print(f"more than {options.limit:,}", file=sys.stderr)
        return 1
    return 0


def pip(command: str, *arguments: str) -> None:
    """Run one of pip's commands quietly."""
    subprocess.run([sys.executable, "-m", "pip", command, "--quiet", *arguments], check=True)  # noqa: S603


def bytes_of(folder: Path) -> int:
    """All bytes of the files in a folder, and in those within."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    raise SystemExit(main())
