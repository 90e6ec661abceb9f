"""A table of texts for a notebook."""

from collections.abc import Sequence
from html import escape

Lines = Sequence[Sequence[str]]
"""A head, and a line of as many cells for each row."""


def html_table(lines: Lines, caption: str = "", notes: Sequence[str] = (), names: bool = False) -> str:
    """A table whose cells are shown as they are: `<b>` in one is four characters.

    Args:
        lines: The head first.
        caption: Above the table.
        notes: A sentence each, below it.
        names: The first column is flush left.

    Example:
        >>> html_table([["class"], ["<b>"]])
        '<table><thead><tr><th>class</th></tr></thead><tbody><tr><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    left = ' style="text-align: left"' if names else ""
    head, *rows = [
        "".join(f"<{tag}{left if place == 0 else ''}>{escape(cell)}</{tag}>" for place, cell in enumerate(line))
        for tag, line in zip(("th", *("td",) * len(lines)), lines, strict=False)
    ]
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    above = f'<caption style="text-align: left">{escape(caption)}</caption>' if caption else ""
    below = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return f"<table>{above}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"
