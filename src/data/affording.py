"""How many members and epochs a table can have in the time that people wait: fewer of both for large ones."""

MOST_MEMBERS = 16
LEAST_MEMBERS = 4

_VISITS = 12_000_000
"""Rows that all members together see in training, each time counted: some minutes on two cores."""

_ENOUGH = 32
"""Epochs below which members are given up before more epochs are: each has seen its rows often by then."""

_FEWEST = 3
"""Epochs of the largest tables."""

_WIDE = 512
"""Columns of a row that costs twice as much as one of a few columns."""


def members_for(rows: int, columns: int) -> int:
    """Members of an ensemble: 16, and fewer down to 4 where the table is large.

    Args:
        rows: That train.
        columns: Of each.

    Example:
        >>> members_for(1000, 30), members_for(100_000, 30), members_for(1_000_000, 30)
        (16, 4, 4)
    """
    return min(MOST_MEMBERS, max(LEAST_MEMBERS, int(_VISITS / (_ENOUGH * _cost(rows, columns)))))


def epochs_for(rows: int, columns: int, members: int, most: int) -> int:
    """Epochs of an ensemble: `most` for a small table, and fewer down to 3 where the table is large.

    Args:
        rows: That train.
        columns: Of each.
        members: Of the ensemble.
        most: Epochs that are asked for.

    Example:
        >>> [epochs_for(rows, 30, members=16, most=256) for rows in (1000, 20_000, 100_000)]
        [256, 35, 7]
    """
    afforded = int(_VISITS / (members * _cost(rows, columns)))
    return min(most, max(_FEWEST, afforded))


def _cost(rows: int, columns: int) -> float:
    """How many narrow rows cost as much in training."""
    return rows * (1 + columns / _WIDE)
