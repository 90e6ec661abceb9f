"""Rows changed by hand: what is left of them, and back again."""

import pytest
import torch

from src.data.rows import Rows
from src.errors import ConfigError
from src.play.points import Points, rows_hash

ROWS = Rows(torch.tensor([[0.0, 0.1], [1.0, 0.2], [2.0, 0.3]]), torch.tensor([0, 1, 0]))
EDITS = {"add": [5.0, 5.0, 1]}, {"move": [2, 7.0, 7.0]}, {"erase": [0]}, {"move": [-1, 6.0, 6.0]}


def changed(*edits):
    points = Points()
    for edit in edits:
        points = points.change(edit, 2)
    return points


def test_rows_are_added_moved_and_erased():
    rows, numbers = changed(*EDITS).applied(ROWS)
    assert numbers == [1, 2, -1]
    torch.testing.assert_close(rows.x, torch.tensor([[1.0, 0.2], [7.0, 7.0], [6.0, 6.0]]))
    assert rows.y.tolist() == [1, 0, 1]


def test_undone_and_redone_they_are_bit_for_bit_what_they_were():
    points, hashes = Points(), [rows_hash(*ROWS)]
    for edit in EDITS:
        points = points.change(edit, 2)
        hashes.append(rows_hash(*points.applied(ROWS)[0]))
    assert len(set(hashes)) == len(hashes)
    for before in reversed(hashes[:-1]):
        points = points.undo()
        assert rows_hash(*points.applied(ROWS)[0]) == before
    assert not points
    assert points.undo().can == {"undo": False, "redo": True}
    for after in hashes[1:]:
        points = points.redo()
        assert rows_hash(*points.applied(ROWS)[0]) == after
    assert points.undo().change({"erase": [1]}, 2).can == {"undo": True, "redo": False}


def test_of_other_rows_only_those_added_stay():
    rows, numbers = changed(*EDITS).added().applied(ROWS)
    assert numbers == [0, 1, 2, -1]
    assert rows.x[-1].tolist() == [6.0, 6.0]


@pytest.mark.parametrize(
    "edit",
    [
        *(None, [], {}, {"add": [1, 2]}, {"add": [1, 2, 2]}, {"add": [1, 2, -1]}, {"add": [1, 2, 0.5]}),
        *({"add": [1e9, 0, 1]}, {"add": [float("nan"), 0, 1]}, {"add": ["1", 0, 1]}, {"add": [True, 0, 1]}),
        *({"erase": [1], "add": [1, 2, 1]}, {"exec": [1]}, {"move": [1, 2]}, {"erase": [None]}),
    ],
)
def test_other_changes_are_refused(edit):
    with pytest.raises(ConfigError, match="points: "):
        Points().change(edit, 2)


def test_there_are_so_many_changes_and_no_more():
    points = changed(*[EDITS[0]] * 500)
    with pytest.raises(ConfigError, match="at most 500 changes"):
        points.change(EDITS[0], 2)
