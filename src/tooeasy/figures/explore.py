"""Figures that show images: samples, class means, and their differences."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from tooeasy.explore import ClassDifferences, ClassImages, Samples, grey_pictures, to_pictures
from tooeasy.figures.base import diverging_map, draw, new_axes, plain, size_of
from tooeasy.figures.mosaic import beside, draw_mosaic, grid_of, mosaic_size, name_room, tile_for

FEW = 4  # classes whose pictures are large
NAMED = 120  # pictures that have room for names of the ordinary size; more get smaller ones
MOST_MEANS = 400  # pictures in one figure
TRIANGLE = 12  # classes whose pairs all have room
MOST_PAIRS = 20  # where they have not
PAIR_COLUMNS = 5
PAIR_TILE = 1.1  # inches
FULL_SCALE = 255  # of differences, in levels of 8-bit images
WORDS = {"mean": "mean image", "median": "median image", "std": "standard deviation of every pixel"}


@draw.register
def draw_samples(samples: Samples, ax: Axes | None = None) -> Axes:
    """Draw images: a row for each class, or a square.

    Parameters
    ----------
    samples : Samples
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or new_axes(*size_of(samples))
    row_names = None if samples.per_class is None else [samples.classes[member] for member in samples.members]
    pictures = to_pictures(samples.images, samples.levels - 1)
    draw_mosaic(ax, pictures, samples.columns, places=samples.places, row_names=row_names, cmap="gray", vmin=0, vmax=1)
    n = len(samples.images)
    wanted = samples.per_class or n
    images = f"{wanted:,} image{'s' if wanted > 1 else ''}"
    what = images if samples.per_class is None else f"up to {images} of each class"
    if samples.per_class and n == samples.per_class * len(samples.members):
        what = what.removeprefix("up to ")
    some = f", {len(samples.members)} of {len(samples.classes)} classes"
    chosen = some if len(samples.members) < len(samples.classes) else ""
    ax.set_title(f"{plain(samples.origin)}: {what}{chosen}, picked at random (seed {samples.seed})")
    return ax


@size_of.register
def _size_of_samples(samples: Samples) -> tuple[float, float]:
    rows = int(samples.places.max(initial=0)) // samples.columns + 1
    shape = samples.images.shape[1:]
    if samples.per_class is None:
        width, height = mosaic_size(rows, samples.columns, shape, float(np.clip(10 / samples.columns, 0.4, 0.8)))
        return width + 0.2, height + 0.5
    width, height = mosaic_size(rows, samples.columns, shape, tile_for(samples.columns))
    return width + beside([samples.classes[member] for member in samples.members]), height + 0.5


@draw.register
def draw_class_images(found: ClassImages, ax: Axes | None = None) -> Axes:
    """Draw the mean, median or standard deviation of each class's images.

    Parameters
    ----------
    found : ClassImages
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or new_axes(*size_of(found))
    members = found.extremes(MOST_MEANS)
    tile, size = _tile(len(members))
    spread = found.statistic == "std"
    pictures = (grey_pictures if spread else to_pictures)(found.images[members])
    image = draw_mosaic(
        ax,
        pictures,
        grid_of(len(members))[1],
        names=[found.classes[member] for member in members],
        name_size=size,
        room=name_room(tile, size=size),
        cmap="viridis" if spread else "gray",
        vmin=0,
        vmax=0.5 if spread else 1,
    )
    if spread:
        bar = ax.figure.colorbar(image, ax=ax, shrink=0.8, label="levels scaled to [0, 1]")
        bar.outline.set_visible(False)
    which = "of each class"
    if len(members) < len(found.classes):
        which = f"of the {len(members)} of {len(found.classes)} classes most and least unlike the rest"
    broken = "\n" if len(members) <= FEW else " "  # a title as wide as few pictures
    ax.set_title(f"{plain(found.origin)}:{broken}{WORDS[found.statistic]} {which}")
    return ax


@size_of.register
def _size_of_class_images(found: ClassImages) -> tuple[float, float]:
    n = min(len(found.classes), MOST_MEANS)
    tile, size = _tile(n)
    width, height = mosaic_size(*grid_of(n), found.images.shape[1:], tile, name_room(tile, size=size))
    return width + (0.9 if found.statistic == "std" else 0.2), height + 0.6


def _tile(n: int) -> tuple[float, float]:
    """Larger side of each of n pictures, in inches, and the size of the letters above, in points."""
    if n > NAMED:
        return 0.62, 5
    if n <= FEW:
        return 1.8, 8
    return (1.1, 8) if n <= 12 else (0.85, 7)


@draw.register
def draw_differences(found: ClassDifferences, ax: Axes | None = None) -> Axes:
    """Draw how the mean images of pairs of classes differ: all pairs, or the most and the least different.

    Parameters
    ----------
    found : ClassDifferences
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or new_axes(*size_of(found))
    triangle = len(found.classes) <= TRIANGLE
    scale: dict[str, Any] = {"cmap": diverging_map(), "vmin": -FULL_SCALE, "vmax": FULL_SCALE}
    image = (_draw_triangle if triangle else _draw_extremes)(found, ax, **scale)
    label = "difference, in levels of 8-bit images"
    if FEW < len(found.classes) <= TRIANGLE:
        place = ax.inset_axes((0.56, 0.9, 0.42, 0.022))  # in the corner that is empty
        bar = ax.figure.colorbar(image, cax=place, orientation="horizontal")
        place.set_title(label, fontsize=8, loc="center")
    else:
        bar = ax.figure.colorbar(image, ax=ax, shrink=0.7, label=label)
    text = "differences of mean images\nred: the row's class is brighter; blue: the column's"
    if not triangle:
        shown = min(len(found.pairs), MOST_PAIRS)
        text = f"differences of mean images; red: the first class is brighter\nthe {shown - shown // 2} most and "
        text += f"{shown // 2} least different of {len(found.pairs):,} pairs"
    bar.set_ticks([-FULL_SCALE, 0, FULL_SCALE])
    bar.outline.set_visible(False)
    ax.set_title(f"{plain(found.origin)}: {text}")
    return ax


def _draw_triangle(found: ClassDifferences, ax: Axes, **scale: Any) -> AxesImage:
    """All pairs below the diagonal, which has the means themselves."""
    n = len(found.classes)
    diagonal = np.arange(n) * (n + 1)
    draw_mosaic(ax, to_pictures(found.means, FULL_SCALE), n, places=diagonal, cmap="gray", vmin=0, vmax=1)
    pictures = grey_pictures(np.stack([found.difference(b, a) for a, b in found.pairs]))
    places = [b * n + a for a, b in found.pairs]
    names = found.classes
    return draw_mosaic(ax, pictures, n, places=places, row_names=names, column_names=names, **scale)


def _draw_extremes(found: ClassDifferences, ax: Axes, **scale: Any) -> AxesImage:
    pairs = found.pairs[found.extremes(MOST_PAIRS)]
    names = [f"{found.classes[a]}\n\N{MINUS SIGN} {found.classes[b]}" for a, b in pairs]
    pictures = grey_pictures(np.stack([found.difference(a, b) for a, b in pairs]))
    return draw_mosaic(ax, pictures, PAIR_COLUMNS, names=names, room=name_room(PAIR_TILE, 2), **scale)


@size_of.register
def _size_of_differences(found: ClassDifferences) -> tuple[float, float]:
    n = len(found.classes)
    if n <= TRIANGLE:
        width, height = mosaic_size(n, n, found.means.shape[1:], 0.7 if n > FEW else 1.6)
        names = beside(found.classes)
        return width + names + (0.1 if n > FEW else 1.1), height + 0.5 + 0.8 * names
    rows = -(-min(len(found.pairs), MOST_PAIRS) // PAIR_COLUMNS)
    width, height = mosaic_size(rows, PAIR_COLUMNS, found.means.shape[1:], PAIR_TILE, name_room(PAIR_TILE, 2))
    return width + 1.0, height + 0.5
