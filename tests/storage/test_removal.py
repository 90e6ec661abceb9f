"""One module removes, and it removes nothing that is not listed."""

import ast
from pathlib import Path

import pytest

from src.storage.removal import part_of, remove_empty, remove_listed, remove_part

SRC = Path(__file__).parents[2] / "src"
SOURCES = sorted(path for path in SRC.rglob("*.py") if path.relative_to(SRC).parts[0] != "readme")
ONE_PLACE = SRC / "storage" / "removal.py"
REMOVING = {"unlink", "rmdir", "rmtree", "removedirs", "rename", "renames", "move", "truncate", "ftruncate"}
LOGS = {
    "command/tasks.py",
    "storage/failures.py",
    "storage/runs_table.py",
    "stacking/folders.py",
    "tuning/journal.py",  # entries of a study, as Optuna writes them
}  # append a line to a file of the run or the sweep


def calls(path):
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]


def named(call):
    """Name of what is called, and the source of the object that has it."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr, ast.unparse(call.func.value)
    return ast.unparse(call.func), ""


@pytest.mark.parametrize("path", [path for path in SOURCES if path != ONE_PLACE], ids=lambda path: path.stem)
def test_nothing_else_removes_or_renames(path):
    assert "import shutil" not in path.read_text()
    for call in calls(path):
        name, owner = named(call)
        assert name not in REMOVING, ast.unparse(call)
        assert (name, owner) != ("remove", "os"), ast.unparse(call)
        assert name != "replace" or owner != "os", ast.unparse(call)
        # of a text `replace` takes two arguments, of a path one
        assert name != "replace" or len(call.args) + len(call.keywords) != 1, ast.unparse(call)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_whatever_is_written_is_a_part(path):
    for call in calls(path):
        name, owner = named(call)
        if name in ("write_text", "write_bytes"):
            assert owner.endswith("part"), ast.unparse(call)
        if name == "open" and isinstance(call.func, ast.Attribute):
            mode = next((each.value for each in call.args if isinstance(each, ast.Constant)), "r")
            mode = next((each.value.value for each in call.keywords if each.arg == "mode"), mode)
            if isinstance(mode, str) and set(mode) & set("wx+"):
                assert owner.endswith("part"), ast.unparse(call)
            if isinstance(mode, str) and "a" in mode:
                assert str(path.relative_to(SRC)) in LOGS, ast.unparse(call)


def test_what_is_listed_goes_and_the_rest_stays(tmp_path):
    for name in ("a.txt", "b.txt", "sub/one.log", "sub/two.txt", "empty/c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    remove_listed(tmp_path, ["a.txt", "sub/*.log", "empty/c.txt", "not/there.txt"])
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == ["b.txt", "sub", "sub/two.txt"]


def test_no_link_is_followed(tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "a.txt").write_text("")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "sub").symlink_to(precious)
    (folder / "a.txt").symlink_to(precious / "a.txt")
    remove_listed(folder, ["a.txt", "sub/a.txt"])
    remove_empty([folder / "sub"])
    assert (precious / "a.txt").exists()
    assert (folder / "sub").is_symlink()


@pytest.mark.parametrize("name", ["../precious.txt", "/etc/hostname", "sub/../../precious.txt"])
def test_a_list_does_not_lead_out_of_its_folder(name, tmp_path):
    (tmp_path / "precious.txt").write_text("")
    (tmp_path / "folder" / "sub").mkdir(parents=True)
    with pytest.raises(ValueError, match="leads out of the folder"):
        remove_listed(tmp_path / "folder", [name])
    assert (tmp_path / "precious.txt").exists()


def test_a_folder_with_a_foreign_file_stays(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "mine.txt").write_text("")
    remove_empty([tmp_path / "a" / "b", tmp_path / "a", tmp_path])
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["mine.txt"]


def test_only_a_part_of_this_process_is_removed_whole(tmp_path):
    part = part_of(tmp_path / "tables")
    part.mkdir()
    (part / "one.csv").write_text("")
    other = tmp_path / ".tables.1-00000000.part"
    other.mkdir()
    for path in (tmp_path, tmp_path / "tables", other):
        with pytest.raises(ValueError, match="not a temporary file of this process"):
            remove_part(path)
    remove_part(part)
    assert list(tmp_path.iterdir()) == [other]
