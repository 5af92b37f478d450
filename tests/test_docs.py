"""The documentation is true: its commands and code run, print what it shows, and leave out no option."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from tooeasy.cli.main import app, main

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("**/*.md"))]
LINKED = [*PAGES, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
FENCE = re.compile(r"^```(?P<language>[\w-]*)[^\n]*\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
ECHO = "; echo $?"
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    code: str
    line: int


class Shown(NamedTuple):
    """A command of a console block, the output that follows it, and the exit code that the page says it ends with."""

    command: str
    output: str
    code: int = 0


def blocks(page: Path, *languages: str) -> list[Block]:
    """Fenced blocks of some languages, in order."""
    text = page.read_text("utf-8")
    return [
        Block(match["language"], match["code"], text.count("\n", 0, match.start()) + 1)
        for match in FENCE.finditer(text)
        if match["language"] in languages
    ]


def shown_commands(page: Path) -> list[Shown]:
    """Commands of the console blocks that call tooeasy, each with the lines that follow it."""
    return [shown for block in blocks(page, "console") for shown in commands_of(block)]


def commands_of(block: Block) -> Iterator[Shown]:
    """Commands of one console block that call tooeasy; ``; echo $?`` after one shows its exit code in the last line."""
    code = block.code.replace("\\\n", " ")
    for part in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        if command.split()[:1] != ["tooeasy"]:
            continue
        if command.endswith(ECHO):
            output, _, last = output.rstrip().rpartition("\n")
            yield Shown(command.removesuffix(ECHO), output, int(last))
        else:
            yield Shown(command, output)


def normalised(text: str) -> str:
    """Lines may be wrapped elsewhere, and columns be wider: all white space is one."""
    return " ".join(text.split())


def fits(shown: str, printed: str) -> bool:
    """Whether what is shown is what was printed; ``...`` stands for anything."""
    parts = (re.escape(part.strip()) for part in normalised(shown).split("..."))
    return re.fullmatch(r"\s*.*?\s*".join(parts), normalised(printed)) is not None


def commands() -> Iterator[tuple[str, Any]]:
    """All commands by name."""
    yield from typer.main.get_command(app).commands.items()  # type: ignore[attr-defined]


def options() -> list[tuple[str, str]]:
    """All options, each with its command; those of tooeasy itself with an empty one."""
    found = [("", name) for param in typer.main.get_command(app).params for name in long_names(param)]
    parts = [(name, part) for name, command in commands() for part in (command, *parts_of(command))]
    return found + [(name, option) for name, part in parts for param in part.params for option in long_names(param)]


def parts_of(command: Any) -> list[Any]:
    """The commands below a command, such as ``get`` of ``datasets``."""
    return list(getattr(command, "commands", {}).values())


def long_names(param: Any) -> list[str]:
    """The names of an option that start with two hyphens."""
    return [name for name in (*param.opts, *param.secondary_opts) if name.startswith("--")]


def slug(heading: str) -> str:
    """The anchor that a heading gets."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def name_of(page: Path) -> str:
    """A page's path in the project."""
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_machine: Path) -> Path:
    """A reader's empty folder, on a machine without training images, before a terminal of 120 columns."""
    folder = tmp_path / "reader"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return folder


def test_the_readme_shows_commands():
    """The README has console blocks with commands, code in Python, and the first command to type."""
    text = README.read_text("utf-8")
    assert shown_commands(README), "README.md has no ```console block with a line that starts with `$ tooeasy`"
    assert blocks(README, "python"), "README.md has no ```python block"
    assert "pip install ." in text


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_does_what_it_shows(page, reader, capsys):
    """A page's Python and commands run in its order, in one folder and one namespace; commands print what it shows."""
    from matplotlib import pyplot as plt

    before = plt.get_backend()
    plt.switch_backend("Agg")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    try:
        for block in blocks(page, "python", "console"):
            if block.language == "python":
                code = compile("\n" * block.line + block.code, name_of(page), "exec")
                exec(code, namespace)  # noqa: S102  # our own documentation
            for shown in commands_of(block) if block.language == "console" else ():
                capsys.readouterr()
                check_command(page, shown, capsys)
    finally:
        plt.close("all")
        plt.switch_backend(before)


def check_command(page: Path, shown: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    """Run a command: it ends as the page says, and prints what the page shows, errors too where it fails on purpose."""
    ended = main(shlex.split(shown.command)[1:])
    captured = capsys.readouterr()
    assert ended == shown.code, f"{name_of(page)}: $ {shown.command}\n{captured.out}{captured.err}"
    printed = captured.out + captured.err if shown.code else captured.out
    if shown.output.strip():
        assert fits(shown.output, printed), (
            f"{name_of(page)} shows after $ {shown.command}\n{shown.output}\nbut it prints\n{printed}"
        )


def test_every_command_is_documented():
    """Every command is mentioned as ``tooeasy COMMAND`` in the README, where a reader looks first."""
    text = README.read_text("utf-8")
    missing = [name for name, _ in commands() if not re.search(rf"\btooeasy {re.escape(name)}\b", text)]
    assert list(commands())
    assert not missing, f"README.md does not mention {missing}"


def test_every_option_is_documented():
    """Every option of every command is mentioned in the README or the docs."""
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    known = options()
    assert ("pixels", "--rule") in known
    missing = [
        f"tooeasy {command} {option}".replace("  ", " ")
        for command, option in known
        if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text)
    ]
    assert not missing, f"README.md and docs/ do not mention {missing}"


def test_no_option_is_made_up():
    """No page mentions a command or an option of tooeasy that there is not."""
    known = dict(commands())
    allowed = {"": {"--version", "--help"}, **{name: {"--help"} for name in known}}
    for command, option in options():
        allowed[command].add(option)
    wrong = []
    for page in PAGES:
        text = page.read_text("utf-8")
        for call in [*re.findall(r"`tooeasy ([^`\n]+)`", text), *(s.command[8:] for s in shown_commands(page))]:
            words = call.split()
            command = "" if words[0].startswith("-") else words[0]
            used = {word.partition("=")[0] for word in words if word.startswith("--")}
            if command not in allowed or not used <= allowed[command]:
                wrong.append(f"{name_of(page)}: tooeasy {call}")
    assert not wrong


@pytest.mark.parametrize("page", LINKED, ids=name_of)
def test_links_between_pages_resolve(page):
    """Every link to another file of the project leads to one, and every anchor to a heading."""
    text = FENCE.sub("", page.read_text("utf-8"))
    broken = []
    for match in LINK.finditer(text):
        target, _, anchor = match["target"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = (page.parent / target).resolve() if target else page
        found = path.exists() and path.is_relative_to(ROOT)
        if found and anchor:
            found = anchor in map(slug, re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE))
        if not found:
            broken.append(match["target"])
    assert not broken, f"{name_of(page)} links to {broken}"


@pytest.mark.parametrize("page", [page for page in PAGES if page != README], ids=name_of)
def test_every_page_can_be_reached(page):
    """Every page of the docs is linked from the README or from another page."""
    sources = [other for other in LINKED if other != page]
    targets = {
        (other.parent / match["target"].partition("#")[0]).resolve()
        for other in sources
        for match in LINK.finditer(other.read_text("utf-8"))
    }
    assert page in targets


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        ("a  b\nc", "a b c\n", True),
        ("a ... c", "a b b c", True),
        ("a\n...\nc", "a\nc", True),
        ("...", "anything\nat all", True),
        ("a ... d", "a b c", False),
        ("a b", "a b c", False),
        ("1.5 (x)", "125 (x)", False),
    ],
)
def test_output_is_compared(shown, printed, expected):
    """The comparison of what is shown and printed takes white space and ``...`` for what they are, and nothing else."""
    assert fits(shown, printed) is expected


def script(name: str) -> Any:
    """A script of the project as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_of_datasets_are_those_of_the_package():
    """docs/which-dataset.md shows what `python scripts/make_dataset_tables.py` makes of cards and catalog today."""
    page = (ROOT / "docs" / "which-dataset.md").read_text("utf-8")
    assert script("make_dataset_tables").written(page) == page


def test_the_tables_of_published_studies_are_made_anew(empty_machine):
    """docs/reproduction.md shows what `python scripts/make_reproduction.py` finds in what the package brings."""
    page = (ROOT / "docs" / "reproduction.md").read_text("utf-8")
    made = script("make_reproduction").bundled_tables()
    assert len(made) == 3
    assert [table for table in made if table not in page] == []


def test_the_methods_name_code_that_there_is():
    """The files and folders in the last column of docs/methods.md are in the package, and its table is not empty."""
    page = (ROOT / "docs" / "methods.md").read_text("utf-8")
    named = re.findall(r"`([\w/]+(?:\.py|/))`", page)
    assert len(named) > 30
    assert [name for name in named if not (ROOT / "src" / "tooeasy" / name).exists()] == []


def test_the_page_of_the_audit_has_all_checks():
    """Each check, by its name and no other, in the order of the code."""
    from tooeasy.giveaways import CHECKS

    page = (ROOT / "docs" / "giveaways.md").read_text("utf-8")
    table = page.partition("## The checks")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE) == list(CHECKS)


def _step(step: float, never: float) -> str:
    return "never" if step == never else f"{step:.0%}"


def test_the_page_of_the_audit_has_the_grades():
    """From which skill on a discovery is a note, a warning, an error, as in the code."""
    from tooeasy.giveaways.judge import GRADES, NEVER

    page = (ROOT / "docs" / "giveaways.md").read_text("utf-8")
    table = page.partition("### How grave it is")[2].partition("\n### ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("| `")]
    told = []
    for name, one in GRADES.items():
        steps = [_step(step, NEVER) for step in (one.note, one.warning, one.error)]
        single = ["", ""] if one.single == (NEVER, NEVER) else [_step(step, NEVER) for step in one.single]
        told.append([f"`{name}`", *steps, f"{one.share:.0%}" if one.share else "", *single])
    assert rows == told
