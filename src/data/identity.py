"""Which rows are the same to a network: a key for each row's inputs, to recognise those that a run has seen.

Two questions have two answers. These keys decide whether a row may test a run: a row with the inputs of a training row
is its duplicate, even with another target or ID. Whether a file still holds the same rows is decided by digests of all
their cells (`src.data.digests`), where targets and IDs count, and duplicates count twice.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from src.data.rows import Split

Keys = np.ndarray[tuple[int, ...], np.dtype[np.uint64]]
"""A number below 2⁴⁸ for each row, the same for equal rows."""

Places = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

KEY_BYTES = 6
"""Bits of a key: with a million rows, one new row in a hundred million is mistaken for one of them."""

_ROWS = 8192  # at a time, so that their numbers stay in the processor's cache
_START, _FACTOR, _LAST = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xFF51AFD7ED558CCD  # of splitmix64 and murmur3


class Identity(NamedTuple):
    """The identity of the rows of a source.

    Attributes:
        column: The name of their column in a table of predictions: `row` or `image`.
        names: The names of all rows, such as their numbers in the file.
        places: The positions in `names` of the rows of each split.
        keys: The keys of all rows; None if nobody can change the rows.
    """

    column: str
    names: Sequence[Any]
    places: dict[Split, Places]
    keys: Keys | None = None

    def of(self, split: Split) -> list[Any]:
        """The names of a split's rows, in order."""
        return [self.names[place] for place in self.places[split].tolist()]

    @property
    def seen(self) -> Keys | None:
        """The sorted keys of the training and validation rows, with duplicates."""
        if self.keys is None:
            return None
        train, val = self.places["train"], self.places["val"]
        return np.sort(self.keys[np.union1d(train, val)])


def numbered(num_rows: int, train: Tensor, val: Tensor, test: Tensor) -> Identity:
    """Rows that nobody can change, named by their numbers from 1.

    Args:
        num_rows: The number of all rows, N.
        train: Positions [K] of the training rows, from 0.
        val: Positions [K] of the validation rows.
        test: Positions [K] of the test rows.
    """
    return Identity("row", range(1, num_rows + 1), {"train": train.numpy(), "val": val.numpy(), "test": test.numpy()})


def row_keys(*parts: Tensor) -> Keys:
    """A key [N] for each row of the `parts` [N, …] from all its numbers; all NaNs are equal, and so are all zeros.

    Example:
        >>> one, two, three = row_keys(torch.tensor([[1.5, 0.0], [1.5, -0.0], [1.5, 1.0]])).tolist()
        >>> one == two, one == three
        (True, False)
    """
    keys = np.empty(len(parts[0]), dtype=np.uint64)
    for start in range(0, len(keys), _ROWS):
        block = slice(start, start + _ROWS)
        key = np.full(len(keys[block]), _START, dtype=np.uint64)
        for part in parts:
            for word in _words(part[block]).T:
                key ^= word
                key *= np.uint64(_FACTOR)
                key ^= key >> np.uint64(32)
        key *= np.uint64(_LAST)
        keys[block] = key >> np.uint64(64 - 8 * KEY_BYTES)
    return keys


def unseen(keys: Keys, seen: Keys) -> Places:
    """The positions [K] of the rows whose `keys` [N] are not among the keys [M] of rows that a run has `seen`.

    Example:
        >>> unseen(np.array([5, 7, 9], dtype=np.uint64), np.array([7, 7], dtype=np.uint64)).tolist()
        [0, 2]
    """
    return np.flatnonzero(~np.isin(keys, seen))


def _words(x: Tensor) -> "np.ndarray[Any, Any]":
    """The bits of rows x [N, …], four bytes at a time [N, W]."""
    if x.is_floating_point():
        x = torch.where(x.isnan(), torch.nan, x) + 0.0
    flat = x.reshape(len(x), -1).numpy()
    odd = -flat.shape[1] * flat.itemsize % 4
    if odd:
        flat = np.pad(flat, ((0, 0), (0, odd // flat.itemsize)))
    return np.ascontiguousarray(flat).view(np.uint32).astype(np.uint64)
