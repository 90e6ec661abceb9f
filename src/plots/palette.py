"""The colours, markers and line styles of all figures, defined here and nowhere else.

The colours are the ten of M. A. Petroff, "Accessible Color Sequences for Data Visualization" (2021), in his order.
Under simulated protanopia and deuteranopia, any two of them differ by at least 17 (CIE76), and the tints of regions by
at least 10 as long as there are no more than four classes. Each colour has its own shape, so that no figure relies on
colour alone.
"""

from typing import Any

COLORS = (
    *("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"),
    *("#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
LINES: tuple[Any, ...] = ("-", (0, (6, 1.6)), (0, (3, 1, 1, 1)), (0, (1.2, 1)), (0, (9, 2, 2, 2)))

INK = "#30363c"
GREY = "#9aa3ab"
MUTED = "#6f7b85"
WRONG = "#bd1f01"  # a mistake, always beside the word
NEGATIVE, NEUTRAL, POSITIVE = "#8e2f74", "#fbfbf9", "#0f7d83"  # purple, white and teal, for the outputs of units

PALEST, STRONGEST = 0.12, 0.55  # of a class's colour in a region, from white
MOST_TINTS = 4  # classes whose regions can be told apart by their tints alone


def color(label: int) -> str:
    """The colour of a class, by its label."""
    return COLORS[label % len(COLORS)]


def marker(label: int) -> str:
    """The shape of a class's points, by its label."""
    return MARKERS[label % len(MARKERS)]


def line_style(label: int) -> Any:
    """How the line of a class is broken, by its label, so that lines on top of each other are all seen."""
    return LINES[label % len(LINES)]
