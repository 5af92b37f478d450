"""Figure of the images that are least like their class's mean."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from tooeasy.explore import AtypicalImages, to_pictures
from tooeasy.figures.base import draw, new_axes, plain, size_of
from tooeasy.figures.explore_charts import BLUE, MOST, ORANGE
from tooeasy.figures.mosaic import beside, draw_mosaic, mosaic_size, tile_for

WIDEST_RMS = 0.6  # end of the scale of distances; hardly any image is farther from its mean
DISTANCES = "distances"  # names the axes whose scale the datasets of a figure share


@draw.register
def draw_atypical(found: AtypicalImages, ax: Axes | None = None) -> Axes:
    """Draw the images of each class that are farthest from its mean image, and how far all are from it.

    Parameters
    ----------
    found : AtypicalImages
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
        Its one of ``child_axes`` has the distances, beside the images.
    """
    ax = ax or new_axes(*size_of(found))
    members = found.extremes(MOST)
    columns = _columns(found)
    at = [found.farthest(member) for member in members]
    places = [row * columns + np.arange(len(images)) for row, images in enumerate(at)]
    pictures = to_pictures(found.images[np.concatenate(at)], found.levels - 1)
    names = [found.classes[member] for member in members]
    image = draw_mosaic(
        ax, pictures, columns, places=np.concatenate(places), row_names=names, cmap="gray", vmin=0, vmax=1
    )
    _draw_distances(found, members, ax, image.get_size())
    some = f", the {len(members)} of {len(found.classes)} classes that vary most and least"
    ax.set_title(
        f"{plain(found.origin)}: the images farthest from their class's mean image"
        f"{some if len(members) < len(found.classes) else ''}"
    )
    return ax


def _draw_distances(found: AtypicalImages, members: NDArray[np.intp], ax: Axes, canvas: tuple[int, ...]) -> None:
    """Right of the pictures, and on their rows: quantiles of the distance, and the farthest as dots."""
    height, width = canvas
    room = _chart_width(found) * width
    whole = width + room
    others = [child for other in ax.figure.axes for child in other.child_axes if child.get_gid() == DISTANCES]
    first = others[0] if others else None  # datasets in one figure are compared by eye
    chart = ax.inset_axes((1 - 0.94 * room / whole, 0, 0.94 * room / whole, 1), gid=DISTANCES, sharex=first)
    ax.set_xlim(-0.5, whole - 0.5)
    middles = ax.get_yticks()
    low, quarter, median, three, high = found.quantiles[members].T
    chart.hlines(middles, low, high, color=BLUE, linewidth=1)
    chart.hlines(middles, quarter, three, color=BLUE, linewidth=5)
    chart.plot(median, middles, "|", color=ax.get_facecolor(), markersize=5)
    for middle, member in zip(middles, members, strict=True):
        farthest = found.rms[found.chosen[found.farthest(member)]]
        chart.plot(farthest, np.full(len(farthest), middle), ".", color=ORANGE, markersize=4)
    chart.set_ylim(height - 0.5, -0.5)
    ends = [other.get_xlim()[1] for other in others]
    chart.set_xlim(0, max(WIDEST_RMS, 1.02 * float(found.rms.max()), *ends))
    chart.set_yticks([])
    chart.spines["left"].set_visible(False)
    chart.grid(axis="x", alpha=0.25)
    chart.set_xlabel(
        "root mean square difference from the mean image\nline: 5 to 95%; bar: 25 to 75%; dots: the images shown"
    )


def _columns(found: AtypicalImages) -> int:
    return max((len(found.farthest(member)) for member in range(len(found.classes))), default=1)


def _chart_width(found: AtypicalImages) -> float:
    """Of the distances, as a fraction of that of the pictures: never too narrow for its scale."""
    return max(0.5, 3.2 / _pictures_size(found)[0])


def _pictures_size(found: AtypicalImages) -> tuple[float, float]:
    columns = _columns(found)
    return mosaic_size(min(len(found.classes), MOST), columns, found.images.shape[1:], tile_for(columns))


@size_of.register
def _size_of_atypical(found: AtypicalImages) -> tuple[float, float]:
    width, height = _pictures_size(found)
    return (1 + _chart_width(found)) * width + beside(found.classes), height + 1.0
