"""Every gate of the project: ``nox`` passes them all, ``nox -l`` lists them, ``nox -s tests -- -k pixels`` runs a part.

Each session has an environment of its own, under ``.nox``. In one that has all it needs, ``nox --no-venv --no-install``
runs lint, types, tests, all_tests, docs and coverage with what is there. ``TOOEASY_TORCH`` is what to install for
the rung cnn, as in ``TOOEASY_TORCH=torch``; without it, its tests are skipped and say so.
"""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "package", "lowest", "coverage", "docs"]

ROOT = Path(__file__).parent
LOWEST_PYTHON = "3.11"  # of requires-python
LARGEST_WHEEL = 14_000_000  # bytes
LARGEST_INSTALL = 250_000_000  # bytes that pip downloads for `pip install tooeasy`
COPIES = [f"tests/giveaways/test_{name}.py" for name in ("near", "hashes", "duplicates")]
KERNELS = ["tests/sketch", "tests/pixels", "tests/templates", "tests/complexity", *COPIES]
COVERED = 95  # per cent of lines
EXTRAS = "dask,hf,remote,test"
ALL_NAMES = "import tooeasy; [getattr(tooeasy, name) for name in tooeasy.__all__]"  # imports all that they need


def _install_for_development(session: nox.Session) -> None:
    if torch := os.environ.get("TOOEASY_TORCH"):
        session.install(*torch.split())
    session.install("-e", ".[dev]")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and what linters know."""
    session.install("ruff>=0.9", "zizmor>=1.20")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("zizmor", "--offline", "--quiet", ".github", "action.yml")


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly."""
    _install_for_development(session)
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """All tests but the slow ones."""
    _install_for_development(session)
    session.run("pytest", *session.posargs)


@nox.session
def all_tests(session: nox.Session) -> None:
    """All tests, the slow ones too; warnings are errors."""
    _install_for_development(session)
    session.run("pytest", "-q", "-W", "error", "-m", "", *session.posargs)


@nox.session(python=LOWEST_PYTHON)
def lowest(session: nox.Session) -> None:
    """The tests on the lowest versions that pyproject.toml admits of what it names."""
    session.install("uv")
    session.run("uv", "pip", "install", "--resolution", "lowest-direct", "-e", f".[{EXTRAS}]")
    session.run("pytest", "-q", *session.posargs, env={"TOOEASY_LOWEST": "1"})


@nox.session
def package(session: nox.Session) -> None:
    """Wheel and sdist: built, checked, small, and tested from an environment that has only them and the test extra.

    What stands after ``--`` is tested instead of everything.
    """
    built = _clean(ROOT / "build" / "package")
    session.install("build", "twine", "check-wheel-contents")
    session.run("python", "-m", "build", "--quiet", "--outdir", str(built))  # the wheel is built from the sdist
    wheel, sdist = next(built.glob("*.whl")), next(built.glob("*.tar.gz"))
    session.run("twine", "check", "--strict", str(wheel), str(sdist))
    session.run("check-wheel-contents", str(wheel))
    if (size := wheel.stat().st_size) > LARGEST_WHEEL:
        session.error(f"the wheel has {size:,} bytes, more than {LARGEST_WHEEL:,}")
    session.run("python", "scripts/measure_install.py", str(wheel), "--limit", str(LARGEST_INSTALL))
    python = _new_environment(session, built / "bare")
    session.run(python, "-m", "pip", "install", "--quiet", str(wheel), external=True)
    with session.chdir(built):  # where no source lies about
        session.run(python, "-m", "tooeasy", "pixels", "digits", external=True, silent=True)
        session.run(python, "-c", ALL_NAMES, external=True)
    session.run(python, "-m", "pip", "install", "--quiet", f"{wheel}[test]", external=True)
    tests = ("-m", "pytest", "-q", *(session.posargs or ("--pyargs", "tooeasy", "tests")))
    with session.chdir(_tests_without_code(sdist, built)):
        session.run(python, *tests, env={"TOOEASY_BROWSER": ""}, external=True)  # without one, its tests are skipped


def _clean(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _new_environment(session: nox.Session, folder: Path) -> str:
    """Make an environment with nothing in it, and return its Python."""
    session.run("python", "-m", "venv", str(folder))
    return str(folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))


def _tests_without_code(sdist: Path, folder: Path) -> Path:
    """Unpack the sdist and take the package's code away, so that what is tested can only be what is installed."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    unpacked = folder / sdist.name.removesuffix(".tar.gz")
    for code in (unpacked / "src").rglob("*.py*"):
        code.unlink()
    return unpacked


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation site, warnings as errors."""
    session.install("-e", ".[docs]")
    session.run("python", "-m", "sphinx", "-W", "--keep-going", "-b", "html", "docs", "build/docs", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Lines that the tests run: those of the kernels as plain Python, then all, slow ones too, warnings as errors."""
    _install_for_development(session)
    session.run("coverage", "erase")
    pytest = ("coverage", "run", "-m", "pytest", "-q", *session.posargs)
    session.run(*pytest, "-m", "not (slow or compiled or data)", *KERNELS, env={"NUMBA_DISABLE_JIT": "1"})
    session.run(*pytest, "-W", "error", "-m", "")
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report", "--skip-covered", f"--fail-under={COVERED}")


@nox.session
def mutants(session: nox.Session) -> None:
    """Changes of the pixel search and the sketch, drawn at random, and which of them the tests notice."""
    session.install("-e", ".[test]", "cosmic-ray>=8.7")
    output = ("--output", "build/mutants.json")
    session.run("python", "scripts/try_mutants.py", *output, *(session.posargs or ("--each", "6", "--seed", "1")))
