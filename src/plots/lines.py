"""One line for each class, as long as a reader can tell them apart."""

from typing import Any

from matplotlib.figure import Figure

from src.plots.palette import INK, color

_MOST = 10  # lines; of more classes the worst are shown, beside all of them taken together
_NUM_WORST = 5
_LONGEST_NAME = 24
_LETTER, _HANDLE = 0.082, 0.55  # inches of a legend's text and of the line before it


def shown(scores: dict[str, float]) -> dict[str, str]:
    """The classes to draw and the colour of each: all where they are few, else those of the lowest scores."""
    if not is_crowd(scores):
        return {name: color(label) for label, name in enumerate(scores)}
    worst = sorted(known(scores), key=lambda name: scores[name])[:_NUM_WORST]
    return {name: color(rank) for rank, name in enumerate(worst)}


def is_crowd(scores: dict[str, float]) -> bool:
    """Whether the classes of `scores` are too many to draw each."""
    return len(scores) > _MOST


def known(scores: dict[str, float]) -> dict[str, float]:
    """The scores that are not NaN."""
    return {name: score for name, score in scores.items() if score == score}


def mean_label(scores: dict[str, float]) -> str:
    """How many scores are known, and their mean.

    Example:
        >>> mean_label({"cat": 0.5, "dog": 1.0, "cow": float("nan")})
        'mean of 2  0.750'
    """
    values = known(scores).values()
    return labelled(f"mean of {len(values)}", sum(values) / len(values) if values else float("nan"))


def labelled(name: str, score: float) -> str:
    """A class by its name and its score, as the legend has it."""
    return f"{short(name)}  {score:.3f}" if score == score else f"{short(name)}  undefined"


def short(name: str) -> str:
    """A class's name, cut in its middle where it would push the panel aside.

    Example:
        >>> short("a class with a very long name")
        'a class with…ry long name'
    """
    half = _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half].rstrip()}…{name[-half:].lstrip()}"


def add_legend(figure: Figure, axis: Any) -> None:
    """A legend of an axis, below the panel where it fits on a line, else to its right, for which the figure grows."""
    handles, labels = axis.get_legend_handles_labels()
    widths = [_LETTER * len(label) + _HANDLE for label in labels]
    width, height = figure.get_size_inches()
    below = sum(widths) < width
    if not below:
        figure.set_size_inches(width + max(widths), height)
    figure.legend(
        handles,
        labels,
        loc="outside lower center" if below else "outside right upper",
        ncols=len(labels) if below else 1,
        frameon=False,
        labelcolor=INK,
    )
