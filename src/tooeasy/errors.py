"""One small tree of exceptions; each is also the built-in that a caller would expect to catch.

A message is one line: what is wrong, what was found, what to do. The command line prints it and exits with code 2.
"""

from __future__ import annotations


class TooeasyError(Exception):
    """Base of everything that tooeasy raises on purpose."""


class SourceError(TooeasyError, ValueError):
    """A source was found, and cannot be used: damaged, of the wrong form, or of the wrong content."""


class SourceNotFoundError(TooeasyError, FileNotFoundError):
    """Nothing of this name: no such file, no such dataset."""

    def __str__(self) -> str:
        # FileNotFoundError formats its arguments as errno and strerror; ours is one sentence.
        return str(self.args[0])


class NotAtHandError(TooeasyError, LookupError):
    """The images themselves are needed, and only their sketch is here."""


class SketchError(TooeasyError, ValueError):
    """Sketches that do not fit together, or images that do not fit a sketch."""


class OptionError(TooeasyError, ValueError):
    """An argument is outside of what it may be."""


class OutputError(TooeasyError, OSError):
    """The result cannot be written where it was asked for."""

    def __str__(self) -> str:
        return str(self.args[0])


class DownloadError(TooeasyError, OSError):
    """A file cannot be downloaded, or is not the one that was published."""

    def __str__(self) -> str:
        return str(self.args[0])


class ClusterError(TooeasyError, RuntimeError):
    """Machines that were to do the work are lost, or not fit for it."""


class MissingExtraError(TooeasyError, ImportError):
    """A package is needed that comes with one of tooeasy's extras."""
