"""Arrays as pictures that stand in a page."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MOST_SIDE = 96  # pixels of a picture in a page
PHOTOGRAPH = 40  # pixels a side from which pictures in colour are kept as JPEG, which is a tenth of the size
LESS, MORE = (38, 104, 176), (196, 58, 49)  # blue and red, told apart by every common kind of sight


def picture(values: NDArray[np.floating]) -> str:
    """Make a data URI of a picture.

    Parameters
    ----------
    values : float array of shape (height, width) or (height, width, 3)
        Grey levels or colours, from 0 to 1.

    Returns
    -------
    str
        ``data:image/png;base64,...``, or JPEG for photographs; scaled down to 96 pixels a side.
    """
    levels = np.clip(np.rint(np.asarray(values) * 255), 0, 255).astype(np.uint8)
    image = Image.fromarray(levels)
    image.thumbnail((MOST_SIDE, MOST_SIDE))
    return _encoded(image)


def strip(values: NDArray[np.floating]) -> str:
    """Make a data URI of pictures in a row: values of shape (n, height, width) or (n, height, width, 3)."""
    side = max(values.shape[1:3])
    images = [Image.fromarray(np.clip(np.rint(one * 255), 0, 255).astype(np.uint8)) for one in values]
    if side > MOST_SIDE:
        size = tuple(max(1, round(length * MOST_SIDE / side)) for length in (values.shape[2], values.shape[1]))
        images = [image.resize((size[0], size[1]), Image.Resampling.BOX) for image in images]
    return _encoded(Image.fromarray(np.concatenate([np.asarray(image) for image in images], axis=1)))


def diverging(values: NDArray[np.floating], limit: float) -> str:
    """Make a data URI of a picture of what is more (red) and less (blue) than zero, which shows the page.

    Parameters
    ----------
    values : float array of shape (height, width)
    limit : float
        What is as strong as can be; pictures that are compared share it.
    """
    strength = np.clip(np.abs(values) / (limit or 1.0), 0, 1)
    colours = np.where(np.asarray(values)[..., np.newaxis] > 0, MORE, LESS)
    alpha = np.rint(255 * strength**0.8)[..., np.newaxis]  # the eye sees little of the faint half of a linear scale
    image = Image.fromarray(np.concatenate([colours, alpha], axis=2).astype(np.uint8))
    image.thumbnail((MOST_SIDE, MOST_SIDE))
    return _encoded(image)


def _encoded(image: Image.Image) -> str:
    file = io.BytesIO()
    if image.mode == "RGB" and image.height > PHOTOGRAPH:
        image.save(file, "JPEG", quality=82)
        kind = "jpeg"
    else:
        image.save(file, "PNG", optimize=True)
        kind = "png"
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"
