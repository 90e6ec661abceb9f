"""Files that are whole or not there."""

import pytest

from src.errors import ConfigError
from src.files import aside
from src.run.files import output


def test_file_takes_its_place_when_the_block_ends_well(tmp_path):
    path = tmp_path / "new" / "numbers.txt"
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


def test_folder_takes_the_place_of_a_folder(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "old").touch()
    with aside(tmp_path / "tables") as part:
        part.mkdir()
        (part / "new").touch()
    assert [path.name for path in (tmp_path / "tables").iterdir()] == ["new"]


def test_place_that_cannot_be_written_is_the_users_mistake_only_where_the_user_named_it(tmp_path):
    (tmp_path / "file").touch()
    impossible = tmp_path / "file" / "below.txt"
    with pytest.raises(OSError, match="file"), aside(impossible):
        pass
    line = r"^output: .*below\.txt cannot be written \(.*\); name another place$"
    with pytest.raises(ConfigError, match=line), output(impossible):
        pass
