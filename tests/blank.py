"""Imported where tests run: figures are made and come out blank, unless a test asks for them `drawn`.

Drawing takes three quarters of the time of a run of two epochs, and few tests look at pictures. What each kind of
figure shows is looked at in tests/plots; lessons and README.md's commands draw theirs (`make test-docs`).
"""

import io
import os

from matplotlib.figure import Figure
from PIL import Image

from src.plots import style

ASKED = "TESTS_DRAW"
"""The variable of the environment that asks for drawn figures, here and in commands."""

_draw = style.to_png


def _to_png(figure: Figure) -> tuple[bytes, tuple[int, int]]:
    if os.environ.get(ASKED):
        return _draw(figure)
    buffer, size = io.BytesIO(), figure.canvas.get_width_height()
    Image.new("L", size).save(buffer, "png", compress_level=1)
    return buffer.getvalue(), size


style.to_png = _to_png
