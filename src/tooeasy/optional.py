"""The one helper that names a missing extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tooeasy.errors import MissingExtraError


def require(module: str, *, extra: str, why: str) -> Any:
    """Import a module that comes with an extra.

    Parameters
    ----------
    module : str
        Name of the module: ``"torch"``.
    extra : str
        Name of tooeasy's extra that brings it.
    why : str
        What needs it, for people: ``"reading Parquet"``.

    Raises
    ------
    MissingExtraError
        If it is not installed, saying how to install it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingExtraError(f'{why} needs {package}: pip install "tooeasy[{extra}]"') from error
