"""The ``.sketch`` file: whole, checked, and nothing in it is believed before it is checked."""

from __future__ import annotations

import hashlib
import json
import lzma
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import random_images

from tooeasy import OutputError, Quantization, Sketch, SourceError, SourceNotFoundError
from tooeasy.sketch.file import from_bytes, to_bytes

HEADER = {
    "shape": [1, 2, 1],
    "classes": ["a", "b"],
    "source_levels": 4,
    "levels": 4,
    "normalize": "none",
    "moments": False,
    "provenance": [],
}


def seal(body: bytes) -> bytes:
    """Put the right checksum behind whatever it is."""
    return body + hashlib.sha256(body).digest()


def forge(header: object, *arrays: bytes, version: int = 1) -> bytes:
    """A file whose checksum fits, whatever its content."""
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    return seal(struct.pack("<8sHI", b"\x93TOOEASY", version, len(head)) + head + b"".join(arrays))


def planes(array) -> bytes:
    """Bytes of equal significance together, then xz, as docs/sketch-format.md describes it."""
    array = np.ascontiguousarray(array)
    data = b"".join(array.tobytes()[byte :: array.itemsize] for byte in range(array.itemsize))
    return lzma.compress(data)


def small_sketch(*, moments: bool = True) -> Sketch:
    images, labels = random_images(0, n=9, shape=(1, 2, 1), classes=2, levels=4)
    quantization = Quantization(source_levels=4)
    return Sketch((1, 2, 1), ["a", "b"], quantization, moments=moments, provenance=["here"]).update(images, labels)


@given(
    classes=st.lists(st.text(max_size=6), min_size=1, max_size=3, unique=True),
    provenance=st.lists(st.text(max_size=6), max_size=3),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)),
    quantization=st.sampled_from([Quantization(), Quantization(17), Quantization(17, 3), Quantization(256, 9, "l2")]),
    moments=st.booleans(),
    seed=st.integers(0, 99),
)
def test_what_is_written_is_read_back(tmp_path_factory, classes, provenance, shape, quantization, moments, seed):
    """Any sketch comes back equal, provenance included, with names in any language."""
    images, labels = random_images(seed, n=5 + seed % 7, shape=shape, classes=len(classes), levels=17)
    reference = Sketch(shape, classes, quantization, moments=moments, provenance=provenance)
    reference.update(images, labels)
    path = tmp_path_factory.mktemp("sketch") / "any.sketch"
    reference.save(path)
    computed = Sketch.load(path)
    assert computed == reference
    assert computed.provenance == reference.provenance
    assert list(path.parent.iterdir()) == [path]


def test_an_empty_sketch_is_written_and_read(tmp_path):
    """No images is a valid sketch: the identity of merging."""
    sketch = Sketch((2, 2, 1), ["a"], moments=True)
    sketch.save(tmp_path / "empty.sketch")
    assert Sketch.load(tmp_path / "empty.sketch") == sketch


def test_the_largest_count_is_kept(tmp_path):
    """A count of 4,294,967,295 needs all four bytes, a large entry of the Gram matrix all eight."""
    sketch = Sketch((1, 1, 1), ["a"], moments=True)
    sketch.counts[0, 0, 255] = 2**32 - 1
    sketch.gram[0, 0] = (2**32 - 1) * 255**2
    assert from_bytes(to_bytes(sketch), "it") == sketch


def test_the_same_sketch_gives_the_same_bytes():
    """Files can be compared by their checksum: order of making, merging and provenance does not show."""
    images, labels = random_images(1)
    whole = Sketch((3, 4, 1), ["a", "b", "c"], moments=True, provenance=["x", "y"]).update(images, labels)
    parts = [
        Sketch((3, 4, 1), ["a", "b", "c"], moments=True, provenance=[name]).update(images[rows], labels[rows])
        for name, rows in (("y", slice(25, None)), ("x", slice(25)))
    ]
    assert to_bytes(sum(parts)) == to_bytes(whole) == to_bytes(whole.copy())


def test_the_file_is_as_documented():
    """A reader written from docs/sketch-format.md alone finds what was written, and a writer's file is read."""
    sketch = small_sketch()
    data = to_bytes(sketch)
    magic, version, length = struct.unpack_from("<8sHI", data)
    header = json.loads(data[14 : 14 + length])
    assert (magic, version) == (b"\x93TOOEASY", 1)
    assert list(header) == sorted(header)
    assert hashlib.sha256(data[:-32]).digest() == data[-32:]
    first, second = header.pop("compressed_bytes")
    assert 14 + length + first + second + 32 == len(data)
    assert header == {**HEADER, "moments": True, "provenance": ["here"]}
    raw = lzma.decompress(data[14 + length : 14 + length + first])
    quarter = len(raw) // 4
    values = [sum(raw[byte * quarter + i] << 8 * byte for byte in range(4)) for i in range(quarter)]
    assert values == sketch.counts.ravel().tolist()

    triangle = sketch.gram[np.triu_indices(2)]
    arrays = [planes(sketch.counts.astype("<u4")), planes(triangle.astype("<i8"))]
    written = {**HEADER, "moments": True, "compressed_bytes": [len(array) for array in arrays]}
    assert from_bytes(forge(written, *arrays), "it") == sketch


def test_every_damaged_byte_is_noticed():
    """Whichever byte is changed, and however little, the file is refused."""
    data = to_bytes(small_sketch())
    for position in range(len(data)):
        for change in (0x01, 0x80, 0xFF):
            damaged = bytearray(data)
            damaged[position] ^= change
            with pytest.raises(SourceError, match=r"it (is damaged|is not a sketch file|has sketch format)"):
                from_bytes(bytes(damaged), "it")


def test_every_cut_is_noticed():
    """Wherever the file ends too early, it is refused; so it is with a byte too many."""
    data = to_bytes(small_sketch())
    for length in range(len(data)):
        with pytest.raises(SourceError, match=r"it (is damaged|is not a sketch file)"):
            from_bytes(data[:length], "it")
    with pytest.raises(SourceError, match="it is damaged"):
        from_bytes(data + b"\0", "it")


def test_a_newer_format_is_refused_with_advice():
    """A file of a later version says so, instead of being read wrongly or called damaged."""
    with pytest.raises(SourceError, match="it has sketch format 3, this tooeasy reads 2: upgrade tooeasy"):
        from_bytes(forge({"anything": "new"}, version=3), "it")


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [1, 1, 1]},
        {"shape": [1, 3, 1]},
        {"shape": [1, 2]},
        {"shape": [0, 2, 1]},
        {"shape": [-1, -2, 1]},
        {"shape": [10**6, 10**6, 3]},
        {"shape": 2},
        {"shape": None},
        {"classes": ["a"]},
        {"classes": ["a", "b", "c"]},
        {"classes": []},
        {"classes": "ab"},
        {"classes": ["a", 1]},
        {"classes": ["a", "a"]},
        {"classes": [["a"], "b"]},
        {"classes": None},
        {"source_levels": 2},
        {"source_levels": 257},
        {"source_levels": 256, "levels": 256},
        {"levels": 2},
        {"levels": 1},
        {"levels": 5},
        {"levels": "many"},
        {"normalize": "l3"},
        {"normalize": []},
        {"normalize": None},
        {"moments": True},
        {"provenance": None},
        {"compressed_bytes": []},
        {"compressed_bytes": [0]},
        {"compressed_bytes": [-1]},
        {"compressed_bytes": [10**9]},
        {"compressed_bytes": None},
        {"count_bytes": 3},
    ],
    ids=str,
)
def test_a_header_that_lies_is_refused(change):
    """Sizes, types and options that do not fit the content are refused although the checksum fits."""
    counts = planes(small_sketch().counts.astype("<u4"))
    header = {**HEADER, "compressed_bytes": [len(counts)]}
    assert from_bytes(forge(header, counts), "it").images_per_class.sum() == 9  # this one is in order
    with pytest.raises(SourceError, match="it is not a valid sketch: "):
        from_bytes(forge(header | change, counts), "it")


@pytest.mark.parametrize("missing", [*HEADER, "compressed_bytes"])
def test_a_header_without_one_of_its_entries_is_refused(missing):
    """Nothing is guessed."""
    counts = planes(small_sketch().counts.astype("<u4"))
    header = {**HEADER, "compressed_bytes": [len(counts)]}
    del header[missing]
    with pytest.raises(SourceError, match="it is not a valid sketch: "):
        from_bytes(forge(header, counts), "it")


@pytest.mark.parametrize("head", [b"", b"{", b"[]", b"null", b"7", b"\xff\xfe", b'{"shape": [1, 2, 1}'])
def test_a_header_that_is_not_an_object_is_refused(head):
    """The header is a JSON object or the file is refused."""
    with pytest.raises(SourceError, match="it is not a valid sketch: "):
        from_bytes(forge(head), "it")


@pytest.mark.parametrize(
    "head",
    [
        b"[" * 100_000,  # RecursionError
        json.dumps({**HEADER, "levels": float("inf"), "compressed_bytes": [0]}).encode(),  # OverflowError
        json.dumps({**HEADER, "shape": [float("inf"), 1, 1], "compressed_bytes": [0]}).encode(),
    ],
    ids=["deep", "infinite levels", "infinite shape"],
)
def test_a_header_out_of_all_bounds_is_refused(head):
    """Nesting without end and infinite numbers are a wrong file too, not a traceback."""
    with pytest.raises(SourceError, match="it is not a valid sketch: "):
        from_bytes(forge(head), "it")


def test_class_names_that_are_not_text_do_not_make_a_file_that_cannot_be_read():
    """Numbers as class names are refused or taken as text at once; what has been written can be read."""
    try:
        sketch = Sketch((1, 1, 1), [0, 1])  # type: ignore[list-item]
    except ValueError:
        return
    assert from_bytes(to_bytes(sketch), "it").classes == sketch.classes


def test_pixels_counted_unequally_are_refused():
    """Every pixel of a class has been counted once for each image; a file that says otherwise is wrong."""
    counts = small_sketch().counts.astype("<u4")
    counts[0, 1, 2] += 1
    array = planes(counts)
    with pytest.raises(SourceError, match="not counted equally often"):
        from_bytes(forge({**HEADER, "compressed_bytes": [len(array)]}, array), "it")


@pytest.mark.parametrize(
    "array",
    [
        b"",
        b"not xz",
        lzma.compress(bytes(63)),
        lzma.compress(bytes(65)),
        lzma.compress(bytes(64)) + b"\0\0\0\0",
        lzma.compress(bytes(64)) + lzma.compress(b""),
        lzma.compress(bytes(64))[:-1],
        lzma.compress(bytes(64), format=lzma.FORMAT_ALONE),
    ],
    ids=["nothing", "not xz", "a byte short", "a byte long", "padded", "two streams", "cut", "lzma, not xz"],
)
def test_an_array_of_another_size_is_refused(array):
    """The array is one whole xz stream of exactly the bytes that follow from the header."""
    with pytest.raises(SourceError, match="it is not a valid sketch: "):
        from_bytes(forge({**HEADER, "compressed_bytes": [len(array)]}, array), "it")


def test_a_decompression_bomb_is_refused_without_its_memory():
    """64 MiB of zeros in a few KiB, sealed with the right checksum, never get unpacked."""
    bomb = lzma.compress(bytes(2**26), preset=0)
    assert len(bomb) < 2**15
    data = forge({**HEADER, "compressed_bytes": [len(bomb)]}, bomb)
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match=r"an array is (longer|shorter) than its header says"):
            from_bytes(data, "it")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20


def test_a_stream_that_wants_a_huge_dictionary_is_refused():
    """An xz header can ask for 4 GiB of dictionary before the first byte; the reader does not give it."""
    stream = bytearray(lzma.compress(bytes(64)))
    size = (stream[12] + 1) * 4  # of the block's header, which has its own checksum
    assert stream[14:16] == b"\x21\x01"  # LZMA2, one byte of properties
    stream[16] = 40  # 4 GiB - 1
    stream[12 + size - 4 : 12 + size] = struct.pack("<I", zlib.crc32(bytes(stream[12 : 12 + size - 4])))
    with pytest.raises(SourceError, match=r"[Mm]emory"):
        from_bytes(forge({**HEADER, "compressed_bytes": [len(stream)]}, bytes(stream)), "it")


def test_other_files_are_not_taken_for_sketches(tmp_path):
    """An empty file, a text, a pickle and an IDX file are named as what they are not."""
    for content in (b"", b"hello\n" * 20, b"\x80\x04\x95" + bytes(80), bytes([0, 0, 8, 1]) + bytes(90)):
        path = tmp_path / "other.sketch"
        path.write_bytes(content)
        with pytest.raises(SourceError, match="is not a sketch file: it does not start as one"):
            Sketch.load(path)


def test_a_missing_file_and_a_folder_are_not_found(tmp_path):
    """No such file, in one line with its name."""
    for path in (tmp_path / "none.sketch", tmp_path):
        with pytest.raises(SourceNotFoundError, match=f"no such file: {path}"):
            Sketch.load(path)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    """A failure before the end leaves the old file, and nothing beside it."""
    path = tmp_path / "a.sketch"
    small_sketch().save(path)
    before = path.read_bytes()

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(path), "replace", full)
    with pytest.raises(OSError, match="No space left"):
        Sketch((5, 5, 1), ["a"]).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_not_overwritten(tmp_path):
    """A folder given as the output is refused, and so is a device."""
    with pytest.raises(OutputError, match="it is a folder; give a file name in it"):
        small_sketch().save(tmp_path)
    with pytest.raises(OutputError, match="device or a pipe"):
        small_sketch().save("/dev/null")
