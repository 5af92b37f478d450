"""What is loaded, and when: a command that computes nothing loads nothing that computes."""

from __future__ import annotations

import pytest

HEAVY = ["numpy", "numba", "matplotlib", "sklearn", "pandas", "scipy", "dask", "tooeasy.pixels", "tooeasy.sketch"]


def loaded(process, code):
    """Names of all modules that are loaded after some code ran in a fresh interpreter."""
    result = process("-c", f"{code}\nimport sys\nprint('loaded:', *sys.modules, sep='\\n')")
    assert result.returncode == 0, result.stderr
    return set(result.stdout.partition("loaded:\n")[2].split())


@pytest.mark.parametrize(
    "code",
    [
        "import tooeasy",
        "import tooeasy.cli.main",
        "from tooeasy.cli.main import main; assert main(['--help']) == 0",
        "from tooeasy.cli.main import main; assert main(['--version']) == 0",
        "from tooeasy.cli.main import main; assert main(['pixels', '--help']) == 0",
        "from tooeasy.cli.main import main; assert main(['pixels', 'x', '--rule', 'nope']) == 2",
    ],
)
def test_nothing_heavy_is_loaded(process, code):
    """Importing tooeasy or its command, and asking for help, version or nonsense, loads nothing heavy."""
    assert loaded(process, code).isdisjoint(HEAVY)


def test_a_study_loads_no_drawing(process, folder):
    """A study without a figure loads neither matplotlib nor pandas nor scikit-learn nor anything of a network."""
    code = "from tooeasy.cli.main import main; assert main(['pixels', 'small', '--json']) == 0"
    names = loaded(process, code)
    assert "numpy" in names  # what is not loaded is told from what is
    assert names.isdisjoint({"matplotlib", "pandas", "sklearn"})
    assert names.isdisjoint({"requests", "urllib3", "httpx", "http.client"})


def test_a_sketch_loads_no_dask(process, folder):
    """Dask is loaded when a scheduler is given, and not before."""
    code = "from tooeasy.cli.main import main; assert main(['sketch', 'small', '-o', 'a.sketch']) == 0"
    assert loaded(process, code).isdisjoint({"dask", "distributed", "requests", "urllib3"})


def test_a_figure_of_the_command_needs_no_window(process, folder):
    """A figure is drawn without pyplot, so that no window system is looked for."""
    code = "from tooeasy.cli.main import main; assert main(['pixels', 'small', '--figure', 'a.png']) == 0"
    assert "matplotlib.pyplot" not in loaded(process, code)
