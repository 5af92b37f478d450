"""A small convolutional network, the highest rung that is climbed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.ladder.rung import Answers, Predict, Progress, Rung
from tooeasy.ladder.task import Part, Task
from tooeasy.optional import require

WIDTHS, FULL_WIDTHS = (24, 48, 96), (32, 64, 128)  # channels of the three blocks
BATCH = 128
RATE = 0.01  # largest learning rate of the one-cycle schedule (L. Smith, arXiv:1708.07120)
SHARE_EPOCHS, FULL_EPOCHS = 5, 20
GRID = 3  # the last block is pooled to at most so many places a side
PREDICTED = 1_000  # images at once
SHIFT = 2  # pixels by which training images are moved at most, with ``full``
ASKED = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))  # where held-out images are then looked at


class Cnn(Rung):
    """Three blocks of 3x3 convolutions, batch normalisation and pooling, then one linear layer.

    Parameters
    ----------
    full : bool, default False
        Train a wider net for more epochs, on images each shifted by up to two pixels, and answer by the mean of what it
        says of an image in five places.
    """

    name = "cnn"
    looks_at = "all pixels and their neighbourhoods, by a small CNN"

    def __init__(self, *, full: bool = False) -> None:
        self.full = full

    @property
    def epochs(self) -> int:
        """Passes over the training images."""
        return FULL_EPOCHS if self.full else SHARE_EPOCHS

    @property
    def settings(self) -> str:
        return f"{self.widths} {BATCH} {RATE} {self.epochs} {(SHIFT, ASKED) if self.full else None}"

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of the three blocks."""
        return FULL_WIDTHS if self.full else WIDTHS

    def seconds(self, task: Task, images: int) -> float:
        return self.epochs * images * task.shape[0] * task.shape[1] * (2.2e-7 + 1e-8 * task.shape[2])

    def check(self) -> None:
        require("torch", extra="cnn", why="the rung cnn")

    def fit(self, task: Task, images: int, progress: Progress) -> Predict:
        self.check()
        part = task.train(images)
        shift = min(SHIFT, min(task.shape[:2]) // 8) if self.full else 0  # of a tiny image little would be left
        net, device = _train(part, task, self.widths, self.epochs, shift=shift, progress=progress)
        places = ASKED if shift else ASKED[:1]
        return lambda part: Answers.of(_probabilities(net, part, device, places))


def _build(shape: tuple[int, int, int], classes: int, widths: Sequence[int]) -> Any:
    """Make the network for images of a shape; blocks halve them as long as that leaves three pixels a side."""
    from torch import nn

    side, channels = min(shape[:2]), shape[2]
    layers: list[Any] = []
    size = np.array(shape[:2])
    for width in widths:
        layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        if side // 2 >= GRID:
            layers.append(nn.MaxPool2d(2))
            side, size = side // 2, size // 2
        channels = width
    grid = tuple(int(length) for length in np.minimum(size, GRID))
    pool = [nn.AdaptiveAvgPool2d(grid)] if tuple(size) != grid else []
    return nn.Sequential(
        *layers, *pool, nn.Flatten(), nn.Dropout(0.1), nn.Linear(channels * grid[0] * grid[1], classes)
    )


def _train(
    part: Part, task: Task, widths: Sequence[int], epochs: int, *, shift: int, progress: Progress
) -> tuple[Any, Any]:
    import torch
    from torch.nn import functional

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with torch.random.fork_rng(devices=[]):  # the user's own random numbers stay as they were
        torch.manual_seed(task.seed)
        net = _build(task.shape, task.classes, widths).to(device, memory_format=torch.channels_last)
        images, labels = torch.from_numpy(part.images), torch.from_numpy(part.labels)
        steps = -(-len(part) // BATCH)
        optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0.02)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=epochs * steps, pct_start=0.2)
        scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
        random = np.random.default_rng(task.seed)
        for epoch in range(epochs):
            net.train()
            right = seen = 0
            for rows in np.array_split(random.permutation(len(part)), steps):
                X = _moved(images[rows], random.integers(-shift, shift + 1, (len(rows), 2))) if shift else images[rows]
                y = labels[rows].to(device)
                with torch.autocast(device.type, enabled=device.type == "cuda"):
                    scores = net(_inputs(X, part.levels, device))
                    loss = functional.cross_entropy(scores, y)
                optimizer.zero_grad(set_to_none=True)
                scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
                scaler.step(optimizer)
                scaler.update()
                schedule.step()
                right += int((scores.argmax(1) == y).sum())
                seen += len(rows)
            progress(f"epoch {epoch + 1} of {epochs}, {right / seen:.1%} of training images right")
    return net.eval(), device


def _inputs(images: Any, levels: int, device: Any) -> Any:
    """Images as the network takes them: float32 of shape (n, channels, height, width), about in [-2, 2]."""
    import torch

    scaled = images.to(device).permute(0, 3, 1, 2).float() / (levels - 1)
    return ((scaled - 0.5) * 4).contiguous(memory_format=torch.channels_last)


def _moved(images: Any, steps: NDArray[np.integer]) -> Any:
    """Move each image by so many pixels down and right, steps of shape (n, 2); what comes in is black."""
    import torch

    n, height, width, _ = images.shape
    most = int(np.abs(steps).max(initial=0))
    padded = torch.nn.functional.pad(images, (0, 0, most, most, most, most))
    down, right = (most - torch.from_numpy(steps[:, axis : axis + 1]) for axis in (0, 1))
    rows, columns = down + torch.arange(height), right + torch.arange(width)
    return padded[torch.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]


def _probabilities(net: Any, part: Part, device: Any, places: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """What the net says of each image, as the mean over some places that it is moved to."""
    import torch

    def ask(images: Any, place: tuple[int, int]) -> Any:
        moved = _moved(images, np.tile(place, (len(images), 1)))
        return torch.softmax(net(_inputs(moved, part.levels, device)), 1).double()

    images = torch.from_numpy(part.images)
    with torch.inference_mode():
        parts = [
            (sum(ask(some, place) for place in places) / len(places)).cpu().numpy()
            for some in torch.split(images, PREDICTED)
        ]
    return np.concatenate(parts)
