"""WebDataset shards, and other tar archives."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tooeasy.data.dataset import Dataset
from tooeasy.data.formats import webdataset
from tooeasy.data.formats.tar_members import TarTree, members
from tooeasy.data.source import load
from tooeasy.errors import SourceError


def png(level: int) -> bytes:
    """Encode a grey image of one level."""
    file = io.BytesIO()
    Image.new("L", (4, 4), level).save(file, "PNG")
    return file.getvalue()


def write_tar(path: Path, files: Iterable[tuple[str, bytes]], form: int = tarfile.USTAR_FORMAT) -> Path:
    """Write a tar archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=form) as archive:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def shard(path: Path, labels: Iterable[object], label: str = "cls", start: int = 0) -> Path:
    """Write a shard of images whose levels count up from ``start``."""
    files = []
    for number, value in enumerate(labels, start):
        files += [(f"{number:04}.png", png(number)), (f"{number:04}.{label}", str(value).encode())]
    return write_tar(path, files)


def levels(data: Dataset) -> list[int]:
    """Level of each training image."""
    return data.train.images()[:, 0, 0, 0].tolist()  # type: ignore[no-any-return]


def message(path: Path, **options: object) -> str:
    """Error of loading a path, which is one line."""
    with pytest.raises(SourceError) as caught:
        load(path, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_one_shard(tmp_path: Path) -> None:
    """The members of a sample belong together by their name."""
    data = load(shard(tmp_path / "x-000000.tar", [1, 0, 1]))
    assert data.train.labels.tolist() == [1, 0, 1]
    assert levels(data) == [0, 1, 2]
    assert data.test is None


@pytest.mark.parametrize("label", ["cls", "cls.txt", "CLS"])
def test_labels_as_text(tmp_path: Path, label: str) -> None:
    """A label is a number as text, or a name."""
    assert load(shard(tmp_path / "a.tar", ["1\n", " 0"], label)).classes == ("0", "1")
    assert load(shard(tmp_path / "b.tar", ["dog", "cat"], label)).classes == ("cat", "dog")


@pytest.mark.parametrize("key", webdataset.JSON_KEYS)
def test_labels_in_json(tmp_path: Path, key: str) -> None:
    """A label may be a value in JSON, under the names in use; other keys do not matter."""
    values = [json.dumps({"width": 4, key: value}) for value in (0, 1)]
    assert load(shard(tmp_path / "a.tar", values, "json")).train.labels.tolist() == [0, 1]


def test_cls_goes_before_json(tmp_path: Path) -> None:
    """Where a sample has both, in either order, the label is the .cls."""
    files = [("1.png", png(1)), ("1.json", b'{"label": 7}'), ("1.cls", b"0")]
    files += [("2.cls", b"1"), ("2.json", b'{"label": 8}'), ("2.png", png(2))]
    assert load(write_tar(tmp_path / "a.tar", files)).classes == ("0", "1")


def test_columns_choose_members(tmp_path: Path) -> None:
    """Of several images and labels in a sample the options choose; without them, several images are an error."""
    files = []
    for number in range(2):
        files += [(f"{number}.input.png", png(number)), (f"{number}.mask.png", png(100 + number))]
        files += [
            (f"{number}.cls", str(number).encode()),
            (f"{number}.json", json.dumps({"kind": f"k{number}"}).encode()),
        ]
        files += [(f"{number}.txt", f"t{number}".encode())]
    path = write_tar(tmp_path / "a.tar", files)
    assert "name one with image_column (--image-column)" in message(path)
    assert levels(load(path, image_column="mask.png")) == [100, 101]
    assert load(path, image_column="input.png", label_column="kind").classes == ("k0", "k1")
    assert load(path, image_column="input.png", label_column="txt").classes == ("t0", "t1")


def test_the_plain_image_goes_before_others(tmp_path: Path) -> None:
    """1.png is the image of a sample that also has 1.mask.png."""
    files = []
    for number in range(2):
        files += [(f"{number}.mask.png", png(9)), (f"{number}.png", png(number)), (f"{number}.seg.png", png(9))]
        files += [(f"{number}.cls", str(number).encode())]
    assert levels(load(write_tar(tmp_path / "a.tar", files))) == [0, 1]


def test_shards_of_a_folder_in_natural_order(tmp_path: Path) -> None:
    """Shards belong to the split that their names say, the second before the tenth."""
    shard(tmp_path / "train-10.tar", [0, 1], start=20)
    shard(tmp_path / "train-2.tar", [0, 1], start=10)
    shard(tmp_path / "test-0.tar", [1])
    (tmp_path / "classnames.txt").write_text("cat\ndog\n")
    data = load(tmp_path)
    assert levels(data) == [10, 11, 20, 21]
    assert data.classes == ("cat", "dog")
    assert data.test is not None
    assert data.test.labels.tolist() == [1]


def test_shards_in_split_folders(tmp_path: Path) -> None:
    """Split folders with shards, and the class names above them, as CLIP benchmark lays them out."""
    shard(tmp_path / "train" / "0.tar", [0, 1])
    shard(tmp_path / "test" / "0.tar", [1])
    (tmp_path / "test" / "nshards.txt").write_text("1")
    (tmp_path / "classnames.txt").write_text("cat\ndog\n")
    data = load(tmp_path)
    assert (len(data.train), data.test and len(data.test)) == (2, 1)
    assert data.classes == ("cat", "dog")
    assert load(tmp_path / "train" / "0.tar").classes == ("cat", "dog")
    assert len(load(tmp_path / "train").train) == 2


def test_rows_are_read_at_random(tmp_path: Path) -> None:
    """A batch may take rows of several shards in any order."""
    for number in range(3):
        shard(tmp_path / f"{number}.tar", [0, 1] * 5, start=number * 10)
    rows = np.random.default_rng(0).permutation(30)
    assert load(tmp_path).train.part(rows).images()[:, 0, 0, 0].tolist() == rows.tolist()


def test_more_class_names_than_labels(tmp_path: Path) -> None:
    """A label without a name is an error; so are names that are no text."""
    path = shard(tmp_path / "0.tar", [0, 2])
    (tmp_path / "classes.txt").write_text("cat\ndog\n")
    assert "has labels from 0 to 2, and 2 class names" in message(path)
    (tmp_path / "classes.txt").write_bytes(b"\xff\xfe\xff")
    assert "class names that are not UTF-8" in message(path)


def test_a_tar_of_class_folders(tmp_path: Path) -> None:
    """An archive without labels, of class folders, is read as they are."""
    files = [(f"./photos/{split}/{label}/1.png", png(1)) for split in ("train", "test") for label in ("cat", "dog")]
    data = load(write_tar(tmp_path / "photos.tar", files))
    assert data.classes == ("cat", "dog")
    assert data.test is not None


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("length", [10, 99, 100, 101, 155, 200])
def test_long_names(tmp_path: Path, form: int, length: int) -> None:
    """Names of any length come out of each of the three tar formats as they went in, and so do files of odd sizes."""
    folder = "d" * (length // 2) + "/é"[: 2 if form != tarfile.USTAR_FORMAT else 1]
    files = [(f"{folder}{'n' * (length - length // 2 - 5)}{number}.png", bytes(number * 511)) for number in range(4)]
    path = write_tar(tmp_path / "a.tar", files, form)
    with tarfile.open(path) as archive:
        expected = [(one.name, one.offset_data, one.size, True) for one in archive]
    assert [tuple(one) for one in members(path)] == expected
    assert list(TarTree(path).heads([name for name, _ in files], 2**20)) == [(data, len(data)) for _, data in files]


def test_large_numbers_and_pax_sizes(tmp_path: Path) -> None:
    """A size in base 256 or in an extended header is understood, and one beyond the file's end is an error."""
    member = tarfile.TarInfo("a.png")
    member.size = 8**11
    (tmp_path / "gnu.tar").write_bytes(member.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    assert "ends in the middle of a.png" in message(tmp_path / "gnu.tar")
    (tmp_path / "pax.tar").write_bytes(member.tobuf(tarfile.PAX_FORMAT) + bytes(1024))
    assert "ends in the middle of a.png" in message(tmp_path / "pax.tar")


def test_links_and_devices_are_not_followed(tmp_path: Path) -> None:
    """A link to a file of this machine, or a device, is left out and said to be."""
    path = shard(tmp_path / "0.tar", [0, 1])
    with tarfile.open(path, "a") as archive:
        for name, kind in (("8.png", tarfile.SYMTYPE), ("9.png", tarfile.LNKTYPE), ("7.png", tarfile.CHRTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    data = load(path)
    assert len(data.train) == 2
    assert data.notes == ("0.tar: links, devices and sparse files are not followed: 7.png, 8.png, 9.png",)


@pytest.mark.parametrize("name", ["../1.png", "/1.png", "a/../../1.png"])
def test_members_outside(tmp_path: Path, name: str) -> None:
    """An archive that would write outside of its folder is refused, and nothing is written."""
    path = write_tar(tmp_path / "in" / "a.tar", [("0.png", png(0)), ("0.cls", b"0"), (name, png(1))])
    assert "has a member that points outside of it" in message(path)
    assert [one.name for one in tmp_path.rglob("*.png")] == []


def test_damage(tmp_path: Path) -> None:
    """A cut archive, a changed header, other bytes, and an empty file each get their line."""
    whole = shard(tmp_path / "0.tar", [0, 1]).read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[:550])
    assert "ends in the middle of 0000.png" in message(tmp_path / "cut.tar")
    (tmp_path / "header.tar").write_bytes(whole[:1100])
    assert "was cut off" in message(tmp_path / "header.tar")
    changed = bytearray(whole)
    changed[1024 + 100] ^= 1
    (tmp_path / "changed.tar").write_bytes(changed)
    assert "no header at byte 1,024" in message(tmp_path / "changed.tar")
    (tmp_path / "text.tar").write_text("hello" * 1000)
    assert "is no tar archive" in message(tmp_path / "text.tar")
    (tmp_path / "short.tar").write_text("hello")
    assert "is no tar archive" in message(tmp_path / "short.tar")
    for size in (0, 100, 10_240):
        (tmp_path / "empty.tar").write_bytes(bytes(size))
        assert "is no tar archive, or an empty one" in message(tmp_path / "empty.tar")


def test_a_header_of_megabytes(tmp_path: Path) -> None:
    """An extended header that is longer than any name is refused before it is read."""
    path = write_tar(tmp_path / "a.tar", [("n" * 2_000_000 + ".png", b"")], tarfile.GNU_FORMAT)
    assert "has a header of 2,000,005 bytes" in message(path)
    path = write_tar(tmp_path / "b.tar", [("n" * 5000 + ".png", b"")], tarfile.GNU_FORMAT)
    assert "a name of 5,004 characters" in message(path)


@pytest.mark.parametrize("suffix", [".tar.gz", ".tgz", ".tar.xz"])
def test_compressed_shards(tmp_path: Path, suffix: str) -> None:
    """Compressed archives cannot be read at random, and the message says what to do."""
    path = tmp_path / f"train-0{suffix}"
    with tarfile.open(path, f"w:{'xz' if 'xz' in suffix else 'gz'}"):
        pass
    assert "is compressed" in message(path)
    assert "unpack it to .tar first" in message(path)
    assert "is compressed" in message(tmp_path)


def test_samples_without_label_or_image(tmp_path: Path) -> None:
    """An image without a label is an error that names it; a label without an image is left out."""
    files = [("1.png", png(1)), ("1.cls", b"0"), ("2.png", png(2)), ("2.cls", b"1"), ("3.cls", b"1"), (".cls", b"1")]
    assert load(write_tar(tmp_path / "a.tar", files)).notes == ("a.tar: 1 samples without an image (3)",)
    assert "has 1 samples without a label (4.png)" in message(
        write_tar(tmp_path / "b.tar", [*files, ("4.png", png(4))])
    )
    assert "has no sample with an image" in message(write_tar(tmp_path / "c.tar", [("1.cls", b"1")]))
    assert "has no images" in message(write_tar(tmp_path / "d.tar", [("1.txt", b"1")]))


@pytest.mark.parametrize(
    ("label", "data"),
    [("json", b"{"), ("json", b"[" * 100_000), ("cls", b"\xff"), ("json", b'{"label": 1' + b"0" * 5000 + b"}")],
)
def test_labels_that_are_none(tmp_path: Path, label: str, data: bytes) -> None:
    """Broken JSON, JSON too deep, bytes that are no text, and a number without end are errors that name the member."""
    path = write_tar(tmp_path / "a.tar", [("1.png", png(1)), (f"1.{label}", data)])
    assert f"a.tar: 1.{label} is no label" in message(path)


def test_a_label_too_long(tmp_path: Path) -> None:
    """A label of megabytes is not read."""
    path = write_tar(tmp_path / "a.tar", [("1.png", png(1)), ("1.cls", bytes(2**20 + 1))])
    assert "too many for a label" in message(path)


def test_broken_images_are_skipped(tmp_path: Path) -> None:
    """A member that is no image is counted and named with its shard."""
    files = [("1.png", png(1)), ("1.cls", b"0"), ("2.png", png(2)), ("2.cls", b"1"), ("3.png", b"x"), ("3.cls", b"1")]
    data = load(write_tar(tmp_path / "a.tar", files))
    assert len(data.train) == 2
    assert "1 broken image skipped (a.tar: 3.png: it is not an image" in data.notes[0]


def test_folders_with_other_things_are_not_claimed(tmp_path: Path) -> None:
    """An archive that lies beside the class folders that came out of it does not hide them."""
    for label in "ab":
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.png").write_bytes(png(1))
    shard(tmp_path / "flowers-102.tar", [0, 1])
    assert not webdataset.claims(tmp_path)
    assert load(tmp_path).classes == ("a", "b")
    assert not webdataset.claims(tmp_path / "nothing")
