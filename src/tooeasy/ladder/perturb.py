"""The alignment probe: shift, scale and fade images at random before anything looks at them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Dataset, Split
from tooeasy.data.images import Rows
from tooeasy.data.split import ImageSplit
from tooeasy.errors import NotAtHandError, OptionError

TRAIN, TEST = 0, 1


@dataclass(frozen=True, kw_only=True)
class Perturbation:
    """What is done to each image, by the seed and the image's number alone.

    Parameters
    ----------
    jitter : int, default 0
        Shift by up to so many pixels down or up, and right or left; black comes in.
    scale : float, default 0.0
        Enlarge or shrink about the centre by a factor between 1 - scale and 1 + scale (bilinear).
    contrast : float, default 0.0
        Multiply the distance to the middle level by a factor between 1 - contrast and 1.
    seed : int, default 0
        The same seed does the same to the same image.

    Raises
    ------
    OptionError
        If one is out of range.

    Examples
    --------
    >>> import tooeasy
    >>> shifted = tooeasy.Perturbation(jitter=2)
    >>> options = tooeasy.ClimbOptions(cache=False)
    >>> ladder = tooeasy.climb("digits", only=["one-pixel"], perturbation=shifted, options=options)
    >>> ladder.perturbation
    'shifted by up to 2 pixels'
    """

    jitter: int = 0
    scale: float = 0.0
    contrast: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.jitter < 0:
            raise OptionError(f"jitter is a number of pixels, at least 0; found {self.jitter}")
        for name in ("scale", "contrast"):
            if not 0 <= getattr(self, name) < 1:
                raise OptionError(f"{name} is a fraction from 0 to below 1; found {getattr(self, name)}")

    def __bool__(self) -> bool:
        return bool(self.jitter or self.scale or self.contrast)

    def __str__(self) -> str:
        words = [f"shifted by up to {self.jitter} pixels"] if self.jitter else []
        words += [f"scaled by up to {self.scale:.0%}"] if self.scale else []
        words += [f"contrast lowered by up to {self.contrast:.0%}"] if self.contrast else []
        return ", ".join(words)


@dataclass(frozen=True, eq=False)
class PerturbedImages:
    """Images by rows, perturbed when they are looked at.

    Parameters
    ----------
    images : uint8 array of shape (n, height, width, channels)
    perturbation : Perturbation
    levels : int
    part : int
        Train and test images of one number are perturbed differently.
    """

    images: NDArray[np.uint8]
    perturbation: Perturbation
    levels: int
    part: int

    @property
    def shape(self) -> tuple[int, ...]:
        """As the images'."""
        return self.images.shape

    def __getitem__(self, rows: Rows, /) -> NDArray[np.uint8]:
        given = self.perturbation
        numbers = np.arange(len(self.images))[rows]
        images = self.images[rows]
        draws = self._draws[numbers]
        if given.scale:
            images = np.stack(
                [_scaled(image, 1 + given.scale * (2 * u - 1)) for image, u in zip(images, draws[:, 2], strict=True)]
            )
        if given.jitter:
            steps = np.floor(draws[:, :2] * (2 * given.jitter + 1)).astype(int) - given.jitter
            images = np.stack([_shifted(image, *step) for image, step in zip(images, steps.tolist(), strict=True)])
        if given.contrast:
            middle = (self.levels - 1) / 2
            factor = (1 - given.contrast * draws[:, 3])[:, np.newaxis, np.newaxis, np.newaxis]
            images = np.rint(middle + factor * (images - middle)).astype(np.uint8)
        return images

    @property
    def _draws(self) -> NDArray[np.float64]:
        return np.random.default_rng([self.perturbation.seed, self.part]).random((len(self.images), 4))


def perturb(data: Dataset, perturbation: Perturbation) -> Dataset:
    """Perturb training and held-out images alike.

    Raises
    ------
    NotAtHandError
        If only a sketch of the training images is here.
    """
    train = _perturbed(data.train, perturbation, TRAIN)
    test = None if data.test is None else _perturbed(data.test, perturbation, TEST)
    return replace(data, train=train, test=test, notes=(*data.notes, f"all images {perturbation}"))


def _perturbed(split: Split, perturbation: Perturbation, part: int) -> ImageSplit:
    if not split.has_images:
        raise NotAtHandError(f"{split.origin}: only a sketch is here, and images are needed to perturb them")
    batches = list(split.batches())
    images = np.concatenate([batch.images for batch in batches])
    labels = np.concatenate([batch.labels for batch in batches])
    return ImageSplit(
        origin=split.origin,
        shape=split.shape,
        classes=split.classes,
        levels=split.levels,
        pixels=PerturbedImages(images, perturbation, split.levels, part),
        index=labels,
    )


def _shifted(image: NDArray[np.uint8], down: int, right: int) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    moved = np.zeros_like(image)
    if abs(down) < height and abs(right) < width:
        moved[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = image[
            max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)
        ]
    return moved


def _scaled(image: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    from scipy.ndimage import affine_transform

    centre = (np.array(image.shape[:2]) - 1) / 2
    matrix = np.diag([1 / factor, 1 / factor])
    channels = [
        affine_transform(image[..., channel].astype(np.float32), matrix, centre - matrix @ centre, order=1)
        for channel in range(image.shape[2])
    ]
    scaled: NDArray[np.uint8] = np.rint(np.stack(channels, axis=2)).astype(np.uint8)
    return scaled
