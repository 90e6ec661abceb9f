"""One line per class, as long as a reader can tell them apart."""

from typing import Any

from matplotlib.figure import Figure

from src.plots.palette import INK, color

_MOST = 10  # lines; with more classes only the worst are shown, besides their mean
_NUM_WORST = 5
_LONGEST_NAME = 24
_LETTER, _HANDLE = 0.082, 0.55  # inches of a legend's text and of the line before it


def shown(scores: dict[str, float]) -> dict[str, str]:
    """The classes to draw and their colours: all of a few, otherwise those with the lowest scores."""
    if not is_crowd(scores):
        return {name: color(label) for label, name in enumerate(scores)}
    worst = sorted(known(scores), key=lambda name: scores[name])[:_NUM_WORST]
    return {name: color(rank) for rank, name in enumerate(worst)}


def is_crowd(scores: dict[str, float]) -> bool:
    """Whether there are too many classes in `scores` to draw each."""
    return len(scores) > _MOST


def known(scores: dict[str, float]) -> dict[str, float]:
    """The scores that are not NaN."""
    return {name: score for name, score in scores.items() if score == score}


def mean_label(scores: dict[str, float]) -> str:
    """The number of known scores, and their mean.

    Example:
        >>> mean_label({"cat": 0.5, "dog": 1.0, "cow": float("nan")})
        'mean of 2  0.750'
    """
    values = known(scores).values()
    return labelled(f"mean of {len(values)}", sum(values) / len(values) if values else float("nan"))


def labelled(name: str, score: float) -> str:
    """A class's name and score for the legend."""
    return f"{short(name)}  {score:.3f}" if score == score else f"{short(name)}  undefined"


def short(name: str) -> str:
    """A class's name, cut in the middle if it would squeeze the panel.

    Example:
        >>> short("a class with a very long name")
        'a class with…ry long name'
    """
    half = _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half].rstrip()}…{name[-half:].lstrip()}"


def add_legend(figure: Figure, axis: Any) -> None:
    """A legend of an axis, below the panel if it fits on one line, otherwise to its right in a wider figure."""
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
