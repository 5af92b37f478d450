"""Parquet and Arrow tables: Hugging Face's form, plain columns, shards and splits, and what is damaged."""

from __future__ import annotations

import contextlib
import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tooeasy
from tooeasy.data.formats import arrow_files, blocks, parquet, tables
from tooeasy.data.options import LoadOptions
from tooeasy.errors import MissingExtraError, SourceError, TooeasyError

pa = pytest.importorskip("pyarrow", reason='needs pyarrow: pip install "tooeasy[hf]"')
pq = pytest.importorskip("pyarrow.parquet", reason='needs pyarrow.parquet: pip install "tooeasy[hf]"')

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 6, 7, 3), dtype=np.uint8)
LABELS = np.arange(40) % 4
NAMES = ["ant", "bee", "cat", "dog"]


def error_of(path: Path, **options: Any) -> str:
    """Message of the error that loading must end in, which is one line."""
    with pytest.raises(SourceError) as caught:
        tooeasy.load(path, **options).train.sketch()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


PNGS = [png(image) for image in IMAGES]
STRUCTS = pa.array(
    [{"bytes": data, "path": "x.png"} for data in PNGS], pa.struct([("bytes", pa.binary()), ("path", pa.string())])
)


def features(**columns: Any) -> dict[str, str]:
    return {"huggingface": json.dumps({"info": {"features": columns}})}


def table(rows: slice = slice(None), **columns: Any) -> Any:
    """A table as Hugging Face's library writes it; other columns if given."""
    if columns:
        return pa.table(columns)
    made = pa.table({"image": STRUCTS[rows], "label": pa.array(LABELS[rows])})
    label = {"_type": "ClassLabel", "names": NAMES}
    return made.replace_schema_metadata(features(image={"_type": "Image"}, label=label))


def write(path: Path, data: Any, **how: Any) -> Path:
    """Write in the form that the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(data, path, **how)
        return path
    new = pa.ipc.new_file if path.suffix == ".feather" else pa.ipc.new_stream
    with pa.OSFile(str(path), "wb") as sink, new(sink, data.schema) as writer:
        writer.write_table(data, max_chunksize=7)
    return path


FORMS = ["a.parquet", "a.arrow", "a.feather"]


@pytest.mark.parametrize("name", FORMS)
def test_hugging_faces_form(tmp_path, name):
    """A struct of bytes and path, and names of classes in the metadata, bit for bit."""
    data = tooeasy.load(write(tmp_path / name, table()))
    assert np.array_equal(data.train.images(), IMAGES)
    assert np.array_equal(data.train.labels, LABELS)
    assert data.classes == tuple(NAMES)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
@pytest.mark.parametrize("labels", [NAMES, "dictionary"])
def test_plain_binary_columns(tmp_path, name, kind, labels):
    """Bytes alone, and names as labels, also as a dictionary."""
    words = pa.array(np.array(NAMES)[LABELS])
    words = words.dictionary_encode() if labels == "dictionary" else words
    data = tooeasy.load(write(tmp_path / name, table(picture=pa.array(PNGS, kind), kind=words)))
    assert np.array_equal(data.train.images(), IMAGES)
    assert data.classes == tuple(NAMES)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.list_(pa.list_(pa.uint8()))),
        pa.large_list(pa.list_(pa.list_(pa.int64(), 3), 7)),
        pa.list_(pa.list_(pa.list_(pa.float32()))),
    ],
)
def test_lists_of_numbers(tmp_path, name, kind):
    """Nested lists of one shape are images, whatever the type of the numbers."""
    data = tooeasy.load(write(tmp_path / name, table(pixels=pa.array(IMAGES.tolist(), kind), y=LABELS)))
    assert np.array_equal(data.train.images(), IMAGES)


def test_flat_lists_are_squares_and_fractions_are_scaled(tmp_path):
    """As in any other source of numbers."""
    grey = IMAGES[:, :6, :6, 0]
    flat = pa.array((grey / 255).reshape(40, -1).tolist())
    data = tooeasy.load(write(tmp_path / "a.parquet", table(image=flat, label=LABELS)))
    assert np.array_equal(data.train.images()[..., 0], grey)
    assert "pixels from 0 to 1 are scaled to 0 to 255" in data.notes[0]


def test_arrows_own_tensors(tmp_path):
    """The extension type of tensors of one shape."""
    column = pa.FixedShapeTensorArray.from_numpy_ndarray(IMAGES)
    data = tooeasy.load(write(tmp_path / "a.arrow", table(image=column, label=LABELS)))
    assert np.array_equal(data.train.images(), IMAGES)


def test_lists_of_various_lengths_are_refused(tmp_path):
    """An image of another shape is named."""
    lists = [list(range(16))] * 39 + [list(range(9))]
    path = write(tmp_path / "a.parquet", table(image=pa.array(lists), label=LABELS))
    assert "lists are of one shape, 16; found various lengths" in error_of(path)
    path = write(tmp_path / "b.parquet", table(image=pa.array([[]] * 40, pa.list_(pa.int8())), label=LABELS))
    assert "has no numbers where an image should be" in error_of(path)


@pytest.mark.parametrize(
    "names",
    [
        ("train-00000-of-00002.parquet", "train-00001-of-00002.parquet", "test-00000-of-00001.parquet"),
        ("data/train-00000-of-00002-abcdef123456.parquet", "data/train-00001-of-00002-abc123def.parquet",
         "data/test-00000-of-00001.parquet"),
        ("default/train/0000.parquet", "default/train/0001.parquet", "default/test/0000.parquet"),
        ("train/a.arrow", "train/b.arrow", "test/a.arrow"),
    ],
)  # fmt: skip
def test_shards_are_put_together_by_split(tmp_path, names):
    """By the names of files or folders, as on the hub."""
    for name, rows in zip(names, (slice(0, 25), slice(25, None), slice(None)), strict=True):
        write(tmp_path / name, table(rows))
    data = tooeasy.load(tmp_path)
    assert np.array_equal(data.train.images(), IMAGES)
    assert np.array_equal(data.test.labels, LABELS)
    assert data.held_out == "test split"


def test_shards_with_other_columns_are_refused(tmp_path):
    """Two configurations in a folder are not one dataset."""
    write(tmp_path / "a.parquet", table())
    write(tmp_path / "b.parquet", table(image=PNGS, label=LABELS))
    assert "b.parquet has other columns than a.parquet" in error_of(tmp_path)


def test_labels_that_are_secret(tmp_path):
    """A test split with labels of -1 or none is left, and said."""
    write(tmp_path / "train.parquet", table())
    write(tmp_path / "test.parquet", table(image=STRUCTS, label=np.full(40, -1)))
    data = tooeasy.load(tmp_path)
    assert data.test is None
    assert data.notes == ("not used, as it has no labels: split test",)
    assert "has no labels in its column label" in error_of(tmp_path / "test.parquet")


def test_columns_are_chosen_by_name(tmp_path):
    """image_column and label_column; without them, what cannot be decided lists the columns."""
    path = write(tmp_path / "a.parquet", table(left=STRUCTS, right=STRUCTS, one=LABELS, two=LABELS))
    error = error_of(path)
    assert "2 columns that may be the image column; its columns: left (struct<bytes: binary, path: string>)" in error
    assert "2 columns that may be the label column" in error_of(path, image_column="left")
    assert np.array_equal(tooeasy.load(path, image_column="left", label_column="two").train.images(), IMAGES)
    assert "has no image column 'up'; it has left, right, one, two" in error_of(path, image_column="up")
    assert "column one holds int64, which are no images" in error_of(path, image_column="one")
    assert "column left holds struct" in error_of(path, image_column="left", label_column="left")


def test_a_file_without_images_lists_its_columns(tmp_path):
    """No image column: which there are."""
    path = write(tmp_path / "a.parquet", table(text=["a"] * 40, label=LABELS))
    assert (
        "has no image column; its columns: text (string), label (int64): choose one with image_column (--image-column)"
        in error_of(path)
    )
    path = write(tmp_path / "b.parquet", table(image=STRUCTS, weight=np.ones(40)))
    assert "has no label column; its columns: image (struct" in error_of(path)


def test_missing_labels_are_named(tmp_path):
    """A row without a label among others."""
    labels = pa.array([None if row == 5 else int(label) for row, label in enumerate(LABELS)])
    assert "row 5 has no label" in error_of(write(tmp_path / "a.parquet", table(image=STRUCTS, label=labels)))


def test_broken_images_are_skipped_and_named(tmp_path):
    """No bytes, or bytes that are no image: counted, by file and row; --strict stops."""
    data = [None if row == 3 else b"hello" if row == 9 else item for row, item in enumerate(PNGS)]
    path = write(tmp_path / "a.parquet", table(image=pa.array(data, pa.binary()), label=LABELS), row_group_size=10)
    loaded = tooeasy.load(path)
    assert len(loaded.train) == 38
    assert "2 broken images skipped (a.parquet row 3: its bytes are not in the table" in loaded.notes[0]
    assert "a.parquet row 9: it is not an image of a known format" in loaded.notes[0]
    assert "a.parquet row" in error_of(path, strict=True)


# -- blocks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", [1, 7, 40])
@pytest.mark.parametrize("most", [1, 3, 16, 1000])
@pytest.mark.parametrize("kept", [1, 8])
def test_any_rows_in_any_order(tmp_path, monkeypatch, group, most, kept):
    """Slices, repeated and backward rows are the right ones, however row groups and blocks lie."""
    monkeypatch.setattr(parquet, "_MOST_ROWS", most)
    monkeypatch.setattr(blocks, "BLOCKS_KEPT", kept)
    for name, part in (("train-0.parquet", slice(0, 23)), ("train-1.parquet", slice(23, None))):
        write(tmp_path / name, table(part), row_group_size=group)
    encoded = parquet.read(tmp_path, LoadOptions()).parts["train"].images
    for rows in (np.arange(40), np.arange(40)[::-1], RNG.integers(0, 40, 60), np.array([39, 0, 38]), np.arange(0)):
        assert encoded.read(rows) == [PNGS[row] for row in rows]
    assert encoded.name(0) == "train-0.parquet row 0"
    assert encoded.name(23) == "train-1.parquet row 0"


@pytest.mark.parametrize("name", FORMS)
def test_many_threads_get_what_they_ask(tmp_path, monkeypatch, name):
    """Reading is safe from many threads at once."""
    monkeypatch.setattr(parquet, "_MOST_ROWS", 3)
    module = parquet if name == "a.parquet" else arrow_files
    encoded = module.read(write(tmp_path / name, table()), LoadOptions()).parts["train"].images
    wanted = [np.random.default_rng(seed).integers(0, 40, 9) for seed in range(300)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(encoded.read, wanted))
    assert found == [[PNGS[row] for row in rows] for rows in wanted]


def test_going_through_in_order_reads_everything_once(tmp_path, monkeypatch):
    """Blocks of a row group follow each other without beginning again."""
    monkeypatch.setattr(parquet, "_MOST_ROWS", 4)
    opened = []
    begin = parquet._Reader._begin
    monkeypatch.setattr(parquet._Reader, "_begin", lambda self, block: (opened.append(block), begin(self, block)))
    encoded = parquet.read(write(tmp_path / "a.parquet", table(), row_group_size=20), LoadOptions())
    for row in range(40):
        encoded.parts["train"].images.read(np.array([row]))
    assert len(opened) == 2


def test_blocks_are_small_whatever_the_row_group(tmp_path, monkeypatch):
    """A row group of the whole file is read in parts of the size that is set."""
    monkeypatch.setattr(parquet, "BLOCK_BYTES", 1000)
    rows = parquet.ParquetTable([write(tmp_path / "a.parquet", table())]).rows("image")
    assert max(np.diff(rows._starts)) * len(PNGS[0]) < 2000


def test_what_was_cut_from_a_row_group_makes_its_rows_broken(tmp_path):
    """Garbage in one row group: the images of the others are there."""
    path = write(tmp_path / "a.parquet", table(image=PNGS, label=LABELS), row_group_size=10, compression="gzip")
    column = pq.ParquetFile(path).metadata.row_group(2).column(0)
    data = bytearray(path.read_bytes())
    start = column.dictionary_page_offset or column.data_page_offset
    data[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    path.write_bytes(data)
    loaded = tooeasy.load(path)
    assert len(loaded.train) >= 20
    assert "broken images skipped" in loaded.notes[0]


@pytest.mark.parametrize("name", FORMS)
def test_files_that_are_cut_or_garbled_are_refused(tmp_path, name):
    """Cuts and garbled bytes end in one line, or in data."""
    whole = write(tmp_path / name, table()).read_bytes()
    path = tmp_path / f"b{Path(name).suffix}"
    for size in (0, 1, 4, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with contextlib.suppress(TooeasyError):  # of a stream, what comes before the cut may be whole
            tooeasy.load(path)
    path.write_bytes(b"")
    assert "cannot be read" in error_of(path)
    for seed in range(150):
        random = np.random.default_rng(seed)
        broken = bytearray(whole)
        broken[random.integers(len(whole))] ^= int(random.integers(1, 256))
        path.write_bytes(broken)
        with contextlib.suppress(TooeasyError):
            tooeasy.load(path).train.sketch()


def test_a_compressed_stream_is_not_unpacked_without_end(tmp_path, monkeypatch):
    """The one form that can be read only whole has a limit."""
    monkeypatch.setattr(arrow_files, "MAX_UNPACKED_STREAM", 1000)
    big = table(image=[bytes(10_000)] * 40, label=LABELS)
    with (
        pa.OSFile(str(tmp_path / "a.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, big.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer,
    ):
        writer.write_table(big)
    assert "is a compressed stream of more than 1,000 bytes: write it as an Arrow file" in error_of(
        tmp_path / "a.arrow"
    )


@pytest.mark.parametrize("text", ["{", "[]", '{"info": 3}', '{"info": {"features": {"label": 3}}}', "[" * 100_000])
def test_metadata_that_is_none_is_left(tmp_path, text):
    """Damaged metadata of Hugging Face is no metadata."""
    data = table(image=STRUCTS, label=LABELS).replace_schema_metadata({"huggingface": text})
    assert tooeasy.load(write(tmp_path / "a.parquet", data)).classes == ("0", "1", "2", "3")


def test_the_extra_is_named(tmp_path, monkeypatch):
    """Without pyarrow, the line to install it."""
    path = write(tmp_path / "a.parquet", table())
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(
        MissingExtraError, match=r'reading Parquet and Arrow needs pyarrow: pip install "tooeasy\[hf\]"'
    ):
        tooeasy.load(path)


def test_names_of_columns_may_have_dots(tmp_path):
    """A column called as a path in a struct is called."""
    path = write(tmp_path / "a.parquet", table(**{"image.bytes": PNGS, "label": LABELS}))
    assert np.array_equal(tooeasy.load(path).train.images(), IMAGES)
    assert tables.features_of(pa.schema([])) == {}
