"""How a file of rows is written: what a run was told or found, and keeps for the commands after it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from src.data.table import MISSING

MARKS = MISSING | {"#n/a", "<na>", "#na", "-nan"}
"""What a cell says that holds no value, as spreadsheets and pandas write it too."""


class Dialect(NamedTuple):
    """How the text of a file is divided into cells, and which of them hold no value.

    Attributes:
        separator: Between two cells.
        quote: Around a cell that holds a separator or a line's end.
        escape: Before a quote within such a cell.
        skip: Lines above the header, or above the first row.
        header: Whether the first line names the columns.
        comments: Whether lines that begin with # are no rows.
        encoding: Of the text, by Python's name.
        missing: What a cell says that holds no value, in small letters.

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
        """What `state` has kept."""
        return cls(**{**state, "missing": tuple(state["missing"])})

    def said(self, told: "Told | None" = None) -> str:
        """What is not as in an ordinary CSV file, nor `told`, in a few words; empty where all is."""
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
            words.append("no header, so that columns are called c0, c1, …")
        return ", ".join(words)


PLAIN = Dialect()
"""A CSV file as runs took every file that were trained before files were looked at."""


class Told(NamedTuple):
    """What a user says about a file; None is to be found.

    Attributes:
        separator: Between two cells.
        header: Whether the first line names the columns.
        encoding: Of the text.
        missing: What a cell says that holds no value, instead of the usual marks; an empty cell never does.
    """

    separator: str | None = None
    header: bool | None = None
    encoding: str | None = None
    missing: tuple[str, ...] | None = None

    @property
    def marks(self) -> tuple[str, ...]:
        """What counts as missing, in small letters."""
        told = MARKS if self.missing is None else {mark.strip().lower() for mark in self.missing} | {""}
        return tuple(sorted(told))
