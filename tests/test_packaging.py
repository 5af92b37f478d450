"""What stands beside the code agrees with it: recipe, container, workflows, the policy on security."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github").glob("**/*.yml"))
CONDA_NAMES = {"matplotlib": "matplotlib-base"}  # conda's matplotlib brings Qt, too


def read_yaml(path: Path) -> Any:
    """What a YAML file says."""
    return pytest.importorskip("yaml", reason="YAML is read with it: pip install pyyaml").safe_load(path.read_text())


def split_requirement(line: str) -> tuple[str, str]:
    """Name of a package, and which versions of it."""
    match = re.fullmatch(r"([\w.-]+?)\s*([<>=!~].*)?", line)
    assert match, line
    return match[1], match[2] or ""


def pythons() -> list[str]:
    """Versions of Python that the classifiers name."""
    found = (
        re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", line) for line in PROJECT["project"]["classifiers"]
    )
    return [match[1] for match in found if match]


def sessions() -> set[str]:
    """Names of the sessions of the noxfile."""
    functions = [
        node for node in ast.parse((ROOT / "noxfile.py").read_text()).body if isinstance(node, ast.FunctionDef)
    ]
    return {node.name for node in functions if any("nox.session" in ast.unparse(d) for d in node.decorator_list)}


def commands(workflow: Any) -> list[str]:
    """All that a workflow's steps run."""
    return [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]


def test_every_requirement_has_a_lowest_version():
    """The session `lowest` tries just these."""
    extras = PROJECT["project"]["optional-dependencies"]
    lines = [
        *PROJECT["project"]["dependencies"],
        *(line for name in ("cnn", "dask", "hf", "remote") for line in extras[name]),
    ]
    assert [line for line in lines if not re.fullmatch(r"[\w-]+>=[\d.]+", line)] == []


def test_the_conda_recipe_needs_what_the_package_needs():
    """The same version, Python, packages and lowest versions."""
    recipe = read_yaml(ROOT / "conda" / "recipe.yaml")
    assert recipe["context"]["version"] == PROJECT["project"]["version"]
    assert f">={recipe['context']['python_min']}" == PROJECT["project"]["requires-python"]
    wanted = dict(map(split_requirement, PROJECT["project"]["dependencies"]))
    told = dict(map(split_requirement, recipe["requirements"]["run"][1:]))
    assert told == {CONDA_NAMES.get(name, name): versions for name, versions in wanted.items()}
    built = [split_requirement(line) for line in recipe["requirements"]["host"][2:]]
    assert built == list(map(split_requirement, PROJECT["build-system"]["requires"]))


def test_the_sdist_has_what_it_names():
    """Each entry of the list is there, and nothing at the top that git keeps is forgotten but git's own files."""
    listed = {entry.strip("/") for entry in PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]}
    assert all((ROOT / entry).exists() for entry in listed)
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone, so that git cannot say which files there are")
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {name.partition("/")[0] for name in kept.splitlines()}
    assert top - listed == {".gitignore", ".pre-commit-config.yaml", "pyproject.toml"}


def test_the_container_runs_as_nobody_in_particular():
    """The last user of the Dockerfile is a number that is not root's, on a Python that the package is for."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert int(users[-1]) > 0
    bases = {line.split()[1] for line in lines if line.startswith("FROM ")}
    assert len(bases) == 1
    assert re.fullmatch(r"python:(3\.\d+)-slim", bases.pop())[1] in pythons()


def test_the_container_is_built_of_what_the_wheel_needs():
    """The ignore file lets the build see the code, and the files that pyproject.toml names."""
    admitted = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    named = {PROJECT["project"]["readme"], *PROJECT["project"]["license-files"]}
    assert admitted == {"pyproject.toml", "src", *named}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_forms_for_github_are_yaml(path):
    """Each is one object."""
    assert isinstance(read_yaml(path), dict)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_do_little(path):
    """It can only read unless a job says more, has limits of time, and puts nothing from outside into a script."""
    workflow = read_yaml(path)
    assert set(workflow["permissions"].values() if workflow["permissions"] else {"none"}) <= {"read", "none"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 90
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
    for command in commands(workflow):
        assert set(re.findall(r"\$\{\{\s*([\w.]+)", command)) <= {"matrix.session"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_sessions_that_there_are(path):
    """Whatever it asks nox for is in the noxfile."""
    workflow = read_yaml(path)
    asked = {
        name
        for line in commands(workflow)
        for found in re.findall(r"nox -s ([a-z_ ]+)", line)
        for name in found.split()
    }
    for job in workflow["jobs"].values():
        asked |= set(job.get("strategy", {}).get("matrix", {}).get("session", []))
    assert asked
    assert asked <= sessions()


def test_every_python_is_tested():
    """The classifiers name the Pythons of the workflow, from the lowest on."""
    matrix = read_yaml(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["tests"]["strategy"]["matrix"]
    assert sorted({*matrix["python"], *(entry["python"] for entry in matrix["include"])}) == pythons()
    assert PROJECT["project"]["requires-python"] == f">={pythons()[0]}"


def test_each_promise_about_files_has_its_tests():
    """Every row of the table in SECURITY.md names tests, and they are there."""
    rows = [line for line in (ROOT / "SECURITY.md").read_text().splitlines() if line.startswith("| ")][1:]
    assert rows
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)`", row.split("|")[2])
        assert named, row
        assert all((ROOT / name).is_file() for name in named), row
