"""The look of the figures as plain values, for a page that draws the same things itself."""

from typing import Any

from matplotlib.markers import MarkerStyle
from matplotlib.path import Path

from src.plots.curves import STAGES
from src.plots.palette import INK, NEGATIVE, NEUTRAL, PALEST, POSITIVE, STRONGEST, color, marker
from src.plots.panel import CONTRAST, MOST_POINTS, ONSET


def look(num_classes: int) -> dict[str, Any]:
    """Colours by what they are for, and how they become the shades of a panel.

    Args:
        num_classes: Classes that need a colour; 0 for regression, which uses two, for data and prediction.

    Example:
        >>> look(3)["classes"] == [color(0), color(1), color(2)], look(3)["palest"]
        (True, 0.12)
    """
    return {
        "classes": [color(label) for label in range(num_classes or 2)],
        "markers": [outline(marker(label)) for label in range(num_classes or 2)],
        "stages": dict(STAGES),
        "ink": INK,
        "negative": NEGATIVE,
        "neutral": NEUTRAL,
        "positive": POSITIVE,
        "palest": PALEST,
        "strongest": STRONGEST,
        "contrast": CONTRAST,
        "onset": ONSET,
        "most_points": MOST_POINTS,
    }


def outline(shape: str) -> str:
    """A `shape` of Matplotlib's markers as an SVG path around the origin, y upwards; a circle has radius 1.

    Example:
        >>> outline("s")
        'M-1 -1L1 -1L1 1L-1 1Z'
    """
    style = MarkerStyle(shape)
    path = style.get_path().transformed(style.get_transform())
    letters = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C", Path.CLOSEPOLY: "Z"}
    parts = []
    for corners, code in path.iter_segments(simplify=False):
        numbers = [] if code == Path.CLOSEPOLY else [f"{round(2 * each, 4) + 0:g}" for each in corners]
        parts.append(letters[code] + " ".join(numbers))
    return "".join(parts)
