"""Imported by tests: figures are made but saved blank, unless a test asks for them to be `drawn`.

Drawing takes three quarters of the time of a run of two epochs, and few tests look at pictures. A blank picture has the
size of the figure and one shade derived from its contents, so that pictures can be compared. tests/plots checks what
each kind of figure shows; lessons and pages draw theirs (`make test-docs`).
"""

import io
import os
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from src.plots import style

ASKED = "TESTS_DRAW"
"""The variable of the environment that asks for drawn figures, here and in commands."""

draw = style.to_png


def _to_png(figure: Figure) -> tuple[bytes, tuple[int, int]]:
    if os.environ.get(ASKED):
        return draw(figure)
    shade = 0
    for shown in _shown(figure):
        shade = zlib.crc32(shown.encode() if isinstance(shown, str) else _as_bytes(shown), shade)
    buffer, size = io.BytesIO(), figure.canvas.get_width_height()
    Image.new("RGB", size, shade & 0xFFFFFF).save(buffer, "png", compress_level=1)
    return buffer.getvalue(), size


def _shown(figure: Figure) -> Iterator[Any]:
    """Texts of a figure, and arrays of what its panels hold."""
    for panel in figure.axes:
        yield from (panel.get_title(), panel.get_xlabel(), panel.get_ylabel(), panel.get_xlim(), panel.get_ylim())
        yield from (text.get_text() for text in panel.texts)
        yield from (line.get_xydata() for line in panel.lines)
        yield from (image.get_array() for image in panel.images)
        for points in panel.collections:
            yield from (points.get_offsets(), points.get_facecolor())


def _as_bytes(array: Any) -> bytes:
    return np.ma.filled(np.ma.asarray(array, float), np.nan).tobytes()


style.to_png = _to_png
