"""The GitHub Action and the pre-commit hook: the very files, run as GitHub and pre-commit run them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "action.sh"
EVIL = ["$(touch evil)", "`touch evil`", "; touch evil", "' \"; touch evil #", "-o evil", "a\nb", "${{ x }}", "*"]
pytestmark = pytest.mark.skipif(shutil.which("bash") is None or os.name != "posix", reason="needs bash")


@pytest.fixture
def yaml():
    """The reader of YAML."""
    return pytest.importorskip("yaml", reason="action.yml is read with it: pip install pyyaml")


@pytest.fixture
def bin_folder(tmp_path):
    """A folder for commands, first on the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def put_command(folder: Path, code: str) -> None:
    """Make ``tooeasy`` of a shell script."""
    (folder / "tooeasy").write_text(f"#!/usr/bin/env bash\n{code}\n")
    (folder / "tooeasy").chmod(0o755)


@pytest.fixture
def action(here, tmp_path, bin_folder):
    """Run the action's script in a job's environment; returns exit code, output, outputs and summary."""

    def run(**inputs: str):
        files = {name: tmp_path / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("before\n")
        (tmp_path / "runner").mkdir(exist_ok=True)
        names = ("SOURCE", "CONFIG", "FAIL_ON", "BASELINE", "SARIF_FILE", "ARGS")
        environment = {
            **os.environ,
            **{f"TOOEASY_{name}": "" for name in names},  # GitHub sets all, empty where nothing is given
            **{f"TOOEASY_{name}": value for name, value in inputs.items()},
            **{name: str(file) for name, file in files.items()},
            "RUNNER_TEMP": str(tmp_path / "runner"),
            "GITHUB_ACTIONS": "true",
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        }
        result = subprocess.run(
            ["bash", str(SCRIPT)], cwd=here, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert list((tmp_path / "runner").iterdir()) == []
        output, summary = (file.read_text().removeprefix("before\n") for file in files.values())
        return result, output, summary

    return run


@pytest.fixture
def real(bin_folder):
    """The command itself, on the path."""
    put_command(bin_folder, f'exec "{sys.executable}" -m tooeasy "$@"')


@pytest.fixture
def recorded(here, bin_folder):
    """A command that only writes down its arguments; returns a function that reads them."""
    put_command(bin_folder, 'printf "%s\\0" "$@" >arguments')
    return lambda: (here / "arguments").read_text().split("\0")[:-1]


def test_a_gate_that_does_not_hold_in_a_job(action, real, folder, here):
    """Annotations on standard output, text in the summary, SARIF in its file, the output false, exit code 1."""
    result, output, summary = action(
        SOURCE="small", FAIL_ON="never", SARIF_FILE="out.sarif", ARGS="--max-imbalance\n0\n\n--max-one-pixel=1\r\n"
    )
    assert result.returncode == 1, result.stderr
    assert "::error title=limit of imbalance::imbalance " in result.stdout
    assert output == "holds=false\n"
    assert summary.startswith("### tooeasy check\n\n    imbalance ")
    assert summary.endswith("    does not hold: 1 violation\n\n")
    assert '"version": "2.1.0"' in (here / "out.sarif").read_text()


def test_a_gate_that_holds_in_a_job(action, real, folder, here):
    """Without any input, the configuration of the folder is all there is."""
    (here / "tooeasy.toml").write_text('source = "small"\nfail_on = "never"')
    result, output, summary = action()
    assert result.returncode == 0, result.stderr
    assert output == "holds=true\n"
    assert summary.endswith("    holds\n\n")


def test_bad_input_in_a_job(action, real):
    """Exit code 2, the line, and neither output nor summary."""
    result, output, summary = action(SOURCE="nowhere")
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1].startswith("tooeasy: ")
    assert output == summary == ""


def test_no_input_is_given_as_nothing(action, recorded):
    """Inputs that are empty are left out, so that the configuration decides."""
    action()
    first, second, third, last = recorded()
    assert [first, second, third] == ["check", "--format", "github"]
    assert last.startswith("--output=")


@pytest.mark.parametrize("value", EVIL)
def test_no_input_is_run(action, recorded, here, value):
    """Whatever an input holds arrives as one word; nothing in it is code, nor an option of its own."""
    sarif = f"{value}.sarif"
    result, _, _ = action(SOURCE=value, CONFIG=value, FAIL_ON=value, BASELINE=value, SARIF_FILE=sarif, ARGS=value)
    assert result.returncode == 0, result.stderr
    found = recorded()
    expected = [f"{option}={value}" for option in ("--config", "--fail-on", "--baseline")]
    assert found[3:7] == [*expected, f"--output={sarif}"]
    assert found[7:-3] == value.split("\n")
    assert found[-2:] == ["--", value]
    assert [path.name for path in here.iterdir()] == ["arguments"]


def test_another_form_than_sarif_is_refused(action, here):
    """A file of another ending would hold something else than its name says: one line, and nothing is run."""
    result, _, _ = action(SARIF_FILE="found.txt")
    assert (result.returncode, result.stdout) == (
        2,
        "::error title=tooeasy check::sarif-file is a name that ends in .sarif\n",
    )
    assert list(here.iterdir()) == []


def test_the_action_passes_inputs_by_environment_only(yaml):
    """No step has an expression in its code; every input is used, and every variable is one that the script reads."""
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    steps = action["runs"]["steps"]
    assert action["runs"]["using"] == "composite"
    assert all("${{" not in step.get("run", "") for step in steps)
    text = (ROOT / "action.yml").read_text("utf-8")
    assert all(f"inputs.{name} }}}}" in text for name in action["inputs"])
    script = SCRIPT.read_text("utf-8")
    passed = set(steps[-1]["env"]) - {"TOOEASY_ACTION"}
    assert all(f"${{{name}:-}}" in script for name in passed)
    assert steps[-1]["run"].endswith('scripts/action.sh"')


@pytest.mark.parametrize(
    ("version", "expected"), [("", "the action"), ("1.2.3", "tooeasy==1.2.3"), ("1; x", "tooeasy==1; x")]
)
def test_the_action_installs_one_thing(yaml, bin_folder, tmp_path, version, expected):
    """A version of the index where one is given, otherwise the action's own; one word in any case."""
    step = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"][1]
    (bin_folder / "python").write_text('#!/usr/bin/env bash\nprintf "%s\\n" "${@: -1}"\n')
    (bin_folder / "python").chmod(0o755)
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "TOOEASY_VERSION": version, "TOOEASY_ACTION": "the action"}
    result = subprocess.run(["bash", "-c", step["run"]], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout == f"{expected}\n"


def test_the_hook_runs_in_pre_commit(yaml, here, folder, bin_folder, real):
    """As pre-commit runs it, in a repository of its own; only that the command is here already, not installed anew."""
    pytest.importorskip("pre_commit", reason="the hook is run by it: pip install pre-commit")
    hook = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))[0]
    assert hook["id"] == "tooeasy-check"
    assert hook["language"] == "python"
    assert hook["pass_filenames"] is False
    local = {"repos": [{"repo": "local", "hooks": [{**hook, "language": "system"}]}]}
    (here / ".pre-commit-config.yaml").write_text(yaml.safe_dump(local))
    environment = {
        **os.environ,
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(here / "home"),
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    for name in [name for name in environment if name.startswith("GIT_") and name != "GIT_CONFIG_GLOBAL"]:
        del environment[name]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(arguments, cwd=here, env=environment, capture_output=True, text=True, check=False)

    assert run("git", "init", "-q").returncode == 0
    for limit, code in ((0, 1), (100, 0)):
        (here / "tooeasy.toml").write_text(f'source = "small"\nfail_on = "never"\n[limits]\nimbalance = {limit}\n')
        assert run("git", "add", ".pre-commit-config.yaml", "tooeasy.toml").returncode == 0
        result = run(sys.executable, "-m", "pre_commit", "run", "--verbose")
        assert result.returncode == code, result.stdout + result.stderr
        assert ("does not hold: 1 violation" if code else "holds") in result.stdout
