"""What templates may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from tooeasy.errors import OptionError

Kind = Literal[
    "means", "centred-means", "nearest-mean", "difference", "least-squares", "lda", "lasso", "softmax", "sgd"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
FROM_SKETCH: tuple[Kind, ...] = KINDS[:-2]
OPTIONS_OF: dict[Kind, tuple[str, ...]] = {  # what belongs to some kinds only
    **dict.fromkeys(KINDS, ()),
    "centred-means": ("centre",),
    "least-squares": ("intercept", "alpha"),
    "lasso": ("intercept", "alpha"),
    "softmax": ("intercept", "alpha", "penalty"),
    "sgd": ("intercept", "seed"),
}
SOFTMAX_ALPHA = 1.0  # scikit-learn's default; without a penalty the loss has no minimum where classes can be separated
CENTRE = 0.2  # of the published answer: about the mean of MNIST's pixels


def check_kind(name: str) -> Kind:
    """Raise OptionError for a kind of template that there is not."""
    for kind in KINDS:
        if kind == name:
            return kind
    raise OptionError(f"kind is one of {', '.join(KINDS)}; found {name!r}")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How templates are fitted.

    Parameters
    ----------
    kind : str
        *means*: mean image of each class; the score is the dot product. *centred-means*: the same after ``centre`` is
        taken off images and means. *nearest-mean*: the class whose mean is nearest. *difference*: mean of the class
        less mean of the others. *least-squares*: regression on the 0/1 labels, of minimum norm. *lda*: linear
        discriminant analysis. *lasso*: least squares with an L1 penalty. *softmax*: multinomial logistic regression, to
        convergence. *sgd*: the same by 1,000 steps of gradient descent on mini-batches.
    centre : float or "global", default 0.2
        For centred-means: a fraction of the highest level, or the mean of all images.
    intercept : bool, default True
        For least-squares, lasso, softmax and sgd.
    alpha : float, optional
        Strength of the penalty. Least squares (ridge): of ``alpha ||w||**2`` beside the sum of squares; 0 by default.
        Lasso: as scikit-learn's; by default a thousandth of the smallest that makes all weights zero, or a
        hundredth where there are fewer images than pixels. Softmax: of
        ``alpha ||w||**2 / 2`` or ``alpha ||w||_1`` beside the summed loss, 1 / C in scikit-learn; 1 by default.
    penalty : {"l2", "l1"}, default "l2"
        For softmax.
    binarize : float, optional
        Make images black and white first: white from this fraction of the highest level on.
    seed : int, default 0
        For sgd.

    Raises
    ------
    OptionError
        If one is outside of what it may be, or does not belong to the kind.
    """

    kind: Kind = "least-squares"
    centre: float | Literal["global"] | None = None
    intercept: bool = True
    alpha: float | None = None
    penalty: Literal["l2", "l1"] = "l2"
    binarize: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        check_kind(self.kind)
        if self.centre is not None and self.centre != "global" and not _is_number(self.centre):
            raise OptionError(f"centre is a number or 'global'; found {self.centre!r}")
        if self.alpha is not None and not (_is_number(self.alpha) and self.alpha >= 0):
            raise OptionError(f"alpha is a number of at least 0; found {self.alpha!r}")
        if self.kind == "lasso" and self.alpha == 0:
            raise OptionError("alpha of the lasso is above 0; without a penalty it is least-squares")
        if self.penalty not in ("l2", "l1"):
            raise OptionError(f"penalty is l2 or l1; found {self.penalty!r}")
        if self.binarize is not None and not (_is_number(self.binarize) and 0 < self.binarize <= 1):
            raise OptionError(f"binarize is a fraction of the highest level, above 0 to 1; found {self.binarize!r}")
        if not isinstance(self.seed, (int, np.integer)) or isinstance(self.seed, bool) or self.seed < 0:
            raise OptionError(f"seed is a whole number of at least 0; found {self.seed!r}")
        given = {
            "centre": self.centre is not None,
            "intercept": not self.intercept,
            "alpha": self.alpha is not None,
            "penalty": self.penalty != "l2",
        }
        for option, is_given in given.items():
            if is_given and option not in OPTIONS_OF[self.kind]:
                takers = ", ".join(kind for kind, options in OPTIONS_OF.items() if option in options)
                raise OptionError(f"{option} belongs to {takers}; found it with {self.kind}")

    @property
    def from_sketch(self) -> bool:
        """Whether the templates follow from a sketch."""
        return self.kind in FROM_SKETCH

    def to_dict(self) -> dict[str, Any]:
        """Return what was asked for, as far as it belongs to the kind."""
        centre = CENTRE if self.centre is None else self.centre
        values = {"centre": centre, "intercept": self.intercept, "alpha": self.alpha, "penalty": self.penalty}
        mine = {name: value if name in OPTIONS_OF[self.kind] else None for name, value in values.items()}
        seed = self.seed if "seed" in OPTIONS_OF[self.kind] else None
        found = {"kind": self.kind, **mine, "binarize": self.binarize, "seed": seed}
        return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    """Make a number of NumPy's one that JSON takes."""
    return value.item() if isinstance(value, np.generic) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and bool(np.isfinite(value))
