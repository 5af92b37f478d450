"""The reader of plain pickles: what CIFAR needs reads right, and nothing that a file names is ever run."""

from __future__ import annotations

import builtins
import datetime
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.data.examples import python2_pickle

from tooeasy.data.formats import plain_pickle
from tooeasy.data.formats.plain_pickle import read_plain_pickle
from tooeasy.errors import SourceError

ROWS = np.random.default_rng(0).integers(0, 256, (50, 3072), dtype=np.uint8)


def write(folder: Path, data: bytes) -> Path:
    """Write bytes as a batch."""
    path = folder / "data_batch_1"
    path.write_bytes(data)
    return path


def refusal(folder: Path, data: bytes) -> str:
    """Message of the error that reading must end in, which is one line."""
    with pytest.raises(SourceError) as caught:
        read_plain_pickle(write(folder, data))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("rows", [ROWS, ROWS[:2], np.asfortranarray(ROWS), ROWS.astype(">i4"), np.arange(3.0)])
def test_arrays_and_containers_read_as_python_reads_them(tmp_path: Path, protocol: int, rows: np.ndarray) -> None:
    """All binary protocols, both orders of arrays and several types give what Python's unpickler gives."""
    batch = {"data": rows, "labels": [0, 255, 256, 65536, -1, 2**40], b"more": ("a", "\xe9", None, True, 1.5, {})}
    found = read_plain_pickle(write(tmp_path, pickle.dumps(batch, protocol=protocol)))
    assert np.array_equal(found.pop("data"), rows)
    assert found == {key: value for key, value in batch.items() if key != "data"}


def test_pickles_of_python_2_read_the_same(tmp_path: Path) -> None:
    """The form in which CIFAR is distributed, byte strings of Python 2, gives what Python's unpickler gives."""
    data = python2_pickle({"data": ROWS, "labels": [1, 2, 300], "batch_label": "training batch 1 of 5"})
    expected = pickle.loads(data, encoding="latin1")
    found = read_plain_pickle(write(tmp_path, data))
    assert np.array_equal(found.pop("data"), expected.pop("data"))
    assert found == expected


def test_arrays_stay_in_the_file(tmp_path: Path) -> None:
    """A large array is a read-only view of the mapped file."""
    found = read_plain_pickle(write(tmp_path, python2_pickle({"data": ROWS})))["data"]
    assert not found.flags.writeable
    assert not found.flags.owndata


class Calls:
    """Pickles as a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def evil(path: Path) -> str:
    """Shell command that would leave a trace."""
    return f"touch {path}"


def payloads(trace: Path) -> dict[str, bytes]:
    """Pickles that would leave a trace if any of them were run."""
    opened = f"open({str(trace)!r}, 'w')"
    command = evil(trace).encode()
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    return {
        "os.system by REDUCE": pickle.dumps(Calls(os.system, evil(trace))),
        "os.system in a batch": pickle.dumps({"data": ROWS, "labels": Calls(os.system, evil(trace))}),
        "posix.system, protocol 2": b"\x80\x02cposix\nsystem\nU" + bytes([len(command)]) + command + b"\x85R.",
        "builtins.eval": pickle.dumps(Calls(eval, opened)),
        "builtins.exec": pickle.dumps(Calls(exec, opened)),
        "__builtin__.eval": b"\x80\x02c__builtin__\neval\nU" + bytes([len(opened)]) + opened.encode() + b"\x85R.",
        "getattr of a module": pickle.dumps(Calls(getattr, Calls(builtins.__import__, "os"), "system")),
        "STACK_GLOBAL with a dotted name": b"\x80\x04\x8c\x05numpy\x8c\x0bos.pathlike\x93.",
        "STACK_GLOBAL with a list": b"\x80\x04]\x8c\x06system\x93.",
        "INST": b"(S'" + command + b"'\nios\nsystem\n.",
        "OBJ": b"\x80\x02(cos\nsystem\nU" + bytes([len(command)]) + command + b"o.",
        "NEWOBJ": b"\x80\x02cos\nsystem\nU" + bytes([len(command)]) + command + b"\x85\x81.",
        "NEWOBJ_EX": b"\x80\x04\x8c\x02os\x8c\x06system\x93)}\x92.",
        "persistent id": b"Psomething\n.",
        "binary persistent id": b"\x80\x02K\x01Q.",
        "extension registry": b"\x80\x02\x82\x01.",
        "next buffer": b"\x80\x05\x97.",
        "REDUCE of a string": b"\x80\x02U\x01a)R.",
        "REDUCE of ndarray": b"\x80\x02cnumpy\nndarray\nK\x05\x85R.",
        "BUILD of a dict on a name": b"\x80\x02cnumpy\nndarray\n}U\x01aK\x01sb.",
        "BUILD of a list": b"\x80\x02]}b.",
        "object array": pickle.dumps({"data": np.array([Calls(os.system, evil(trace)), 1], object)}),
        "plain object array": pickle.dumps({"data": np.array([[1], "a", None], object)}),
        "structured array": pickle.dumps({"data": np.zeros(2, [("a", "u1"), ("b", "O")])}),
        "string array": pickle.dumps({"data": np.array(["a", "b"])}),
        "dtype with a hostile name": b"\x80\x02cnumpy\ndtype\nU\x01OK\x00K\x01\x87R.",
        "dtype of a dict": b"\x80\x02cnumpy\ndtype\n}K\x00K\x01\x87R.",
        "numpy's own loader": b"\x80\x02cnumpy\nload\nU\x01a\x85R.",
        "ndarray of another class": b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n]K\x00\x85U\x01b\x87R.",
        "array without a state that fits": b"\x80\x02" + array + b"}b.",
        "array built twice": pickle.dumps(Calls(np.frombuffer, b"abc")),
        "codecs with another codec": b"\x80\x02c_codecs\nencode\nU\x01aU\x03zip\x86R.",
        "codecs.decode": b"\x80\x02c_codecs\ndecode\nU\x01aU\x03hex\x86R.",
        "a date": pickle.dumps(datetime.datetime(2000, 1, 1)),
        "a set": pickle.dumps({1, 2}),
        "a path": pickle.dumps(trace),
        "a memmap": b"\x80\x02cnumpy\nmemmap\nU\x01a\x85R.",
        "protocol 0": pickle.dumps({"a": 1}, protocol=0),
    }


@pytest.mark.parametrize("name", list(payloads(Path("x"))))
def test_nothing_is_ever_run(tmp_path: Path, name: str) -> None:
    """Every trick that makes Python's unpickler call something ends in a refusal, and leaves no trace."""
    trace = tmp_path / "trace"
    message = refusal(tmp_path, payloads(trace)[name])
    assert "nothing of it was run" in message
    assert not trace.exists()


def array_of(shape: bytes, raw: bytes = b"U\x03abc") -> bytes:
    """Pickle of an array whose state has a given shape and bytes."""
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    dtype = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R"
    return b"\x80\x02}U\x04data" + array + b"(K\x01" + shape + dtype + b"\x89" + raw + b"tbs."


HUGE = struct.pack("<Q", 2**60)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"\x80",
        b"\x80\x02",
        b"\x80\x02(.",
        b"\x80\x02}",
        b"\x80\x04\x8e" + HUGE + b"abc.",
        b"\x80\x05\x96" + HUGE + b"abc.",
        b"\x80\x04\x8d" + HUGE + b"abc.",
        b"\x80\x02T\xff\xff\xff\x7fabc.",
        b"\x80\x02T\xff\xff\xff\xffabc.",
        b"\x80\x02\x8b\xff\xff\xff\x7fabc.",
        b"\x80\x02\x8b\xff\xff\xff\xffabc.",
        b"\x80\x02\x8a\xff" + bytes(255) + b".",
        b"\x80\x02j\xff\xff\xff\xff.",
        b"\x80\x02r\xff\xff\xff\xff.",
        b"\x80\x02" + b"]" * 3_000_000,
        b"\x80\x02" + b"(" * 3_000_000,
        b"\x80\x02)" + b"\x85" * 100_000 + b"}" + b"h\x00.",
        b"\x80\x02})" + b"\x85" * 100_000 + b"K\x01s.",
        b"\x80\x02" + b"c" + b"a" * 1000 + b"\n.",
        b"\x80\x02X\x02\x00\x00\x00\xff\xff.",
        array_of(b"J\xff\xff\xff\xff\x85"),
        array_of(b"K\x00\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x86"),
        array_of(b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x86"),
        array_of(b"(" + b"K\x01" * 100 + b"t"),
        array_of(b"U\x01a\x85"),
        array_of(b"K\x04\x85"),
        array_of(b"K\x03\x85", b"X\x03\x00\x00\x00\xe2\x82\xac"),
        array_of(b"K\x03\x85", b"]"),
    ],
)
def test_damage_and_bombs_end_in_one_line(tmp_path: Path, data: bytes) -> None:
    """Cut-off files, sizes of exabytes, millions of objects, deep nesting and shapes that lie: one line."""
    refusal(tmp_path, data)


def test_a_file_that_nests_and_shares_without_end_is_harmless(tmp_path: Path) -> None:
    """Lists in lists, a list in itself and a tower of doubled lists are built without following them."""
    deep = b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b"."
    laughs = b"\x80\x02]q\x00" + b"".join(
        b"](h" + bytes([n]) + b"h" + bytes([n]) + b"eq" + bytes([n + 1]) for n in range(200)
    )
    for data in (deep, b"\x80\x02]q\x00h\x00a.", laughs + b"."):
        assert isinstance(read_plain_pickle(write(tmp_path, data)), list)
    assert "a list" in refusal(tmp_path, laughs + b"U\x06system\x93.").replace("names list", "names a list")


def test_the_limit_of_opcodes_has_room_for_cifar_100() -> None:
    """50,000 images with two labels and a file name each take fewer opcodes than the limit."""
    assert plain_pickle.MAX_OPCODES > 50_000 * 8
