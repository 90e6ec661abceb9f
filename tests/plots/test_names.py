"""Names with dollar signs are drawn as they are, wherever they stand; numbers along logarithmic axes stay formulas."""

import pytest
import torch
from matplotlib.text import Text

from src.plots.boundary import boundary_figure
from src.plots.confusion import confusion_figure
from src.plots.curves import curves_figure
from src.plots.importance import importance_figure
from src.plots.plane import plane_around
from src.plots.style import encoded, new_figure

FORMULA = r"$\mathregular{10}^2$"  # is drawn as 10² if it is read
BROKEN = r"$\nothing{$"  # cannot be drawn if it is read
NAMES = FORMULA, BROKEN
X, Y = torch.randn(40, 2), torch.arange(40) % 2
PLANE = plane_around(X, resolution=20)


def bars():
    figure, (axis,) = new_figure(4, 3)
    axis.barh(NAMES, [1, 2])
    return figure


def on_a_logarithmic_axis():
    figure, (axis,) = new_figure(4, 3)
    axis.plot([1, 1000], [1, 2], label=BROKEN)
    axis.set(xscale="log", xlabel=BROKEN, ylabel=FORMULA, title=BROKEN)
    axis.legend()
    axis.annotate(BROKEN, (10, 1.5))
    return figure


FIGURES = {
    "boundary": lambda: boundary_figure(
        PLANE, torch.rand(400, 2), {BROKEN: (X, Y)}, NAMES, feature_names=NAMES, title=BROKEN
    ),
    "confusion": lambda: confusion_figure(torch.tensor([[5, 1], [0, 7]]), NAMES),
    "curves": lambda: curves_figure([{"epoch": 1, "train/loss": 1.0, "val/loss": 2.0}], ["loss"], 1, title=BROKEN),
    "importance": lambda: importance_figure({FORMULA: (0.1, 0.0, 0.2), BROKEN: (0.3, 0.2, 0.4)}, "accuracy"),
    "bars": bars,
    "on a logarithmic axis": on_a_logarithmic_axis,
}


@pytest.mark.parametrize("kind", ["png", "svg"])
@pytest.mark.parametrize("name", FIGURES)
def test_names_are_no_formulas(name, kind):
    figure = FIGURES[name]()
    encoded(figure, kind)
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text() in NAMES]
    assert texts
    assert not any(text.get_parse_math() for text in texts)


def test_powers_along_a_logarithmic_axis_are_formulas():
    figure = on_a_logarithmic_axis()
    encoded(figure)
    powers = [text for text in figure.axes[0].get_xticklabels() if "10^{2}" in text.get_text()]
    assert powers
    assert all(text.get_parse_math() for text in powers)
