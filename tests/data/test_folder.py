"""Folders of class folders, on disk and in zip archives."""

from __future__ import annotations

import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tooeasy.data.decode import inspect
from tooeasy.data.formats import folder, trees, zips
from tooeasy.data.options import LoadOptions
from tooeasy.data.source import load, read_path
from tooeasy.errors import SourceError
from tooeasy.files import write_whole


def save(path: Path, level: int = 0, size: tuple[int, int] = (4, 4), **options: object) -> Path:
    """Write a grey image of one level."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, level).save(path, **options)
    return path


def zipped(source: Path, target: Path, *, wrapper: str = "", method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Pack a folder."""
    with zipfile.ZipFile(target, "w", method) as archive:
        for path in sorted(source.rglob("*")):
            archive.write(path, wrapper + path.relative_to(source).as_posix())
    return target


def message(path: Path) -> str:
    """Error of loading a path, which is one line."""
    with pytest.raises(SourceError) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Two classes of three images each, whose levels tell them apart."""
    for number in range(3):
        save(tmp_path / "two" / "cat" / f"{number}.png", number)
        save(tmp_path / "two" / "dog" / f"{number}.png", 100 + number)
    return tmp_path / "two"


def test_class_folders_become_classes(two: Path) -> None:
    """Without split folders all images are for training, and each class is named as its folder is."""
    data = load(two)
    assert data.test is None
    assert data.classes == ("cat", "dog")
    assert data.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.train.images()[:, 0, 0, 0].tolist() == [0, 1, 2, 100, 101, 102]


@pytest.mark.parametrize("names", [("train", "test"), ("Train", "VAL"), ("training", "validation"), ("TRAIN", "Valid")])
def test_split_folders_of_any_case(tmp_path: Path, names: tuple[str, str]) -> None:
    """Split folders are recognised whatever their case, under the names in use."""
    for part, name in enumerate(names):
        for label in "ab":
            save(tmp_path / name / label / "1.png", part)
    data = load(tmp_path)
    assert (len(data.train), len(data.test or ())) == (2, 2)
    assert data.test is not None
    assert data.test.images().max() == 1


def test_names_are_in_natural_order(tmp_path: Path) -> None:
    """class2 comes before class10, and 2.png before 10.png."""
    for label in ("class10", "class2"):
        for number in (10, 9, 2):
            save(tmp_path / label / f"{number}.png", number)
    data = load(tmp_path)
    assert data.classes == ("class2", "class10")
    assert data.train.images()[:, 0, 0, 0].tolist() == [2, 9, 10] * 2


def test_nested_folders_belong_to_the_class_at_the_top(tmp_path: Path) -> None:
    """Folders within a class folder are no classes of their own."""
    save(tmp_path / "cat" / "indoors" / "deep" / "1.png")
    save(tmp_path / "dog" / "1.png")
    assert load(tmp_path).classes == ("cat", "dog")


def test_a_folder_around_everything_is_looked_into(two: Path, tmp_path: Path) -> None:
    """The only folder of an archive is not taken for the only class."""
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    two.rename(tmp_path / "outer" / "inner" / "two")
    assert load(tmp_path / "outer").classes == ("cat", "dog")


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    """A folder called as a split is, but with images in it and classes beside it, is a class."""
    for label in ("boat", "train", "test"):
        save(tmp_path / label / "1.png")
    assert load(tmp_path).classes == ("boat", "test", "train")


def test_other_folders_beside_splits_are_said_to_be_unused(tmp_path: Path) -> None:
    """With train and test there, images elsewhere belong to no split, and are counted."""
    for split in ("train", "test"):
        for label in "ab":
            save(tmp_path / split / label / "1.png")
    save(tmp_path / "extra" / "c" / "1.png")
    save(tmp_path / "train" / "overview.png")
    notes = " ".join(load(tmp_path).notes)
    assert "1 image outside of the split folders not used: extra/c/1.png" in notes
    assert "1 image outside of class folders not used: train/overview.png" in notes


def test_other_files_are_ignored(two: Path) -> None:
    """What systems and people leave beside images does not matter."""
    for name in (".hidden.png", "Thumbs.db", ".DS_Store", "readme.txt"):
        (two / "cat" / name).write_bytes(b"junk")
    (two / "__MACOSX" / "cat").mkdir(parents=True)
    (two / "__MACOSX" / "cat" / "._1.png").write_bytes(b"junk")
    data = load(two)
    assert len(data.train) == 6
    assert data.notes == ()


def test_broken_images_are_counted_and_named(two: Path) -> None:
    """A text file named .png, an empty file and a cut one are skipped, and the note says which."""
    (two / "cat" / "text.png").write_text("hello")
    (two / "cat" / "empty.png").write_bytes(b"")
    (two / "cat" / "loop.png").symlink_to("loop.png")
    data = load(two)
    assert len(data.train) == 6
    (note,) = data.notes
    assert "3 broken images skipped" in note
    assert "cat/text.png: it is not an image" in note
    with pytest.raises(SourceError, match=r"cat/\w+\.png cannot be read"):
        load(two, strict=True)


def test_links_to_folders_are_not_followed(two: Path) -> None:
    """A link that leads round in a circle ends nothing, and is said to be left out; one to a file is followed."""
    (two / "cat" / "again").symlink_to(two)
    (two / "fish").symlink_to(two / "dog")
    (two / "dog" / "linked.png").symlink_to(two / "cat" / "2.png")
    data = load(two)
    assert data.classes == ("cat", "dog")
    assert len(data.train) == 7
    assert data.notes == ("links to folders are not followed: cat/again, fish",)


def test_a_pipe_does_not_hang(two: Path) -> None:
    """A pipe named .png is left out, and a link to one is a broken image."""
    os.mkfifo(two / "cat" / "pipe.png")
    (two / "cat" / "linked.png").symlink_to("pipe.png")
    data = load(two)
    assert len(data.train) == 6
    assert "cat/linked.png: it is no regular file" in data.notes[0]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_files_are_broken_images(two: Path) -> None:
    """A file without permission to read is skipped; a folder without is an error."""
    (two / "cat" / "0.png").chmod(0)
    assert "Permission denied" in load(two).notes[0]
    (two / "cat").chmod(0)
    assert "cannot be listed: Permission denied" in message(two)
    (two / "cat").chmod(0o755)


def test_a_file_too_large_is_a_broken_image(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound on the bytes of an image is checked before it is read."""
    monkeypatch.setattr(trees, "MAX_IMAGE_BYTES", 1000)
    (two / "cat" / "large.png").write_bytes(bytes(1001))
    assert "cat/large.png: it has 1,001 bytes, more than the 1,000" in load(two).notes[0]


def test_hostile_names(tmp_path: Path) -> None:
    """Class names are data, whatever is in them; those that are no UTF-8 can still be written down."""
    for name in (b"<script>", b"a\nb", b"caf\xc3\xa9", b"\xff", b"9" * 200):
        save(tmp_path / os.fsdecode(name) / "1.png")
    classes = load(tmp_path).classes
    assert set(classes) == {"<script>", "a\nb", "café", "\\udcff", "9" * 200}
    "".join(classes).encode()


def test_messages_stay_one_line(tmp_path: Path) -> None:
    """A line break in a name does not break the message that has it."""
    save(tmp_path / "a" / "1.png")
    save(tmp_path / "b" / "1.png")
    (tmp_path / "a" / "x\ny.png").write_text("hello")
    assert "\n" not in load(tmp_path).notes[0]
    with pytest.raises(SourceError) as caught:
        load(tmp_path, strict=True)
    assert "\n" not in str(caught.value)


def test_no_images(tmp_path: Path) -> None:
    """The message says what was looked for."""
    (tmp_path / "readme.txt").write_text("hello")
    assert ".jpeg" in message(tmp_path)
    assert "train/cats/1.png" in message(tmp_path)


def test_images_without_class_folders(tmp_path: Path) -> None:
    """Images directly in the folder, or in split folders, or one image alone, are no dataset."""
    image = save(tmp_path / "flat" / "1.png")
    save(tmp_path / "flat" / "2.png")
    assert "has 2 images, none in a class folder" in message(tmp_path / "flat")
    save(tmp_path / "splits" / "train" / "1.png")
    save(tmp_path / "splits" / "test" / "1.png")
    assert "has 2 images, none in a class folder" in message(tmp_path / "splits")
    assert "is one image; a dataset is a folder for each class" in message(image)


def test_one_class(tmp_path: Path) -> None:
    """Telling classes apart takes two."""
    save(tmp_path / "only" / "1.png")
    save(tmp_path / "only" / "2.png")
    assert "one class (only)" in message(tmp_path)


def test_a_split_twice(tmp_path: Path) -> None:
    """Splits that differ in case alone are an error where the file system can hold them."""
    for split in ("train", "Train"):
        for label in "ab":
            save(tmp_path / split / label / "1.png")
    if len(list(tmp_path.iterdir())) == 2:
        assert "has a split twice: Train, train" in message(tmp_path)


def test_file_properties(tmp_path: Path) -> None:
    """Bytes, size, mode, format and JPEG quality of each file are kept, and are the same by a file's beginning."""
    rng = np.random.default_rng(0)
    for number, label in enumerate("ab"):
        (tmp_path / label).mkdir()
        pixels = rng.integers(0, 256, (300, 400, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / label / "1.jpg", quality=70 + 20 * number)
    data = load(tmp_path)
    found = data.train.properties  # type: ignore[attr-defined]
    assert [one.jpeg_quality for one in found] == [70, 90]
    assert [one.bytes for one in found] == [(tmp_path / label / "1.jpg").stat().st_size for label in "ab"]
    assert found[0].bytes > 2**16  # so that only its beginning was read
    assert (found[0].width, found[0].height, found[0].mode, found[0].format) == (400, 300, "RGB", "JPEG")


def test_a_header_longer_than_what_is_read_first(tmp_path: Path) -> None:
    """A JPEG whose size stands behind 100 kB of comments is read all the same."""
    path = save(tmp_path / "a" / "1.jpg", 7, (30, 20))
    data = path.read_bytes()
    comment = b"\xff\xfe" + struct.pack(">H", 50_002) + bytes(50_000)
    path.write_bytes(data[:2] + comment * 2 + data[2:])
    files = trees.FileImages(trees.LocalFiles(tmp_path), ["a/1.jpg"])
    (found,), broken = inspect(files)
    assert not broken
    assert found is not None
    assert (found.width, found.height, found.bytes) == (30, 20, len(data) + 2 * 50_004)


def test_exif_orientation(tmp_path: Path) -> None:
    """A file that says that it lies is set upright, in its properties and in its pixels."""
    exif = Image.Exif()
    exif[0x0112] = 6
    for label in "ab":
        path = tmp_path / label / "1.jpg"
        path.parent.mkdir()
        picture = Image.new("L", (40, 20), 0)
        picture.paste(255, (0, 0, 20, 20))
        picture.save(path, exif=exif, quality=95)
    data = load(tmp_path)
    assert data.shape == (40, 20, 1)
    assert data.train.images()[0, :18].min() > 200


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("wrapper", ["", "photos/", "a/b/"])
def test_zip_reads_as_the_folder_does(two: Path, tmp_path: Path, method: int, wrapper: str) -> None:
    """An archive of a folder, within folders or not, has the same images and labels."""
    data, inside = load(two), load(zipped(two, tmp_path / "two.zip", wrapper=wrapper, method=method))
    assert inside.classes == data.classes
    assert np.array_equal(inside.train.images(), data.train.images())
    assert np.array_equal(inside.train.labels, data.train.labels)


def test_zip_is_read_by_several_threads(tmp_path: Path) -> None:
    """Hundreds of members read at once are each the right one."""
    for number in range(400):
        save(tmp_path / "in" / "ab"[number % 2] / f"{number}.png", number % 251, (8, 8))
    data = load(zipped(tmp_path / "in", tmp_path / "in.zip"))
    levels = [number % 251 for number in (*range(0, 400, 2), *range(1, 400, 2))]
    assert data.train.images()[:, 0, 0, 0].tolist() == levels


def test_zip_heads_are_beginnings(tmp_path: Path) -> None:
    """The first bytes of a member are those of the file, however well it packs."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, 300_000, np.uint8).tobytes()
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("noise.png", noise)
        archive.writestr("blank.png", bytes(300_000))
    files = zips.ZipFiles(tmp_path / "x.zip")
    for most in (0, 1, 65_536, 300_000):
        found = list(files.heads(["noise.png", "blank.png"], most))
        assert found == [(noise[:most], 300_000), (bytes(most), 300_000)]


def test_zip_made_on_windows(tmp_path: Path) -> None:
    """Backslashes in names are folders."""
    image = save(tmp_path / "1.png").read_bytes()
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for label in "ab":
            archive.writestr(zipfile.ZipInfo(f"{label}\\1.png"), image)
    assert load(tmp_path / "x.zip").classes == ("a", "b")


@pytest.mark.parametrize("name", ["../evil.png", "a/../../evil.png", "/evil.png", "C:/evil.png", "a\\..\\..\\evil.png"])
def test_zip_with_a_member_outside(two: Path, tmp_path: Path, name: str) -> None:
    """An archive that would write outside of its folder is refused, and nothing is written."""
    path = zipped(two, tmp_path / "two.zip")
    before = sorted(tmp_path.rglob("*"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"x")
    assert "has a member that points outside of it" in message(path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_zip_with_a_name_twice(two: Path, tmp_path: Path) -> None:
    """The later member of two counts, and this is said."""
    path = zipped(two, tmp_path / "two.zip")
    save(tmp_path / "new.png", 50)
    with zipfile.ZipFile(path, "a") as archive:
        archive.write(tmp_path / "new.png", "cat/0.png")
    data = load(path)
    assert data.train.images()[0, 0, 0, 0] == 50
    assert data.notes == ("of several members of one name the last is used: cat/0.png",)


def test_zip_with_encrypted_members(two: Path, tmp_path: Path) -> None:
    """Members that need a password are broken images."""
    path = zipped(two, tmp_path / "two.zip")
    data = bytearray(path.read_bytes())
    start = -1
    while (start := data.find(b"PK\x01\x02", start + 1)) >= 0:
        data[start + 8] |= 1
    path.write_bytes(data)
    assert "no readable image: it is encrypted" in message(path)


def test_zip_bombs(two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members that unpack to far too much are broken images, whatever the archive claims of their size."""
    path = zipped(two, tmp_path / "two.zip")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cat/ratio.png", bytes(2**25))
        archive.writestr("cat/liar.png", bytes(2**20))
    monkeypatch.setattr(trees, "MAX_IMAGE_BYTES", 2**26)
    data = bytearray(path.read_bytes())
    entry = data.rfind(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<L", 1000)  # its size, in the archive's list
    path.write_bytes(data)
    (note,) = load(path).notes
    assert "cat/liar.png: the archive is damaged here: the checksum is wrong" in note
    assert "cat/ratio.png: it unpacks to more than 500 times its size" in note
    monkeypatch.setattr(trees, "MAX_IMAGE_BYTES", 2**24)
    assert "cat/ratio.png: it has 33,554,432 bytes, more than the 16,777,216" in load(path).notes[0]


def test_zip_with_overlapping_members(two: Path, tmp_path: Path) -> None:
    """An archive whose members share their bytes is refused, before anything is unpacked."""
    path = zipped(two, tmp_path / "two.zip")
    data = bytearray(path.read_bytes())
    entries = [at for at in range(len(data)) if data[at : at + 4] == b"PK\x01\x02"]
    for entry in entries:
        data[entry + 42 : entry + 46] = bytes(4)
    path.write_bytes(data)
    assert "members that overlap" in message(path)


def test_damaged_zip(two: Path, tmp_path: Path) -> None:
    """A cut archive, one that is none, and a damaged member each get their line."""
    whole = zipped(two, tmp_path / "two.zip", method=zipfile.ZIP_STORED).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:-100])
    assert "is a damaged zip archive" in message(tmp_path / "cut.zip")
    (tmp_path / "empty.zip").write_bytes(b"")
    assert "is a damaged zip archive" in message(tmp_path / "empty.zip")
    (tmp_path / "member.zip").write_bytes(whole.replace(b"IDAT", b"IDAX", 1))
    assert "the archive is damaged here" in " ".join(load(tmp_path / "member.zip").notes)


def test_zip_packed_in_other_ways(two: Path, tmp_path: Path) -> None:
    """Methods that are not read are named."""
    path = zipped(two, tmp_path / "two.zip", method=zipfile.ZIP_LZMA)
    assert "packed by method 14" in message(path)


def test_claims_nothing_else(two: Path, tmp_path: Path) -> None:
    """Files of other forms are left to others, and no path makes it raise."""
    (tmp_path / "x.npz").write_bytes(b"PK\x03\x04")
    assert not folder.claims(tmp_path / "x.npz")
    assert not folder.claims(tmp_path / "nothing")
    assert folder.claims(two)


def test_folders_of_other_forms_are_theirs(two: Path) -> None:
    """A folder with IDX files and some pictures beside them is read as IDX."""
    header = struct.pack(">4B3I", 0, 0, 8, 3, 2, 1, 1)
    (two / "train-images-idx3-ubyte").write_bytes(header + b"\x01\x02")
    (two / "train-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, 2) + b"\x00\x01")
    assert load(two).shape == (1, 1, 1)


def test_write_whole_files_are_not_read(two: Path) -> None:
    """An image that is just being written is hidden until it is whole."""
    with write_whole(two / "cat" / "new.png") as path:
        path.write_bytes(b"half")
        assert len(read_path(two, LoadOptions()).parts["train"].labels) == 6
        Image.new("L", (4, 4)).save(path)
    assert len(load(two).train) == 7


@pytest.mark.data
def test_clothing() -> None:
    """Real photographs of many sizes, in split folders, with the numbers of images that their card gives."""
    root = Path(os.environ.get("TOOEASY_TEST_DATA", "")) / "clothing"
    if not os.environ.get("TOOEASY_TEST_DATA") or not root.is_dir():
        pytest.skip("TOOEASY_TEST_DATA names no folder with clothing/")
    data = load(root)
    assert (len(data.train), data.test and len(data.test)) == (341, 372)
    assert len(data.classes) == 10
    assert data.shape == (32, 32, 3)
    assert data.train.images().std() > 10


def test_transparency_is_dropped_and_noted(tmp_path):
    """What lies beneath is seen, as where a loader converts to RGB; the notes count the images."""
    for number in range(6):
        image = Image.new("RGBA" if number < 3 else "RGB", (4, 4), (10 * number, 20, 30))
        if number < 3:
            image.putalpha(0)
        path = tmp_path / "set" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)
    data = load(tmp_path / "set")
    assert any(note.startswith("transparency of 3 of 6 images is dropped") for note in data.notes)
    assert data.train.images()[0, 0, 0].tolist() == [0, 20, 30]
