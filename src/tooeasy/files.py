"""Files that a user sees are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tooeasy.errors import OutputError

TEMPORARY = ".tooeasy-"  # start of the names of files that are being written


def check_writable(path: str | Path) -> Path:
    """Fail before the work, not after it, when a result could not be written.

    Raises
    ------
    OutputError
        If the folder does not exist or is not writable, or the path is a folder.
    """
    path = Path(path)
    folder = path.parent
    if not folder.is_dir():
        raise OutputError(f"cannot write {path}: the folder {folder} does not exist; create it first")
    if path.is_dir():
        raise OutputError(f"cannot write {path}: it is a folder; give a file name in it")
    if path.exists() and not path.is_file():
        raise OutputError(f"cannot write {path}: it is a device or a pipe; give the name of a file")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"cannot write {path}: no permission to write in {folder}")
    return path


@contextmanager
def write_whole(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it there when the block ends well, remove it otherwise."""
    path = check_writable(path)
    try:
        temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(8)}{path.suffix[:16]}"
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))  # less the user's umask
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from error
    try:
        yield temporary
        try:
            temporary.replace(path)
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
