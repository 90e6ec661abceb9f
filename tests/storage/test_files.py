"""Atomic files, each with its own temporary file."""

import errno
import os
from pathlib import Path

import pytest

from src.errors import ConfigError
from src.storage.files import aside, make_folders, placed
from src.storage.outputs import output


def test_file_takes_its_place_when_the_block_ends_well(tmp_path):
    path = tmp_path / "numbers.txt"
    with aside(path) as part:
        part.write_text("1")
        assert not path.exists()
    assert path.read_text() == "1"
    assert list(path.parent.iterdir()) == [path]


def test_file_that_was_there_stays_when_writing_fails(tmp_path):
    path = tmp_path / "numbers.txt"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError), aside(path) as part:
        part.write_text("\ud800 has no bytes", encoding="utf-8")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_file_have_parts_of_their_own(tmp_path):
    path = tmp_path / "numbers.txt"
    with aside(path) as first:
        with aside(path) as second:
            first.write_text("1")
            second.write_text("2")
        assert path.read_text() == "2"
    assert path.read_text() == "1"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_itself_and_never_what_it_points_to(tmp_path):
    precious = tmp_path / "precious.txt"
    precious.write_text("precious")
    (tmp_path / "link.txt").symlink_to(precious)
    with aside(tmp_path / "link.txt") as part:
        part.write_text("new")
    assert (precious.read_text(), (tmp_path / "link.txt").read_text()) == ("precious", "new")


def test_a_file_that_comes_meanwhile_stays_unless_it_may_be_replaced(tmp_path):
    path = tmp_path / "numbers.txt"
    with pytest.raises(FileExistsError), aside(path, replace=False):
        path.write_text("theirs")
    assert path.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_file_systems_without_hard_links_do(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "numbers.txt"
    with aside(path, replace=False) as part:
        part.write_text("1")
    with pytest.raises(FileExistsError), aside(path, replace=False) as part:
        part.write_text("2")
    assert path.read_text() == "1"


def test_a_folder_that_has_vanished_is_not_made_anew(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, aside(tmp_path / "gone" / "numbers.txt"):
        pass
    assert caught.value.filename == str(tmp_path / "gone" / "numbers.txt")
    assert not list(tmp_path.iterdir())


def test_an_error_of_the_disk_names_the_file_and_not_its_part(tmp_path):
    with pytest.raises(OSError, match="No space") as caught, aside(tmp_path / "numbers.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(tmp_path / "numbers.txt")


def test_a_durable_file_is_flushed_with_its_folder(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr(os, "fsync", lambda file: flushed.append(str(Path(f"/proc/self/fd/{file}").readlink())))
    with aside(tmp_path / "numbers.txt", durable=True) as part:
        part.write_text("1")
    assert flushed == [str(part), str(tmp_path)]


def test_folders_that_were_made_are_told_from_those_that_were_there(tmp_path):
    assert make_folders(tmp_path / "a" / "b") == (tmp_path / "a" / "b", tmp_path / "a")
    assert make_folders(tmp_path / "a" / "b" / "c") == (tmp_path / "a" / "b" / "c",)
    assert make_folders(tmp_path / "a") == ()


def test_an_output_makes_the_folders_above_it_and_leaves_none_when_it_fails(tmp_path):
    with output(tmp_path / "new" / "numbers.txt") as part:
        part.write_text("1")
    assert (tmp_path / "new" / "numbers.txt").read_text() == "1"
    with pytest.raises(ZeroDivisionError), output(tmp_path / "other" / "below" / "numbers.txt"):
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_place_that_cannot_be_written_is_the_users_mistake_only_where_the_user_named_it(tmp_path):
    (tmp_path / "file").touch()
    impossible = tmp_path / "file" / "below.txt"
    with pytest.raises(OSError, match="file"), aside(impossible):
        pass
    line = r"^output: .*file cannot be written \(Not a directory\); choose another place$"
    with pytest.raises(ConfigError, match=line), output(impossible):
        pass


def test_folders_that_were_made_go_again_when_the_next_one_cannot_be_made(tmp_path):
    with pytest.raises(OSError, match="File name too long"):
        make_folders(tmp_path / "a" / "b" / ("x" * 300))
    assert not list(tmp_path.iterdir())


def test_an_error_that_names_no_file_gets_a_place(tmp_path):
    with pytest.raises(OSError, match="No space") as caught, placed(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(tmp_path)
    with pytest.raises(OSError, match="No space") as caught, placed(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device", "its own")
    assert caught.value.filename == "its own"
