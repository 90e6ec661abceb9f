"""How many members and epochs a table can have in acceptable time: fewer of both for large tables."""

MOST_MEMBERS = 16
LEAST_MEMBERS = 4

_VISITS = 12_000_000
"""Rows that all members together see in training, counting repeats: a few minutes on two cores."""

_ENOUGH = 32
"""Epochs below which the number of members is reduced first: by then each member has seen its rows often enough."""

_FEWEST = 3
"""Epochs of the largest tables."""

_WIDE = 512
"""Number of columns at which a row costs twice as much as a row of a few columns."""


def members_for(rows: int, columns: int) -> int:
    """Members of an ensemble: 16, or fewer, down to 4, for a large table.

    Args:
        rows: Training rows.
        columns: Columns per row.

    Example:
        >>> members_for(1000, 30), members_for(100_000, 30), members_for(1_000_000, 30)
        (16, 4, 4)
    """
    return min(MOST_MEMBERS, max(LEAST_MEMBERS, int(_VISITS / (_ENOUGH * _cost(rows, columns)))))


def epochs_for(rows: int, columns: int, members: int, most: int) -> int:
    """Epochs of an ensemble: `most` for a small table, or fewer, down to 3, for a large one.

    Args:
        rows: Training rows.
        columns: Columns per row.
        members: Members of the ensemble.
        most: Requested epochs.

    Example:
        >>> [epochs_for(rows, 30, members=16, most=256) for rows in (1000, 20_000, 100_000)]
        [256, 35, 7]
    """
    afforded = int(_VISITS / (members * _cost(rows, columns)))
    return min(most, max(_FEWEST, afforded))


def _cost(rows: int, columns: int) -> float:
    """The number of narrow rows that cost as much in training."""
    return rows * (1 + columns / _WIDE)
