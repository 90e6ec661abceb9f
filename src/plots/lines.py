"""One line per class, as long as a reader can tell them apart."""

from typing import Any

from matplotlib.figure import Figure

from src.plots.palette import INK, color, line_style

_MOST = 10  # lines; with more classes only the worst are shown, and the mean of all
_NUM_WORST = 5
_LONGEST_NAME = 24
_LETTER, _HANDLE, _LINE = 0.082, 0.6, 0.2  # inches of a letter in a legend, of the handle, and between lines


def shown(scores: dict[str, float]) -> dict[str, dict[str, Any]]:
    """The classes to draw and how their lines look: all if there are few, otherwise those with the lowest scores."""
    names = sorted(known(scores), key=lambda name: scores[name])[:_NUM_WORST] if is_crowd(scores) else list(scores)
    return {name: {"color": color(rank), "linestyle": line_style(rank)} for rank, name in enumerate(names)}


def is_crowd(scores: dict[str, float]) -> bool:
    """Whether there are too many classes in `scores` to draw each."""
    return len(scores) > _MOST


def known(scores: dict[str, float]) -> dict[str, float]:
    """The scores that are not NaN."""
    return {name: score for name, score in scores.items() if score == score}


def mean_label(scores: dict[str, float], kind: str = "") -> str:
    """The number of known scores of a `kind`, and their mean.

    Example:
        >>> mean_label({"cat": 0.5, "dog": 1.0, "cow": float("nan")})
        'mean of 2  0.750'
    """
    values = known(scores).values()
    return labelled(f"mean of {len(values)}", sum(values) / len(values) if values else float("nan"), kind)


def labelled(name: str, score: float, kind: str = "") -> str:
    """A class's name and its score of a `kind`, for the legend.

    Example:
        >>> labelled("cat", 0.5, "AUC"), labelled("dog", float("nan"), "AUC")
        ('cat  AUC 0.500', 'dog  AUC undefined')
    """
    number = f"{score:.3f}" if score == score else "undefined"
    return "  ".join([short(name), f"{kind} {number}".strip()])


def short(name: str) -> str:
    """A class's name, cut in the middle if it would squeeze the panel.

    Example:
        >>> short("a class with a very long name")
        'a class with…ry long name'
    """
    half = _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half].rstrip()}…{name[-half:].lstrip()}"


def add_legend(figure: Figure, axis: Any) -> None:
    """A legend of an axis, below the panel, in as many columns as fit; the figure grows by its lines."""
    handles, labels = axis.get_legend_handles_labels()
    width, height = figure.get_size_inches()
    widest = max(_LETTER * len(label) + _HANDLE for label in labels)
    columns = max(1, min(len(labels), int(width / widest)))
    lines = -(-len(labels) // columns)
    figure.set_size_inches(max(width, widest), height + _LINE * (lines - 1))
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False, labelcolor=INK)
