"""scikit-learn's classifiers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from tooeasy.ladder.rung import Answers, Predict, Progress, Rung
from tooeasy.ladder.task import Part, Task

COMPONENTS = 100  # on which the support vectors are


class Estimator(Rung):
    """Any scikit-learn classifier as a rung.

    Parameters
    ----------
    name : str
    estimator : scikit-learn classifier
        It is cloned, and fitted on float32 rows of pixels in [0, 1]. ``random_state``, its own and that of a pipeline's
        steps, is set to the ladder's seed.
    looks_at : str, optional
    cost : callable, optional
        Seconds for (images, pixels, classes) on two ordinary cores. Without one, all images are trained on.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> Estimator("tree", DecisionTreeClassifier(max_depth=8)).name
    'tree'
    """

    def __init__(
        self,
        name: str,
        estimator: Any,
        looks_at: str = "all pixels",
        cost: Callable[[int, int, int], float] | None = None,
    ) -> None:
        self.name = name
        self.estimator = estimator
        self.looks_at = looks_at
        self.cost = cost

    @property
    def settings(self) -> str:
        return repr(self.estimator)

    def seconds(self, task: Task, images: int) -> float:
        return 0.0 if self.cost is None else self.cost(images, task.pixels, task.classes)

    def fit(self, task: Task, images: int, progress: Progress) -> Predict:  # noqa: ARG002
        part = task.train(images)
        features = part.features()
        model = self._model(features.shape)
        seeds = [name for name in model.get_params() if name.split("__")[-1] == "random_state"]
        model.set_params(**dict.fromkeys(seeds, task.seed))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # how long it is trained is part of what it costs
            model.fit(features, part.labels)
        return lambda part: _answers(model, part, task.classes)

    def _model(self, shape: tuple[int, int]) -> Any:  # noqa: ARG002
        return clone(self.estimator)


class SupportVectors(Estimator):
    """Support vectors with an RBF kernel, on principal components; of few images or pixels, on all that there are.

    Distances between images hardly change where small components are left out, and cost less: support vectors are as
    often right, several times faster (``benchmarks/ladder.py``).
    """

    def __init__(self) -> None:
        from sklearn.decomposition import PCA
        from sklearn.pipeline import make_pipeline
        from sklearn.svm import SVC

        super().__init__(
            "svm",
            make_pipeline(PCA(COMPONENTS), SVC(C=10, cache_size=500)),
            f"all pixels, by support vectors (RBF) on up to {COMPONENTS} principal components",
            _support_vectors_cost,
        )

    def _model(self, shape: tuple[int, int]) -> Any:
        return super()._model(shape).set_params(pca__n_components=min(COMPONENTS, *shape))


def _answers(model: Any, part: Part, classes: int) -> Answers:
    features = part.features()
    if not hasattr(model, "predict_proba"):
        return Answers(np.asarray(model.predict(features), np.intp), None)
    probabilities = np.zeros((len(part), classes))
    probabilities[:, model.classes_] = model.predict_proba(features)
    return Answers.of(probabilities)


def _support_vectors_cost(n: int, p: int, c: int) -> float:
    """Seconds if every image is a support vector, as of CIFAR-10 nearly all are: an upper bound elsewhere."""
    k = min(COMPONENTS, p)
    return 6e-8 * n * p + 4e-10 * n**2 * k + 4e-7 * n * k * c


def classical() -> list[Rung]:
    """The classical rungs, in the order of the ladder; what they cost was fitted to runs on two cores."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier

    return [
        Estimator("naive-bayes", GaussianNB(var_smoothing=1e-1), "all pixels, each by itself"),
        Estimator(
            "knn",
            KNeighborsClassifier(5, weights="distance", algorithm="brute", n_jobs=-1),
            "all pixels: the 5 nearest training images",
            lambda n, p, c: 1.8e-7 * n * p,  # noqa: ARG005
        ),
        Estimator(
            "forest",
            RandomForestClassifier(200, n_jobs=-1),
            "all pixels, by 200 trees",
            lambda n, p, c: 1.9e-6 * n * np.sqrt(p) * np.log2(max(n, 2)),  # noqa: ARG005
        ),
        Estimator(
            "boosting",
            # 32 bins: of few images with many pixels, going through 255 takes nearly all of the time, for nothing.
            # The penalty: without it, leaves run away on all of Fashion-MNIST, 0.847 instead of 0.889.
            HistGradientBoostingClassifier(
                max_iter=40, learning_rate=0.15, max_bins=32, l2_regularization=1.0, early_stopping=False
            ),
            "all pixels, by 40 rounds of boosted trees",
            lambda n, p, c: (1e-7 * n + 2e-4) * p * c,
        ),
        SupportVectors(),
        Estimator(
            "mlp",
            MLPClassifier((256,), batch_size=128, max_iter=12, learning_rate_init=2e-3, n_iter_no_change=100),
            "all pixels, by 256 hidden units",
            lambda n, p, c: 1.7e-7 * n * (p + c),
        ),
    ]
