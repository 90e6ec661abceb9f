"""Figures are pictures of the stated size that show what they are given."""

import io

import pytest
import torch
from PIL import Image

from src.plots.boundary import boundary_figure
from src.plots.confusion import confusion_figure
from src.plots.curves import curves_figure
from src.plots.fit import fit_figure
from src.plots.images import weights_figure
from src.plots.plane import plane_around
from src.plots.style import to_png
from src.plots.sweep_curves import Line, sweep_curves_figure

X, Y = torch.randn(50, 2), torch.arange(50) % 3
PLANE = plane_around(X, resolution=30)
THREE, TWO = torch.rand(900, 3).softmax(dim=1), torch.rand(900, 1).expand(900, 2)
FIGURES = {
    "boundary": lambda: boundary_figure(PLANE, THREE, {"train": (X, Y), "test": (X, Y)}, ("a", "b", "c")),
    "binary boundary": lambda: boundary_figure(PLANE, TWO, {"train": (X, Y % 2)}, ("a", "b")),
    "confusion": lambda: confusion_figure(torch.tensor([[5, 1], [0, 7]]), ("a", "b")),
    "curves": lambda: curves_figure(
        [{"epoch": 1, "train/loss": 1.0, "val/loss": 2.0, "train/r2": 0.1}], ["loss", "r2"], 1
    ),
    "curves of a sweep": lambda: sweep_curves_figure({"lr=1": [Line([1, 2], [0.5, 0.1])] * 9}, "val/loss", True),
    "fit over x": lambda: fit_figure(X[:, :1], X[:, 1], X[:, 1], ("x",)),
    "fit": lambda: fit_figure(X, X[:, 1], X[:, 1], ("x1", "x2")),
    "weights": lambda: weights_figure(torch.randn(3, 1, 8, 8), ("a", "b", "c")),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_a_picture_of_its_size(name):
    png, size = to_png(FIGURES[name]())
    assert Image.open(io.BytesIO(png)).size == size


def test_confusion_figure_shows_the_counts():
    (axis,) = confusion_figure(torch.tensor([[5, 1], [0, 7]]), ("cat", "dog")).axes
    assert [text.get_text() for text in axis.texts] == ["5", "1", "0", "7"]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["cat", "dog"]


def test_normalized_confusion_figure_shows_the_shares_of_each_true_class():
    (axis,) = confusion_figure(torch.tensor([[29, 1, 0], [1, 1, 2], [0, 0, 0]]), ("a", "b", "c"), "", True).axes
    assert [text.get_text() for text in axis.texts] == [
        *("0.97", "0.03", "0.00"), *("0.25", "0.25", "0.50"), *("0.00", "0.00", "0.00")
    ]  # fmt: skip


def test_weights_figure_shows_each_score_on_one_scale_around_zero():
    weights = torch.zeros(7, 3, 4, 4)
    weights[2, :, 1, 3] = -2.0
    panels = [axis for axis in weights_figure(weights, tuple("abcdefg")).axes if axis.images]
    assert [axis.get_title() for axis in panels] == list("abcdefg")
    assert {image.get_clim() for axis in panels for image in axis.images} == {(-6.0, 6.0)}
    assert panels[2].images[0].get_array()[1, 3] == -6.0


def test_weights_figure_of_one_logit_names_both_classes():
    panel, _ = weights_figure(torch.randn(1, 1, 4, 4), ("shirt", "boot")).axes
    assert panel.get_title() == "shirt (blue) or boot (orange)"


def test_plane_covers_all_rows_row_by_row():
    left, right, bottom, top = PLANE.extent
    assert left < X[:, 0].min()
    assert X[:, 0].max() < right
    assert bottom < X[:, 1].min()
    assert X[:, 1].max() < top
    assert PLANE.points[0].tolist() == pytest.approx([left, bottom])
    assert PLANE.points[29].tolist() == pytest.approx([right, bottom])
    assert PLANE.points[-1].tolist() == pytest.approx([right, top])
