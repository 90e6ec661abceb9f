"""A table of strings as Markdown and as LaTeX."""

from collections.abc import Sequence

_LATEX = {"\\": r"\textbackslash{}", "−": "$-$", "–": "--", "…": r"\ldots{}", "~": r"\textasciitilde{}"}
_LATEX |= {character: rf"\{character}" for character in "&%$#_{}"} | {"^": r"\textasciicircum{}"}

Lines = Sequence[Sequence[str]]
"""A header and the rows, lists with the same number of cells."""


def markdown(lines: Lines, notes: Sequence[str]) -> str:
    """A table for a README or an issue, with notes below it.

    Args:
        lines: The header, then the rows.
        notes: One sentence each.

    Example:
        >>> print(markdown([["lr", "runs"], ["0.1", "8"]], ["8 runs."]))
        | lr | runs |
        | ---: | ---: |
        | 0.1 | 8 |
        <BLANKLINE>
        8 runs.
        <BLANKLINE>
    """
    head, *rows = [["".join(f"\\{c}" if c in "|*\\`" else c for c in cell) for cell in line] for line in lines]
    table = [head, ["---:"] * len(head), *rows]
    return "\n".join([*(f"| {' | '.join(line)} |" for line in table), "", *_apart(notes)])


def latex(lines: Lines, notes: Sequence[str]) -> str:
    r"""A `tabular` that needs no package, with notes below it.

    Args:
        lines: The header, then the rows.
        notes: One sentence each.

    Example:
        >>> print(latex([["data.seed_", "runs"], ["−1", "8"]], ["100 %."]))
        \begin{tabular}{rr}
        \hline
        data.seed\_ & runs \\
        \hline
        $-$1 & 8 \\
        \hline
        \end{tabular}
        <BLANKLINE>
        100 \%.
        <BLANKLINE>
    """
    head, *rows = [f"{' & '.join(map(_for_latex, line))} \\\\" for line in lines]
    begin = rf"\begin{{tabular}}{{{'r' * len(lines[0])}}}"
    parts = [begin, r"\hline", head, r"\hline", *rows, r"\hline", r"\end{tabular}"]
    return "\n".join([*parts, "", *_apart([_for_latex(note) for note in notes])])


def _for_latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)


def _apart(notes: Sequence[str]) -> list[str]:
    """Each note as a paragraph."""
    return [part for note in notes for part in (note, "")]
