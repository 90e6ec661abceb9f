"""Tables of strings as aligned columns, and sentences, within the width of a terminal."""

from collections.abc import Sequence
from textwrap import fill

_GAP = 2
_WIDTH = 80


def aligned(lines: Sequence[Sequence[str]], fixed: int = 1, names: bool = False, width: int = _WIDTH) -> str:
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


def folded(text: str, width: int = _WIDTH) -> str:
    """A `text` with each line that is wider than `width` continued on indented lines; words are not broken.

    Example:
        >>> print(folded("  seeds: the mean over all of them, and its interval", width=40))
          seeds: the mean over all of them, and
            its interval
    """
    return "\n".join(_folded(line, width) for line in text.split("\n"))


def _folded(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    return fill(line.strip(), width, initial_indent=indent, subsequent_indent=f"{indent}  ", break_long_words=False)


def _line(cells: Sequence[str], columns: list[int], widths: list[int], names: bool) -> str:
    placed = [cells[i].ljust(widths[i]) if names and i == 0 else cells[i].rjust(widths[i]) for i in columns]
    return (" " * _GAP).join(placed).rstrip()
