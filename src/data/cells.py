"""A column of strings, each distinct one stored once."""

from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np

Codes = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


class Coded(Sequence[str | None]):
    """Strings [N] as indices into the distinct ones, so that a million cells take no more than eight bytes each.

    Args:
        codes: Index [N] of each cell in the `values`, -1 for a missing one.
        values: The distinct strings.

    Example:
        >>> cells = Coded(np.array([1, -1, 0]), ["blue", "red"])
        >>> list(cells), cells.take(np.array([2, 0]))[0]
        (['red', None, 'blue'], 'blue')
    """

    def __init__(self, codes: Codes, values: Sequence[str | None]) -> None:
        self.codes, self.values = codes, values

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, place: int) -> str | None: ...
    @overload
    def __getitem__(self, place: slice) -> "Coded": ...
    def __getitem__(self, place: int | slice) -> "str | Coded | None":
        if isinstance(place, slice):
            return Coded(self.codes[place], self.values)
        code = self.codes[place]
        return None if code < 0 else self.values[code]

    def __iter__(self) -> Iterator[str | None]:
        values = [*self.values, None]
        return (values[code] for code in self.codes.tolist())

    def take(self, rows: Any) -> "Coded":
        """The cells of some `rows` [K]."""
        return Coded(self.codes[rows], self.values)

    def spread(self, found: list[Any], missing: Any, dtype: Any) -> Any:
        """An array [N] of a `dtype`: what was `found` for the value of each cell, or `missing` for a missing one."""
        return np.array([*found, missing], dtype=dtype)[self.codes]
