"""One tree of exceptions, each also the built-in that a caller would expect to catch."""

from __future__ import annotations

import pickle

import pytest

from tooeasy import errors

TREE = {
    errors.SourceError: ValueError,
    errors.SourceNotFoundError: FileNotFoundError,
    errors.NotAtHandError: LookupError,
    errors.SketchError: ValueError,
    errors.OptionError: ValueError,
    errors.OutputError: OSError,
    errors.DownloadError: OSError,
    errors.ClusterError: RuntimeError,
    errors.MissingExtraError: ImportError,
}


@pytest.mark.parametrize(("error", "builtin"), TREE.items())
def test_an_error_is_ours_and_a_built_in(error, builtin):
    """Whoever catches TooeasyError or the built-in gets it, its message is what was said, and it can be pickled."""
    assert issubclass(error, errors.TooeasyError)
    assert issubclass(error, builtin)
    found = error("what is wrong; what to do")
    assert str(found) == "what is wrong; what to do"
    assert str(pickle.loads(pickle.dumps(found))) == str(found)


def test_the_tree_is_whole():
    """No error of the module is forgotten here."""
    assert set(errors.TooeasyError.__subclasses__()) == set(TREE)
