"""Arrow tables, wherever they are: which column has the images, which the labels, and how they become images.

Parquet, Arrow files and Hugging Face datasets are tables in different places; this is what they have in common.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.formats.blocks import pyarrow
from tooeasy.data.formats.columns import IMAGE_WORDS, LABEL_WORDS, listed, pick
from tooeasy.data.formats.trees import UnreadableFileError
from tooeasy.data.images import Rows
from tooeasy.data.numbers import to_images
from tooeasy.data.options import COLUMN_OPTION, LoadOptions
from tooeasy.data.raw import Raw, RawPart
from tooeasy.errors import SourceError
from tooeasy.text import printable

_NOT_LABELLED = -1  # what Hugging Face's ClassLabel has where the labels of a test split are secret


class Table(Protocol):
    """Rows of Arrow columns.

    Attributes
    ----------
    origin : str
        What and where it is, for messages.
    schema : pyarrow.Schema
    """

    origin: str
    schema: Any

    def __len__(self) -> int: ...

    def column(self, name: str) -> Any:
        """All of a column, as a pyarrow.ChunkedArray."""
        ...

    def rows(self, name: str) -> TableRows:
        """Get a column some rows at a time."""
        ...


class TableRows(Protocol):
    """A column that is read some rows at a time. Called from several threads."""

    def __len__(self) -> int: ...

    def name(self, row: int) -> str:
        """Name of a row, for messages."""
        ...

    def take(self, rows: NDArray[np.intp]) -> Any:
        """Values of some rows, as a pyarrow.ChunkedArray. Raises OSError if they cannot be read."""
        ...


def read_tables(tables: dict[str, Table], name: str, options: LoadOptions) -> Raw:
    """Make a raw dataset of tables.

    Parameters
    ----------
    tables : dict of Table
        By split.
    name : str
        Of the dataset.
    options : LoadOptions
        ``image_column`` and ``label_column`` name columns; else Hugging Face's features and then the names decide.

    Raises
    ------
    SourceError
        If a table has no column of images or of labels, saying which it has.
    """
    notes: list[str] = []
    chosen: dict[str, tuple[str, NDArray[Any]]] = {}
    classes: Sequence[str] | None = None
    for split, table in tables.items():
        image, label = _choose_columns(table, options)
        labels = _labels(table, label)
        if labels is None:
            notes.append(f"not used, as it has no labels: split {printable(split)}")
            continue
        chosen[split] = image, labels
        classes = classes or _class_names(features_of(table.schema).get(label))
    if not chosen:
        raise SourceError(f"{next(iter(tables.values())).origin} has no labels in its column {label}")
    encoded = {split: is_encoded(tables[split].schema.field(image).type) for split, (image, _) in chosen.items()}
    if len(set(encoded.values())) > 1:
        raise SourceError(f"{name} has image files in one split and lists of numbers in another")
    columns = {split: tables[split].rows(image) for split, (image, _) in chosen.items()}
    images: dict[str, Any]
    if all(encoded.values()):
        images = {split: EncodedColumn(column) for split, column in columns.items()}
    else:
        numbers = {split: number_column(column) for split, column in columns.items()}
        images, more = to_images(numbers, name, size=options.size)
        notes += more
    parts = {split: RawPart(images[split], labels) for split, (_, labels) in chosen.items()}
    return Raw(name, parts, classes, notes=tuple(notes))


def features_of(schema: Any) -> dict[str, dict[str, Any]]:
    """Hugging Face's features of the columns, from the schema's metadata; empty where there are none."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {name: feature for name, feature in features.items() if isinstance(feature, dict)}
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
        return {}


# -- columns -----------------------------------------------------------------------------------------------------------


def _choose_columns(table: Table, options: LoadOptions) -> tuple[str, str]:
    """Names of the columns of images and labels."""
    types = {field.name: field.type for field in table.schema}
    features = features_of(table.schema)
    wanted = {"image": [], "label": []}  # type: dict[str, list[str]]
    for name, kind in types.items():
        if is_encoded(kind) or _is_numbers(kind):
            wanted["image"].append(name)
        elif _is_label(kind):
            wanted["label"].append(name)
    image = _choose(table, wanted["image"], options.image_column, IMAGE_WORDS, "image", _of(features, "Image"))
    if not (is_encoded(types[image]) or _is_numbers(types[image])):
        raise SourceError(f"{table.origin}: column {printable(image)} holds {types[image]}, which are no images")
    label = _choose(table, wanted["label"], options.label_column, LABEL_WORDS, "label", _of(features, "ClassLabel"))
    return image, label


def _of(features: dict[str, dict[str, Any]], kind: str) -> list[str]:
    return [name for name, feature in features.items() if feature.get("_type") == kind]


def _choose(
    table: Table, fitting: list[str], asked: str | None, words: Sequence[str], kind: str, declared: list[str]
) -> str:
    """Choose a column: as asked, as declared, by its name, or as the only one that fits."""
    if asked is not None:
        return pick(table.schema.names, asked, words, origin=table.origin, kind=kind) or asked
    for candidates in ([name for name in declared if name in fitting], fitting):
        if len(candidates) == 1 and (candidates is not fitting or kind == "image"):
            return candidates[0]
        found = pick(candidates, None, words, origin=table.origin, kind=kind)
        if found is not None:
            return found
    if len(fitting) == 1:
        return fitting[0]
    columns = [f"{field.name} ({field.type})" for field in table.schema]
    which = f"no {kind} column" if not fitting else f"{len(fitting)} columns that may be the {kind} column"
    raise SourceError(
        f"{table.origin} has {which}; its columns: {listed(columns)}: choose one with {COLUMN_OPTION[kind]}"
        if columns
        else f"{table.origin} has no columns"
    )


def is_encoded(kind: Any) -> bool:
    """Whether an Arrow type is that of image files: binary, or Hugging Face's struct of bytes and path."""
    types = pyarrow().types
    if types.is_struct(kind):
        position = kind.get_field_index("bytes")
        return position >= 0 and is_encoded(kind.field(position).type)
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind))


def _is_numbers(kind: Any) -> bool:
    """Whether an Arrow type is that of lists of numbers, however deep."""
    types, depth = pyarrow().types, 0
    order = getattr(kind, "permutation", None)
    if order is not None and list(order) != sorted(order):
        return False  # Arrow's own tensors, with axes in another order than they are stored in
    kind = getattr(kind, "storage_type", kind)
    while types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        kind, depth = kind.value_type, depth + 1
    return 1 <= depth <= 3 and bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind))


def _is_label(kind: Any) -> bool:
    types = pyarrow().types
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        types.is_integer(kind) or types.is_string(kind) or types.is_large_string(kind) or types.is_boolean(kind)
    )


def _labels(table: Table, name: str) -> NDArray[Any] | None:
    """Labels as whole numbers or names; None where there are none."""
    values = table.column(name)
    if len(values) != len(table):
        raise SourceError(f"{table.origin} has {len(table)} rows, and {len(values)} labels")
    if pyarrow().types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if values.null_count:
        if values.null_count == len(values):
            return None
        row = values.is_null().to_pylist().index(True)
        raise SourceError(f"{table.origin}: row {row} has no label")
    labels = np.asarray(values.to_pylist()) if _is_label(values.type) else np.array([str(values.type)], object)
    if not _is_label(values.type):
        raise SourceError(f"{table.origin}: column {printable(name)} holds {values.type}; labels are numbers or names")
    return None if len(labels) and labels.dtype.kind == "i" and (labels == _NOT_LABELLED).all() else labels


def _class_names(feature: dict[str, Any] | None) -> list[str] | None:
    names = feature.get("names") if feature and feature.get("_type") == "ClassLabel" else None
    return [str(name) for name in names] if isinstance(names, list) and names else None


# -- images ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class EncodedColumn:
    """Image files that are values of a column, decoded when they are looked at."""

    column: TableRows

    def __len__(self) -> int:
        return len(self.column)

    def name(self, row: int) -> str:
        """Name of an image, for messages."""
        return self.column.name(row)

    def read(self, rows: NDArray[np.intp]) -> list[bytes]:
        """Bytes of the images of some rows."""
        pa = pyarrow()
        values = self.column.take(rows)
        if pa.types.is_struct(values.type):
            values = pa.compute.struct_field(values, "bytes")
        if values.null_count:
            raise UnreadableFileError("its bytes are not in the table, at most its path")
        return values.to_pylist()  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class NumberColumn:
    """Lists of numbers, all of one shape."""

    column: TableRows
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __getitem__(self, rows: Rows) -> NDArray[Any]:
        chosen = np.arange(self.shape[0])[rows]
        try:
            values = self.column.take(chosen)
        except OSError as error:
            raise SourceError(f"{self.column.name(int(chosen[0]))} and after cannot be read: {error}") from error
        out = np.empty((len(chosen), *self.shape[1:]), self.dtype)
        filled = 0
        for chunk in values.chunks:
            shape, flat = flatten(chunk)
            if shape != self.shape[1:]:
                row = int(chosen[filled])
                raise SourceError(
                    f"{self.column.name(row)} and after: lists are of one shape, {_by(self.shape[1:])}; "
                    f"found {_by(shape) or 'various lengths'}"
                )
            out[filled : filled + len(chunk)] = flat.reshape(len(chunk), *shape)
            filled += len(chunk)
        return out


def number_column(column: TableRows) -> NumberColumn:
    """Take a column of lists as numbers of the shape that the first row has.

    Raises
    ------
    SourceError
        If there is no first row, or it has no numbers.
    """
    try:
        first = column.take(np.arange(min(1, len(column))))
    except OSError as error:
        raise SourceError(f"{column.name(0)} cannot be read: {error}") from error
    shape, flat = flatten(first.combine_chunks()) if len(first) else ((0,), np.empty(0))
    if not shape or 0 in shape:
        raise SourceError(f"{column.name(0)} has no numbers where an image should be")
    return NumberColumn(column, (len(column), *shape), flat.dtype)


def flatten(array: Any) -> tuple[tuple[int, ...], NDArray[Any]]:
    """Take lists of lists apart: their common shape, () where they have none, and the numbers in a row."""
    pa = pyarrow()
    if len(array) == 0:
        return (), np.empty(0)
    shape: list[int] = []
    given = getattr(array.type, "shape", None)  # Arrow's own type of tensors keeps it beside the flat list
    array = getattr(array, "storage", array)
    while pa.types.is_nested(array.type):
        if array.null_count:
            return (), np.empty(0)
        lengths = pa.compute.min_max(pa.compute.list_value_length(array))
        if lengths["min"].as_py() != lengths["max"].as_py():
            return (), np.empty(0)
        shape.append(lengths["min"].as_py())
        array = array.flatten()
    if array.null_count:
        return (), np.empty(0)
    return tuple(given or shape), array.to_numpy(zero_copy_only=False)


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
