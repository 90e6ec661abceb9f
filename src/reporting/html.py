"""A table of texts for a notebook."""

from collections.abc import Collection, Sequence
from html import escape

Lines = Sequence[Sequence[str]]
"""A header line, and a line with equally many cells for each row."""


def html_table(lines: Lines, caption: str = "", notes: Sequence[str] = (), texts: Collection[int] = ()) -> str:
    """A table whose cells are shown literally: `<b>` in a cell is three characters.

    Args:
        lines: The header and the rows.
        caption: Text above the table.
        notes: Sentences below the table.
        texts: Indices of left-aligned columns.

    Example:
        >>> html_table([["class"], ["<b>"]])
        '<table><thead><tr><th>class</th></tr></thead><tbody><tr><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    left = ' style="text-align: left"'
    head, *rows = [
        "".join(f"<{tag}{left if place in texts else ''}>{escape(cell)}</{tag}>" for place, cell in enumerate(line))
        for tag, line in zip(("th", *("td",) * len(lines)), lines, strict=False)
    ]
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    above = f'<caption style="text-align: left">{escape(caption)}</caption>' if caption else ""
    below = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return f"<table>{above}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"
