"""What a report tells of one dataset: everything is computed here, and nothing is drawn."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from tooeasy.data import CatalogEntry, Dataset, Source, catalog_entry, load
from tooeasy.errors import NotAtHandError, SketchError
from tooeasy.explore import (
    AtypicalImages,
    ClassCounts,
    ClassDifferences,
    ClassImages,
    Samples,
    compare_means,
    count_classes,
    find_atypical,
    mean_images,
    pick_samples,
)
from tooeasy.giveaways import Audit, AuditOptions, audit
from tooeasy.ladder import Card, ClimbOptions, Ladder, RungScore, card_of, climb
from tooeasy.pixels import PixelStudy, study_pixels
from tooeasy.templates import BudgetStudy, Kind, Settings, TemplateStudy, study_budget, study_templates

Part = TypeVar("Part")
OnPart = Callable[[str], object]
PICTURES = 10  # of each class
MOST_PIXELS = 4_096  # of an image, up to which templates are fitted by least squares
MOST_WANTED = 50_000  # pixels times classes, up to which the pixels that a linear rule needs are searched for


@dataclass(frozen=True, eq=False)
class Chapter:
    """What a report tells of one dataset.

    Attributes
    ----------
    data : Dataset
        With held-out images, where there can be any.
    entry : CatalogEntry or None
        What the catalog knows of it.
    pixels : PixelStudy
    counts : ClassCounts
    means : ClassImages
    differences : ClassDifferences
    ladder : Ladder or None
    card : Card or None
    audit : Audit or None
    templates : tuple of TemplateStudy
        The first is the one whose pictures are shown; empty where none could be fitted.
    budget : BudgetStudy or None
    samples : Samples or None
    atypical : AtypicalImages or None
    missing : dict
        Why a part that is None could not be made, by the part's name.
    options : ClimbOptions
    seconds : float
        What it took.
    """

    data: Dataset
    entry: CatalogEntry | None
    pixels: PixelStudy
    counts: ClassCounts
    means: ClassImages
    differences: ClassDifferences
    ladder: Ladder | None
    card: Card | None
    audit: Audit | None
    templates: tuple[TemplateStudy, ...]
    budget: BudgetStudy | None
    samples: Samples | None
    atypical: AtypicalImages | None
    missing: Mapping[str, str]
    options: ClimbOptions
    seconds: float

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return self.data.name

    @property
    def title(self) -> str:
        """Name for people: the catalog's, where it is of the catalog."""
        return self.name if self.entry is None else self.entry.title


def study_dataset(
    source: Source,
    *,
    up_to: str | None = None,
    options: ClimbOptions | None = None,
    on_part: OnPart = lambda _: None,
) -> Chapter:
    """Compute all parts of a chapter; what cannot be made, for want of images, is left out and said.

    Parameters
    ----------
    source : str, Path, Dataset or arrays
        Whatever `load` takes.
    up_to : str, optional
        The highest rung to climb.
    options : ClimbOptions, optional
    on_part : callable
        Called with the name of each part before it is made.

    Returns
    -------
    Chapter

    Raises
    ------
    TooeasyError
        If the source cannot be used.
    """
    start = time.perf_counter()
    options = options or ClimbOptions()
    whole = load(source)
    data = whole.with_hold_out(seed=options.seed)
    made = _Parts(on_part)
    on_part("one pixel")
    pixels = study_pixels(data, rule="lookup", seed=options.seed)
    on_part("classes and means")
    counts, means, differences = count_classes(data), mean_images(data), compare_means(data)
    templates = made.make("templates", lambda: study_templates(data, _kinds(data))) or ()
    budget = made.make("number of pixels", lambda: _budget(data, options.seed))
    samples = made.make("samples", lambda: pick_samples(data, per_class=PICTURES, seed=options.seed))
    atypical = made.make("atypical images", lambda: find_atypical(data, per_class=PICTURES))
    ladder = made.make("ladder", lambda: climb(data, up_to=up_to, options=options, on_rung=made.rung))
    looked = AuditOptions(seed=options.seed)
    audited = made.make("giveaways", lambda: audit(whole, ladder=ladder, options=looked, on_part=on_part))
    return Chapter(
        data=data,
        entry=catalog_entry(data),
        pixels=pixels,
        counts=counts,
        means=means,
        differences=differences,
        ladder=ladder,
        card=None if ladder is None else card_of(data, ladder, pixels, options, up_to),
        audit=audited,
        templates=tuple(templates),
        budget=budget,
        samples=samples,
        atypical=atypical,
        missing=made.missing,
        options=options,
        seconds=time.perf_counter() - start,
    )


class _Parts:
    """Makes parts, and keeps why some could not be made."""

    def __init__(self, on_part: OnPart) -> None:
        self.on_part = on_part
        self.missing: dict[str, str] = {}

    def make(self, name: str, compute: Callable[[], Part]) -> Part | None:
        """Compute a part; None, and the reason kept, if that cannot be."""
        self.on_part(name)
        try:
            return compute()
        except (NotAtHandError, SketchError) as error:
            self.missing[name] = str(error)
            return None

    def rung(self, rung: RungScore) -> None:
        """Tell that a rung is done."""
        self.on_part(f"ladder: {rung.rung} is done")


def _kinds(data: Dataset) -> list[Settings]:
    """Kinds of templates that a report shows; exact least squares, a matter of minutes for many pixels, is a rung.

    The pictures are ridge's, which do not follow single pixels' noise, where its matrix of pixels by pixels is small.
    """
    ridge = Settings(kind="least-squares", alpha=len(data.train) / 100)
    kinds: tuple[Kind, ...] = ("difference", "nearest-mean", "means")
    small = int(np.prod(data.shape)) <= MOST_PIXELS
    return [*([ridge] if small else []), *(Settings(kind=kind) for kind in kinds)]


def _budget(data: Dataset, seed: int) -> BudgetStudy:
    height, width, channels = data.shape
    cells = height * width * channels * len(data.classes)
    if cells > MOST_WANTED or height * width * channels > MOST_PIXELS:
        raise NotAtHandError(f"{cells:,} pixels times classes would take minutes; see tooeasy pixels --budget")
    return study_budget(data, seed=seed)
