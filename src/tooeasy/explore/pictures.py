"""From values of pixels to what can be shown of them: grey, or red, green and blue."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_pictures(values: NDArray[Any], top: float = 1.0) -> NDArray[np.float64]:
    """Scale images to [0, 1], in colour where they have three channels.

    Parameters
    ----------
    values : array of shape (n, height, width, channels)
        From 0 to ``top``.
    top : float
        The value that becomes 1: the largest level of the images, not of these, so that scales are the same for all.

    Returns
    -------
    float64 array of shape (n, height, width), or (n, height, width, 3) of three channels
        Of two, or more than three channels, the mean: nothing says what colours they are.
    """
    scaled = np.asarray(values, np.float64) / top
    return scaled if values.shape[3] == 3 else grey_pictures(scaled)


def grey_pictures(values: NDArray[Any]) -> NDArray[np.float64]:
    """Mean over the channels: from (n, height, width, channels) to float64 of shape (n, height, width)."""
    means: NDArray[np.float64] = np.asarray(values, np.float64).mean(axis=3)
    return means
