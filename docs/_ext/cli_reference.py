"""The directive ``cli-reference``: every command, its arguments and options, read from the Typer app at build time."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

import typer
from docutils import nodes
from docutils.parsers.rst import Directive

PLAIN = {int: "N", float: "NUMBER", str: "TEXT"}  # what stands for a value whose option does not name it


class Entry(NamedTuple):
    """One argument or option, in words."""

    term: str
    help: str
    default: str | None
    group: str


def commands(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Every command under a group with its full name, those of groups within it after the group's own."""
    for name, command in group.commands.items():
        yield f"{prefix} {name}", command
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix} {name}")


def usage_of(name: str, command: Any) -> str:
    """The line that says how a command is called."""
    words = [param.metavar or param.name.upper() for param in command.params if param.param_type_name == "argument"]
    inner = ["[COMMAND]"] if hasattr(command, "commands") else []
    return " ".join([name, "[OPTIONS]", *inner, *words])


def entries_of(command: Any) -> Iterator[Entry]:
    """Arguments and options in order; values and defaults are the function's, which no version of Typer alters."""
    known = inspect.signature(command.callback, eval_str=True).parameters
    for param in command.params:
        if param.name in known:
            parameter = known[param.name]
            yield _argument(param) if param.param_type_name == "argument" else _option(param, parameter)
        else:  # Typer's own, for completion
            yield Entry(", ".join(param.opts), param.help, None, "Options")


def _argument(param: Any) -> Entry:
    return Entry(param.metavar or param.name.upper(), param.help or "", None, "Arguments")


def _option(param: Any, parameter: inspect.Parameter) -> Entry:
    names = ", ".join(param.opts) + "".join(f" / {name}" for name in param.secondary_opts)
    value = "" if getattr(param, "is_flag", False) else f" {param.metavar or _value(parameter.annotation)}"
    help_ = (param.help or "") + (" Required." if param.required else "")
    return Entry(names + value, help_, _default(parameter.default), param.rich_help_panel or "Options")


def _value(annotation: Any) -> str:
    """What stands for an option's value: its choices, or a word for its type."""
    if get_origin(annotation) in (Annotated, Literal):
        first = get_args(annotation)
        return "|".join(map(str, first)) if get_origin(annotation) is Literal else _value(first[0])
    found = [_value(part) for part in get_args(annotation) if part is not type(None)]
    return found[0] if found else PLAIN.get(annotation, "VALUE")


def _default(value: Any) -> str | None:
    """A default as it would be typed; None where there is nothing to say."""
    if value is None or value is False or value is inspect.Parameter.empty:
        return None
    return str(value)


class CliReference(Directive):
    """One section a command: usage, what it does, arguments, options."""

    def run(self) -> list[nodes.Node]:
        """Make the sections."""
        from tooeasy.cli.main import app

        root = typer.main.get_command(app)
        return [self._section(name, command) for name, command in [("tooeasy", root), *commands(root, "tooeasy")]]

    def _section(self, name: str, command: Any) -> nodes.section:
        section = nodes.section(ids=[nodes.make_id(name)], names=[nodes.fully_normalize_name(name)])
        section += nodes.title("", name)
        self.state.document.note_explicit_target(section, section)
        for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
            section += nodes.paragraph("", " ".join(paragraph.split()))
        section += nodes.literal_block("", usage_of(name, command), language="text", classes=["cli-usage"])
        groups: dict[str, list[Entry]] = {}
        for entry in entries_of(command):
            groups.setdefault(entry.group, []).append(entry)
        for group, entries in groups.items():
            section += nodes.rubric("", group)
            section += nodes.definition_list("", *map(_item, entries), classes=["cli-options"])
        return section


def _item(entry: Entry) -> nodes.definition_list_item:
    told = nodes.paragraph("", entry.help)
    if entry.default is not None:
        told += [nodes.Text(" Default: "), nodes.literal("", entry.default), nodes.Text(".")]
    term = nodes.term("", "", nodes.literal("", entry.term))
    return nodes.definition_list_item("", term, nodes.definition("", told))


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx of the directive. A page that has it is read anew at each build, as the code may have changed."""
    app.add_directive("cli-reference", CliReference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
