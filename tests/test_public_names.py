"""What users may rely on: these names, described, and loaded only when used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import tooeasy

NAMES = [
    "AtypicalImages",
    "Audit",
    "AuditOptions",
    "Batch",
    "Benchmark",
    "BudgetStudy",
    "Card",
    "CatalogEntry",
    "ClassCounts",
    "ClassDifferences",
    "ClassImages",
    "ClimbOptions",
    "ClusterError",
    "Comparison",
    "Complexity",
    "Dataset",
    "DownloadError",
    "Finding",
    "Ladder",
    "LevelDistribution",
    "MissingExtraError",
    "NotAtHandError",
    "OnePixelClassifier",
    "OptionError",
    "OutputError",
    "PartDone",
    "Perturbation",
    "PixelMap",
    "PixelScore",
    "PixelSelector",
    "PixelStudy",
    "PublishedScore",
    "Quantization",
    "Report",
    "Rule",
    "Rung",
    "RungScore",
    "Samples",
    "Sketch",
    "SketchError",
    "SourceError",
    "SourceNotFoundError",
    "Split",
    "TemplateClassifier",
    "TemplateGrowth",
    "TemplateStudy",
    "TooeasyError",
    "audit",
    "climb",
    "compare",
    "compare_means",
    "count_classes",
    "count_levels",
    "download",
    "explain_templates",
    "find_atypical",
    "fit_templates",
    "from_arrays",
    "known_datasets",
    "load",
    "make_card",
    "mean_images",
    "measure_complexity",
    "pick_samples",
    "run_benchmark",
    "sketch_split",
    "study_budget",
    "study_pixels",
    "write_report",
]
HEAVY = {"numba", "sklearn", "torch", "dask", "matplotlib", "pandas", "scipy"}


def loaded_by(code: str) -> set[str]:
    """Modules at the top level that a fresh interpreter has loaded after some code."""
    code += "\nimport sys\nprint(*sorted({name.split('.')[0] for name in sys.modules}))"
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(result.stdout.split())


def test_the_public_names_are_these():
    """A name added or taken away is a decision, and is made here and in the changelog."""
    assert sorted(tooeasy.__all__) == NAMES
    assert set(NAMES) <= set(dir(tooeasy))


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_there_and_described(name):
    """Each can be imported, and has a docstring of its own that starts with a sentence."""
    found = getattr(tooeasy, name)
    assert found.__module__.startswith("tooeasy")
    own = found.__dict__.get("__doc__") if isinstance(found, type) else found.__doc__
    assert own
    assert own.strip().splitlines()[0].endswith((".", ";", ","))


def test_other_names_are_not_there():
    """A misspelled name is an AttributeError, as in any module."""
    with pytest.raises(AttributeError, match="no_such_name"):
        tooeasy.no_such_name  # noqa: B018


def test_importing_tooeasy_loads_nothing_heavy():
    """``import tooeasy`` costs next to nothing: no numba, scikit-learn, torch, dask, matplotlib, pandas or SciPy."""
    loaded = loaded_by("import tooeasy")
    assert "tooeasy" in loaded
    assert not loaded & HEAVY


def test_what_is_used_is_loaded():
    """The measurement works: a study does load numba, and still neither matplotlib nor scikit-learn."""
    loaded = loaded_by("import tooeasy; tooeasy.study_pixels(([[0], [1]] * 9, [0, 1] * 9))")
    assert "numba" in loaded
    assert not loaded & {"matplotlib", "sklearn", "torch", "dask", "pandas"}


def test_the_library_says_that_it_is_typed():
    """Type checkers of users see the types: PEP 561's marker is there."""
    from importlib.resources import files

    assert (files("tooeasy") / "py.typed").is_file()
