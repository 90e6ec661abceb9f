"""Training rows that the user adds, drags or erases; each change can be undone."""

import hashlib
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from src.data.rows import Rows, Splits
from src.errors import ConfigError
from src.storage.values import write_csv

_MOST = 500  # changes
_FARTHEST = 1e8


class Change(NamedTuple):
    """One change of a row.

    Attributes:
        kind: The kind of change.
        row: The row's number: from 0 up for rows of the dataset, from -1 down for added rows.
        x: The row's inputs after the change, in the data's units.
        label: The row's class after the change.
    """

    kind: Literal["add", "move", "erase"]
    row: int
    x: tuple[float, float] = (0.0, 0.0)
    label: int = 0


class Points:
    """The changes to the training rows of a dataset, and those that were undone."""

    def __init__(self) -> None:
        self._done: list[Change] = []
        self._undone: list[Change] = []
        self._num_added = 0

    def __bool__(self) -> bool:
        """Whether anything has been changed."""
        return bool(self._done)

    @property
    def changes(self) -> tuple[Change, ...]:
        """What has been changed."""
        return tuple(self._done)

    @property
    def can(self) -> dict[str, bool]:
        """Whether there is something to undo and to redo."""
        return {"undo": bool(self._done), "redo": bool(self._undone)}

    def change(self, edit: Any, num_classes: int) -> "Points":
        """These points with one more change, requested by a page.

        Args:
            edit: The kind of change and what it needs: `{"add": [x1, x2, label]}`, `{"move": [row, x1, x2]}`, or
                `{"erase": [row]}`.
            num_classes: Number of classes of the dataset.

        Raises:
            ConfigError: It is not such a change, or there are too many changes.
        """
        if len(self._done) >= _MOST:
            raise ConfigError(f"points: this page keeps at most {_MOST} changes; train on a table with data=csv")
        found = self._copy()
        found._done.append(self._read(edit, num_classes))
        found._undone.clear()
        found._num_added += found._done[-1].kind == "add"
        return found

    def undo(self) -> "Points":
        """These points without the last change."""
        found = self._copy()
        if found._done:
            found._undone.append(found._done.pop())
        return found

    def redo(self) -> "Points":
        """These points with the last undone change made again."""
        found = self._copy()
        if found._undone:
            found._done.append(found._undone.pop())
        return found

    def added(self) -> "Points":
        """These points without changes to the dataset's own rows, since these will be drawn again."""
        found = self._copy()
        found._done = [each for each in found._done if each.row < 0]
        found._undone = []
        return found

    def _copy(self) -> "Points":
        found = Points()
        found._done, found._undone, found._num_added = list(self._done), list(self._undone), self._num_added
        return found

    def _read(self, edit: Any, num_classes: int) -> Change:
        kind, values = next(iter(edit.items())) if isinstance(edit, dict) and len(edit) == 1 else ("", [])
        lengths = {"add": 3, "move": 3, "erase": 1}
        numbers = isinstance(values, list) and all(_is_number(each) for each in values)
        if kind not in lengths or not numbers or len(values) != lengths[kind]:
            raise ConfigError("points: a change should add, move or erase a row by its number; reload the page")
        if kind == "add":
            label = values[2]
            if label not in range(num_classes):
                raise ConfigError(f"points: the classes are 0 to {num_classes - 1} (got {label}); reload the page")
            return Change("add", -1 - self._num_added, (float(values[0]), float(values[1])), int(label))
        x = (float(values[1]), float(values[2])) if kind == "move" else (0.0, 0.0)
        return Change("move" if kind == "move" else "erase", int(values[0]), x)

    def applied(self, rows: Rows) -> tuple[Rows, list[int]]:
        """Training `rows` x [N, 2] and y [N] after all changes, and the number of each remaining row."""
        known = dict(enumerate(zip(rows.x.tolist(), rows.y.tolist(), strict=True)))
        for change in self._done:
            if change.kind == "add":
                known[change.row] = (list(change.x), change.label)
            elif change.row in known and change.kind == "move":
                known[change.row] = (list(change.x), known[change.row][1])
            else:
                known.pop(change.row, None)
        x = torch.tensor([each for each, _ in known.values()], dtype=rows.x.dtype).reshape(-1, 2)
        return Rows(x, torch.tensor([label for _, label in known.values()])), list(known)


def write_table(path: Path, splits: Splits, class_names: tuple[str, ...], inputs: tuple[str, ...]) -> None:
    """Write the rows of all `splits` as a table to `path`, with a column for each row's split.

    Args:
        path: The file.
        splits: The rows.
        class_names: The name of each class.
        inputs: The name of each input.
    """
    parts = {split: getattr(splits, split) for split in Splits._fields}
    x = torch.cat([rows.x for rows in parts.values()])
    labels = torch.cat([rows.y for rows in parts.values()]).tolist()
    columns: dict[str, list[Any]] = {name: _written(x[:, i]) for i, name in enumerate(inputs)}
    target, split_column = columns_beside(inputs)
    columns[target] = [class_names[int(label)] for label in labels]
    columns[split_column] = [split for split, rows in parts.items() for _ in range(len(rows.y))]
    write_csv(path, columns, formulas="keep")  # for these names are read again


def columns_beside(inputs: tuple[str, ...]) -> tuple[str, str]:
    """The names of a table's columns for the class and the split, which none of its `inputs` has.

    Example:
        >>> columns_beside(("x1", "split"))
        ('class', 'split_')
    """
    found = []
    for name in ("class", "split"):
        while name in inputs:
            name += "_"
        found.append(name)
    return found[0], found[1]


def rows_hash(x: Tensor, y: Tensor) -> str:
    """A hash of rows x [N, F] and y [N]: equal if they are equal bit for bit."""
    return hashlib.sha256(x.contiguous().numpy().tobytes() + y.long().numpy().tobytes()).hexdigest()[:16]


def _written(numbers: Tensor) -> list[float]:
    """The shortest decimal numbers that are read as the same `numbers` [N]: 6.1, not 6.099999904632568."""
    return [float(str(number)) for number in numbers.numpy()]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _FARTHEST
