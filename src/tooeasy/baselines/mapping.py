"""From settings of scikit-learn 0.19 to the estimators of today's: what was renamed, and defaults that were others."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from tooeasy.baselines.settings import Setting

# Defaults of scikit-learn 0.19 that are others today; they are part of the published settings.
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "PassiveAggressiveClassifier": {"max_iter": 5, "tol": None},
    "SGDClassifier": {"max_iter": 5, "tol": None},
    "Perceptron": {"max_iter": 5, "tol": None},
    "LogisticRegression": {"solver": "liblinear"},
    "MLPClassifier": {"n_iter_no_change": 2},
    "SVC": {"gamma": "auto"},
    "LinearSVC": {"dual": True},
}

# Classes that are another one's settings today.
CLASSES: Mapping[str, str] = {"PassiveAggressiveClassifier": "SGDClassifier"}

MODULES: Mapping[str, str] = {
    "SGDClassifier": "linear_model",
    "Perceptron": "linear_model",
    "LogisticRegression": "linear_model",
    "DecisionTreeClassifier": "tree",
    "ExtraTreeClassifier": "tree",
    "RandomForestClassifier": "ensemble",
    "GradientBoostingClassifier": "ensemble",
    "MLPClassifier": "neural_network",
    "KNeighborsClassifier": "neighbors",
    "SVC": "svm",
    "LinearSVC": "svm",
    "GaussianNB": "naive_bayes",
    "GaussianProcessClassifier": "gaussian_process",
}

# What is written otherwise today: (family, parameter, published value) -> parameters of today.
RENAMED: Mapping[tuple[str, str, Any], Mapping[str, Any]] = {
    ("SGDClassifier", "loss", "log"): {"loss": "log_loss"},
    ("GradientBoostingClassifier", "loss", "deviance"): {"loss": "log_loss"},
    ("LogisticRegression", "penalty", "l1"): {"l1_ratio": 1.0},
    ("LogisticRegression", "penalty", "l2"): {"l1_ratio": 0.0},
    ("LogisticRegression", "multi_class", "ovr"): {},  # see _one_vs_rest
    **{
        ("PassiveAggressiveClassifier", "C", strength): {"loss": "hinge", "penalty": None, "learning_rate": "pa1"}
        | {"eta0": strength}
        for strength in (1.0, 10.0, 100.0)
    },
}

# What scikit-learn 0.19 refused as well: these are not among the 129 settings that were published.
REFUSED: tuple[tuple[str, Mapping[str, Any], str], ...] = (
    (
        "LogisticRegression",
        {"multi_class": "multinomial"},
        "the default solver of scikit-learn 0.19, liblinear, fits no multinomial model; not among the published 129",
    ),
    (
        "LinearSVC",
        {"loss": "hinge", "penalty": "l1", "multi_class": "ovr"},
        "liblinear has no solver for the hinge loss with an L1 penalty; not among the published 129",
    ),
    (
        "LinearSVC",
        {"loss": "squared_hinge", "penalty": "l1", "multi_class": "ovr"},
        "liblinear has no dual solver, then the default, for an L1 penalty; not among the published 129",
    ),
)


def refusal(setting: Setting) -> str | None:
    """Why a setting cannot be run; None if it can.

    Examples
    --------
    >>> refusal(Setting("LogisticRegression", (("penalty", "l2"), ("multi_class", "multinomial"))))[:44]
    'the default solver of scikit-learn 0.19, lib'
    """
    given = dict(setting.pairs)
    for family, parameters, why in REFUSED:
        if setting.family == family and all(given.get(name) == value for name, value in parameters.items()):
            return why
    return None


def parameters_today(setting: Setting, classes: int) -> dict[str, Any]:
    """Parameters in the words of today's scikit-learn, with the defaults of then.

    Examples
    --------
    >>> parameters_today(Setting("SGDClassifier", (("loss", "log"), ("penalty", "l1"))), classes=10)
    {'max_iter': 5, 'tol': None, 'loss': 'log_loss', 'penalty': 'l1'}
    """
    found = dict(DEFAULTS.get(setting.family, {}))
    for name, value in setting.pairs:
        if name == "priors":  # of ten classes, all the same
            found[name] = [1 / classes] * classes
        else:
            found |= RENAMED.get((setting.family, name, value), {name: value})
    return found


def make_estimator(setting: Setting, *, classes: int, seed: int) -> Any:
    """Make the estimator of a setting.

    Parameters
    ----------
    setting : Setting
        One that can be run.
    classes : int
        How many classes there are: priors are one for each.
    seed : int
        The ``random_state``, where the estimator has one.
    """
    parameters = parameters_today(setting, classes)
    make = _class_of(setting.family)
    if "random_state" in make().get_params():
        parameters["random_state"] = seed
    estimator = make(**parameters)
    return _one_vs_rest(estimator) if setting.family == "LogisticRegression" else estimator


def kernel_bytes(setting: Setting, images: int, classes: int) -> int:
    """Bytes that a Gaussian process keeps at the least: one matrix for each of its two-class problems; 0 for others.

    References
    ----------
    scikit-learn's ``_BinaryGaussianProcessClassifierLaplace`` keeps ``L_``, float64 of shape (n, n).
    """
    if setting.family != "GaussianProcessClassifier":
        return 0
    if classes == 2:
        return 8 * images**2
    if setting.parameters["multi_class"] == "one_vs_rest":
        return 8 * classes * images**2
    return 8 * (classes * (classes - 1) // 2) * (2 * images // classes) ** 2


def _one_vs_rest(estimator: Any) -> Any:
    """Liblinear fitted one class against the rest by itself; today scikit-learn wants that said."""
    from sklearn.multiclass import OneVsRestClassifier

    return OneVsRestClassifier(estimator)


def _class_of(family: str) -> Any:
    """Class of a family; only the part of scikit-learn that has it is loaded."""
    name = CLASSES.get(family, family)
    return getattr(import_module(f"sklearn.{MODULES[name]}"), name)
