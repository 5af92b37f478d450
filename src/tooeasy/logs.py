"""What the library tells of its work, for whoever asks Python's logging for it; silent by default."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def timed(logger: logging.Logger, message: str, *arguments: object, level: int = logging.INFO) -> Iterator[None]:
    """Log a message with the seconds that the block took; nothing if it raises.

    Parameters
    ----------
    logger : logging.Logger
    message : str
        With ``%s`` and the like for the arguments, as `logging` has it.
    *arguments : object
        Formatted only if somebody listens.
    level : int
        Of the record.

    Examples
    --------
    >>> with timed(logging.getLogger("tooeasy.example"), "counted %d images", 7):
    ...     images = 7
    """
    start = time.perf_counter()
    yield
    logger.log(level, f"{message} in %.2f s", *arguments, time.perf_counter() - start)
