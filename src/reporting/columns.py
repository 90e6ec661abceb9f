"""A table of strings as aligned columns for a terminal."""

from collections.abc import Sequence

_GAP = 2


def aligned(lines: Sequence[Sequence[str]], fixed: int = 1, names: bool = False, width: int = 80) -> str:
    """Right-aligned columns; those that do not fit the width follow below, with the first columns repeated.

    Args:
        lines: The header and the rows, with equally many cells.
        fixed: The number of first columns that identify a row.
        names: Whether the first column is left-aligned.
        width: Width of the terminal, in characters.

    Example:
        >>> print(aligned([["lr", "runs"], ["0.1", "8"]]))
         lr  runs
        0.1     8
    """
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    blocks: list[list[int]] = [[]]
    for column in range(fixed, len(widths)):
        taken = [*range(fixed), *blocks[-1], column]
        if blocks[-1] and sum(widths[i] for i in taken) + _GAP * (len(taken) - 1) > width:
            blocks.append([])
        blocks[-1].append(column)
    shown = [[*range(fixed), *block] for block in blocks]
    return "\n\n".join("\n".join(_line(line, columns, widths, names) for line in lines) for columns in shown)


def _line(cells: Sequence[str], columns: list[int], widths: list[int], names: bool) -> str:
    placed = [cells[i].ljust(widths[i]) if names and i == 0 else cells[i].rjust(widths[i]) for i in columns]
    return (" " * _GAP).join(placed).rstrip()
