"""Names that a user gave to datasets of their own, in a file of the user's configuration folder."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tooeasy.data.known.catalog import known_datasets
from tooeasy.data.places import config_folder
from tooeasy.errors import OptionError, OutputError, SourceError, SourceNotFoundError
from tooeasy.files import write_whole

FILE = "datasets.json"
MAX_BYTES = 2**20  # of the file: more is no list of names
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ELSEWHERE = re.compile(r"([a-z][a-z0-9+.-]*://|hf:|openml:)\S")  # sources that are no paths


def own_datasets() -> dict[str, str]:
    """Sources by the names that the user gave them.

    Raises
    ------
    SourceError
        If the file that has them is damaged, or not what `add_dataset` writes.
    """
    path = config_folder() / FILE
    try:
        if not path.is_file():
            return {}
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(f"{path} has more than {MAX_BYTES:,} bytes: it is no list of datasets; remove it")
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path} is damaged ({' '.join(str(error).split())[:100]}): correct or remove it") from error
    listed = found.get("datasets") if isinstance(found, dict) else None
    if not isinstance(listed, dict) or not all(isinstance(source, str) and source for source in listed.values()):
        raise SourceError(f'{path} is not of the form {{"datasets": {{"NAME": "PATH"}}}}: correct or remove it')
    wrong = next((name for name in listed if not _NAME.fullmatch(name) or name in known_datasets()), None)
    if wrong is not None:
        raise SourceError(f"{path} has the name {wrong[:64]!r}, which {_why_not(wrong)}: correct or remove it")
    return listed


def own_source(name: str) -> str | None:
    """Return what a name of the user's stands for; None where it is none."""
    return own_datasets().get(name) if _NAME.fullmatch(name) else None


def add_dataset(name: str, source: str) -> str:
    """Give a dataset a name of one's own, under which it is a source from then on.

    Parameters
    ----------
    name : str
        Letters, digits, ``.``, ``_`` and ``-``; not one of the catalog's.
    source : str
        A path, or another source such as a URL.

    Returns
    -------
    str
        The source as it is kept: a path is made absolute.

    Raises
    ------
    OptionError
        If the name cannot be given.
    SourceNotFoundError
        If there is no such path.
    OutputError
        If the configuration cannot be written.
    """
    if not _NAME.fullmatch(name) or name in known_datasets():
        raise OptionError(f"{name!r} cannot be the name of a dataset: it {_why_not(name)}")
    source = source if _ELSEWHERE.match(source) else _absolute(source)
    own = own_datasets()
    if own.get(name, source) != source:
        raise OptionError(
            f"{name} is already the name of {own[name]}; choose another, or: tooeasy datasets remove {name}"
        )
    _write(own | {name: source})
    return source


def remove_dataset(name: str) -> None:
    """Forget a name that `add_dataset` gave. The dataset itself stays where it is.

    Raises
    ------
    OptionError
        If no dataset has that name.
    """
    own = own_datasets()
    if name not in own:
        raise OptionError(f"no dataset was given the name {name!r}; given were {', '.join(own) or 'none'}")
    _write({other: source for other, source in own.items() if other != name})


def _absolute(path: str) -> str:
    try:
        if Path(path).exists():
            return str(Path(path).absolute())
    except (OSError, ValueError):  # too long, or with a null character
        pass
    raise SourceNotFoundError(f"no such file or folder: {path}")


def _why_not(name: str) -> str:
    if name in known_datasets():
        return "is a name of the catalog"
    return "is not of 1 to 64 letters, digits, '.', '_' and '-', with a letter or digit first"


def _write(datasets: dict[str, str]) -> None:
    path = config_folder() / FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {path.parent}: {error.strerror or error}") from error
    with write_whole(path) as temporary:
        temporary.write_text(json.dumps({"datasets": datasets}, indent=2) + "\n", "utf-8")
