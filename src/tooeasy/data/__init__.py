"""Where images come from: every source becomes a dataset of splits that hand out batches and sketches."""

from tooeasy.data.arrays import from_arrays
from tooeasy.data.dataset import Dataset
from tooeasy.data.driver import PartDone, sketch_split
from tooeasy.data.known.catalog import CatalogEntry, catalog_entry, known_datasets
from tooeasy.data.known.downloads import download
from tooeasy.data.source import Source, load
from tooeasy.data.split import Batch, ImageSplit, SketchSplit, Split

__all__ = [
    "Batch",
    "CatalogEntry",
    "Dataset",
    "ImageSplit",
    "PartDone",
    "SketchSplit",
    "Source",
    "Split",
    "catalog_entry",
    "download",
    "known_datasets",
    "from_arrays",
    "load",
    "sketch_split",
]
