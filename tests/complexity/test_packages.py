"""Beside the packages that compute these measures: equal, or the difference is known and accounted for."""

from __future__ import annotations

import warnings
from importlib import import_module
from itertools import combinations

import numpy as np
import pytest
from samples import random_images
from scipy.spatial import distance_matrix

import tooeasy
from tooeasy import measure_complexity
from tooeasy.complexity.distances import Points
from tooeasy.complexity.neighbours import spanning_tree


def package(name):
    """Import a package that may not be there, and whose own warnings are not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return import_module(name)
        except ImportError:
            return pytest.skip(f"needs {name.split('.')[0]}, of the extra dev")


@pytest.fixture(scope="module")
def problexity():
    return package("problexity")


@pytest.fixture(scope="module")
def spectral():
    return package("spectral_metric.estimator")


def two_classes():
    """Images of two classes, more than pixels, as a dataset, as rows scaled to [0, 1], and labels."""
    images, labels = random_images(1, n=70, shape=(2, 4, 1), classes=2)
    return tooeasy.from_arrays((images, labels)), images.reshape(70, -1) / 255, labels


def four_classes():
    """The same of four classes."""
    images, labels = random_images(4, n=120, shape=(2, 3, 1), classes=4)
    return tooeasy.from_arrays((images, labels)), images.reshape(120, -1) / 255, labels


@pytest.mark.parametrize("name", ["F1v", "F2", "F3", "L1", "L2", "N3", "C1", "C2"])
def test_two_classes_equal_problexity(problexity, name):
    """Of two classes these are the same numbers."""
    data, rows, labels = two_classes()
    theirs = getattr(problexity, name.lower())(rows, labels)
    assert measure_complexity(data, measures=[name])[name] == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("name", ["F1v", "F2", "F3", "L1", "L2"])
def test_several_classes_equal_problexitys_one_against_one(problexity, name):
    """Measures that are defined for two classes are averaged over the pairs, as problexity does."""
    data, rows, labels = four_classes()
    measure = getattr(problexity, name.lower())
    calculator = problexity.ComplexityCalculator(
        metrics=[measure], colors=["#000000"], ranges={"ALL": 1}, weights=np.ones(1), multiclass_strategy="ovo"
    )
    theirs = calculator.fit(rows, labels).complexity[0]
    assert measure_complexity(data, measures=[name])[name] == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("name", ["N3", "C1", "C2"])
def test_measures_of_all_classes_are_not_averages_of_pairs(problexity, name):
    """N3, C1 and C2 are defined for any number of classes; problexity's function is equal but for C2's factor."""
    data, rows, labels = four_classes()
    theirs = getattr(problexity, name.lower())(rows, labels)
    if name == "C2":  # it has 1/2, which (classes - 1) / classes is for two
        theirs = 1 - (1 - theirs) * (1 / 2) / (3 / 4)
    assert measure_complexity(data, measures=[name])[name] == pytest.approx(theirs, abs=1e-9)


def test_problexitys_f1_has_twice_the_ratio(problexity):
    """Its sum over ordered pairs of classes counts each pair twice; the survey's formula for all classes does not."""
    data, rows, labels = two_classes()
    theirs, ours = problexity.f1(rows, labels), measure_complexity(data, measures=["F1"])["F1"]
    assert 1 / theirs - 1 == pytest.approx(2 * (1 / ours - 1), rel=1e-9)


def test_problexitys_n1_counts_half_edges(problexity):
    """It divides the edges that join two classes by twice the images; the survey counts the images at these edges."""
    data, rows, labels = two_classes()
    edges = spanning_tree(Points((rows * 255).round().astype(np.uint8), labels))
    across = edges[labels[edges[:, 0]] != labels[edges[:, 1]]]
    assert problexity.n1(rows, labels) == len(across) / 2 / len(labels)
    assert measure_complexity(data, measures=["N1"])["N1"] == len(np.unique(across)) / len(labels)
    lengths = distance_matrix(rows, rows)
    assert len(edges) == len(labels) - 1
    assert lengths[edges[:, 0], edges[:, 1]].max() <= lengths.max()


def test_problexitys_f1v_leaves_out_what_tells_perfectly(problexity):
    """Its pseudo-inverse drops a pixel without spread within classes; there the largest ratio is infinite, ours 0."""
    _, rows, labels = two_classes()
    told = (rows * 255).round().astype(np.uint8)
    told[:, 0] = 100 * labels
    assert problexity.f1v(told / 255, labels) == pytest.approx(problexity.f1v(told[:, 1:] / 255, labels), rel=1e-6)
    assert measure_complexity((told.reshape(-1, 2, 4, 1), labels), measures=["F1v"])["F1v"] == 0


@pytest.mark.parametrize(("shape", "classes"), [((1, 2, 1), 3), ((2, 3, 1), 4), ((5, 6, 1), 5)])
def test_the_gradient_equals_spectral_metric(spectral, shape, classes):
    """CSG on pixels scaled to [0, 1], where all images are drawn; volumes of few pixels matter, of many they do not."""
    images, labels = random_images(3, n=100, shape=shape, classes=classes)
    estimator = spectral.CumulativeGradientEstimator(M_sample=250, k_nearest=3)
    estimator.fit(images.reshape(len(images), -1) / 255, labels)
    found = measure_complexity((images, labels), measures=["CSG"])["CSG"]
    assert found == pytest.approx(float(estimator.csg[0]), abs=1e-9)


def test_pairs_are_all_pairs(problexity):
    """F3 of four classes is the mean of problexity's over the six pairs."""
    data, rows, labels = four_classes()
    pairs = [(labels == a) | (labels == b) for a, b in combinations(range(4), 2)]
    theirs = [problexity.f3(rows[own], (labels[own] == labels[own].max()).astype(int)) for own in pairs]
    assert measure_complexity(data, measures=["F3"])["F3"] == pytest.approx(np.mean(theirs), abs=1e-12)
