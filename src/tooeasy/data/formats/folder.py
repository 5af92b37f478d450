"""A folder of class folders, with or without split folders; or a zip or tar archive of one, read in place.

::

    cats/1.png          train/cats/1.png      photos/train/cats/1.png
    dogs/2.png          test/dogs/2.png       photos/test/dogs/2.png

The layout that torchvision's ``ImageFolder``, Keras' ``image_dataset_from_directory`` and Hugging Face's
``imagefolder`` read too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tooeasy.data.assemble import TEST_NAMES, TRAIN_NAMES
from tooeasy.data.decode import SUFFIXES
from tooeasy.data.formats.trees import FileImages, Files, LocalFiles, image_paths
from tooeasy.data.formats.zips import ZipFiles
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw, RawPart
from tooeasy.errors import SourceError
from tooeasy.text import named, printable

LAYOUT = "a folder for each class with its images in it, as in cats/1.png or train/cats/1.png"


def claims(path: Path) -> bool:
    """Whether a path is a folder, of whatever; a zip archive; or a single image, to say what is wanted instead."""
    return path.is_dir() or _is_zip(path) or path.suffix.lower() in SUFFIXES


def read(path: Path, options: LoadOptions) -> Raw:  # noqa: ARG001
    """Read a folder of class folders, or a zip archive of one.

    Raises
    ------
    SourceError
        If it has no images, or not in class folders; or it is a damaged or hostile archive.
    """
    if path.is_dir():
        return read_files(LocalFiles(path), path.resolve().name)
    if _is_zip(path):
        return read_files(ZipFiles(path), path.stem)
    raise SourceError(f"{printable(str(path))} is one image; a dataset is {LAYOUT}")


def read_files(files: Files, name: str) -> Raw:
    """Read class folders, wherever they are.

    Parameters
    ----------
    files : Files
        The tree that has them, at its root or in the only folder there.
    name : str
        Of the dataset.

    Raises
    ------
    SourceError
        If there are no images, or not in class folders.
    """
    paths = image_paths(files)
    if not paths:
        also = f" ({'; '.join(files.notes)})" if files.notes else ""
        raise SourceError(
            f"{files.origin} has no images{also}; looked for {', '.join(sorted(SUFFIXES))}: give {LAYOUT}"
        )
    split_paths = [path.split("/") for path in paths]
    depth = _wrapped(split_paths)
    parts, notes = _parts(files, paths, [pieces[depth:] for pieces in split_paths])
    return Raw(printable(name), parts, notes=(*files.notes, *notes))


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip" and path.is_file()


def _wrapped(paths: list[list[str]]) -> int:
    """How many folders, one in another, lie around the class folders or split folders: archives often have one."""
    depth = 0
    while True:
        first = paths[0][depth]
        if first.lower() in _SPLITS or any(len(pieces) < depth + 3 or pieces[depth] != first for pieces in paths):
            return depth
        depth += 1


_SPLITS = frozenset((*TRAIN_NAMES, *TEST_NAMES))


def _parts(files: Files, paths: list[str], pieces: list[list[str]]) -> tuple[dict[str, RawPart], tuple[str, ...]]:
    """Sort images into splits; and what to say about those that belong nowhere."""
    splits = _split_folders(pieces)
    rows: dict[str, list[int]] = {}
    astray: dict[str, list[str]] = {"outside of the split folders": [], "outside of class folders": []}
    for row, image in enumerate(pieces):
        if splits and image[0] not in splits:
            astray["outside of the split folders"].append(paths[row])
        elif len(image) < (3 if splits else 2):
            astray["outside of class folders"].append(paths[row])
        else:
            rows.setdefault(image[0] if splits else "train", []).append(row)
    if not rows:
        raise SourceError(f"{files.origin} has {len(paths)} images, none in a class folder: give {LAYOUT}")
    if len({split.lower() for split in rows}) < len(rows):
        raise SourceError(f"{files.origin} has a split twice: {named(list(rows), len(rows))}; rename one")
    label = 1 if splits else 0
    parts = {
        split: RawPart(FileImages(files, [paths[row] for row in of]), _labels([pieces[row][label] for row in of]))
        for split, of in rows.items()
    }
    return parts, tuple(
        f"{len(images)} image{'s' if len(images) > 1 else ''} {where} not used: {named(images)}"
        for where, images in astray.items()
        if images
    )


def _split_folders(pieces: list[list[str]]) -> set[str]:
    """Folders at the top that are splits by their names and, as a class may be called "train" too, by what they hold.

    A split holds folders, and hardly any images. Where every folder at the top is called so, that is beyond doubt.
    """
    at_the_top = {image[0] for image in pieces if len(image) > 1}
    called_so = {folder for folder in at_the_top if folder.lower() in _SPLITS}
    if called_so == at_the_top:
        return called_so
    depths = {folder: [0, 0] for folder in called_so}  # images in it, and in its folders
    for image in pieces:
        if image[0] in depths and len(image) > 1:
            depths[image[0]][len(image) > 2] += 1
    splits = {folder for folder, (images, deeper) in depths.items() if deeper > images}
    return splits if any(split.lower() in TRAIN_NAMES for split in splits) else set()


def _labels(folders: Sequence[str]) -> list[str]:
    """Names of class folders; bytes in one that are no UTF-8 become escapes, or the name could not be written down."""
    return [folder.encode("utf-8", "backslashreplace").decode() for folder in folders]
