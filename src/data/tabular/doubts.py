"""Columns of a table that are rarely meant as inputs: constants, row numbers, copies of the target."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from src.data.table import Table, as_number, as_text

_FEWEST_ROWS = 20  # fewer prove nothing: any two columns of three rows may agree
_NAMES = 3  # of columns in one line
_ID = re.compile(r"(^|[\W_])(id|uid|uuid|guid|index|key)$", re.IGNORECASE)


def doubts(inputs: Table, target: Sequence[Any], is_regression: bool) -> Iterator[tuple[str, str]]:
    """Kind and text of each doubt about a table; each column is read only until it turns out to be ordinary.

    Args:
        inputs: The columns to predict from.
        target: Target of each row.
        is_regression: Whether the target is a number.

    Example:
        >>> table = Table({"id": list(range(20)), "size": [1, 2] * 10}, source="rows.csv")
        >>> for _, text in doubts(table, ["no", "yes"] * 10, is_regression=False):
        ...     print(text)
        rows.csv: no two rows share a value of id, as if it were an id; data.ignore=[id] leaves it out
        rows.csv: size gives away the target of every row; data.ignore=[size] leaves out what is known only later
    """
    if len(target) < _FEWEST_ROWS:
        return
    columns, source = inputs.columns, inputs.source
    if constant := [name for name, cells in columns.items() if _is_constant(cells)]:
        yield "constant", f"{source}: every row has the same value of {_listed(constant)}; {_out(constant)} it out"
    if len(columns) > 1 and (ids := [name for name, cells in columns.items() if _is_id(name, cells)]):
        yield (
            "id",
            f"{inputs.source}: no two rows share a value of {_listed(ids)}, as if it were an id; {_out(ids)} it out",
        )
    same = _is_same if is_regression else _says_the_same
    if told := [name for name, cells in columns.items() if name not in constant and same(cells, target)]:
        yield (
            "target",
            f"{source}: {_listed(told)} gives away the target of every row; {_out(told)} out what is known only later",
        )


def _is_constant(cells: Sequence[Any]) -> bool:
    first = as_text(cells[0])
    return all(as_text(cell) == first for cell in cells)


def _is_id(name: str, cells: Sequence[Any]) -> bool:
    """Whether a column counts the rows, or has different text in each (or a whole number, if named like an id)."""
    first, second = as_number(cells[0]), as_number(cells[1])
    if first is None or second is None:
        return _all_differ(map(as_text, cells))
    return _counts(cells) or (_ID.search(name) is not None and _all_differ(map(_whole, cells)))


def _counts(cells: Sequence[Any]) -> bool:
    """Whether cells are the whole numbers from 0 or 1 on, each once, in any order."""
    seen = bytearray(len(cells) + 1)
    for cell in cells:
        number = _whole(cell)
        if number is None or not 0 <= number < len(seen) or seen[int(number)]:
            return False
        seen[int(number)] = True
    return not (seen[0] and seen[-1])


def _whole(cell: Any) -> float | None:
    number = as_number(cell)
    return number if number is not None and number.is_integer() else None


def _all_differ(values: Iterator[Any]) -> bool:
    seen = set()
    for value in values:
        if value is None or value in seen:
            return False
        seen.add(value)
    return True


def _is_same(cells: Sequence[Any], target: Sequence[Any]) -> bool:
    pairs = zip(cells, target, strict=True)
    return all(as_text(cell) is not None and as_number(cell) == as_number(value) for cell, value in pairs)


def _says_the_same(cells: Sequence[Any], target: Sequence[Any]) -> bool:
    """Whether each value of the column goes with one value of the target and vice versa."""
    forth: dict[str | None, str | None] = {}
    back: dict[str | None, str | None] = {}
    for cell, value in zip(cells, target, strict=True):
        mine, theirs = as_text(cell), as_text(value)
        if forth.setdefault(mine, theirs) != theirs or back.setdefault(theirs, mine) != mine:
            return False
    return True


def _listed(names: list[str]) -> str:
    more = f" and of {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return f"{', '.join(names[:_NAMES])}{more}"


def _out(names: list[str]) -> str:
    return f"data.ignore=[{','.join(names[:_NAMES])}{',…' if len(names) > _NAMES else ''}] leaves"
