"""Pickles of NumPy arrays and plain containers, read without running anything.

Python's own unpickler calls what the file names. This one is not it: a small machine that knows the opcodes which such
data needs, builds only dicts, lists, tuples, strings, numbers and views of the file's bytes, and has no way to look up
a name or to call one. What NumPy's names stand for (``_reconstruct``, ``ndarray``, ``dtype``) is worked out here, and
only for arrays of numbers.

Format: the comments of Python's ``pickletools``, PEP 307 and PEP 3154; NumPy's ``ndarray.__reduce__`` and
``__setstate__``.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.errors import SourceError
from tooeasy.text import printable

MAX_OPCODES = 1_000_000  # of a file; CIFAR-100's training batch has about 350,000
MAX_LONG = 8  # bytes of a whole number
_INLINE = 2**16  # bytes: longer strings stay in the file until they turn out to be an array's
_TYPES = frozenset(["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8", "b1"])

# What a pickle may name, and the verb that stands for it here.
_NAMES = {
    ("numpy.core.multiarray", "_reconstruct"): "array",
    ("numpy._core.multiarray", "_reconstruct"): "array",
    ("numpy.core.numeric", "_frombuffer"): "frombuffer",
    ("numpy._core.numeric", "_frombuffer"): "frombuffer",
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "encode",
}
_MARK = object()


@dataclass(frozen=True)
class _Name:
    """One of the allowed names: a word, not the thing."""

    verb: str


@dataclass(frozen=True)
class _Blob:
    """Bytes that are still in the file."""

    start: int
    size: int


@dataclass
class _Dtype:
    """A type of numbers, to be completed by its byte order."""

    code: str
    order: str = "|"


@dataclass
class _Array:
    """An array, to be completed by its state."""

    values: NDArray[Any] | None = None


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """Why a file is not read."""


def read_plain_pickle(path: Path) -> Any:
    """Read a pickle of protocol 2 to 5 that holds NumPy arrays of numbers and plain containers.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict, list, tuple, str, bytes, int, float, bool, None or array
        Arrays are memory maps of the file, read-only. Only the value itself and, of a dict, its values are arrays: what
        lies deeper is not worked out. Long strings come as None.

    Raises
    ------
    SourceError
        If it holds anything else, or is damaged. Nothing of it has been run.
    """
    if path.stat().st_size == 0:
        raise SourceError(f"{printable(str(path))} is empty")
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        return _finished(_Machine(data).run())
    except _Refused as error:
        raise SourceError(
            f"{printable(str(path))} is not a pickle of plain arrays: {error}; nothing of it was run"
        ) from error


def _finished(value: Any) -> Any:
    """Replace what the machine uses inside, on the two levels that are of interest."""
    if isinstance(value, dict):
        return {key: _finished_leaf(item) for key, item in value.items()}
    return _finished_leaf(value)


def _finished_leaf(value: Any) -> Any:
    if isinstance(value, _Array):
        return value.values
    return None if isinstance(value, (_Blob, _Name, _Dtype)) else value


@dataclass
class _Machine:
    """A stack, a memo and a position in the file."""

    data: mmap.mmap
    at: int = 0
    stack: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def run(self) -> Any:
        for _ in range(MAX_OPCODES):
            code = self.take(1)
            if code == b".":
                return self.pop()
            action = _ACTIONS.get(code)
            if action is None:
                raise _Refused(f"opcode {code!r} at byte {self.at - 1:,} is not admitted")
            action(self)
        raise _Refused(f"it has more than {MAX_OPCODES:,} opcodes")

    def take(self, size: int) -> bytes:
        """Read bytes that follow."""
        found = self.data[self.at : self.at + size]
        if len(found) != size:
            raise _Refused(f"it is cut off at byte {len(self.data):,}")
        self.at += size
        return found

    def skip(self, size: int) -> None:
        """Read bytes that do not matter."""
        self.take(size)

    def number(self, form: str) -> int:
        """Read a whole number that follows an opcode."""
        return int(struct.unpack(f"<{form}", self.take(struct.calcsize(form)))[0])

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop(self) -> Any:
        """Take the top of the stack."""
        if not self.stack or self.stack[-1] is _MARK:
            raise _Refused(f"its stack is empty at byte {self.at:,}")
        return self.stack.pop()

    def pop_tuple(self, size: int) -> tuple[Any, ...]:
        """Take some values from the stack."""
        return tuple(self.pop() for _ in range(size))[::-1]

    def pop_to_mark(self) -> list[Any]:
        """Take the values above the last mark, and the mark."""
        taken: list[Any] = []
        while self.stack:
            value = self.stack.pop()
            if value is _MARK:
                return taken[::-1]
            taken.append(value)
        raise _Refused(f"a mark is missing at byte {self.at:,}")

    def blob(self, size: int) -> bytes | _Blob:
        """Read or skip bytes that follow; long ones stay where they are."""
        if size < 0 or self.at + size > len(self.data):
            raise _Refused(f"it is cut off: {size:,} bytes should follow at byte {self.at:,}")
        if size <= _INLINE:
            return self.take(size)
        self.at += size
        return _Blob(self.at - size, size)

    def text(self, size: int, encoding: str) -> Any:
        """Read a string; one that is long stays bytes in the file, as only an array's can be."""
        found = self.blob(size)
        if isinstance(found, _Blob):
            return found
        try:
            return found.decode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")
        except UnicodeDecodeError as error:
            raise _Refused(f"a string at byte {self.at:,} is not {encoding}") from error

    def long_(self, size: int) -> None:
        """Read a whole number of some bytes."""
        if not 0 <= size <= MAX_LONG:
            raise _Refused(f"a whole number has {size:,} bytes")
        self.push(int.from_bytes(self.take(size), "little", signed=True))

    def name(self, module: Any, word: Any) -> None:
        """Take one of the allowed names."""
        verb = _NAMES.get((module, word)) if isinstance(module, str) and isinstance(word, str) else None
        if verb is None:
            raise _Refused(f"it names {_shown(module)}.{_shown(word)}")
        self.push(_Name(verb))

    def line(self) -> str:
        """Read the rest of a line; names are short."""
        end = self.data.find(b"\n", self.at, self.at + 256)
        if end < 0:
            raise _Refused(f"a name at byte {self.at:,} does not end")
        return self.take(end + 1 - self.at)[:-1].decode("latin-1")

    def remember(self, index: int) -> None:
        """Keep the top of the stack."""
        if not self.stack or self.stack[-1] is _MARK:
            raise _Refused(f"its stack is empty at byte {self.at:,}")
        self.memo[index] = self.stack[-1]

    def recall(self, index: int) -> None:
        """Take what was kept."""
        if index not in self.memo:
            raise _Refused(f"it recalls {index}, which it did not keep")
        self.push(self.memo[index])

    def append(self, values: list[Any]) -> None:
        """Extend the list that is next on the stack."""
        target = self.pop()
        if type(target) is not list:
            raise _Refused(f"it appends to a {type(target).__name__}")
        target.extend(values)
        self.push(target)

    def set_items(self, values: list[Any]) -> None:
        """Add to the dict that is next on the stack."""
        target = self.pop()
        if type(target) is not dict or len(values) % 2:
            raise _Refused(f"it sets items of a {type(target).__name__}")
        for key, value in zip(values[::2], values[1::2], strict=True):
            if not isinstance(key, (str, bytes, int)):  # a key of nested tuples could exhaust the C stack
                raise _Refused(f"a key is a {type(key).__name__}")
            target[key] = value
        self.push(target)

    def reduce(self) -> None:
        """Work out what a call of an allowed name stands for."""
        function, arguments = self.pop_tuple(2)
        if not isinstance(function, _Name) or not isinstance(arguments, tuple):
            raise _Refused("it calls what is not a name")
        match function.verb, arguments:
            case "array", (_Name(verb="ndarray"), _, _):
                self.push(_Array())
            case "dtype", (str(code), *_) if code in _TYPES:
                self.push(_Dtype(code))
            case "encode", (str(text), "latin1" | "latin-1"):
                self.push(_latin1(text))
            case "encode", (_Blob() as text, "latin1" | "latin-1"):
                self.push(_latin1(self._utf8(text)))
            case "frombuffer", (raw, _Dtype() as dtype, tuple(shape), "C" | "F" as order):
                self.push(_Array(self._values(raw, dtype, shape, order)))
            case "dtype", (code, *_):
                raise _Refused(f"it has an array of type {_shown(code)}")
            case _:
                raise _Refused(f"it calls {function.verb} with arguments of another form")

    def build(self) -> None:
        """Complete an array or a type by its state."""
        target, state = self.pop_tuple(2)
        match target, state:
            case _Dtype(), (int(), "<" | ">" | "|" | "=" as order, None, None, None, *_):
                target.order = order
            case _Array(values=None), (int(), tuple(shape), _Dtype() as dtype, bool(by_column), raw):
                target.values = self._values(raw, dtype, shape, "F" if by_column else "C")
            case _:
                raise _Refused("it has an object that is neither an array of numbers nor a plain container")
        self.push(target)

    def _utf8(self, text: _Blob) -> str:
        try:
            return self.data[text.start : text.start + text.size].decode("utf-8")
        except UnicodeDecodeError as error:
            raise _Refused(f"a string at byte {text.start:,} is not utf-8") from error

    def _values(self, raw: Any, dtype: _Dtype, shape: tuple[Any, ...], order: str) -> NDArray[Any]:
        """Turn bytes into numbers: in place, if they are still in the file."""
        numbers = np.dtype(f"{dtype.order}{dtype.code}")
        if not all(type(side) is int and side > 0 for side in shape) or not 1 <= len(shape) <= 4:
            raise _Refused(f"an array has the shape ({', '.join(map(_shown, shape[:4]))})")
        if isinstance(raw, str):  # a byte string of Python 2
            raw = _latin1(raw)
        if not isinstance(raw, (bytes, _Blob)):
            raise _Refused(f"an array's values are a {type(raw).__name__}")
        size = raw.size if isinstance(raw, _Blob) else len(raw)
        if math.prod(shape) * numbers.itemsize != size:
            raise _Refused(f"an array of shape {shape} and type {numbers} has {size:,} bytes")
        buffer, start = (self.data, raw.start) if isinstance(raw, _Blob) else (raw, 0)
        return np.frombuffer(buffer, numbers, math.prod(shape), start).reshape(shape, order=order)  # type: ignore[call-overload,no-any-return]


def _shown(value: Any) -> str:
    """Value for a message; of a container only its type, which may be endless inside."""
    return repr(value[:40] if isinstance(value, str) else value) if type(value) in (str, int) else type(value).__name__


def _latin1(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise _Refused("a string has characters that stand for no byte") from error


def _pushes(value: Any) -> Callable[[_Machine], None]:
    return lambda machine: machine.push(value)


_ACTIONS: dict[bytes, Callable[[_Machine], None]] = {
    b"\x80": lambda m: m.skip(1),  # protocol
    b"\x95": lambda m: m.skip(8),  # frame
    b"(": lambda m: m.push(_MARK),
    b"N": _pushes(None),
    b"\x88": _pushes(True),
    b"\x89": _pushes(False),
    b"K": lambda m: m.push(m.number("B")),
    b"M": lambda m: m.push(m.number("H")),
    b"J": lambda m: m.push(m.number("i")),
    b"\x8a": lambda m: m.long_(m.number("B")),
    b"\x8b": lambda m: m.long_(m.number("i")),
    b"G": lambda m: m.push(struct.unpack(">d", m.take(8))[0]),
    b"U": lambda m: m.push(m.text(m.number("B"), "latin-1")),
    b"T": lambda m: m.push(m.text(m.number("i"), "latin-1")),
    b"X": lambda m: m.push(m.text(m.number("I"), "utf-8")),
    b"\x8c": lambda m: m.push(m.text(m.number("B"), "utf-8")),
    b"\x8d": lambda m: m.push(m.text(m.number("Q"), "utf-8")),
    b"C": lambda m: m.push(m.blob(m.number("B"))),
    b"B": lambda m: m.push(m.blob(m.number("I"))),
    b"\x8e": lambda m: m.push(m.blob(m.number("Q"))),
    b"\x96": lambda m: m.push(m.blob(m.number("Q"))),  # a bytearray, which nothing here changes
    b"]": lambda m: m.push([]),
    b"}": lambda m: m.push({}),
    b")": _pushes(()),
    b"l": lambda m: m.push(m.pop_to_mark()),
    b"t": lambda m: m.push(tuple(m.pop_to_mark())),
    b"\x85": lambda m: m.push(m.pop_tuple(1)),
    b"\x86": lambda m: m.push(m.pop_tuple(2)),
    b"\x87": lambda m: m.push(m.pop_tuple(3)),
    b"a": lambda m: m.append([m.pop()]),
    b"e": lambda m: m.append(m.pop_to_mark()),
    b"s": lambda m: m.set_items(list(m.pop_tuple(2))),
    b"u": lambda m: m.set_items(m.pop_to_mark()),
    b"q": lambda m: m.remember(m.number("B")),
    b"r": lambda m: m.remember(m.number("I")),
    b"\x94": lambda m: m.remember(len(m.memo)),
    b"h": lambda m: m.recall(m.number("B")),
    b"j": lambda m: m.recall(m.number("I")),
    b"c": lambda m: m.name(m.line(), m.line()),
    b"\x93": lambda m: m.name(*m.pop_tuple(2)),
    b"R": lambda m: m.reduce(),
    b"b": lambda m: m.build(),
}
