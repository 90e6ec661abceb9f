"""Categories that were not in training, counted while rows are read."""

from collections.abc import Iterable

from src.errors import ConfigError

_SHOWN = 3


class Unknown:
    """The number of cells in each column whose category was not in training.

    Example:
        >>> unknown = Unknown()
        >>> unknown.add("colour", 1, 40, ["pink"])
        >>> unknown.lines("rows.csv")
        ['rows.csv: colour: 1 of 40 cells is a category not seen in training (pink)']
    """

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}
        self._texts: dict[str, dict[str, None]] = {}

    def add(self, column: str, strange: int, cells: int, texts: Iterable[str]) -> None:
        """Count `strange` cells among the `cells` of a column that are not missing, and keep a few of their `texts`."""
        before, total = self._counts.get(column, (0, 0))
        self._counts[column] = before + strange, total + cells
        seen = self._texts.setdefault(column, {})
        for text in sorted(texts):
            if len(seen) > _SHOWN:
                break
            seen[text] = None

    def lines(self, source: str) -> list[str]:
        """One line for each column of a `source` with unknown categories."""
        return [
            f"{source}: {column}: {strange:,} of {cells:,} cells "
            f"{'is a category' if strange == 1 else 'are categories'} not seen in training ({self._few(column)})"
            for column, (strange, cells) in self._counts.items()
            if strange
        ]

    def settle(self, source: str) -> list[tuple[str, str]]:
        """Kind and text of the remarks about a `source`; restarts the count.

        Raises:
            ConfigError: No cell of a column is a category known from training.
        """
        lines = self.lines(source)
        names = [name for name, (strange, _) in self._counts.items() if strange]
        lost = [name for name, (strange, cells) in self._counts.items() if strange == cells > 0]
        self._counts, self._texts = {}, {}
        if lost:
            line = lines[names.index(lost[0])]
            raise ConfigError(f"{line}, so none is known; write them as in training, or leave them empty")
        return [(f"unknown categories of {name}", line) for name, line in zip(names, lines, strict=True)]

    def _few(self, column: str) -> str:
        texts = list(self._texts[column])
        return ", ".join(texts[:_SHOWN]) + (", …" if len(texts) > _SHOWN else "")
