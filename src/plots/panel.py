"""Panels over the plane of two inputs: a network's prediction at each point, or the output of one of its units.

A panel is created once and updated whenever there is something new, so that figures and movies share the drawing code.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from matplotlib import patheffects
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from torch import Tensor

from src.plots.lines import short
from src.plots.palette import INK, MOST_TINTS, NEGATIVE, NEUTRAL, PALEST, POSITIVE, STRONGEST, color, marker
from src.plots.plane import Plane

MOST_POINTS = 1000  # of a panel; more would be a blot
CONTOURS = {0.25: (0, (1.5, 1.5)), 0.75: (0, (5, 2))}
"""Probabilities of the second of two classes that get a contour, and the dashes of each."""
_FRAME = "#d5dade"
CONTRAST = 0.6  # exponent that lifts small activations, so that those of an untrained network are visible
ONSET = 0.005  # of the scale: the line of a unit that is never negative is drawn where it becomes active
_SPEECH = torch.from_numpy(LinearSegmentedColormap.from_list("unit", [NEGATIVE, NEUTRAL, POSITIVE])(range(256))[:, :3])


class PlanePanel:
    """Colours over a plane, and lines on top of them.

    Args:
        axis: The axis to draw on.
        plane: The plane to cover.
        line_width: Width of the lines, in points.
        bands: Number of colour steps from one end to the other, which keep a movie's file small; None is smooth.
        pixels: Pixels along a side of the panel, if there are bands.
    """

    def __init__(
        self, axis: Any, plane: Plane, line_width: float, bands: int | None = None, pixels: int | None = None
    ) -> None:
        self.axis, self.plane, self._line_width = axis, plane, line_width
        self._bands, self._pixels = bands, pixels or plane.resolution
        side, extent = plane.resolution, plane.extent
        self._across, self._up = (torch.linspace(extent[i], extent[i + 1], side).numpy() for i in (0, 2))
        blank = torch.ones(self._pixels, self._pixels, 3).numpy()
        way = "bilinear" if bands is None else "nearest"
        self._image = axis.imshow(blank, extent=extent, origin="lower", aspect="auto", interpolation=way)
        self._lines: list[Any] = []
        self._points: list[Any] = []
        axis.set(xlim=extent[:2], ylim=extent[2:])

    @property
    def artists(self) -> list[Any]:
        """What may change when the panel is shown again, from back to front."""
        return [self._image, *self._points, *self._lines]

    def points(
        self,
        x: Tensor,
        y: Tensor,
        class_names: tuple[str, ...],
        size: float | None = None,
        most: int = MOST_POINTS,
        wrong: Tensor | None = None,
    ) -> None:
        """Draw rows x [N, 2] on top, in the colours and shapes of their labels y [N].

        Args:
            x: Positions of the rows [N, 2].
            y: Labels of the rows [N].
            class_names: Name of each class, for the legend.
            size: Area of a point, in square points; None is large for few rows and small for many.
            most: The most rows to draw; if there are more, only every second, third, … is drawn.
            wrong: Which rows are mistakes [N]; each is drawn, on top and in a ring. None draws no rings.
        """
        step = max(1, len(x) // most)
        shown = torch.arange(len(x)) % step == 0
        if wrong is not None:
            shown |= wrong
            order = wrong.long().argsort(stable=True)
            x, y, shown, wrong = x[order], y[order], shown[order], wrong[order]
        area = size or (14 if len(x) > 200 else 30 if len(x) > 10 else 60)
        for label, name in enumerate(class_names):
            rows = x[shown & (y == label)].T
            shape = {"c": color(label), "marker": marker(label)}
            self._points.append(
                self.axis.scatter(*rows, s=area, edgecolors="white", linewidths=0.4, label=name, **shape)
            )

        if wrong is not None and wrong.any():
            ring = {"facecolors": "none", "edgecolors": INK, "linewidths": 1.1, "label": "mistake"}
            self._points.append(self.axis.scatter(*x[wrong].T, s=3.4 * area, **ring))

    def _paint(self, values: Tensor, colours: Callable[[Tensor], Tensor]) -> None:
        """Paint values [R * R, K] from 0 to 1 over the plane; `colours` maps values [N, K] to colours [N, 3]."""
        side = self.plane.resolution
        if self._bands is not None:
            picture = values.T.reshape(1, -1, side, side)
            side = self._pixels
            fine = F.interpolate(picture, (side, side), mode="bilinear", align_corners=True)
            values = (fine.reshape(-1, side * side).T * self._bands).round() / self._bands
        pixels = (255 * colours(values)).round().to(torch.uint8)
        self._image.set_data(pixels.reshape(side, side, 3).numpy())

    def _draw_lines(self, surfaces: list[tuple[Tensor, float]]) -> None:
        """Replace the lines by one where each surface [R * R] reaches its level."""
        side = self.plane.resolution
        for line in self._lines:
            line.remove()
        self._lines = [
            self.axis.contour(
                *(self._across, self._up, surface.reshape(side, side).numpy(), [level]),
                colors=INK,
                linewidths=self._line_width,
            )
            for surface, level in surfaces
            if surface.min() < level < surface.max()
        ]


class BoundaryPanel(PlanePanel):
    """The probability of each class as colour, and the line where the decision changes.

    Args:
        axis: The axis to draw on.
        plane: The plane to cover.
        line_width: Width of the line, in points.
        **more: Arguments of `PlanePanel`.
    """

    def __init__(self, axis: Any, plane: Plane, line_width: float = 1.2, **more: Any) -> None:
        super().__init__(axis, plane, line_width, **more)

    def show(self, probabilities: Tensor, threshold: float = 0.5) -> None:
        """Show probabilities [R * R, C] over the plane; `threshold` separates two classes."""
        self._paint(probabilities, shade)
        self._draw_lines(_margins(probabilities, threshold))

    def contours(self, probabilities: Tensor) -> None:
        """Thin lines at a quarter and three quarters of the second of two `probabilities` [R * R, 2]."""
        side = self.plane.resolution
        surface = probabilities[:, 1].reshape(side, side).numpy()
        for level, style in CONTOURS.items():
            if surface.min() < level < surface.max():
                self.axis.contour(
                    *(self._across, self._up, surface, [level]), colors=INK, linewidths=0.8, linestyles=[style]
                )

    def letters(self, probabilities: Tensor) -> None:
        """A letter in each class's region if tints cannot tell so many apart, by their `probabilities` [R * R, C]."""
        side, num_classes = self.plane.resolution, probabilities.shape[1]
        if num_classes <= MOST_TINTS:
            return
        winner = probabilities.argmax(dim=1).reshape(side, side)
        for label in range(num_classes):
            place = _innermost(winner == label)
            if place is not None:
                up, across = place
                text = {"fontsize": 13, "fontweight": "bold", "ha": "center", "va": "center", "color": INK}
                halo = [patheffects.withStroke(linewidth=3, foreground="white")]
                at = float(self._across[across]), float(self._up[up])
                self.axis.text(*at, _letter(label), path_effects=halo, zorder=5, **text)


class Scale(NamedTuple):
    """How activations become colours.

    Attributes:
        neutral: The neutral activation, drawn white.
        reach: The distance from it at which colours are strongest.
    """

    neutral: float
    reach: float


class UnitPanel(PlanePanel):
    """The output of one unit: its activation as colour, and the line where it changes sign or becomes active.

    Args:
        axis: The axis to draw on.
        plane: The plane to cover.
        scale: Scale of its colours.
        title: Title of the panel.
        size: Size of the title, in points.
        **more: Arguments of `PlanePanel`.
    """

    def __init__(self, axis: Any, plane: Plane, scale: Scale, title: str, size: float = 9, **more: Any) -> None:
        super().__init__(axis, plane, 0.9, **more)
        self._scale = scale
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set(visible=True, color=_FRAME, linewidth=0.8, position=("outward", 0.5))
        axis.set_title(title, fontsize=size, pad=3)

    def show(self, activation: Tensor) -> None:
        """Show the `activation` [R * R] over the plane."""
        relative = ((activation.float() - self._scale.neutral) / max(self._scale.reach, 1e-6)).clamp(-1, 1)
        lifted = relative.sign() * relative.abs() ** CONTRAST
        self._paint((1 + lifted[:, None]) / 2, lambda x: _SPEECH[(255 * x[:, 0]).round().long()])
        self._draw_lines([(relative, 0.0 if relative.min() < 0 else ONSET)])


def speech(bands: int) -> Tensor:
    """The colours [bands + 1, 3] of a unit's panel with that many `bands`, from most negative to most positive."""
    return _SPEECH[torch.linspace(0, 255, bands + 1).round().long()]


def shade(probabilities: Tensor) -> Tensor:
    """Colours [N, 3]: the classes' colours mixed by their probabilities [N, C], paler where they are less certain."""
    num_classes = probabilities.shape[1]
    palette = torch.tensor([to_rgb(color(label)) for label in range(num_classes)])
    sure = (probabilities.amax(dim=1, keepdim=True).float() * num_classes - 1) / max(1, num_classes - 1)
    return 1 - (PALEST + (STRONGEST - PALEST) * sure) * (1 - probabilities.float() @ palette)


def shade_of(sure: Tensor, label: int) -> Tensor:
    """Colours [N, 3] of a class.

    Args:
        sure: How certain the network is of the class [N], from 0 to 1.
        label: The class.
    """
    return 1 - (PALEST + (STRONGEST - PALEST) * sure[:, None]) * (1 - torch.tensor(to_rgb(color(label))))


def lettered(class_names: Sequence[str]) -> list[str]:
    """The `class_names` for a legend, with the letters of their regions if tints cannot tell so many apart."""
    if len(class_names) <= MOST_TINTS:
        return [short(name) for name in class_names]
    return [f"{_letter(label)}  {short(name)}" for label, name in enumerate(class_names)]


def _letter(label: int) -> str:
    """The letter in a class's region, by its label: A to Z, then A1, B1, …."""
    return f"{chr(ord('A') + label % 26)}{label // 26 or ''}"


def _innermost(region: Tensor) -> tuple[int, int] | None:
    """Row and column of the point furthest from the edge of a boolean region [R, R]; None if it is empty."""
    inside, depth = region.float()[None], torch.zeros(region.shape)
    while inside.any():
        depth += inside[0]
        inside = 1 - F.max_pool2d(F.pad(1 - inside, (1, 1, 1, 1), value=1.0), 3, stride=1)
    if not region.any():
        return None
    return divmod(int(depth.argmax()), region.shape[1])


def _margins(probabilities: Tensor, threshold: float) -> list[tuple[Tensor, float]]:
    """Surfaces [N] and the level at which the decision changes on each, for probabilities [N, C]."""
    if probabilities.shape[1] == 2:
        return [(probabilities[:, 1], threshold)]
    surfaces = []
    for label in range(probabilities.shape[1]):
        others = probabilities.clone()
        others[:, label] = -1
        surfaces.append((probabilities[:, label] - others.amax(dim=1), 0.0))
    return surfaces
