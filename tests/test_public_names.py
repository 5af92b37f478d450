"""What users may rely on: these names, described, and loaded only when used."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from typing import Any

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
# Of numpydoc's checks, those that say whether something is left out or cannot be read. PR01 is taken for functions and
# methods; what a class is made of is described under Parameters or, of results, under Attributes.
CHECKS = {
    "GL01": "the summary is on the first line",
    "GL02": "nothing follows the last section",
    "GL06": "sections are numpydoc's",
    "GL07": "and in its order",
    "GL08": "there is a docstring",
    "SS01": "it has a summary",
    "SS06": "of one line",
    "PR01": "all parameters are described",
    "PR02": "and no others",
    "PR03": "in their order",
    "PR04": "with their type",
    "PR06": "in Python's words",
    "PR07": "and what they mean",
    "PR10": "of the form name : type",
    "RT01": "what is returned is described",
    "YD01": "and what is yielded",
}
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


def members(name: str) -> Iterator[str]:
    """The path of a public name, and those of its public methods and properties."""
    found = getattr(tooeasy, name)
    path = f"{found.__module__}.{found.__qualname__}"
    yield path
    if isinstance(found, type):
        kinds = (property, cached_property, classmethod, staticmethod)
        for member, value in vars(found).items():
            if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, kinds)):
                yield f"{path}.{member}"


def undescribed(found: type) -> set[str]:
    """Arguments of a class that neither its Parameters nor its Attributes describe."""
    from numpydoc.docscrape import ClassDoc

    sections = ClassDoc(found, config={"show_class_members": False})
    entries = [*sections["Parameters"], *sections["Attributes"]]
    return set(inspect.signature(found).parameters) - {name.strip() for one in entries for name in one.name.split(",")}


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_has_a_numpydoc_docstring(name):
    """It and its public methods and properties describe every parameter and what is returned, as numpydoc has it."""
    validate = pytest.importorskip("numpydoc.validate", reason='needs numpydoc: pip install "tooeasy[dev]"').validate
    faults = []
    for path in members(name):
        is_class = path.endswith(f".{name}") and isinstance(getattr(tooeasy, name), type)
        left_out = {"PR01"} if is_class else set()
        faults += [f"{path}: {code} {why}" for code, why in validate(path)["errors"] if code in set(CHECKS) - left_out]
    found: Any = getattr(tooeasy, name)
    if isinstance(found, type) and not issubclass(found, Exception):
        faults += [f"{name}: {argument} is not described" for argument in undescribed(found)]
    assert not faults


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_has_an_example_that_runs(name):
    """Its docstring has a section Examples, which pytest runs with the module's doctests, none of it left out."""
    text = inspect.getdoc(getattr(tooeasy, name)) or ""
    section = text.partition("Examples\n--------\n")[2]
    examples = doctest.DocTestParser().get_examples(section)
    assert examples
    assert not any(one.options.get(doctest.SKIP) for one in examples)


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
