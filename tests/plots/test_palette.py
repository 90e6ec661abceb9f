"""Classes stay distinguishable for colour-blind readers: measured on the pixels of drawn figures."""

import io
from itertools import combinations

import numpy as np
import pytest
import torch
from PIL import Image

from src.plots.boundary import boundary_figure
from src.plots.palette import COLORS, LINES, MARKERS, color, line_style, marker
from src.plots.plane import plane_around
from src.plots.style import new_figure, to_png

# G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency" (2009), severity 1.0, for linear RGB
SIGHT = {
    "everybody": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
D65 = np.array([0.95047, 1.0, 1.08883])


def lab(pixels, sight):
    """CIE L*a*b* [K, 3] of sRGB pixels [K, 3] from 0 to 255, as seen with that colour vision."""
    encoded = np.asarray(pixels) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    xyz = np.clip(linear @ SIGHT[sight].T, 0, 1) @ TO_XYZ.T / D65
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def least_difference(pixels, sight):
    """The CIE76 difference of the two most similar pixels."""
    return min(np.linalg.norm(one - other) for one, other in combinations(lab(pixels, sight), 2))


def pixels_at(figure, axis, places):
    """The pixels of a figure [K, 3] at places [K, 2] in an axis's own numbers."""
    picture = np.asarray(Image.open(io.BytesIO(to_png(figure)[0])).convert("RGB"))
    columns, rows = axis.transData.transform(places).round().astype(int).T
    return picture[picture.shape[0] - rows, columns]


def strips(num_classes):
    """A boundary figure with one strip of the plane per class, and one row in the middle of each."""
    middles = torch.stack([torch.arange(num_classes) + 0.5, torch.zeros(num_classes)], dim=1)
    corners = torch.tensor([[0.0, -1.0], [float(num_classes), 1.0]])
    plane = plane_around(torch.cat([middles, corners]), 160)
    label = plane.points[:, 0].floor().clamp(0, num_classes - 1).long()
    certain = torch.nn.functional.one_hot(label, num_classes).float()
    names = tuple(f"class {label}" for label in range(num_classes))
    figure = boundary_figure(plane, certain, {"": (middles, torch.arange(num_classes))}, names)
    return figure, middles.numpy()


def test_the_palette_is_petroffs():
    assert COLORS == (
        "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"
    )  # fmt: skip
    assert len(set(MARKERS)) == len(COLORS)
    assert len({str(line) for line in LINES}) == len(LINES)
    assert (color(12), marker(12), line_style(6)) == (COLORS[2], MARKERS[2], LINES[1])


@pytest.mark.parametrize("sight", SIGHT)
def test_points_and_lines_of_ten_classes_stay_apart(sight):
    figure, middles = strips(10)
    points = pixels_at(figure, figure.axes[0], middles)
    assert [tuple(pixel) for pixel in points.tolist()] == [
        tuple(int(ink[i : i + 2], 16) for i in (1, 3, 5)) for ink in COLORS
    ]
    assert least_difference(points, sight) >= 17
    figure, (axis,) = new_figure(4, 4)
    for label in range(10):
        axis.plot([0, 1], [label, label], color=color(label), linewidth=5)
    lines = pixels_at(figure, axis, [(0.5, label) for label in range(10)])
    assert least_difference(lines, sight) >= 17


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("num_classes", [2, 3, 4])
def test_regions_of_few_classes_stay_apart_by_their_tints(num_classes, sight):
    figure, middles = strips(num_classes)
    tints = pixels_at(figure, figure.axes[0], middles + np.array([0, 0.7]))
    assert least_difference(tints, sight) >= 10
