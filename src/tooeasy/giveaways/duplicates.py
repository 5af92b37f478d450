"""``find_duplicates``: images that occur more than once, within the splits and across them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Source, load
from tooeasy.giveaways.alike import Alike, Looked, find_alike
from tooeasy.giveaways.copies import EXACT, NEAR, Copies, Marks
from tooeasy.giveaways.hashes import MIRRORED, TURNED, Hashes, hash_images, mean_coefficients
from tooeasy.giveaways.near import MOST_PAIRS

if TYPE_CHECKING:
    import pandas as pd

# Bits in which hashes of near copies may differ. JPEG of quality 75 changes at most 6 of 64 in 2000 images each of
# MNIST and Fashion-MNIST; each bit more doubles the pairs that have to be compared.
DISTANCE = 6
TOLD = 1000  # pairs that `to_dict` lists
SPLITS = np.array(["train", "test"])


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Images that occur more than once.

    Marks are 2 for an exact, 1 for a near and 0 for no copy, one for each row of the split. Images of one colour, and
    images that cannot be read, have none.

    Attributes
    ----------
    dataset : str
    classes : tuple of str
    n_train, n_test : int
        Images of the splits.
    splits : str array of shape (pairs, 2)
        "train" or "test", of both images of each pair. A pair's first image comes before the second, training images
        before test images. Of images with the same pixels each is paired with the first; near copies are pairs of such
        first images.
    rows, labels : intp arrays of shape (pairs, 2)
        Positions of both in their splits, and their labels.
    kind : str array of shape (pairs,)
        "exact" or "near".
    similarity : float64 array of shape (pairs,)
        Correlation of the pixels; 1 for exact copies.
    transform : str array of shape (pairs,)
        What makes the second of the first: empty for nothing, "shifted", "mirrored", "rotated 90" (to the left), ...
    group : intp array of shape (pairs,)
        Number of the group that the pair belongs to: images that are connected by pairs.
    repeated_train, repeated_test : int8 arrays of shape (n_train,), (n_test,)
        Marks of images with a copy earlier in their split.
    leaked : int8 array of shape (n_test,)
        Marks of test images with a copy in training.
    conflicting_train, conflicting_test : int8 arrays of shape (n_train,), (n_test,)
        Marks of images with a copy, in either split, that has another label.
    memoriser : float
        Accuracy on test images of a classifier that only remembers: it answers leaked images with the label of their
        training copy, and all others with the most frequent class. NaN without test images.
    memoriser_leaked : float
        The same on leaked images alone; NaN where there are none.
    majority : float
        Accuracy on test images of answering the most frequent training class.
    constant_train, constant_test : intp arrays
        Rows of the images of one colour, which were left out.
    notes : tuple of str
    """

    dataset: str
    classes: tuple[str, ...]
    n_train: int
    n_test: int
    splits: NDArray[np.str_]
    rows: NDArray[np.intp]
    labels: NDArray[np.intp]
    kind: NDArray[np.str_]
    similarity: NDArray[np.float64]
    transform: NDArray[np.str_]
    group: NDArray[np.intp]
    repeated_train: Marks
    repeated_test: Marks
    leaked: Marks
    conflicting_train: Marks
    conflicting_test: Marks
    memoriser: float
    memoriser_leaked: float
    majority: float
    constant_train: NDArray[np.intp]
    constant_test: NDArray[np.intp]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        exact = int((self.kind == "exact").sum())
        return (
            f"Duplicates({self.dataset}: {exact} exact, {len(self) - exact} near pairs; "
            f"{np.count_nonzero(self.leaked)} test images leaked)"
        )

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def constant(self) -> int:
        """Number of images of one colour."""
        return len(self.constant_train) + len(self.constant_test)

    @property
    def groups(self) -> int:
        """Groups of images that are connected by pairs."""
        return int(self.group.max(initial=-1)) + 1

    def where(self) -> NDArray[np.str_]:
        """Where each pair lies: "train", "test" or "across", an array of shape (pairs,)."""
        return np.where(self.splits[:, 0] == self.splits[:, 1], self.splits[:, 0], "across")

    def pairs(self, kind: str, where: str) -> int:
        """Pairs of a kind, "exact" or "near", in "train", in "test" or "across" the two."""
        return int(((self.kind == kind) & (self.where() == where)).sum())

    def measures(self) -> dict[str, float]:
        """Numbers that a gate may set limits to; see `MEASURES`. Without test images, nothing is said of leaks."""
        found = {
            "duplicates": np.count_nonzero(self.repeated_train) + np.count_nonzero(self.repeated_test),
            "leaks": np.count_nonzero(self.leaked),
            "conflicts": np.count_nonzero(self.conflicting_train) + np.count_nonzero(self.conflicting_test),
        }
        return {name: float(n) for name, n in found.items() if name != "leaks" or self.n_test}

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: all counts, and the first 1000 pairs; NaN is None."""
        marks = {
            "repeated_train": self.repeated_train,
            "repeated_test": self.repeated_test,
            "leaked": self.leaked,
            "conflicting_train": self.conflicting_train,
            "conflicting_test": self.conflicting_test,
        }
        scores = {name: getattr(self, name) for name in ("memoriser", "memoriser_leaked", "majority")}
        return {
            "dataset": self.dataset,
            "classes": list(self.classes),
            "n_train": self.n_train,
            "n_test": self.n_test,
            "constant": self.constant,
            "pairs": {
                kind: {where: self.pairs(kind, where) for where in ("train", "test", "across")}
                for kind in ("exact", "near")
            },
            "groups": self.groups,
            "images": {
                name: {"exact": int((m == EXACT).sum()), "near": int((m == NEAR).sum())} for name, m in marks.items()
            },
            **{name: None if np.isnan(score) else score for name, score in scores.items()},
            "first_pairs": self.to_frame(TOLD).to_dict("records"),
            "notes": list(self.notes),
        }

    def to_frame(self, most: int | None = None) -> pd.DataFrame:
        """Return one row a pair, or one for each of the first pairs, as a pandas DataFrame."""
        import pandas as pd

        columns: dict[str, Any] = {"kind": self.kind.astype(object), "similarity": self.similarity}
        for at, side in enumerate(("first", "second")):
            columns[f"{side}_split"] = self.splits[:, at].astype(object)
            columns[f"{side}_row"] = self.rows[:, at]
            columns[f"{side}_label"] = self.labels[:, at]
        columns["transform"] = self.transform.astype(object)
        columns["group"] = self.group
        return pd.DataFrame({name: values[:most] for name, values in columns.items()})


def find_duplicates(
    source: Source,
    *,
    near: bool = True,
    symmetries: bool = False,
    distance: int = DISTANCE,
    most: int = MOST_PAIRS,
    threads: int | None = None,
) -> Duplicates:
    """Find images that occur more than once, within the splits and across them.

    Exact copies have the same pixels. Near copies differ by a root mean square of at most 3.8 % of the range of levels,
    or, one moved by one pixel, of 1.9 % (where sides have at least 8), and correlate with at least 0.975; over all
    channels, where both images are. They are looked for among pairs whose perceptual hashes are near.

    Parameters
    ----------
    source : str, Path, Dataset or arrays
        Whatever `load` takes. Without a test split, only the training images are looked at.
    near : bool, default True
        Whether to look for near copies, too.
    symmetries : bool, default False
        Whether to look for near copies that are mirrored or turned by 90 degrees; many things look like their mirror
        image.
    distance : int, default 6
        Bits of 64 in which the hashes of near copies may differ, 0 to 15.
    most : int, default 10,000,000
        Pairs of near hashes to compare at most in each search; a note says so where there were more.
    threads : int, optional
        One a core by default.

    Returns
    -------
    Duplicates

    Raises
    ------
    NotAtHandError
        If the images of a split are not here.
    OptionError
        If the distance is out of range.
    TooeasyError
        If the source cannot be used.

    Examples
    --------
    >>> import tooeasy
    >>> images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1), dtype=np.uint8)
    >>> images[5] = images[0]
    >>> data = tooeasy.from_arrays((images, [0, 1, 0, 1, 0, 1]))
    >>> found = find_duplicates(data)
    >>> found
    Duplicates(arrays: 1 exact, 0 near pairs; 0 test images leaked)
    >>> found.rows, found.labels
    (array([[0, 5]]), array([[0, 1]]))
    """
    data = load(source)
    splits = [split for split in (data.train, data.test) if split is not None]
    for split in splits:
        _ = split.labels  # says what is missing
    ways = () if not (near and symmetries) else MIRRORED if data.shape[0] != data.shape[1] else MIRRORED + TURNED
    means = mean_coefficients(data.train) if near else np.zeros((8, 8), np.float32)
    hashes = [hash_images(split, means, ways) for split in splits]
    looked = Looked.at(splits, hashes)
    content, first = _contents(looked)
    alike = find_alike(looked, first, ways, distance, most=most, threads=threads) if near else Alike.none()
    pairs, exact = _pairs(content, first, alike)
    copies = Copies(looked.split, looked.labels, content, content[alike.pairs], alike.similarity)
    sizes = [len(split) for split in splits]
    repeated = _by_row(copies.repeated(), looked, sizes)
    conflicting = _by_row(copies.conflicting(), looked, sizes)
    constant = [*(one.rows[one.constant] for one in hashes), np.empty(0, np.intp)]
    memoriser, memoriser_leaked, majority = _memory(hashes, looked, copies)
    return Duplicates(
        dataset=data.name,
        classes=data.classes,
        n_train=len(data.train),
        n_test=0 if data.test is None else len(data.test),
        splits=SPLITS[looked.split[pairs]],
        rows=looked.rows[pairs],
        labels=looked.labels[pairs],
        kind=np.where(np.arange(len(pairs)) < exact, "exact", "near"),
        similarity=np.concatenate([np.ones(exact), alike.similarity]),
        transform=np.concatenate([np.full(exact, "", alike.transform.dtype), alike.transform]),
        group=_groups(pairs, len(content)),
        repeated_train=repeated[0],
        repeated_test=repeated[1],
        leaked=_by_row(copies.leaked(), looked, sizes)[1],
        conflicting_train=conflicting[0],
        conflicting_test=conflicting[1],
        memoriser=memoriser,
        memoriser_leaked=memoriser_leaked,
        majority=majority,
        constant_train=constant[0],
        constant_test=constant[1],
        notes=(*_notes(alike, most), *data.remarks()),
    )


def _contents(looked: Looked) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number of each image's content, and the positions, ascending, of the first image of each."""
    content = np.concatenate([one.content for one in looked.hashes])
    _, first, numbers = np.unique(content, axis=0, return_index=True, return_inverse=True)
    return numbers.reshape(-1).astype(np.int64), np.sort(first).astype(np.int64)


def _pairs(content: NDArray[np.int64], first: NDArray[np.int64], alike: Alike) -> tuple[NDArray[np.int64], int]:
    """Exact pairs, each of the first image of a content and another, then the near ones; and how many are exact."""
    first_of = np.empty(len(first), np.int64)
    first_of[content[first]] = first
    others = np.flatnonzero(first_of[content] != np.arange(len(content)))
    return np.concatenate([np.column_stack([first_of[content[others]], others]), alike.pairs]), len(others)


def _groups(pairs: NDArray[np.int64], n: int) -> NDArray[np.intp]:
    """Number of the connected component of each pair, in the order of their first pairs."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs), np.bool_), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, component = connected_components(graph, directed=False)
    _, at, numbers = np.unique(component[pairs[:, 0]], return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(at))[numbers.reshape(-1)], np.intp)


def _by_row(marks: Marks, looked: Looked, sizes: Sequence[int]) -> tuple[Marks, Marks]:
    """Marks of all rows of the training split, and of the test split, which is empty where there is none."""
    both = tuple(np.zeros(size, np.int8) for size in (*sizes, 0)[:2])
    for number, by_row in enumerate(both):
        mine = looked.split == number
        by_row[looked.rows[mine]] = marks[mine]
    return both[0], both[1]


def _memory(hashes: Sequence[Hashes], looked: Looked, copies: Copies) -> tuple[float, float, float]:
    """Accuracies on test images: of one that remembers, on all and on leaked ones; of the most frequent class."""
    if len(hashes) == 1 or len(hashes[1].labels) == 0:
        return float("nan"), float("nan"), float("nan")
    test = hashes[1].labels
    usual = np.bincount(hashes[0].labels).argmax()
    twins = np.full(len(test), -1)
    twins[~hashes[1].constant] = copies.twins()[looked.split == 1]
    right = np.where(twins >= 0, twins, usual) == test
    leaked = float(right[twins >= 0].mean()) if (twins >= 0).any() else float("nan")
    return float(right.mean()), leaked, float((test == usual).mean())


def _notes(alike: Alike, most: int) -> list[str]:
    if alike.complete:
        return []
    return [
        f"more than {most:,} pairs of images have near hashes; the others were not compared: there may be more copies"
    ]
