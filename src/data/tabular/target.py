"""The kind of a table's target from its values: classes, numbers, or several yes/no labels."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from src.data import choosing
from src.data.cells import Coded
from src.data.choosing import Choice
from src.data.table import Table, as_text
from src.data.tabular.classes import as_classes
from src.data.tabular.likeness import are_truths, truth
from src.data.tabular.spelling import Spelling, spelling_of
from src.errors import ConfigError

_SHOWN = 3


def choice_of(
    table: Table, name: str, decimal: str | None = None, thousands: str | None = None, merge: bool = False
) -> Choice:
    """The task that fits a target.

    Args:
        table: A table with a column of this name.
        name: Name of the target.
        decimal: The decimal mark; None is detected.
        thousands: The mark between groups of digits; None is detected.
        merge: Whether classes that differ only in case or spaces are one.

    Raises:
        ConfigError: A few cells among amounts are not numbers, or classes differ only in case or spaces.

    Example:
        >>> str(choice_of(Table({"sick": ["yes", "no", "", "no"]}, "rows.csv"), "sick"))
        'head=binary, since sick is one of 2 classes'
    """
    cells = table.columns[name]
    if isinstance(cells, np.ndarray):
        numbers, rows = np.unique(cells[~np.isnan(cells)], return_counts=True)
        return choosing.of_numbers(name, dict(zip(numbers.tolist(), rows.tolist(), strict=True)))
    counts = _counts(cells, table.missing)
    spelling = spelling_of(counts, decimal, thousands) if counts else None
    if spelling is not None:
        return choosing.of_numbers(name, _numbers(counts, spelling))
    plain = {text: number for text in counts if (number := Spelling().parse(text)) is not None}
    others = {text: count for text, count in counts.items() if text not in plain}
    choosing.check_mixture(name, table.source, _numbers({text: counts[text] for text in plain}, Spelling()), others)
    classes = as_classes(counts, merge, table.source)
    return choosing.of_texts(name, len(set(classes.values())))


def label_codes(table: Table, names: Sequence[str]) -> list[str | None]:
    """A string with a 0 or 1 per label for each row; None if one is missing.

    Args:
        table: A table with a column of yes or no for each name.
        names: Names of the labels.

    Raises:
        ConfigError: A label does not have two values that mean yes and no.

    Example:
        >>> label_codes(Table({"fever": ["yes", "no", ""], "cough": ["1", "1.0", "0"]}, "rows.csv"), ["fever", "cough"])
        ['11', '01', None]
    """
    columns = []
    for name in names:
        texts = table.texts(name)
        known = sorted({text for text in texts if text is not None})
        if not are_truths(known):
            shown = ", ".join(known[:_SHOWN]) + (", …" if len(known) > _SHOWN else "")
            raise ConfigError(
                f"data.target: {name} of {table.source} should say yes or no in each row, since several targets are "
                f"labels (got {shown or 'nothing'}); fix it, or name one target"
            )
        marks = {text: "1" if truth(text) == "true" else "0" for text in known}
        columns.append([None if text is None else marks[text] for text in texts])
    return [None if None in row else "".join(row) for row in zip(*columns, strict=True)]


def labels_of(codes: Sequence[str]) -> Tensor:
    """Labels [N, L] of zeros and ones for the `codes` of `label_codes`."""
    return torch.tensor([[int(mark) for mark in code] for code in codes])


def _numbers(counts: dict[str, int], spelling: Spelling) -> dict[float, int]:
    found: Counter[float] = Counter()
    for text, count in counts.items():
        number = spelling.parse(text)
        assert number is not None
        found[number] += count
    return found


def _counts(cells: Any, missing: Collection[str]) -> dict[str, int]:
    """How many rows have each string that is not missing."""
    if isinstance(cells, Coded):
        rows = np.bincount(cells.codes[cells.codes >= 0], minlength=len(cells.values)).tolist()
        pairs = zip(cells.values, rows, strict=True)
    else:
        pairs = Counter(cells).items()  # type: ignore[assignment]
    counts: Counter[str] = Counter()
    for value, count in pairs:
        if count and (text := as_text(value, missing)) is not None:
            counts[text] += count
    return counts
