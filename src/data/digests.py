"""Digests of a file's rows, so that a later command can tell which rows are new and which are gone."""

import hashlib
import struct
from collections.abc import Sequence

import numpy as np

from src.data.cells import Coded
from src.data.table import Numbers, Table, as_text

Digests = np.ndarray[tuple[int, ...], np.dtype[np.uint64]]
"""Eight bytes per row, the same for rows with the same cells."""

DIGEST_BYTES = 8
"""Bits of a digest: among a million rows, two different ones share a digest once in forty million files."""

_ROWS = 8192  # at a time, so that their numbers stay in the processor's cache
_FACTORS = np.uint64(0xD6E8FEB86659FD93), np.uint64(0xFF51AFD7ED558CCD)  # from well-known 64-bit mixers
_BOTH = {"row": "edited", "image": "edited or renamed"}
_HALF = np.uint64(32)
_GONE = 0x7FF8000000000000  # NaN, for every missing cell


def table_digests(table: Table) -> Digests:
    """A digest [N] of each row over all its cells, including target and ignored columns, and their column names.

    Cells are compared by value, as everywhere: 1.50 is 1.5, spaces around text do not count, and all missing cells
    are equal. So neither the order of the columns nor the file format changes a digest.

    Example:
        >>> one = Table({"size": np.array([1.5, np.nan]), "colour": Coded(np.array([0, 0]), ["red"])}, "rows.csv")
        >>> other = Table({"colour": Coded(np.array([0, 0]), ["red "]), "size": Coded(np.array([0, -1]), ["1.50"])}, "")
        >>> first, second = table_digests(one).tolist()
        >>> table_digests(other).tolist() == [first, second], first == second
        (True, False)
    """
    columns = [_Column(name, cells, table.missing) for name, cells in table.columns.items()]
    digests = np.zeros(len(table), dtype=np.uint64)
    for start in range(0, len(digests), _ROWS):
        block = slice(start, start + _ROWS)
        for column in columns:
            digests[block] += column.words(block)
        _mix(digests[block])
    return digests


def image_digests(names: Sequence[str], contents: "np.ndarray[tuple[int, ...], np.dtype[np.uint64]]") -> Digests:
    """A digest [N] of each image from its path, `names` [N], and the digest of its bytes, `contents` [N, 2]."""
    parts = zip(names, contents.astype("<u8"), strict=True)
    found = (_of_bytes(content.tobytes() + name.encode(errors="surrogateescape")) for name, content in parts)
    return np.fromiter(found, dtype=np.uint64, count=len(names))


def counted(then: Digests, now: Digests) -> tuple[int, int]:
    """How many rows of `then` are gone, and how many of `now` are new; a duplicated row counts twice.

    Example:
        >>> counted(np.array([3, 3, 5], dtype=np.uint64), np.array([5, 3, 7, 7], dtype=np.uint64))
        (1, 2)
    """
    values, places = np.unique(np.concatenate([then, now]), return_inverse=True)
    more = np.bincount(places[len(then) :], minlength=len(values)) - np.bincount(
        places[: len(then)], minlength=len(values)
    )
    return int(-more[more < 0].sum()), int(more[more > 0].sum())


def told(then: Digests, now: Digests, noun: str = "row") -> str:
    """How many rows are gone and how many are new, in words.

    Args:
        then: Digests [N] of the earlier rows.
        now: Digests [M] of the current rows.
        noun: What the digests are of, `row` or `image`.

    Example:
        >>> one, other = np.array([3, 5], dtype=np.uint64), np.array([5, 7, 7], dtype=np.uint64)
        >>> told(one, other), told(one, one[::-1])
        ('1 row is gone and 2 are new, counting edited rows as both', 'the same rows in another order or format')
    """
    gone, new = counted(then, now)
    if not gone and not new:
        return f"the same {noun}s in another order or format"
    if gone and new:
        return f"{_are(gone, noun)} gone and {_are(new)} new, counting {_BOTH[noun]} {noun}s as both"
    return f"{_are(gone, noun)} gone" if gone else f"{_are(new, noun)} new"


def _are(count: int, noun: str = "") -> str:
    return " ".join([f"{count:,}", *([noun + "s" * (count > 1)] if noun else []), "is" if count == 1 else "are"])


class _Column:
    """Eight bytes for each cell of a column, depending on the column's name too."""

    def __init__(self, name: str, cells: "Numbers | Coded", missing: frozenset[str]) -> None:
        self._cells = cells
        self._start = np.uint64(_of_bytes(name.encode(errors="surrogateescape")))
        if isinstance(cells, Coded):
            words = [_word(value, missing) for value in cells.values]
            self._values = np.array([*words, _GONE], dtype=np.uint64)
            self._started(self._values)

    def words(self, rows: slice) -> Digests:
        """The bytes of some rows."""
        if isinstance(self._cells, Coded):
            return self._values[self._cells.codes[rows]]
        words = self._cells[rows] + 0.0
        words[np.isnan(words)] = np.nan
        return self._started(words.view(np.uint64))

    def _started(self, words: Digests) -> Digests:
        words ^= self._start
        return _mix(words)


def _word(value: str | None, missing: frozenset[str]) -> int:
    """Eight bytes of a cell's value: a float64 if it is a number or missing."""
    text = as_text(value, missing)
    if text is None:
        return _GONE
    try:
        number = float(text)
    except ValueError:
        return _of_bytes(text.encode(errors="surrogateescape"))
    return _of_number(number)


def _of_number(number: float) -> int:
    return _GONE if number != number else int.from_bytes(struct.pack(">d", number + 0.0))


def _of_bytes(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=DIGEST_BYTES).digest())


def _mix(words: Digests) -> Digests:
    """Make each bit of the words [N] depend on all bits, in place; returns the words."""
    for factor in _FACTORS:
        words ^= words >> _HALF
        words *= factor
    words ^= words >> _HALF
    return words
