"""How fast are all near pairs of 64-bit hashes found? tooeasy beside scikit-learn's BallTree, and each with each.

    python benchmarks/near_hashes.py

Random hashes, of which one in a hundred is a copy of another with up to DISTANCE bits changed. Peers are timed on fewer
hashes, and all must find the same pairs there, or the script ends. With `--data FOLDER` (as TOOEASY_TEST_DATA),
MNIST's images are hashed, and its duplicates found, too.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
from _timing import describe_machine, peak_memory, print_table, seconds_of, time_in_turn, verdict
from numpy.typing import NDArray
from sklearn.neighbors import BallTree

import tooeasy
from tooeasy.giveaways.duplicates import DISTANCE, find_duplicates
from tooeasy.giveaways.hashes import hash_images, mean_coefficients
from tooeasy.giveaways.near import near_pairs

TARGET = 60.0  # seconds for a million hashes
SPEED = 50_000  # images of MNIST to hash in a second, in one thread but for BLAS


def main() -> None:
    """Check that all agree, time them, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", metavar="FOLDER", default=os.environ.get("TOOEASY_TEST_DATA"))
    parser.add_argument("--peers", type=int, default=20_000, help="hashes on which peers are timed")
    parser.add_argument("--hashes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(describe_machine(("numpy", "numba", "scikit-learn", "tooeasy")))
    print_table(f"Pairs within {DISTANCE} bits, {options.peers:,} hashes", peer_rows(options.peers, options.rounds))
    print_table(f"Pairs within d bits, {options.hashes:,} hashes", large_rows(options.hashes))
    if options.data:
        print_table("MNIST, 70,000 images", mnist_rows(Path(options.data) / "mnist"))
    print(f"\npeak memory {peak_memory() / 1e6:,.0f} MB")


def planted(n: int, distance: int = DISTANCE) -> tuple[NDArray[np.uint64], set[tuple[int, int]]]:
    """Random hashes with near copies among them; and the pairs."""
    random = np.random.default_rng(0)
    hashes = random.integers(0, 2**64, n, dtype=np.uint64)
    rows = random.permutation(n)[: 2 * (n // 100)].reshape(-1, 2)
    for of, to in rows:
        changed = random.choice(64, random.integers(0, distance + 1), replace=False)
        hashes[to] = hashes[of] ^ np.bitwise_or.reduce(np.uint64(1) << changed.astype(np.uint64), initial=np.uint64(0))
    return hashes, set(map(tuple, np.sort(rows).tolist()))


def each_with_each(hashes: NDArray[np.uint64]) -> set[tuple[int, int]]:
    """Compare every hash with every later one, a row at a time."""
    found = set()
    for i in range(len(hashes)):
        near = np.flatnonzero(np.bitwise_count(hashes[i + 1 :] ^ hashes[i]) <= DISTANCE)
        found |= {(i, i + 1 + int(j)) for j in near}
    return found


def ball_tree(hashes: NDArray[np.uint64]) -> set[tuple[int, int]]:
    """scikit-learn's tree of balls, on single bits."""
    bits = np.unpackbits(hashes.view(np.uint8).reshape(len(hashes), -1), axis=1)
    near = BallTree(bits, metric="hamming").query_radius(bits, (DISTANCE + 0.5) / 64)
    return {(i, int(j)) for i, others in enumerate(near) for j in others if i < j}


def ours(hashes: NDArray[np.uint64], distance: int = DISTANCE) -> set[tuple[int, int]]:
    """Multi-index hashing."""
    return set(map(tuple, near_pairs(hashes, distance).pairs.tolist()))


def peer_rows(n: int, rounds: int) -> list[tuple[str, ...]]:
    """Rows on few hashes, where all find the same."""
    hashes, pairs = planted(n)
    calls = {"tooeasy": ours, "NumPy, each with each": each_with_each, "scikit-learn BallTree": ball_tree}
    found = {name: call(hashes) for name, call in calls.items()}
    if not all(one == found["tooeasy"] for one in found.values()) or not pairs <= found["tooeasy"]:
        raise SystemExit("near_hashes.py: peers find other pairs")
    timings = time_in_turn({name: lambda call=call: call(hashes) for name, call in calls.items()}, rounds)
    base = timings["tooeasy"].median
    rows = [("", "median", "range", "x tooeasy")]
    return rows + [(name, *timing.cells(), f"{timing.median / base:,.1f} x") for name, timing in timings.items()]


def large_rows(n: int) -> list[tuple[str, ...]]:
    """Rows on many hashes, once each."""
    rows = [("d", "seconds", "pairs", "planted ones found", "target")]
    for distance in (3, DISTANCE, 7, 8):
        hashes, pairs = planted(n, distance)
        start = time.perf_counter()
        found = near_pairs(hashes, distance)
        seconds = time.perf_counter() - start
        kept = len(pairs & set(map(tuple, found.pairs.tolist())))
        target = f"<= {TARGET:.0f} s: {verdict(seconds <= TARGET)}" if distance == DISTANCE else ""
        rows.append((str(distance), f"{seconds:.1f}", f"{len(found.pairs):,}", f"{kept:,} of {len(pairs):,}", target))
    return rows


def mnist_rows(folder: Path) -> list[tuple[str, ...]]:
    """Rows on real images."""
    data = tooeasy.load(folder)
    means = mean_coefficients(data.train)
    hash_images(data.train, means)
    speed = len(data.train) / seconds_of(lambda: hash_images(data.train, means))
    seconds = seconds_of(lambda: find_duplicates(data))
    return [
        ("", "", "target"),
        ("images hashed a second", f"{speed:,.0f}", f">= {SPEED:,}: {verdict(speed >= SPEED)}"),
        ("all duplicates, with pixels compared", f"{seconds:.1f} s", ""),
    ]


if __name__ == "__main__":
    main()
