"""The command line: parse, call the library, print. The one place that turns errors into exit codes."""

from tooeasy.cli.main import main

__all__ = ["main"]
