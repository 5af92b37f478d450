"""Completion by the shell: what is offered, in the three shells' own protocol, and that it loads nothing heavy."""

from __future__ import annotations

import pytest

from tooeasy.baselines.settings import settings_of
from tooeasy.cli import completion
from tooeasy.complexity.definitions import MEASURES
from tooeasy.data import known_datasets
from tooeasy.data.known.own import add_dataset
from tooeasy.ladder.rungs import all_rungs
from tooeasy.templates import KINDS

NO_DETECTION = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}  # Typer then takes the name of a shell
HEAVY = ("numpy", "numba", "sklearn", "pandas", "matplotlib", "scipy")


@pytest.fixture
def asked(command, monkeypatch):
    """Run the command with an environment of its own, as a shell does that completes a line."""

    def ask(*arguments: str, **environment: str):
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            result = command(*arguments)
        assert result.raw_err == ""
        return result

    return ask


@pytest.fixture
def offered(asked):
    """What bash is offered for the last word of a line."""

    def ask(line: str) -> list[str]:
        words = ["tooeasy", *line.split(" ")]
        result = asked(_TOOEASY_COMPLETE="complete_bash", COMP_WORDS=" ".join(words), COMP_CWORD=str(len(words) - 1))
        assert result.code == 0
        return result.out.split()

    return ask


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("pixels fash", ["fashion-mnist"]),
        ("ladder kmn", ["kmnist"]),
        ("ladder mnist --up-to k", ["knn", "k-pixels"]),
        ("ladder mnist --only nothing,sv", ["nothing,svm"]),
        ("pixels mnist --rule l", ["lookup", "logistic"]),
        ("templates mnist --kind l", ["least-squares", "lda", "lasso"]),
        ("complexity mnist --only F1,N", ["F1,N1", "F1,N3"]),
        ("benchmark mnist --family Ga", ["GaussianNB", "GaussianProcessClassifier"]),
        ("show sa", ["samples"]),
        ("check mnist --format s", ["sarif"]),
        ("datasets info qm", ["qmnist"]),
        ("--json-schema pixels-", ["pixels-budget"]),
        ("comp", ["compare", "complexity"]),
    ],
)
def test_bash_is_offered(offered, line, found):
    """Names of the catalog, rungs, rules, kinds, measures, families and commands that start with what is typed."""
    assert sorted(offered(line)) == sorted(found)


def test_names_of_ones_own_are_offered_and_files_never(offered, here, folder, monkeypatch, tmp_path):
    """Beside the catalog: names that the user gave. Files are left to the shell, who quotes what would be run else."""
    monkeypatch.setenv("TOOEASY_CONFIG", str(tmp_path / "config"))
    add_dataset("smile", "small")
    settings = tmp_path / "config" / "datasets.json"
    settings.write_text(settings.read_text("utf-8").replace('"smile"', r'"sm\\$(touch pwned)": "x", "smile"'))
    (here / "smoke.csv").touch()
    (here / r"sm\$(touch pwned)").touch()
    assert offered("pixels sm") == ["smile"]
    assert offered("pixels small/") == []
    assert offered("datasets remove ") == ["smile"]
    (tmp_path / "config" / "datasets.json").write_text("{")
    assert offered("datasets remove ") == []


@pytest.mark.parametrize(("shell", "sign"), [("zsh", '"fashion-mnist"'), ("fish", "fashion-mnist")])
def test_other_shells_are_offered_the_same(asked, shell, sign):
    """In their own form."""
    line = {"_TYPER_COMPLETE_ARGS": "tooeasy pixels fash", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    result = asked(_TOOEASY_COMPLETE=f"complete_{shell}", **line)
    assert result.code == 0
    assert sign in result.out


@pytest.mark.parametrize(("word", "code"), [("fash", 0), ("path/to/", 1)])
def test_fish_is_told_whether_to_complete_paths(asked, word, code):
    """By the exit code, which must come through: 1 where nothing is offered."""
    line = {"_TYPER_COMPLETE_ARGS": f"tooeasy pixels {word}", "_TYPER_COMPLETE_FISH_ACTION": "is-args"}
    assert asked(_TOOEASY_COMPLETE="complete_fish", **line).code == code


def test_the_module_completes_as_the_command_does(process):
    """``python -m tooeasy``, in a process of its own: what is offered, and a script for the name ``tooeasy``."""
    line = {"_TOOEASY_COMPLETE": "complete_bash", "COMP_WORDS": "tooeasy pixels fash", "COMP_CWORD": "2"}
    assert process("-m", "tooeasy", env=line).stdout == "fashion-mnist\n"
    result = process("-m", "tooeasy", "--show-completion", "bash", env=NO_DETECTION)
    assert (result.returncode, result.stderr) == (0, "")
    assert "_TOOEASY_COMPLETE=complete_bash" in result.stdout
    assert "python" not in result.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell(asked, shell):
    """It asks the command by the variable that it answers to."""
    assert f"_TOOEASY_COMPLETE=complete_{shell}" in asked("--show-completion", shell, **NO_DETECTION).out


@pytest.mark.parametrize(
    ("shell", "path"),
    [
        ("bash", ".bash_completions/tooeasy.sh"),
        ("zsh", ".zfunc/_tooeasy"),
        ("fish", ".config/fish/completions/tooeasy.fish"),
    ],
)
def test_the_script_is_installed(asked, here, shell, path):
    """In the user's home, where the shell finds it."""
    result = asked("--install-completion", shell, HOME=str(here), USERPROFILE=str(here), **NO_DETECTION)
    assert result.code == 0
    assert f"complete_{shell}" in (here / path).read_text("utf-8")


def test_a_shell_that_is_not_known_is_wrong_usage(command, monkeypatch):
    """Not 1, which says that a gate does not hold."""
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("tcsh", "/bin/tcsh"))
    result = command("--install-completion")
    assert result.code == 2
    assert "tcsh is not supported" in result.out + result.err


def test_nothing_heavy_is_loaded_for_it(process):
    """It is asked at every key."""
    code = (
        "import sys\nfrom tooeasy.cli import completion as c\n"
        "assert c.sources('mn') and c.rungs('') and c.families('') and c.own_names('') == []\n"
        "import tooeasy.cli.main\nprint(*sys.modules)"
    )
    result = process("-c", code, env={"TOOEASY_CONFIG": "nowhere"})
    assert result.returncode == 0, result.stderr
    assert set(result.stdout.split()).isdisjoint(HEAVY)


def test_what_is_offered_is_what_there_is():
    """The lists, which are kept apart so that nothing heavy is loaded, are those of the library."""
    assert completion.catalog_names() == sorted(known_datasets())
    assert list(completion.RUNGS) == [rung.name for rung in all_rungs()]
    assert sorted(completion.KINDS) == sorted(KINDS)
    assert sorted(completion.MEASURES) == sorted(MEASURES)
    assert set(completion.families("")) == {setting.family for setting in settings_of(None)}
