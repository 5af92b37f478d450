"""Croissant metadata (MLCommons) beside a dataset: what it is called, whose it is, and where labels are.

::

    croissant.json, NAME.croissant.json or metadata.json     beside the files that it describes

JSON-LD, version 1.0 and later: https://docs.mlcommons.org/croissant/docs/croissant-spec.html. Read is the subset that
says which column has the image and which the label, or how the path of an image file tells its label and split. The
other forms read the files themselves.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from tooeasy.data.formats.columns import LABEL_WORDS, listed, split_of
from tooeasy.data.formats.trees import FileImages, Files, LocalFiles, image_paths
from tooeasy.data.formats.zips import ZipFiles
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw, RawPart
from tooeasy.errors import SourceError
from tooeasy.text import named, printable

MAX_BYTES = 2**24  # of the metadata: more describes no dataset of files
# Of a regular expression: two repetitions take at most the square of a path's length in steps.
MAX_PATTERN, MAX_PATH, MAX_REPEATS = 200, 255, 2
_NAMES = ("croissant.json", "metadata.json")
_ENDING = ".croissant.json"
_VERSION = re.compile(r"https?://mlcommons\.org/croissant/\d")
_SPLIT_TYPES = ("Split", "Q3985153", "training_split")


@dataclass(frozen=True)
class Croissant:
    """What a Croissant file says of a dataset.

    Attributes
    ----------
    path : Path
        Of the file itself; what it describes stands in its folder.
    content : dict
        As it was read.
    """

    path: Path
    content: dict[str, Any]

    @property
    def folder(self) -> Path:
        """Where the files are that it describes."""
        return self.path.parent

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return printable(_text(self.content, "name") or self.folder.resolve().name)

    def note(self) -> str:
        """Say where this comes from, and whose the dataset is."""
        facts = [("licence", _text(self.content, "license")), ("cite", _text(self.content, "citeAs"))]
        told = [f"{word} {' '.join(text.split())[:200]}" for word, text in facts if text]
        return printable("; ".join([f"described by {self.path.name}", *told]))


def find(path: Path) -> Croissant | None:
    """Find the metadata that a path is, or that stands in a folder; None where there is none. Never raises."""
    try:
        if path.is_dir():
            files = [path / name for name in _NAMES] + sorted(path.glob(f"*{_ENDING}"))
        else:
            files = [path] if path.suffix.lower() in (".json", ".jsonld") else []
        return next((found for file in files if file.is_file() and (found := _parse(file))), None)
    except OSError:
        return None


def _parse(path: Path) -> Croissant | None:
    if path.stat().st_size > MAX_BYTES:
        return None
    try:
        content = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):  # somebody else's, or damaged: beside images it is passed over
        return None
    if not isinstance(content, dict) or not _is_type(content, "Dataset"):
        return None
    versions = _listed(content.get("conformsTo") or content.get("dct:conformsTo"))
    conforms = any(isinstance(one, str) and _VERSION.match(one) for one in map(_id, versions))
    return Croissant(path, content) if conforms else None


def options_of(found: Croissant, options: LoadOptions) -> LoadOptions:
    """Choose the columns that the metadata names, but for those that the user chose."""
    image, label = _image_and_label(found)
    pictures, labels = _column(image), _column(label)
    if pictures is None or labels is None:
        return options
    return replace(options, image_column=options.image_column or pictures, label_column=options.label_column or labels)


def target_of(found: Croissant) -> Path:
    """Return the file or folder that the other forms are to read: the file that has the images, or the folder."""
    image, _ = _image_and_label(found)
    mine = [found_in] if (found_in := _resource(found, image)) else _objects(found)
    here = [path for one in mine if (path := _local(found.folder, _text(one, "contentUrl")))]
    return here[0] if len(here) == 1 else found.folder


def elsewhere(found: Croissant) -> SourceError | None:
    """Return what to say if none of the files that are described is here; None if one is, or none is described."""
    urls = [url for one in _objects(found) if (url := _text(one, "contentUrl"))]
    sets = [one for one in _nodes(found.content, "distribution") if _is_type(one, "FileSet")]
    if not urls or any(_local(found.folder, url) for url in urls):
        return None
    if any(_is_in(one, path) for path in LocalFiles(found.folder).paths() for one in sets):
        return None
    hub = (_text(found.content, "url") or "").partition("huggingface.co/datasets/")[2].strip("/")
    instead = f"; or give hf:{printable(hub)}" if hub else ""
    return SourceError(
        f"{printable(str(found.path))} describes files that are not beside it, such as {printable(urls[0][:200])}: "
        f"put them there, nothing is downloaded{instead}"
    )


def read(found: Croissant) -> Raw | None:
    """Read image files whose paths tell label and split by rules of the metadata; None where there are no such rules.

    Raises
    ------
    SourceError
        If no file is of the set, or a rule cannot be used.
    """
    image, label = _image_and_label(found)
    rule, resource = _rule(label), _resource(found, image)
    if rule is None or resource is None or not _is_type(resource, "FileSet"):
        return None
    files = _tree(found, resource)
    paths = [path for path in image_paths(files) if _is_in(resource, path)]
    if not paths:
        raise SourceError(
            f"{printable(str(found.path))}: no image is in {listed(_texts(resource, 'includes'))} of {files.origin}"
        )
    labels = [rule.of(path) for path in paths]
    splits = _splits(found, paths)
    known = [number for number, label_of in enumerate(labels) if label_of]
    parts = {
        split: RawPart(FileImages(files, [paths[row] for row in rows]), [labels[row] for row in rows])
        for split in dict.fromkeys(splits[row] for row in known)
        if (rows := [row for row in known if splits[row] == split])
    }
    if not parts:
        raise SourceError(
            f"{printable(str(found.path))}: the path of no image fits {rule.pattern.pattern!r}, its rule of labels"
        )
    astray = [path for path, label_of in zip(paths, labels, strict=True) if not label_of]
    notes = (f"{len(astray)} images without a label by {found.path.name} not used: {named(astray)}",) if astray else ()
    return Raw(found.name, parts, notes=notes)


# -- rules for paths ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rule:
    """What a path says, by a regular expression of the metadata."""

    what: str
    pattern: re.Pattern[str]

    def of(self, path: str) -> str:
        """Return the first group that matches, from the beginning as MLCommons' reader does; "" where none does."""
        text = path if self.what in ("fullpath", "filepath") else PurePosixPath(path).name
        match = self.pattern.match(text) if len(text) <= MAX_PATH else None
        return next((group for group in match.groups() if group), "") if match else ""


def _rule(field: dict[str, Any] | None) -> _Rule | None:
    source = _node(field, "source")
    what = _text(_node(source, "extract"), "fileProperty")
    patterns = [text for one in _nodes(source, "transform") if (text := _text(one, "regex"))]
    if what not in ("fullpath", "filepath", "filename") or len(patterns) != 1:
        return None
    return _Rule(what, _compiled(patterns[0]))


def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile what somebody else wrote, if it cannot take for ever: few repetitions, and none of a group."""
    told = f"the regular expression {printable(pattern[:100])!r} of Croissant metadata"
    plain = re.sub(r"\[[^\]]*\]", "x", re.sub(r"\\\D", "x", pattern))  # without what is escaped, and sets
    repeats = re.findall(r"[*+{]|(?<![(*+}])\?", plain)  # of which (?: and lazy ones are none
    if len(pattern) > MAX_PATTERN or len(repeats) > MAX_REPEATS or re.search(r"\)[*+?{]|\\[1-9]", plain):
        raise SourceError(f"{told} is too involved")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of sets that may mean another thing one day
            compiled = re.compile(pattern)
    except (re.error, RecursionError, OverflowError, FutureWarning) as error:
        raise SourceError(f"{told} is none: {error}") from error
    if not compiled.groups:
        raise SourceError(f"{told} has no group, so that nothing is extracted")
    return compiled


def _splits(found: Croissant, paths: Sequence[str]) -> list[str]:
    """Split of each image: by the rule of the metadata, by a folder's name, or "train"."""
    fields = _fields(found)
    field = next((one for one in fields if _is_split(one) and _rule(one)), None)
    rule = _rule(field)
    if rule is not None:
        return [rule.of(path) or "train" for path in paths]
    return [next((split for part in path.split("/")[:-1] if (split := split_of(part))), "train") for path in paths]


# -- nodes of the metadata ---------------------------------------------------------------------------------------------


def _image_and_label(found: Croissant) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Fields of the first record set that has both."""
    for records in _nodes(found.content, "recordSet"):
        fields = _nodes(records, "field")
        image = next((field for field in fields if _has_data_type(field, "ImageObject")), None)
        label = next((field for field in fields if _has_data_type(field, "Label")), None)
        for word in LABEL_WORDS:
            label = label or next((field for field in fields if _called(field) == word), None)
        if image is not None and label is not None:
            return image, label
    return None, None


def _fields(found: Croissant) -> list[dict[str, Any]]:
    return [field for records in _nodes(found.content, "recordSet") for field in _nodes(records, "field")]


def _called(field: dict[str, Any]) -> str:
    """Name of a field without that of its record set."""
    return (_text(field, "name") or _text(field, "@id") or "").rpartition("/")[2].lower()


def _is_split(field: dict[str, Any]) -> bool:
    return _called(field) == "split" or any(_has_data_type(field, kind) for kind in _SPLIT_TYPES)


def _has_data_type(field: dict[str, Any], kind: str) -> bool:
    return any(_last(one) == kind for one in map(_id, _listed(field.get("dataType"))))


def _column(field: dict[str, Any] | None) -> str | None:
    return _text(_node(_node(field, "source"), "extract"), "column")


def _resource(found: Croissant, field: dict[str, Any] | None) -> dict[str, Any] | None:
    """File or set of files that a field is taken from."""
    source = _node(field, "source")
    wanted = next((_id(source[key]) for key in ("fileSet", "fileObject") if source and key in source), None)
    return next((one for one in _nodes(found.content, "distribution") if wanted and one.get("@id") == wanted), None)


def _tree(found: Croissant, resource: dict[str, Any]) -> Files:
    """Where a set of files is: in the folder, or in an archive beside the metadata."""
    within = _id(resource.get("containedIn"))
    container = next((one for one in _nodes(found.content, "distribution") if one.get("@id") == within), None)
    path = _local(found.folder, _text(container, "contentUrl"))
    if path is not None and path.suffix.lower() == ".zip":
        return ZipFiles(path)
    return LocalFiles(path if path is not None and path.is_dir() else found.folder)


def _is_in(resource: dict[str, Any], path: str) -> bool:
    def fits(pattern: str) -> bool:
        return fnmatchcase(path, pattern) or fnmatchcase(path, f"*/{pattern}")

    return any(map(fits, _texts(resource, "includes"))) and not any(map(fits, _texts(resource, "excludes")))


def _local(folder: Path, url: str | None) -> Path | None:
    """A file or folder beside the metadata, by its path there or by the last part of its URL; None if there is none."""
    if not url:
        return None
    path = PurePosixPath(url.partition("?")[0] if "://" in url else url)
    if "://" in url or path.is_absolute() or ".." in path.parts or "\0" in url:
        path = PurePosixPath(path.name)
    try:
        root, inner = folder.resolve(), (folder / path).resolve()
        return folder / path if path.name and inner.exists() and inner.is_relative_to(root) and inner != root else None
    except (OSError, RuntimeError, ValueError):
        return None


def _objects(found: Croissant) -> list[dict[str, Any]]:
    return [one for one in _nodes(found.content, "distribution") if _is_type(one, "FileObject")]


def _is_type(node: dict[str, Any], kind: str) -> bool:
    return any(_last(one) == kind for one in map(_id, _listed(node.get("@type"))))


def _last(text: object) -> str:
    """What a term is called without its namespace."""
    return re.split(r"[:/#]", text)[-1] if isinstance(text, str) else ""


def _id(value: object) -> object:
    return value.get("@id") if isinstance(value, dict) else value


def _listed(value: object) -> list[Any]:
    """One value or several, as JSON-LD has it."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _nodes(node: dict[str, Any] | None, key: str) -> list[dict[str, Any]]:
    return [one for one in _listed((node or {}).get(key)) if isinstance(one, dict)]


def _node(node: dict[str, Any] | None, key: str) -> dict[str, Any] | None:
    return next(iter(_nodes(node, key)), None)


def _texts(node: dict[str, Any] | None, key: str) -> list[str]:
    return list(_strings(_listed((node or {}).get(key))))


def _strings(values: Sequence[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, dict):
            value = value.get("url") or value.get("name") or value.get("@value") or value.get("@id")
        if isinstance(value, str) and value.strip():
            yield value


def _text(node: dict[str, Any] | None, key: str) -> str | None:
    return next(iter(_texts(node, key)), None)
