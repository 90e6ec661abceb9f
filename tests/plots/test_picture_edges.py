"""Figures for any number of classes and rows, their pictures' true sizes, and planes that cover every row."""

import struct

import pytest
import torch
from matplotlib.figure import Figure

from src.plots.boundary import boundary_figure
from src.plots.confusion import confusion_figure
from src.plots.curves import curves_figure
from src.plots.fit import fit_figure
from src.plots.plane import plane_around
from src.plots.style import new_figure, to_png


def size_in_header(png):
    """Width and height that a PNG's first chunk states, by the file format."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert png[12:16] == b"IHDR"
    return struct.unpack(">II", png[16:24])


def boundary(num_classes, num_panels=2):
    x, y = torch.randn(1500, 2), torch.arange(1500) % num_classes
    plane = plane_around(x, 20)
    probabilities = torch.rand(400, num_classes).softmax(dim=1)
    panels = {f"panel {i}": (x, y) for i in range(num_panels)}
    return boundary_figure(plane, probabilities, panels, tuple(f"class {i}" for i in range(num_classes)), title="all")


@pytest.mark.parametrize("num_classes", [2, 3, 12])
def test_boundary_has_a_panel_for_each_split_and_a_legend_entry_for_each_class(num_classes):
    figure = boundary(num_classes)
    assert isinstance(figure, Figure)
    assert [axis.get_title() for axis in figure.axes] == ["panel 0", "panel 1"]
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    letters = [text.get_text() for text in figure.axes[0].texts]
    if num_classes <= 4:
        assert named == [f"class {i}" for i in range(num_classes)]
        assert letters == []
    else:
        assert named == [f"{chr(65 + i)}  class {i}" for i in range(num_classes)]
        assert letters == [chr(65 + i) for i in range(num_classes)]


def test_boundary_is_drawn_where_the_network_never_changes_its_mind():
    plane = plane_around(torch.randn(30, 2), 20)
    certain = torch.tensor([[1.0, 0.0]]).expand(400, 2)
    panels = {"train": (torch.randn(30, 2), torch.zeros(30).long())}
    figure = boundary_figure(plane, certain, panels, ("a", "b"))
    assert size_in_header(to_png(figure)[0]) == to_png(figure)[1]


@pytest.mark.parametrize("num_classes", range(2, 14))
def test_stated_size_is_that_of_the_picture(num_classes):
    confusion = torch.randint(0, 2000, (num_classes, num_classes))
    names = tuple(f"class number {i}" for i in range(num_classes))
    png, size = to_png(confusion_figure(confusion, names, "title"))
    assert size_in_header(png) == size


@pytest.mark.parametrize(("width", "height"), [(5.4, 4.2), (9.2, 3.6), (9.6, 4.4), (3.333, 2.875)])
def test_size_is_inches_times_a_hundred(width, height):
    png, size = to_png(new_figure(width, height)[0])
    assert size_in_header(png) == size
    assert size == pytest.approx((int(width * 100 + 1e-6), int(height * 100 + 1e-6)), abs=1)  # by Matplotlib's version


def test_confusion_of_a_class_without_rows_is_drawn():
    figure = confusion_figure(torch.tensor([[3, 1], [0, 0]]), ("a", "b"))
    assert [text.get_text() for text in figure.axes[0].texts] == ["3", "1", "0", "0"]


def test_curves_leave_out_epochs_without_validation():
    history = [{"epoch": e, "train/loss": 1 / e, "train/f1": 0.5} | ({"val/loss": 2 / e} if e % 2 == 0 else {})
               for e in range(1, 7)]  # fmt: skip
    loss = curves_figure(history, ["loss", "f1"], 4).axes[0]
    lines = {line.get_label(): line.get_xydata().tolist() for line in loss.lines}
    assert lines["train"] == [[e, 1 / e] for e in range(1, 7)]
    assert lines["val"] == [[e, 2 / e] for e in (2, 4, 6)]


def test_fit_over_one_input_draws_its_line_from_left_to_right():
    x = torch.tensor([[0.5], [0.1], [0.9]])
    (axis,) = fit_figure(x, 2 * x[:, 0], 3 * x[:, 0], ("x",)).axes
    assert axis.lines[0].get_xydata().ravel().tolist() == pytest.approx([0.1, 0.3, 0.5, 1.5, 0.9, 2.7])


@pytest.mark.parametrize(
    "x",
    [
        torch.randn(100, 2) * torch.tensor([1e-3, 1e3]),
        torch.tensor([[2.0, 3.0]]),
        torch.tensor([[1.0, 0.0], [1.0, 5.0]]),
        torch.randn(10, 2) + 1000,
    ],
    ids=["uneven scales", "one row", "a column constant", "far from nought"],
)
def test_plane_covers_every_row_with_a_margin(x):
    plane = plane_around(x, 15)
    low, high = plane.points.amin(dim=0), plane.points.amax(dim=0)
    assert (low < x.amin(dim=0)).all()
    assert (high > x.amax(dim=0)).all()
    assert [low[0], high[0], low[1], high[1]] == pytest.approx(plane.extent)
    assert plane.points.shape == (15 * 15, 2)
