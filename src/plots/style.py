"""The look that all figures share."""

import io
import warnings
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import LogFormatter, ScalarFormatter
from PIL import Image

from src.plots.palette import GREY, INK

DPI = 100
_HARMLESS = r"Glyph \d+|constrained_layout not applied"  # warnings about names in any script and of any length

STYLE: Any = {
    "font.size": 10,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "figure.dpi": DPI,
}


def new_figure(
    width: float, height: float, num_panels: int = 1, num_rows: int = 1, **settings: Any
) -> tuple[Figure, list[Any]]:
    """A figure and its panels [num_rows * num_panels], side by side, row by row.

    Args:
        width: Width in inches.
        height: Height in inches.
        num_panels: Panels per row.
        num_rows: Rows of panels.
        **settings: Arguments of Matplotlib's `Figure.subplots`.
    """
    with rc_context(STYLE):
        figure = blank_figure(width, height, layout="constrained")
        panels = figure.subplots(num_rows, num_panels, squeeze=False, **settings)
        return figure, list(panels.flat)


def make_room_below(figure: Figure, inches: float) -> None:
    """Push the square panels of a `figure` together, above some `inches` for a legend."""
    share = inches / figure.get_size_inches()[1]
    figure.set_layout_engine("compressed", rect=(0, share, 1, 1 - share))


def blank_figure(width: float, height: float, **settings: Any) -> Figure:
    """A figure of `width` by `height` inches, without panels, that needs no screen; `settings` are Matplotlib's."""
    with rc_context(STYLE):
        figure = Figure(figsize=(width, height), **settings)
        FigureCanvasAgg(figure)
        return figure


def encoded(figure: Figure, kind: str = "png", dpi: int = DPI) -> bytes:
    """A figure as a file of a kind, `png`, `svg` or `pdf`, with `dpi` pixels per inch where it has pixels."""
    figure.set_dpi(dpi)
    return to_png(figure)[0] if kind == "png" else to_vector(figure, kind)


def to_png(figure: Figure) -> tuple[bytes, tuple[int, int]]:
    """A figure as an encoded PNG, with its width and height in pixels.

    Example:
        >>> figure, (panel,) = new_figure(width=4, height=3)
        >>> png, size = to_png(figure)
        >>> png[1:4], size
        (b'PNG', (400, 300))
    """
    buffer = io.BytesIO()
    _take_literally(figure)
    with rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", _HARMLESS)
        figure.canvas.draw()  # once; `savefig` would draw twice, which takes a third longer
    pixels = np.asarray(figure.canvas.buffer_rgba())  # type: ignore[attr-defined]  # of Agg, which all figures have
    Image.fromarray(pixels[..., :3].copy()).save(buffer, "png")
    return buffer.getvalue(), figure.canvas.get_width_height()


def to_vector(figure: Figure, kind: str) -> bytes:
    """A figure as a file of a `kind`, `svg` or `pdf`; the same figure gives the same bytes.

    Example:
        >>> figure, (panel,) = new_figure(width=4, height=3)
        >>> to_vector(figure, "svg")[:5], to_vector(figure, "pdf")[:5]
        (b'<?xml', b'%PDF-')
    """
    buffer = io.BytesIO()
    _take_literally(figure)
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
    with rc_context({**STYLE, "svg.hashsalt": "figure"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", _HARMLESS)
        figure.savefig(buffer, format=kind, metadata=undated)
    return buffer.getvalue()


def _take_literally(figure: Figure) -> None:
    """Draw names with dollar signs literally, not as formulas; numbers along the axes stay as they are.

    The marks along an axis are made when they are needed, so only those that were made for names are looked at:
    to make all, as `findobj` does, takes a tenth of the time that drawing takes.
    """
    waiting: list[Artist] = [figure]
    while waiting:
        artist = waiting.pop()
        if isinstance(artist, Text):
            artist.set_parse_math(False)
        elif isinstance(artist, Axis):
            named = not isinstance(artist.get_major_formatter(), (ScalarFormatter, LogFormatter))
            waiting += [artist.label, *(artist.get_ticklabels() if named else [])]
        else:
            waiting += artist.get_children()
