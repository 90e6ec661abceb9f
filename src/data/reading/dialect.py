"""The format of a file of rows, set by the user or detected, which a run keeps for later commands."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from src.data.table import MISSING

MARKS = MISSING | {"#n/a", "<na>", "#na", "-nan"}
"""The strings that mark a missing cell, including those of spreadsheets and pandas."""


class Dialect(NamedTuple):
    """How the text of a file is divided into cells, and which cells are missing.

    Attributes:
        separator: The character between two cells.
        quote: The character around a cell that contains a separator or a line break.
        escape: The character before a quote within such a cell.
        skip: Lines above the header, or above the first row.
        header: Whether the first line names the columns.
        comments: Whether lines that start with # are comments.
        encoding: Encoding of the text, by Python's name.
        missing: The strings that mark a missing cell, in lower case.

    Example:
        >>> Dialect(separator=";").state()["separator"], Dialect.of_state(Dialect().state()) == Dialect()
        (';', True)
    """

    separator: str = ","
    quote: str = '"'
    escape: str = '"'
    skip: int = 0
    header: bool = True
    comments: bool = False
    encoding: str = "utf-8"
    missing: tuple[str, ...] = tuple(sorted(MISSING))

    def state(self) -> dict[str, Any]:
        """Plain values, for a checkpoint."""
        return self._asdict() | {"missing": list(self.missing)}

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Self:
        """The dialect saved in `state`."""
        return cls(**{**state, "missing": tuple(state["missing"])})

    def said(self, told: "Told | None" = None) -> str:
        """What differs from an ordinary CSV file and was not `told`, in a few words; empty if nothing does."""
        separators = {"\t": "tabs", ";": "semicolons", "|": "bars", " ": "spaces"}
        told = told or Told()
        words = []
        if told.separator is None and self.separator != ",":
            words.append(f"cells separated by {separators.get(self.separator, repr(self.separator))}")
        if self.quote != '"':
            words.append(f"cells quoted by {self.quote}")
        if told.encoding is None and self.encoding != "utf-8":
            words.append(f"text in {self.encoding}")
        if self.skip:
            words.append(f"{self.skip} {'lines' if self.skip > 1 else 'line'} above the table")
        if self.comments:
            words.append("comment lines")
        if told.header is None and not self.header:
            words.append("no header, so columns are called c0, c1, …")
        return ", ".join(words)


PLAIN = Dialect()
"""An ordinary CSV file, which runs assumed before formats were detected."""


class Told(NamedTuple):
    """What a user sets for a file; None means that it is detected.

    Attributes:
        separator: The character between two cells.
        header: Whether the first line names the columns.
        encoding: Encoding of the text.
        missing: The strings that mark a missing cell, instead of the usual ones; an empty cell is always missing.
    """

    separator: str | None = None
    header: bool | None = None
    encoding: str | None = None
    missing: tuple[str, ...] | None = None

    @property
    def marks(self) -> tuple[str, ...]:
        """What counts as missing, in lower case."""
        told = MARKS if self.missing is None else {mark.strip().lower() for mark in self.missing} | {""}
        return tuple(sorted(told))
