"""JSON that may be this project's is read, and anything else is ignored."""

import pytest

from src.storage.values import known_json, write_json


def test_values_come_back_as_they_were_written(tmp_path):
    write_json(tmp_path / "a.json", {"format": 1, "files": ["b", "ü"], "loss": float("nan")})
    assert known_json(tmp_path / "a.json") == {"format": 1, "files": ["b", "ü"], "loss": None}


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"1", b"\xff", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}"])
def test_what_this_project_never_wrote_is_not_known(content, tmp_path):
    (tmp_path / "a.json").write_bytes(content)
    assert known_json(tmp_path / "a.json") == {}


def test_neither_links_nor_folders_nor_large_files_are_read(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": 1}')
    (tmp_path / "link.json").symlink_to(path)
    (tmp_path / "folder.json").mkdir()
    assert known_json(path, most=8) == {"a": 1}
    assert known_json(path, most=7) == {}
    assert [known_json(tmp_path / f"{name}.json") for name in ("link", "folder", "missing")] == [{}, {}, {}]
