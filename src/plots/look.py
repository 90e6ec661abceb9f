"""The look of the figures as plain values, for a page that draws the same things itself."""

from typing import Any

from src.plots.curves import STAGES
from src.plots.palette import INK, NEGATIVE, NEUTRAL, PALEST, POSITIVE, STRONGEST, color
from src.plots.panel import CONTRAST, MOST_POINTS, ONSET


def look(num_classes: int) -> dict[str, Any]:
    """Colours by what they are for, and how they become the shades of a panel.

    Args:
        num_classes: Classes that need a colour; 0 for regression, whose data and prediction have two.

    Example:
        >>> look(3)["classes"] == [color(0), color(1), color(2)], look(3)["palest"]
        (True, 0.12)
    """
    return {
        "classes": [color(label) for label in range(num_classes or 2)],
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
