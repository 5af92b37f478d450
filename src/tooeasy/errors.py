"""One small tree of exceptions; each is also the built-in that a caller would expect to catch.

A message is one line: what is wrong, what was found, what to do. The command line prints it and exits with code 2.
"""

from __future__ import annotations


class TooeasyError(Exception):
    """Base of everything that tooeasy raises on purpose.

    Examples
    --------
    >>> import tooeasy
    >>> try:
    ...     tooeasy.load("no-such-file.zip")
    ... except tooeasy.TooeasyError as error:
    ...     print(type(error).__name__)
    SourceNotFoundError
    """


class SourceError(TooeasyError, ValueError):
    """A source was found, and cannot be used: damaged, of the wrong form, or of the wrong content.

    Examples
    --------
    >>> import tooeasy
    >>> try:
    ...     tooeasy.from_arrays(([[0, 1], [1, 0]], [0, 0]))
    ... except tooeasy.SourceError as error:
    ...     print(error)
    arrays has one class (0); telling classes apart takes two
    """


class SourceNotFoundError(TooeasyError, FileNotFoundError):
    """Nothing of this name: no such file, no such dataset.

    Examples
    --------
    >>> import tooeasy
    >>> try:
    ...     tooeasy.load("no-such-file.zip")
    ... except tooeasy.SourceNotFoundError as error:
    ...     print(error)
    no such file or folder: no-such-file.zip
    """

    def __str__(self) -> str:
        # FileNotFoundError formats its arguments as errno and strerror; ours is one sentence.
        return str(self.args[0])


class NotAtHandError(TooeasyError, LookupError):
    """The images themselves are needed, and only their sketch is here.

    Examples
    --------
    >>> import tooeasy
    >>> try:
    ...     tooeasy.load(tooeasy.load("digits").train.sketch()).train.labels
    ... except tooeasy.NotAtHandError as error:
    ...     print(error)
    sketch is a sketch, without images; use the dataset that it was made from
    """


class SketchError(TooeasyError, ValueError):
    """Sketches that do not fit together, or images that do not fit a sketch.

    Examples
    --------
    >>> import tooeasy
    >>> try:
    ...     tooeasy.Sketch((2, 2, 1), ["a", "b"]).merge(tooeasy.Sketch((3, 3, 1), ["a", "b"]))
    ... except tooeasy.SketchError as error:
    ...     print(error)
    sketches of different shapes do not add up: (2, 2, 1) and (3, 3, 1)
    """


class OptionError(TooeasyError, ValueError):
    """An argument is outside of what it may be.

    Examples
    --------
    >>> import tooeasy
    >>> try:
    ...     tooeasy.study_pixels("digits", rule="guess")
    ... except tooeasy.OptionError as error:
    ...     print(error)
    rule is one of lookup, threshold, logistic; found 'guess'
    """


class OutputError(TooeasyError, OSError):
    """The result cannot be written where it was asked for.

    Examples
    --------
    >>> import tooeasy
    >>> try:
    ...     tooeasy.load("digits").train.sketch().save("no-such-folder/digits.sketch")
    ... except tooeasy.OutputError as error:
    ...     print(error)
    cannot write no-such-folder/digits.sketch: the folder no-such-folder does not exist; create it first
    """

    def __str__(self) -> str:
        return str(self.args[0])


class DownloadError(TooeasyError, OSError):
    """A file cannot be downloaded, or is not the one that was published.

    Examples
    --------
    >>> import tooeasy
    >>> issubclass(tooeasy.DownloadError, OSError)
    True
    """

    def __str__(self) -> str:
        return str(self.args[0])


class ClusterError(TooeasyError, RuntimeError):
    """Machines that were to do the work are lost, or not fit for it.

    Examples
    --------
    >>> import tooeasy
    >>> issubclass(tooeasy.ClusterError, RuntimeError)
    True
    """


class MissingExtraError(TooeasyError, ImportError):
    """A package is needed that comes with one of tooeasy's extras.

    Examples
    --------
    >>> import tooeasy
    >>> from tooeasy.optional import require
    >>> try:
    ...     require("no_such_package", extra="hf", why="an example")
    ... except tooeasy.MissingExtraError as error:
    ...     print(error)
    an example needs no_such_package: pip install "tooeasy[hf]"
    """
