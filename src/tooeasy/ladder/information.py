"""Usable information: what a rung's probabilities say about the class, in bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tooeasy.templates.moments import Floats

MIXED = 0.01  # of the null model in every rung's probabilities, so that no single mistake costs without bound


def usable_bits(probabilities: Floats, labels: NDArray[np.intp], priors: Floats) -> float:
    """Compute held-out cross-entropy under the null model less that under a rung, in bits.

    Parameters
    ----------
    probabilities : float64 array of shape (n, classes)
        Of the rung; mixed with 1 % of the null model's.
    labels : intp array of shape (n,)
    priors : float64 array of shape (classes,)
        Fractions of the classes in training: the null model's probabilities.

    Returns
    -------
    float
        At most the entropy of the class. Below zero if the rung is so sure of itself when it is wrong that the null
        model would say more.

    References
    ----------
    Y. Xu et al., "A theory of usable information under computational constraints", ICLR 2020. K. Ethayarajh, Y. Choi,
    S. Swayamdipta, "Understanding dataset difficulty with V-usable information", ICML 2022, arXiv:2110.08420.

    Examples
    --------
    >>> sure = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> round(usable_bits(sure, np.array([0, 1]), np.array([0.5, 0.5])), 2)
    0.99
    """
    return float(_gains(probabilities, labels, priors).mean())


def bits_error(probabilities: Floats, labels: NDArray[np.intp], priors: Floats) -> float:
    """Standard error of `usable_bits`, from the spread over the held-out images."""
    gains = _gains(probabilities, labels, priors)
    return float(gains.std(ddof=1) / np.sqrt(len(gains))) if len(gains) > 1 else np.nan


def _gains(probabilities: Floats, labels: NDArray[np.intp], priors: Floats) -> Floats:
    """Bits that each image gains: pointwise usable information."""
    mixed = (1 - MIXED) * probabilities + MIXED * priors
    of_rung = np.log2(mixed[np.arange(len(labels)), labels])
    return np.asarray(of_rung - np.log2(np.maximum(priors, 1e-300))[labels], np.float64)


def entropy_bits(priors: Floats) -> float:
    """Entropy of the class under the null model, in bits."""
    return float(-(priors * np.log2(np.where(priors > 0, priors, 1.0))).sum())
