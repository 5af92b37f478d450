"""Files that a user sees are written whole or not at all."""

from __future__ import annotations

import os
import stat

import pytest

from tooeasy import OutputError
from tooeasy.files import check_writable, write_whole


def test_a_file_appears_when_the_block_ends_well(tmp_path):
    """Not before; then with its content, and nothing beside it."""
    path = tmp_path / "result.txt"
    with write_whole(path) as temporary:
        temporary.write_text("whole")
        assert temporary.parent == path.parent  # so that renaming cannot cross a file system
        assert temporary.suffix == ".txt"
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_what_was_there(tmp_path):
    """An exception within the block keeps the old file and removes the new one; without an old one, nothing stays."""
    old, none = tmp_path / "old", tmp_path / "none"
    old.write_text("old")
    for path in (old, none):

        def fail(path=path):
            with write_whole(path) as temporary:
                temporary.write_text("half")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fail()
    assert list(tmp_path.iterdir()) == [old]
    assert old.read_text() == "old"


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_the_file_has_ordinary_permissions(tmp_path):
    """What the umask leaves, not the private ones of a temporary file."""
    before = os.umask(0o027)
    try:
        with write_whole(tmp_path / "result") as temporary:
            temporary.write_text("")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "result").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing/result", "the folder .*missing does not exist; create it first"),
        ("file/result", "the folder .*file does not exist; create it first"),
        ("folder", "it is a folder; give a file name in it"),
    ],
)
def test_places_that_cannot_be_written_are_refused_before_the_work(tmp_path, path, message):
    """A missing folder, a file as a folder, a folder as a file."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=message):
        check_writable(tmp_path / path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_without_permission_is_refused(tmp_path):
    """Told before the work, too."""
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="no permission to write in"):
        check_writable(tmp_path / "result")


def test_the_longest_name_can_be_written(tmp_path):
    """A name of 255 bytes is a file name on most systems."""
    path = tmp_path / ("a" * 255)
    path.touch()
    with write_whole(path) as temporary:
        temporary.write_text("whole")
    assert path.read_text() == "whole"
