"""Plain records: a list of dicts that a notebook shows as a table."""

from typing import Any

from src.reporting.columns import aligned
from src.reporting.html import html_table


class Records(list[dict[str, Any]]):
    """Dicts with the same keys, one per row; `pandas.DataFrame(records)` accepts them as they are.

    Example:
        >>> Records([{"run": 0, "test/accuracy": 0.98765}, {"run": 1, "test/accuracy": None}])
        run  test/accuracy
          0         0.9877
          1              –
    """

    def __repr__(self) -> str:
        lines, texts = self.lines(), self.texts()
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            line[:] = [cell.ljust(widths[i]) if i in texts else cell for i, cell in enumerate(line)]
        return aligned(lines) if self else "no records"

    def _repr_html_(self) -> str:
        return html_table(self.lines(), texts=self.texts()) if self else "no records"

    def lines(self) -> list[list[str]]:
        """A line of the keys, then a line of each record's cells, as text."""
        keys = list(dict.fromkeys(key for record in self for key in record))
        return [keys, *([_shown(record.get(key)) for key in keys] for record in self)]

    def texts(self) -> set[int]:
        """The indices of the columns that hold text."""
        keys = dict.fromkeys(key for record in self for key in record)
        return {i for i, key in enumerate(keys) if any(isinstance(record.get(key), str) for record in self)}


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
