"""Mutate small files of every form, load them, and report what ends in neither data nor a tooeasy error.

    python -m tests.fuzzing FOLDER START STOP [--seed N]

A worker for `test_fuzz`, which starts it again after a crash: it prints one JSON object a line for each finding and
keeps the number of the mutation that it is at in FOLDER/current. One number with one seed is one mutation, so that
``python -m tests.fuzzing FOLDER 17 18`` repeats it; the mutated files stay in FOLDER/mutated.
"""

from __future__ import annotations

import argparse
import faulthandler
import gzip
import io
import json
import random
import shutil
import struct
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tests.data.examples import write_examples

import tooeasy
from tooeasy.errors import TooeasyError

MAX_SECONDS = 5.0
MAX_MEMORY = 2**30  # bytes more than after loading every whole file once
KILLED_AFTER = 20.0  # seconds: the worker ends itself when a mutation hangs
_SKETCHED = 2**26  # bytes of the largest sketch that is made: larger ones are no fault of a reader
_NUMBERS = (0, 1, -1, 2, 7, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1)
_TOKENS = (b"-1", b"1e999", b"NaN", b"null", b"[]", b"{}", b"\n", b",", b'"', b"\0", b"9" * 30, b"../", b"\xff\xfe")


def main() -> None:
    """Work through a range of mutations."""
    import resource  # which Windows does not have

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("start", type=int)
    parser.add_argument("stop", type=int)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    (arguments.folder / "current").write_text("preparing")
    examples = prepare(arguments.folder / "examples")
    for path in examples.values():
        use(path, limited=False)
    high = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + MAX_MEMORY
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + 4 * MAX_MEMORY, resource.RLIM_INFINITY))
    for number in range(arguments.start, arguments.stop):
        (arguments.folder / "current").write_text(str(number))
        form = list(examples)[number % len(examples)]
        path, what = mutated(examples, form, arguments.folder / "mutated", random.Random(f"{arguments.seed} {number}"))
        finding = attempt(path, limited=bool(number // len(examples) % 2))
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        if used > high:
            finding = f"memory: {(used - high + MAX_MEMORY) / 2**20:,.0f} MiB more than with whole files"
            high = used + MAX_MEMORY // 4  # the high-water mark never falls again
        if finding:
            print(json.dumps({"number": number, "form": form, "what": what, "finding": finding}), flush=True)
    (arguments.folder / "current").write_text(str(arguments.stop))


def prepare(folder: Path) -> dict[str, Path]:
    """Write the whole files, if they are not there yet; return the path to load by form."""
    index = folder / "index.json"
    if not index.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        pixels = np.random.default_rng(0)
        grey = pixels.integers(0, 256, (9, 28, 28, 1), dtype=np.uint8)
        color = pixels.integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)
        written = {
            f"{name}-{inner}": str(path.relative_to(folder))
            for inner, images in (("grey", grey), ("color", color))
            for name, path in write_examples(folder / inner, images, np.arange(len(images)) % 3).items()
        }
        index.write_text(json.dumps(written))
    return {name: folder / path for name, path in json.loads(index.read_text()).items()}


def use(path: Path, *, limited: bool) -> None:
    """Load a dataset and look at its images as the commands do."""
    data = tooeasy.load(path, limit=4 if limited and path.suffix != ".sketch" else None)
    for split in (data.train, data.test):
        if split is not None:
            if 4 * int(np.prod(split.shape)) * split.levels * len(split.classes) <= _SKETCHED:
                split.sketch(threads=1)
            elif split.has_images:
                for batch in split.batches():
                    batch.images.sum()
    data.remarks()


def attempt(path: Path, *, limited: bool) -> str | None:
    """Use a mutated dataset; return what is wrong with how that ended."""
    faulthandler.dump_traceback_later(KILLED_AFTER, exit=True)
    start = time.process_time()  # not the clock's: other work on the machine is no hang
    finding = None
    try:
        use(path, limited=limited)
    except TooeasyError as error:
        if "\n" in str(error) or "\r" in str(error):
            finding = f"more than one line: {str(error)!r}"
        if out_of_memory(error):
            finding = "MemoryError below:\n" + traceback.format_exc()
    except BaseException:
        finding = traceback.format_exc()
    finally:
        faulthandler.cancel_dump_traceback_later()
    seconds = time.process_time() - start
    return finding or (f"slow: {seconds:.1f} s" if seconds > MAX_SECONDS else None)


def out_of_memory(error: BaseException | None) -> bool:
    """Whether an error stands for one of memory, which the limit would have hidden."""
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__ or error.__context__
    return False


def mutated(examples: dict[str, Path], form: str, folder: Path, chance: random.Random) -> tuple[Path, str]:
    """Copy one form's files with one of them changed; return the path to load and what was changed."""
    shutil.rmtree(folder, ignore_errors=True)
    whole = examples[form]
    path = folder / whole.name
    if whole.is_dir():
        shutil.copytree(whole, path)
        files = sorted(file for file in path.rglob("*") if file.is_file())
        by_name = {file.suffix or file.name: file for file in files}  # one of many alike, or one of the others
        target = chance.choice(list(by_name.values()))
    else:
        folder.mkdir(parents=True)
        for beside in whole.parent.iterdir():
            if beside.is_file():
                shutil.copy(beside, folder)
        target = path
    other = examples[chance.choice(list(examples))]
    donor = chance.choice(sorted(file for file in other.rglob("*") if file.is_file())) if other.is_dir() else other
    changed, how = change(target.read_bytes(), donor.read_bytes(), chance)
    target.write_bytes(changed)
    return path, f"{target.relative_to(folder)}: {how}"


def change(data: bytes, donor: bytes, chance: random.Random) -> tuple[bytes, str]:
    """Change bytes: as they lie, or of what is packed in them, so that checksums do not catch all."""
    if chance.random() < 0.5:
        try:
            return _change_inside(data, donor, chance)
        except (OSError, EOFError, zipfile.BadZipFile, NotImplementedError, ValueError):
            pass
    names = []
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        mutation = chance.choice(_MUTATIONS)
        names.append(mutation.__name__.strip("_"))
        data = mutation(data, donor, chance)
    return data, ", ".join(names)


def _change_inside(data: bytes, donor: bytes, chance: random.Random) -> tuple[bytes, str]:
    if data[:2] == b"\x1f\x8b":
        changed, how = change(gzip.decompress(data), donor, chance)
        return gzip.compress(changed, 1), f"in gzip: {how}"
    if data[257:262] == b"ustar":
        return _change_tar_header(data, donor, chance)
    if data[:2] != b"PK":
        raise ValueError("nothing is packed")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        chosen = chance.choice(old.namelist())
        for name in old.namelist():
            content = old.read(name)
            if name == chosen:
                content, how = change(content, donor, chance)
            new.writestr(name, content, old.getinfo(name).compress_type)
    return out.getvalue(), f"in zip {chosen}: {how}"


def _change_tar_header(data: bytes, donor: bytes, chance: random.Random) -> tuple[bytes, str]:
    """Change one member's header, and set its checksum right."""
    starts = [start for start in range(0, len(data), 512) if data[start + 257 : start + 262] == b"ustar"]
    start = chance.choice(starts)
    header = bytearray(data[start : start + 512])
    for _ in range(chance.choice((1, 1, 3))):
        place = chance.choice((0, 100, 124, 130, 135, 156, 157, 345, chance.randrange(512)))
        header[place] = chance.choice((*b"01257xgLKSVD/.-", 0, 0x80, 0xFF, chance.randrange(256)))
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    return data[:start] + bytes(header) + data[start + 512 :], "in tar header"


Mutation = Callable[[bytes, bytes, random.Random], bytes]


def _flip_bits(data: bytes, donor: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 20)) if data else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _flip_header_bits(data: bytes, donor: bytes, chance: random.Random) -> bytes:
    return _flip_bits(data[:256], donor, chance) + data[256:]


def _truncate(data: bytes, donor: bytes, chance: random.Random) -> bytes:
    return data[: chance.choice((0, chance.randrange(len(data) + 1), max(len(data) - chance.randrange(1, 20), 0)))]


def _duplicate(data: bytes, donor: bytes, chance: random.Random) -> bytes:
    start, stop = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:stop] + data[start:stop] * chance.choice((1, 1, 3)) + data[stop:]


def _remove(data: bytes, donor: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    return data[:start] + data[start + chance.choice((1, 2, 4, 8, 100)) :]


def _splice(data: bytes, donor: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)] + donor[chance.randrange(len(donor) + 1) :]


def _set_number(data: bytes, donor: bytes, chance: random.Random) -> bytes:
    form = chance.choice("BHIQ")
    size = struct.calcsize(form)
    if len(data) < size:
        return data
    near_header = chance.random() < 0.7
    start = chance.randrange(min(len(data), 600 if near_header else len(data)) - size + 1)
    if chance.random() < 0.2:  # where zip, Parquet and Arrow keep their index
        start = len(data) - size - chance.randrange(min(len(data) - size + 1, 200))
    order = chance.choice("<>")
    (old,) = struct.unpack_from(order + form, data, start)
    value = chance.choice((*_NUMBERS, old + 1, old - 1, old * 2, ~old)) % 2 ** (8 * size)
    return data[:start] + struct.pack(order + form, value) + data[start + size :]


def _append(data: bytes, donor: bytes, chance: random.Random) -> bytes:
    return data + chance.choice((b"\0" * 8, chance.randbytes(chance.randrange(1, 600)), donor[:1000], b"\n"))


def _insert_token(data: bytes, donor: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    return data[:start] + chance.choice(_TOKENS) + data[start + chance.choice((0, 0, 1, 4)) :]


def _change_digit(data: bytes, donor: bytes, chance: random.Random) -> bytes:
    digits = [place for place, value in enumerate(data[:2000]) if 48 <= value <= 57]
    if not digits:
        return _insert_token(data, donor, chance)
    place = chance.choice(digits)
    return data[:place] + chance.choice((b"0", b"9", b"-", b"99999", b"1e9", b".5")) + data[place + 1 :]


_MUTATIONS: tuple[Mutation, ...] = (
    _flip_bits,
    _flip_header_bits,
    _truncate,
    _duplicate,
    _remove,
    _splice,
    _set_number,
    _set_number,
    _append,
    _insert_token,
    _change_digit,
)


def digest(findings: list[dict[str, Any]]) -> str:
    """Sum findings up for people: each kind once, by its last line."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for finding in findings:
        kinds.setdefault(f"{finding['form']}: {finding['finding'].strip().splitlines()[-1][:200]}", []).append(finding)
    return "\n".join(
        f"{len(found)} x {kind} (first: number {found[0]['number']}, {found[0]['what']})"
        for kind, found in sorted(kinds.items(), key=lambda pair: -len(pair[1]))
    )


if __name__ == "__main__":
    main()
