"""What docs/ says about the code is true."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [page for page in sorted((ROOT / "docs").glob("*.md")) if page.stem != "add_your_own"]  # whose files are new
NAMED = [
    (path, name)
    for page in PAGES
    for path, name in re.findall(r"`(src/[\w/]+\.py)`(?::\s+`(\w+)`)?", page.read_text().replace("\n", " "))
]


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[f"{path}:{name}" for path, name in NAMED])
def test_what_a_page_names_is_where_it_says(path, name):
    body = ast.parse((ROOT / path).read_text()).body
    assert not name or name in {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def test_the_page_names_every_room_on_the_way_of_a_run():
    rooms = {Path(path).parts[1] for path, _ in NAMED}
    assert rooms >= {"command", "settings", "trust", "building", "data", "heads", "metrics", "callbacks", "runs"}
