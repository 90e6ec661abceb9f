"""A split in time, as for a forecast: training on the oldest rows, testing on the newest."""

from collections.abc import Sequence
from math import ceil

import numpy as np
import torch
from torch import Tensor

from src.data.table import Numbers, as_number
from src.data.tabular.dates import Dates, form_of
from src.errors import ConfigError


def moments(texts: Sequence[str | None], source: str, row_numbers: Sequence[int]) -> Numbers:
    """The time of each row, float64 [N]: a number, or the days since 1970 of a date.

    Args:
        texts: The cells of the time column.
        source: Where it is from, for messages.
        row_numbers: Number of each row in the source.

    Raises:
        ConfigError: A cell is empty, or the cells are neither numbers nor dates in one format.

    Example:
        >>> moments(["2024-01-02", "1970-01-03"], "rows.csv", [1, 2]).tolist()
        [19724.0, 2.0]
    """
    for text, row in zip(texts, row_numbers, strict=True):
        if text is None:
            raise ConfigError(f"data.time: {source} has no time in row {row}; fill it in or remove the row")
    numbers = [as_number(text) for text in texts]
    if None not in numbers:
        return np.array(numbers, dtype=np.float64)
    form = form_of([str(text) for text in texts])
    if form is None:
        odd = next((place for place, text in enumerate(texts) if form_of([str(text)]) is None), numbers.index(None))
        raise ConfigError(
            f"data.time: the column of {source} should hold numbers, or dates in one format "
            f"(got {texts[odd]!r} in row {row_numbers[odd]}); fix it, or name another column"
        )
    dates = Dates(form, ("days",))
    return np.array([(dates.parse(str(text)) or [np.nan])[0] for text in texts])


def split_in_time(when: Numbers, test_fraction: float, val_fraction: float) -> tuple[Tensor, Tensor, Tensor]:
    """Row numbers of the training, validation and test splits, each in order; rows of the same time stay together.

    Args:
        when: The time of each row, float64 [N].
        test_fraction: Fraction of all rows in the test split, the newest.
        val_fraction: Fraction of all rows in the validation split, just before; 0 validates on the training rows.

    Raises:
        ConfigError: There are too few different times to split the rows.

    Example:
        >>> [rows.tolist() for rows in split_in_time(np.array([3.0, 1.0, 2.0, 5.0, 4.0]), 0.2, 0.2)]
        [[1, 2, 0], [4], [3]]
    """
    order = np.argsort(when, kind="stable")
    total = len(order)
    bounds = np.flatnonzero(np.diff(when[order])) + 1  # positions where another moment begins
    test = _nearest(bounds, total - ceil(test_fraction * total), total)
    val = test if val_fraction == 0 else _nearest(bounds[bounds < test], test - round(val_fraction * total), test)
    train, middle, last = (torch.from_numpy(part.copy()) for part in np.split(order, [val, test]))
    return train, (train if val_fraction == 0 else middle), last


def _nearest(bounds: Numbers, wanted: int, last: int) -> int:
    inside = bounds[bounds < last]
    if len(inside) == 0:
        raise ConfigError(
            "data.time: rows of the same time stay together, but there are too few times for three splits; "
            "name another column, or set data.split=random"
        )
    return int(inside[np.abs(inside - wanted).argmin()])
