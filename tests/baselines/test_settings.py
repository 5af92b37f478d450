"""The settings are the published ones, and today's scikit-learn takes them."""

from __future__ import annotations

import warnings
from collections import Counter

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from tooeasy.baselines import all_families, all_settings, make_estimator, published_of, refusal, settings_of
from tooeasy.baselines.mapping import DEFAULTS, RENAMED, kernel_bytes, parameters_today
from tooeasy.baselines.published import published_accuracies
from tooeasy.errors import OptionError

RUNNABLE = [setting for setting in all_settings() if refusal(setting) is None]


def test_the_grids_expand_to_the_published_number():
    """14 families and 143 settings; without those refused and the Gaussian processes they are the 129 of the README."""
    assert len(all_families()) == 14
    assert len(set(map(str, all_settings()))) == len(all_settings()) == 143
    assert sum(setting.family != "GaussianProcessClassifier" for setting in RUNNABLE) == 129


def test_what_was_published_can_be_run():
    """The paper's table has 126 of the 129 settings, and none that is refused here."""
    for accuracies in published_accuracies().values():
        assert len(accuracies) == 126
        assert set(accuracies) <= set(map(str, RUNNABLE))
        assert all(0.4 < accuracy < 1 for accuracy in accuracies.values())


def test_published_accuracies_are_those_of_the_paper():
    """Rows from the beginning, the middle and the end of the table; what is not in it is None."""
    found = {str(setting): published_of(setting) for setting in all_settings()}
    tree = "DecisionTreeClassifier(criterion=entropy, splitter=best, max_depth=10)"
    assert found[tree] == {"fashion-mnist": 0.798, "mnist": 0.873}
    assert found["GaussianNB(priors=10 x 0.1)"] == {"fashion-mnist": 0.511, "mnist": 0.524}
    assert found["SVC(C=100, kernel=sigmoid)"] == {"fashion-mnist": 0.664, "mnist": 0.868}
    assert found["GaussianProcessClassifier(multi_class=one_vs_rest)"] == {"fashion-mnist": None, "mnist": None}


@pytest.mark.parametrize("setting", RUNNABLE, ids=str)
def test_every_setting_fits_without_a_warning(setting):
    """Every setting that is not refused makes an estimator that fits and answers, and nothing in it is deprecated."""
    random = np.random.default_rng(0)
    labels = np.tile(np.arange(3), 8)
    images = random.normal(size=(24, 4)) + labels[:, np.newaxis]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        answers = make_estimator(setting, classes=3, seed=0).fit(images, labels).predict(images)
    assert set(answers) <= {0, 1, 2}


def test_what_is_refused_is_refused_by_scikit_learn():
    """Settings that are not run are those that liblinear has no solver for, and each says so."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    refused = [setting for setting in all_settings() if refusal(setting) is not None]
    assert Counter(setting.family for setting in refused) == {"LogisticRegression": 6, "LinearSVC": 6}
    images, labels = np.arange(6.0).reshape(6, 1), [0, 1, 2] * 2
    for setting in refused:
        made = LinearSVC(**setting.parameters, dual=True) if setting.family == "LinearSVC" else None
        with pytest.raises(ValueError, match="not support"):
            (made or LogisticRegression(solver="liblinear")).fit(images, labels)


def test_every_entry_of_the_mapping_is_used():
    """No default and no renaming is of a setting that there is not."""
    used = {(setting.family, name, value) for setting in all_settings() for name, value in setting.pairs}
    assert set(RENAMED) <= used
    assert set(DEFAULTS) <= set(all_families())


def test_sizes_of_layers_are_tuples():
    """Hidden layers come to scikit-learn as a tuple, and to JSON as a list."""
    (setting,) = [
        one for one in all_settings() if str(one).startswith("MLPClassifier(activation=relu") and "10, 10" in str(one)
    ]
    assert parameters_today(setting, 10)["hidden_layer_sizes"] == (10, 10)
    assert setting.parameters["hidden_layer_sizes"] == [10, 10]


def test_priors_are_of_as_many_classes_as_there_are():
    """Ten priors of 0.1 are equal priors: for four classes four of a quarter."""
    (setting,) = settings_of(["GaussianNB"])
    assert make_estimator(setting, classes=4, seed=0).priors == [0.25] * 4


def test_seed_is_the_random_state():
    """Estimators that have a random state get the seed, within one against the rest too; the others do not need one."""
    assert make_estimator(settings_of(["SVC"])[0], classes=3, seed=5).random_state == 5
    assert make_estimator(settings_of(["LogisticRegression"])[0], classes=3, seed=5).estimator.random_state == 5
    assert (
        "random_state" not in make_estimator(settings_of(["KNeighborsClassifier"])[0], classes=3, seed=5).get_params()
    )


def test_families_are_found_in_any_spelling():
    """Small letters and spaces do not matter, nor does the order."""
    names = {setting.family for setting in settings_of(["svc", " gaussiannb"])}
    assert names == {"SVC", "GaussianNB"}
    assert settings_of(["SVC", "GaussianNB"]) == settings_of(["GaussianNB", "SVC"])


@pytest.mark.parametrize(("families", "said"), [(["SVM"], "SVC"), (["?\n"], "GaussianNB"), ([], "no family")])
def test_a_wrong_family_is_one_line(families, said):
    """A family that there is not is refused in one line, which names the nearest."""
    with pytest.raises(OptionError, match=said) as caught:
        settings_of(families)
    assert str(caught.value).isprintable()


def test_kernel_matrices_are_as_large_as_scikit_learn_makes_them():
    """What a Gaussian process is said to keep at the least is what it keeps."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 5)
    images = random.normal(size=(20, 3))
    for setting in settings_of(["GaussianProcessClassifier"]):
        fitted = make_estimator(setting, classes=4, seed=0).fit(images, labels)
        kept = sum(one.L_.nbytes for one in fitted.base_estimator_.estimators_)
        assert kernel_bytes(setting, 20, 4) == kept
    assert kernel_bytes(settings_of(["SVC"])[0], 10**6, 10) == 0
