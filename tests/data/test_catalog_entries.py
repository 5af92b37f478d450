"""The catalog says all that it promises of each dataset, and each form of its files is read right."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import pickle
import re
import struct
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

import tooeasy
from tooeasy.data.known.catalog import CatalogEntry, RemoteFile, known_datasets
from tooeasy.data.known.unpack import unpack
from tooeasy.errors import NotAtHandError, SourceError

ENTRIES = list(known_datasets().values())
WANTED = """
    mnist fashion-mnist kmnist kuzushiji-49 kuzushiji-kanji emnist-byclass emnist-bymerge emnist-balanced emnist-letters
    emnist-digits emnist-mnist qmnist quickdraw svhn cifar-10 cifar-100 usps pathmnist dermamnist octmnist
    pneumoniamnist retinamnist breastmnist bloodmnist tissuemnist organamnist organcmnist organsmnist digits
"""
HEX = {"md5": 32, "sha256": 64}
NO_CHECKSUM = {"kuzushiji-kanji"}  # nobody whom the field trusts publishes one


def test_all_are_there() -> None:
    """The catalog has the datasets that it should have, and no other."""
    assert set(known_datasets()) == set(WANTED.split())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_entry_is_complete(entry: CatalogEntry) -> None:
    """Each entry has a title, licence, citation, homepage, classes, and numbers of images and pixels."""
    for text in (entry.title, entry.licence, entry.citation):
        assert text
        assert text.isprintable()
    assert re.search(r"(19|20)\d\d", entry.citation)
    assert urlsplit(entry.homepage).scheme in ("http", "https")
    assert entry.class_count >= 2
    assert len(entry.classes) in (0, entry.class_count)
    assert len(set(entry.classes)) == len(entry.classes)
    assert entry.images["train"] >= entry.class_count
    assert len(entry.shape) == 3


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_sources_and_checksums(entry: CatalogEntry) -> None:
    """Each file has two sources of different hosts or the entry a stated reason, and a checksum of the right form."""
    assert entry.files or entry.form == "scikit-learn"
    hosts = [{urlsplit(url).netloc for url in file.urls} for file in entry.files]
    assert entry.one_source or all(len(of_file) > 1 for of_file in hosts)
    for file in entry.files:
        assert file.urls
        assert all(urlsplit(url).scheme in ("http", "https") and " " not in url for url in file.urls)
        assert "/" not in file.name
        assert not file.name.startswith((".", "tmp"))
        if file.checksum is None:
            assert entry.name in NO_CHECKSUM
            continue
        algorithm, _, digest = file.checksum.partition(":")
        assert re.fullmatch(rf"[0-9a-f]{{{HEX[algorithm]}}}", digest)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_figures(entry: CatalogEntry) -> None:
    """Published figures are accuracies between chance and 1, and say what reached them and where that is published."""
    for figure in entry.figures:
        assert figure.kind in ("human", "baseline", "record", "ceiling")
        assert 1 / entry.class_count < figure.accuracy <= 1
        assert figure.what
        assert figure.source


def test_known_names_of_classes() -> None:
    """Some class names, each at its label."""
    known = known_datasets()
    assert known["emnist-balanced"].classes[36:] == tuple("abdefghnqrt")
    assert known["emnist-byclass"].classes[10] == "A"
    assert known["kmnist"].classes == tuple("おきすつなはまやれを")
    assert known["kuzushiji-49"].classes[-1] == "ゝ"
    assert known["quickdraw"].classes[0] == "The Eiffel Tower"
    assert known["cifar-100"].classes[23] == "cloud"


def test_quickdraw_names_as_in_real_data(test_data: Path) -> None:
    """The 345 class names are those of the drawings at hand."""
    with np.load(test_data / "quickdraw345" / "quickdraw345x100.npz") as arrays:
        assert sorted(arrays["names"].tolist()) == sorted(known_datasets()["quickdraw"].classes)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_class_counts_of_real_data(name: str, test_data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """MNIST and Fashion-MNIST have the shape, classes and numbers that the catalog says."""
    monkeypatch.setenv("TOOEASY_CACHE", str(tmp_path))
    monkeypatch.setenv("TOOEASY_DATA", str(test_data))
    entry, data = known_datasets()[name], tooeasy.load(name)
    assert data.test is not None
    assert {"train": len(data.train), "test": len(data.test)} == entry.images
    assert data.shape == entry.shape
    assert data.train.has_images


@pytest.fixture
def test_data() -> Path:
    import os

    folder = os.environ.get("TOOEASY_TEST_DATA")
    if not folder or not (Path(folder) / "quickdraw345").is_dir() or not (Path(folder) / "mnist").is_dir():
        pytest.skip("TOOEASY_TEST_DATA does not name a folder with MNIST, Fashion-MNIST and quickdraw345")
    return Path(folder)


# Each form, from small files of made images

RNG = np.random.default_rng(0)


def images_of(entry: CatalogEntry, count: int) -> np.ndarray:
    return RNG.integers(0, 256, (count, *entry.shape), np.uint8)


def labels_of(entry: CatalogEntry, count: int) -> np.ndarray:
    return np.arange(count) % entry.class_count


def idx_bytes(array: np.ndarray, kind: int = 8) -> bytes:
    dtype = {8: "u1", 12: ">i4"}[kind]
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, kind, array.ndim, *array.shape) + array.astype(dtype).tobytes()


Parts = dict[str, tuple[np.ndarray, np.ndarray]]


def write_idx(folder: Path, parts: Parts) -> None:
    for part, (images, labels) in parts.items():
        name = {"train": "train", "test": "t10k"}[part]
        (folder / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(images[..., 0])))
        (folder / f"{name}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(labels)))


def write_qmnist(folder: Path, parts: Parts) -> None:
    for part, (images, labels) in parts.items():
        table = np.column_stack([labels, np.full((len(labels), 7), 4)])
        (folder / f"qmnist-{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(images[..., 0])))
        (folder / f"qmnist-{part}-labels-idx2-int.gz").write_bytes(gzip.compress(idx_bytes(table, 12)))


def write_emnist(folder: Path, parts: Parts, split: str = "letters", first: int = 1) -> None:
    with zipfile.ZipFile(folder / "gzip.zip", "w") as archive:
        for part, (images, labels) in parts.items():
            lying = images[..., 0].transpose(0, 2, 1)
            stem = f"gzip/emnist-{split}-{part}"
            archive.writestr(f"{stem}-images-idx3-ubyte.gz", gzip.compress(idx_bytes(lying)))
            archive.writestr(f"{stem}-labels-idx1-ubyte.gz", gzip.compress(idx_bytes(labels + first)))


def write_npz(folder: Path, parts: Parts, name: str = "bloodmnist") -> None:
    arrays = {}
    for part, (images, labels) in parts.items():
        arrays |= {f"{part}_images": images, f"{part}_labels": labels[:, np.newaxis].astype(np.uint8)}
    np.savez_compressed(folder / f"{name}.npz", **arrays)


def write_npz_pairs(folder: Path, parts: Parts) -> None:
    for part, (images, labels) in parts.items():
        np.savez_compressed(folder / f"k49-{part}-imgs.npz", images[..., 0])
        np.savez_compressed(folder / f"k49-{part}-labels.npz", labels.astype(np.uint8))


def write_mat(folder: Path, parts: Parts) -> None:
    savemat = pytest.importorskip("scipy.io", reason="needs scipy.io: pip install scipy.io").savemat
    for part, (images, labels) in parts.items():
        ten = np.where(labels == 0, 10, labels).astype(np.uint8)[:, np.newaxis]
        savemat(folder / f"{part}_32x32.mat", {"X": images.transpose(1, 2, 3, 0), "y": ten})


def write_cifar(folder: Path, parts: Parts) -> None:
    with tarfile.open(folder / "cifar-10-python.tar.gz", "w:gz", format=tarfile.USTAR_FORMAT) as archive:
        for part, (images, labels) in parts.items():
            batch = {b"data": images.transpose(0, 3, 1, 2).reshape(len(images), -1).copy(), b"labels": labels.tolist()}
            content = pickle.dumps(batch, protocol=2)
            name = {"train": "data_batch_1", "test": "test_batch"}[part]
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def write_libsvm(folder: Path, parts: Parts) -> None:
    for part, (images, labels) in parts.items():
        lines = [
            f"{label + 1} " + " ".join(f"{at}:{value}" for at, value in enumerate(image.ravel() / 127.5 - 1, 1))
            for image, label in zip(images, labels, strict=True)
        ]
        (folder / {"train": "usps.bz2", "test": "usps.t.bz2"}[part]).write_bytes(
            bz2.compress("\n".join(lines).encode())
        )


FORMS = {
    "kmnist": write_idx,
    "qmnist": write_qmnist,
    "emnist-letters": write_emnist,
    "bloodmnist": write_npz,
    "kuzushiji-49": write_npz_pairs,
    "svhn": write_mat,
    "cifar-10": write_cifar,
    "usps": write_libsvm,
}


def use(entry: CatalogEntry, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = known_datasets() | {entry.name: entry}
    for module in ("known.at_hand", "source"):
        monkeypatch.setattr(f"tooeasy.data.{module}.known_datasets", lambda: changed)


def published(entry: CatalogEntry, folder: Path) -> CatalogEntry:
    """The entry, as if the files of the folder were the published ones."""
    files = []
    for file in entry.files:
        content = (folder / file.name).read_bytes()
        files.append(RemoteFile(file.name, file.urls, f"md5:{hashlib.md5(content).hexdigest()}", len(content)))  # noqa: S324
    return replace(entry, files=tuple(files))


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder that is looked in for data."""
    monkeypatch.setenv("TOOEASY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TOOEASY_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.mark.parametrize("name", FORMS)
def test_form_is_read_right(name: str, found: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images and labels come out as they went into the files that a dataset is distributed in, upright and from 0."""
    entry = known_datasets()[name]
    count = 2 * entry.class_count
    parts = {part: (images_of(entry, n), labels_of(entry, n)) for part, n in (("train", count), ("test", count // 2))}
    folder = found / entry.cache
    folder.mkdir()
    FORMS[name](folder, parts)
    use(published(entry, folder), monkeypatch)
    for _ in range(2):  # from the files, then from the arrays in the cache
        data = tooeasy.load(name)
        assert data.test is not None
        for split, (images, labels) in ((data.train, parts["train"]), (data.test, parts["test"])):
            assert np.array_equal(split.images(), images)
            assert np.array_equal(split.labels, labels)
        assert data.classes == entry.classes
        assert data.name == name


@pytest.mark.parametrize("name", FORMS)
def test_damaged_files(name: str, tmp_path: Path) -> None:
    """Each form says in one line that a file is damaged: cut off, empty, or of zeros."""
    entry = known_datasets()[name]
    parts = {part: (images_of(entry, 8), labels_of(entry, 8) % 8) for part in ("train", "test")}
    target = tmp_path / "target"
    target.mkdir()
    FORMS[name](tmp_path, parts)
    whole = {file.name: (tmp_path / file.name).read_bytes() for file in entry.files}
    for damage in (lambda content: content[: len(content) // 2], lambda content: b"", lambda content: bytes(999)):
        for file, content in whole.items():
            (tmp_path / file).write_bytes(damage(content))
        with pytest.raises((SourceError, KeyError)) as caught:
            unpack(entry, tmp_path, target, ("train",))
        assert caught.type is SourceError
        assert "\n" not in str(caught.value)


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def write_tar(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def test_kanji_are_read_in_the_archive(found: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kuzushiji-Kanji's images are read within its tar archive; classes are the characters of the code points."""
    entry = known_datasets()["kuzushiji-kanji"]
    images = {code: RNG.integers(0, 256, (64, 64), np.uint8) for code in ("U+4E00", "U+4E8C", "U+9B54")}
    members = {f"kkanji2/{code}/{code}_1.png": png(image) for code, image in images.items()}
    (found / entry.cache).mkdir()
    write_tar(found / entry.cache / "kkanji.tar", members)
    use(entry, monkeypatch)
    data = tooeasy.load("kuzushiji-kanji")
    assert data.classes == ("一", "二", "魔")
    assert np.array_equal(data.train.images()[..., 0], list(images.values()))
    assert list(found.parent.glob("cache/**/*.npy")) == []


def test_quickdraw_is_mapped_in_place(found: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quick, Draw!'s bitmaps, 40 GB, are mapped where they are, and not unpacked into the cache."""
    entry = known_datasets()["quickdraw"]
    names = ("baseball", "baseball bat", "zebra")  # whose files sort otherwise: a space goes before a dot
    files = tuple(file for file in entry.files if file.name.removesuffix(".npy") in names)
    entry = replace(entry, files=files, classes=names, class_count=3)
    folder = found / "quickdraw"
    folder.mkdir()
    drawings = RNG.integers(0, 256, (3, 5, 784), np.uint8)
    for name, bitmaps in zip(names, drawings, strict=True):
        np.save(folder / f"{name}.npy", bitmaps)
    use(published(entry, folder), monkeypatch)
    data = tooeasy.load("quickdraw")
    assert data.classes == entry.classes
    assert np.array_equal(data.train.images().ravel(), drawings.ravel())
    assert list(found.parent.glob("cache/**/*.npy")) == []


def test_other_splits_of_one_archive(found: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EMNIST's six splits share one download; a split that the archive does not have is named."""
    entry = known_datasets()["emnist-digits"]
    (found / "emnist").mkdir()
    write_emnist(found / "emnist", {"train": (images_of(entry, 20), labels_of(entry, 20))})
    use(published(entry, found / "emnist"), monkeypatch)
    with pytest.raises(SourceError, match="no member gzip/emnist-digits-train-images"):
        tooeasy.load("emnist-digits")


def test_options_apply(found: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options of reading hold for the catalog as for files."""
    entry = known_datasets()["kmnist"]
    (found / "kmnist").mkdir()
    write_idx(found / "kmnist", {part: (images_of(entry, 40), labels_of(entry, 40)) for part in ("train", "test")})
    use(published(entry, found / "kmnist"), monkeypatch)
    data = tooeasy.load("kmnist", size=(8, 8), color=True, limit=20, split="test")
    assert data.shape == (8, 8, 3)
    assert len(data.train) == 20


def test_nothing_at_hand(found: Path) -> None:
    """Every dataset that is not here says which command gets it."""
    for entry in ENTRIES:
        if entry.bundled:
            continue
        with pytest.raises(NotAtHandError, match=f"tooeasy datasets get {entry.name}`") as caught:
            tooeasy.load(entry.name)
        assert "\n" not in str(caught.value)
