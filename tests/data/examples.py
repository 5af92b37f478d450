"""The same labelled images, written in every form that tooeasy reads.

`FORMS` names the forms; each writes images of shape (n, height, width, channels) and labels from 0, and returns the
path to load. What a form needs that is not installed raises ImportError; an image that a form cannot hold is not asked
of it (`Form.fits`).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Images = NDArray[np.uint8]
Labels = NDArray[np.intp]


@dataclass(frozen=True)
class Form:
    """A way to write images.

    Attributes
    ----------
    name : str
    write : callable
        From a folder that exists, images and labels to the path to load.
    fits : callable
        Whether images of some height, width and channels can be written so.
    lossless : bool
        Whether the images that are read are the very ones.
    """

    name: str
    write: Callable[[Path, Images, Labels], Path]
    fits: Callable[[tuple[int, ...]], bool] = lambda shape: True
    lossless: bool = True


FORMS: dict[str, Form] = {}


def _form(fits: Callable[[tuple[int, ...]], bool] = lambda shape: True, *, lossless: bool = True) -> Callable[..., Any]:
    def register(write: Callable[[Path, Images, Labels], Path]) -> Callable[[Path, Images, Labels], Path]:
        name = write.__name__.removeprefix("write_")
        FORMS[name] = Form(name, write, fits, lossless)
        return write

    return register


def _grey(shape: tuple[int, ...]) -> bool:
    return shape[2] == 1


def _cifar(shape: tuple[int, ...]) -> bool:
    return shape == (32, 32, 3)


def _bitmap(shape: tuple[int, ...]) -> bool:
    return shape == (28, 28, 1)


def write_examples(folder: Path, images: Images, labels: Labels) -> dict[str, Path]:
    """Write images in every form that can hold them and that is installed; return the paths by form."""
    written = {}
    for name, form in FORMS.items():
        if form.fits(images.shape[1:]):
            try:
                written[name] = write_form(name, folder, images, labels)
            except ImportError:
                continue
    return written


def write_form(name: str, folder: Path, images: Images, labels: Labels) -> Path:
    """Write one form into a folder of its own."""
    inner = folder / name
    inner.mkdir(parents=True)
    return FORMS[name].write(inner, images, labels)


def png(image: Images) -> bytes:
    """Encode an image."""
    file = io.BytesIO()
    Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).save(file, "PNG")
    return file.getvalue()


def _write_pngs(folder: Path, images: Images, labels: Labels) -> None:
    for number, (image, label) in enumerate(zip(images, labels.tolist(), strict=True)):
        place = folder / str(label)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:06}.png").write_bytes(png(image))


# Folders and archives of files


@_form()
def write_png_folder(folder: Path, images: Images, labels: Labels) -> Path:
    _write_pngs(folder, images, labels)
    return folder


@_form()
def write_split_folder(folder: Path, images: Images, labels: Labels) -> Path:
    """With the same images for training and test."""
    _write_pngs(folder / "train", images, labels)
    _write_pngs(folder / "test", images, labels)
    return folder


@_form()
def write_zip(folder: Path, images: Images, labels: Labels) -> Path:
    with zipfile.ZipFile(folder / "images.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (image, label) in enumerate(zip(images, labels.tolist(), strict=True)):
            archive.writestr(f"images/{label}/{number:06}.png", png(image))
    return folder / "images.zip"


@_form()
def write_webdataset(folder: Path, images: Images, labels: Labels) -> Path:
    with tarfile.open(folder / "images-train-000000.tar", "w") as archive:
        for number, (image, label) in enumerate(zip(images, labels.tolist(), strict=True)):
            for suffix, data in (("png", png(image)), ("cls", str(label).encode())):
                member = tarfile.TarInfo(f"{number:06}.{suffix}")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    return folder / "images-train-000000.tar"


# NumPy


@_form()
def write_npz(folder: Path, images: Images, labels: Labels) -> Path:
    np.savez(folder / "images.npz", x_train=images, y_train=labels)
    return folder / "images.npz"


@_form()
def write_npz_compressed(folder: Path, images: Images, labels: Labels) -> Path:
    np.savez_compressed(folder / "images.npz", train_images=images, train_labels=labels)
    return folder / "images.npz"


@_form()
def write_npy_pair(folder: Path, images: Images, labels: Labels) -> Path:
    np.save(folder / "images.npy", images)
    np.save(folder / "labels.npy", labels)
    return folder


# Tables


def _write_csv(file: Any, images: Images, labels: Labels, *, header: bool, last: bool = False) -> None:
    writer = csv.writer(file, lineterminator="\n")
    flat = images.reshape(len(images), -1)
    pixels = [f"pixel{number}" for number in range(flat.shape[1])]
    if header:
        writer.writerow([*pixels, "label"] if last else ["label", *pixels])
    for row, label in zip(flat.tolist(), labels.tolist(), strict=True):
        writer.writerow([*row, label] if last else [label, *row])


@_form(_grey)
def write_csv(folder: Path, images: Images, labels: Labels) -> Path:
    with (folder / "train.csv").open("w", newline="") as file:
        _write_csv(file, images, labels, header=True)
    return folder / "train.csv"


@_form(_grey)
def write_csv_label_last(folder: Path, images: Images, labels: Labels) -> Path:
    with (folder / "train.csv").open("w", newline="") as file:
        _write_csv(file, images, labels, header=True, last=True)
    return folder / "train.csv"


@_form(_grey)
def write_csv_no_header(folder: Path, images: Images, labels: Labels) -> Path:
    with (folder / "train.csv").open("w", newline="") as file:
        _write_csv(file, images, labels, header=False)
    return folder / "train.csv"


@_form()
def write_croissant(folder: Path, images: Images, labels: Labels) -> Path:
    """Image files of one folder, whose names tell the class by a rule of the metadata beside them."""
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        (folder / f"{label}-{number:04}.png").write_bytes(png(image))
    of_files = {"fileSet": {"@id": "images"}}
    rule = {"extract": {"fileProperty": "filename"}, "transform": {"regex": r"^(\d+)-"}}
    metadata = {
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "mine",
        "distribution": [{"@type": "cr:FileSet", "@id": "images", "includes": "*.png"}],
        "recordSet": [
            {
                "field": [
                    {"name": "picture", "dataType": "sc:ImageObject", "source": of_files},
                    {"name": "label", "dataType": "sc:Text", "source": {**of_files, **rule}},
                ]
            }
        ],
    }
    (folder / "croissant.json").write_text(json.dumps(metadata), "utf-8")
    return folder


@_form(_grey)
def write_csv_gzip(folder: Path, images: Images, labels: Labels) -> Path:
    with gzip.open(folder / "train.csv.gz", "wt", newline="", compresslevel=1) as file:
        _write_csv(file, images, labels, header=True)
    return folder / "train.csv.gz"


def _table(images: Images, labels: Labels, *, struct_column: bool) -> Any:
    """Build an Arrow table as Hugging Face writes it (a struct and its features as metadata), or of plain bytes."""
    import pyarrow

    data = [png(image) for image in images]
    if not struct_column:
        return pyarrow.table({"image": pyarrow.array(data, pyarrow.binary()), "label": pyarrow.array(labels)})
    column = pyarrow.array(
        [{"bytes": item, "path": f"{number}.png"} for number, item in enumerate(data)],
        pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())]),
    )
    names = [str(name) for name in range(int(labels.max()) + 1)]
    features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pyarrow.table({"image": column, "label": pyarrow.array(labels)}).replace_schema_metadata(metadata)


@_form()
def write_parquet_struct(folder: Path, images: Images, labels: Labels) -> Path:
    import pyarrow.parquet

    table = _table(images, labels, struct_column=True)
    pyarrow.parquet.write_table(table, folder / "train.parquet", row_group_size=max(1, len(images) // 3))
    return folder / "train.parquet"


@_form()
def write_parquet_binary(folder: Path, images: Images, labels: Labels) -> Path:
    import pyarrow.parquet

    pyarrow.parquet.write_table(_table(images, labels, struct_column=False), folder / "train.parquet")
    return folder / "train.parquet"


def _write_arrow(folder: Path, images: Images, labels: Labels, *, stream: bool) -> Path:
    import pyarrow

    table = _table(images, labels, struct_column=True)
    new = pyarrow.ipc.new_stream if stream else pyarrow.ipc.new_file
    with pyarrow.OSFile(str(folder / "train.arrow"), "wb") as sink, new(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=max(1, len(images) // 3))
    return folder / "train.arrow"


@_form()
def write_arrow_file(folder: Path, images: Images, labels: Labels) -> Path:
    return _write_arrow(folder, images, labels, stream=False)


@_form()
def write_arrow_stream(folder: Path, images: Images, labels: Labels) -> Path:
    return _write_arrow(folder, images, labels, stream=True)


@_form()
def write_save_to_disk(folder: Path, images: Images, labels: Labels) -> Path:
    import datasets

    names = [str(name) for name in range(int(labels.max()) + 1)]
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=names)})
    rows = [{"bytes": png(image), "path": None} for image in images]
    datasets.disable_progress_bars()
    datasets.Dataset.from_dict({"image": rows, "label": labels.tolist()}, features=features).save_to_disk(folder)
    return folder


# IDX


def _idx(array: NDArray[Any]) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


@_form(_grey)
def write_idx(folder: Path, images: Images, labels: Labels) -> Path:
    (folder / "train-images-idx3-ubyte").write_bytes(_idx(images[..., 0]))
    (folder / "train-labels-idx1-ubyte").write_bytes(_idx(labels))
    return folder


@_form(_grey)
def write_idx_gzip(folder: Path, images: Images, labels: Labels) -> Path:
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(_idx(images[..., 0])))
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(_idx(labels)))
    return folder


# MATLAB


def _write_mat(path: Path, variables: dict[str, Any], *, compressed: bool) -> Path:
    from scipy.io import savemat

    savemat(path, variables, do_compression=compressed)
    return path


@_form()
def write_mat_svhn(folder: Path, images: Images, labels: Labels) -> Path:
    """SVHN's form: images last, label 10 for the digit 0."""
    ten = np.where(labels == 0, 10, labels) if images.shape[1:] == (32, 32, 3) else labels
    variables = {"X": images.transpose(1, 2, 3, 0), "y": ten.astype(np.uint8)[:, np.newaxis]}
    return _write_mat(folder / "train_32x32.mat", variables, compressed=True)


@_form()
def write_mat_uncompressed(folder: Path, images: Images, labels: Labels) -> Path:
    variables = {"X": images.transpose(1, 2, 3, 0), "y": labels.astype(float)[:, np.newaxis]}
    return _write_mat(folder / "train_32x32.mat", variables, compressed=False)


@_form(lambda shape: shape[2] == 1 and shape[0] == shape[1])
def write_mat_emnist(folder: Path, images: Images, labels: Labels) -> Path:
    """EMNIST's form: structs of rows, each image lying."""
    rows = images[..., 0].transpose(0, 2, 1).reshape(len(images), -1)
    split = {"images": rows, "labels": labels.astype(float)[:, np.newaxis], "writers": labels[:, np.newaxis]}
    digits = np.arange(labels.max() + 1)
    mapping = np.stack([digits, digits + ord("0")], axis=1).astype(float)
    dataset = {"dataset": {"train": split, "test": split, "mapping": mapping}}
    return _write_mat(folder / "emnist-digits.mat", dataset, compressed=False)


# CIFAR


def _cifar_rows(images: Images) -> Images:
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)


@_form(_cifar)
def write_cifar10_binary(folder: Path, images: Images, labels: Labels) -> Path:
    records = np.concatenate([labels.astype(np.uint8)[:, np.newaxis], _cifar_rows(images)], axis=1)
    half = len(records) // 2
    records[:half].tofile(folder / "data_batch_1.bin")
    records[half:].tofile(folder / "data_batch_2.bin")
    (folder / "batches.meta.txt").write_text("".join(f"{name}\n" for name in range(int(labels.max()) + 1)) + "\n")
    return folder


@_form(_cifar)
def write_cifar100_binary(folder: Path, images: Images, labels: Labels) -> Path:
    pair = np.stack([np.zeros_like(labels), labels], axis=1).astype(np.uint8)
    np.concatenate([pair, _cifar_rows(images)], axis=1).tofile(folder / "train.bin")
    (folder / "fine_label_names.txt").write_text("".join(f"{name}\n" for name in range(int(labels.max()) + 1)))
    (folder / "coarse_label_names.txt").write_text("thing\n")
    return folder


def python2_pickle(batch: dict[str, Any]) -> bytes:
    """Pickle as Python 2 with NumPy 1 did: byte strings as str, protocol 2. CIFAR's batches are so."""

    def item(value: Any) -> bytes:
        match value:
            case str():
                return b"U" + bytes([len(value)]) + value.encode("latin-1")
            case int():
                return b"K" + bytes([value]) if value < 256 else b"M" + struct.pack("<H", value)
            case list():
                return b"](" + b"".join(map(item, value)) + b"e"
        raw = value.tobytes()
        shape = b"".join(map(item, value.shape))
        array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85U\x01btR"
        dtype = b"cnumpy\ndtype\n(U\x02u1K\0K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
        return array + b"(K\x01(" + shape + b"t" + dtype + b"\x89T" + struct.pack("<i", len(raw)) + raw + b"tb"

    return b"\x80\x02}(" + b"".join(item(key) + item(value) for key, value in batch.items()) + b"u."


@_form(_cifar)
def write_cifar10_python(folder: Path, images: Images, labels: Labels) -> Path:
    rows, names = _cifar_rows(images), [f"image_{number}.png" for number in range(len(images))]
    half = len(rows) // 2
    for number, part in ((1, slice(None, half)), (2, slice(half, None))):
        batch = {"data": rows[part], "labels": labels[part].tolist(), "batch_label": "batch", "filenames": names[part]}
        (folder / f"data_batch_{number}").write_bytes(python2_pickle(batch))
    meta = {"label_names": [str(name) for name in range(int(labels.max()) + 1)], "num_vis": 3072}
    (folder / "batches.meta").write_bytes(python2_pickle(meta))
    return folder


@_form(_cifar)
def write_cifar100_python(folder: Path, images: Images, labels: Labels) -> Path:
    """Pickled as today's Python and NumPy do."""
    batch = {"data": _cifar_rows(images), "fine_labels": labels.tolist(), "coarse_labels": [0] * len(labels)}
    (folder / "train").write_bytes(pickle.dumps(batch))
    names = [str(name) for name in range(int(labels.max()) + 1)]
    (folder / "meta").write_bytes(pickle.dumps({"fine_label_names": names, "coarse_label_names": ["thing"]}))
    return folder


@_form(_cifar)
def write_cifar_archive(folder: Path, images: Images, labels: Labels) -> Path:
    (folder / "cifar-10-batches-bin").mkdir()
    inner = write_cifar10_binary(folder / "cifar-10-batches-bin", images, labels)
    with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.add(inner, inner.name)
    return folder / "cifar-10-binary.tar.gz"


# Quick, Draw!


@_form(_bitmap)
def write_quickdraw_bitmaps(folder: Path, images: Images, labels: Labels) -> Path:
    for label in np.unique(labels):
        np.save(folder / f"{label}.npy", images[labels == label].reshape(-1, 784))
    return folder


@_form(_bitmap, lossless=False)
def write_quickdraw_strokes(folder: Path, images: Images, labels: Labels) -> Path:
    """Not the images but a drawing for each, as strokes cannot hold them: through its brightest pixels."""
    for label in np.unique(labels):
        with (folder / f"{label}.ndjson").open("w") as file:
            for image in images[labels == label]:
                order = np.argsort(image.ravel(), kind="stable")[::-1][:5]
                stroke = [(order % 28 * 9).tolist(), (order // 28 * 9).tolist()]
                print(json.dumps({"word": str(label), "recognized": True, "drawing": [stroke]}), file=file)
    return folder


# A sketch


@_form()
def write_sketch(folder: Path, images: Images, labels: Labels) -> Path:
    import tooeasy

    tooeasy.from_arrays((images, labels)).train.sketch().save(folder / "images.sketch")
    return folder / "images.sketch"
