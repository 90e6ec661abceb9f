"""How a decision boundary forms: frames of a movie, with the output of each hidden unit next to it."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib import rc_context
from matplotlib.colors import to_rgb
from PIL import Image
from torch import Tensor

from src.plots.palette import GREY, INK, MUTED, color
from src.plots.panel import BoundaryPanel, Scale, UnitPanel, speech
from src.plots.plane import Plane
from src.plots.style import DPI, STYLE, blank_figure

_TRACK = "#e6e9ec"
_BANDS, _UNIT_BANDS = 12, 14  # even, so that zero and one half each have a band of their own
_MOST_POINTS = 500
_MOST_LETTERS = 40  # of all class names that fit below the boundary
_ABOVE, _BELOW = 0.19, 0.12  # inches for a unit's title and for its weight


class Units(NamedTuple):
    """The units of a hidden layer that a movie shows.

    Attributes:
        title: Title above all units.
        meaning: Meaning of the bar below each unit.
        names: Name of each unit.
        scales: Colour scale of each unit, which fits all frames.
    """

    title: str
    meaning: str
    names: tuple[str, ...]
    scales: list[Scale]


class Scene(NamedTuple):
    """What is the same in all frames.

    Attributes:
        plane: The points where probabilities and activations are computed.
        rows: Inputs x [N, 2] and labels y [N] to draw on the boundary.
        class_names: Name of each class.
        feature_names: Names of the two axes.
        threshold: The threshold between two classes.
        epochs: Epoch of each frame.
        losses: Loss of each frame.
        units: The units; None shows only the boundary.
    """

    plane: Plane
    rows: tuple[Tensor, Tensor]
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    threshold: float
    epochs: list[int]
    losses: list[float]
    units: Units | None


class Shot(NamedTuple):
    """What one frame shows.

    Attributes:
        place: Index of the frame, from 0.
        accuracy: Accuracy at this epoch.
        probabilities: Probability of each class [R * R, C].
        activations: Activation of each unit shown [R * R, U].
        weights: Weight of each unit in the next layer [U], relative to the largest of all frames.
        towards: The class that each unit votes for [U], or -1 if that is undefined.
    """

    place: int
    accuracy: float
    probabilities: Tensor
    activations: Tensor
    weights: Tensor
    towards: Tensor


class Movie:
    """A figure that is drawn once; each frame redraws only what moves, in a fraction of the time.

    Args:
        scene: What is the same in all frames.
    """

    _HEIGHT, _SIDE, _LEFT, _BOTTOM, _GAP = 5.42, 3.75, 0.62, 1.24, 0.42  # inches

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._width = 8.0 if scene.units else 4.8
        with rc_context({**STYLE, "lines.solid_capstyle": "butt"}):
            self._figure = blank_figure(self._width, self._HEIGHT)
            self._head()
            self._boundary()
            self._units()
            self._curve()
            self._canvas: Any = self._figure.canvas
            for artist in self._moving():
                artist.set_animated(True)  # not part of the background
            self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(self._figure.bbox)  # type: ignore[attr-defined]

    def colours(self) -> list[tuple[int, ...]]:
        """The colours (RGB, 0 to 255) that must be exact: those of units, classes and ink."""
        inks = [to_rgb(ink) for ink in (INK, "white", *(color(label) for label in range(len(self._scene.class_names))))]
        shades = speech(_UNIT_BANDS).tolist() if self._panels else []
        return list(dict.fromkeys(tuple(round(255 * number) for number in colour) for colour in (*inks, *shades)))

    def _moving(self) -> list[Any]:
        panels = [artist for panel in (self._panel, *self._panels) for artist in panel.artists]
        return [*self._texts, *panels, *self._bars, *self._trace]

    def frame(self, shot: Shot) -> Image.Image:
        """The picture (RGB) of a `shot`."""
        self._canvas.restore_region(self._background)
        with rc_context(STYLE):
            self._update(shot)
            for artist in self._moving():
                artist.draw(self._canvas.get_renderer())
        return Image.fromarray(np.asarray(self._canvas.buffer_rgba())[..., :3].copy())

    def _update(self, shot: Shot) -> None:
        scene = self._scene
        epoch, loss = scene.epochs[shot.place], scene.losses[shot.place]
        self._texts[0].set_text(f"epoch {epoch}")
        self._texts[1].set_text(f"val loss {loss:.4f}   accuracy {shot.accuracy:.4f}")
        self._panel.show(shot.probabilities, scene.threshold)
        for unit, panel in enumerate(self._panels):
            panel.show(shot.activations[:, unit])
            label = int(shot.towards[unit])
            self._bars[unit].set_xdata([0, float(shot.weights[unit])])
            self._bars[unit].set_color(GREY if label < 0 else color(label))
        self._trace[0].set_data(scene.epochs[: shot.place + 1], scene.losses[: shot.place + 1])
        self._trace[1].set_data([epoch], [loss])

    def _axis(self, left: float, bottom: float, width: float, height: float) -> Any:
        """A panel at a position in inches."""
        across, up = self._width, self._HEIGHT
        return self._figure.add_axes((left / across, bottom / up, width / across, height / up))

    def _text(self, x: float, y: float, text: str, **settings: Any) -> Any:
        return self._figure.text(x / self._width, y / self._HEIGHT, text, va="baseline", **settings)

    def _head(self) -> None:
        y = self._HEIGHT - 0.27
        self._texts = [
            self._text(self._LEFT, y, "", fontsize=14, fontweight="bold"),
            self._text(self._LEFT + self._SIDE, y, "", fontsize=9, ha="right"),
        ]

    def _boundary(self) -> None:
        scene = self._scene
        axis = self._axis(self._LEFT, self._BOTTOM, self._SIDE, self._SIDE)
        self._panel = BoundaryPanel(axis, scene.plane, 1.6, bands=_BANDS, pixels=round(self._SIDE * DPI))
        self._panel.points(*scene.rows, scene.class_names, size=11, most=_MOST_POINTS)
        axis.set_xlabel(scene.feature_names[0], labelpad=1)
        axis.set_ylabel(scene.feature_names[1], labelpad=1)
        axis.tick_params(labelsize=8, length=2)
        axis.spines[:].set_visible(False)
        if sum(len(name) + 3 for name in scene.class_names) <= _MOST_LETTERS:
            axis.legend(
                loc="upper right",
                bbox_to_anchor=(1.03, -0.05),
                ncols=len(scene.class_names),
                fontsize=8,
                markerscale=1.4,
                handletextpad=0,
                columnspacing=0.8,
            )

    def _units(self) -> None:
        self._panels: list[UnitPanel] = []
        self._bars: list[Any] = []
        units = self._scene.units
        if units is None:
            return
        left = self._LEFT + self._SIDE + self._GAP
        across, up = self._width - left - 0.12, self._SIDE
        self._text(left, self._HEIGHT - 0.27, units.title, fontsize=10)
        neutral = units.scales[0].neutral
        signs = f"teal: above {neutral}, purple: below" if neutral else "teal: positive, purple: negative"
        for line, text in enumerate((signs, units.meaning)):
            self._text(left, self._BOTTOM - 0.2 - 0.15 * line, text, fontsize=7.5, color=MUTED)
        columns, side = _arrangement(len(units.names), across, up)
        lines = -(-len(units.names) // columns)
        pitch = (up - _ABOVE - side - _BELOW) / max(1, lines - 1)
        for place, (name, scale) in enumerate(zip(units.names, units.scales, strict=True)):
            line, column = divmod(place, columns)
            x = left + column * (across / columns)
            axis = self._axis(x, self._BOTTOM + up - _ABOVE - side - line * pitch, side, side)
            panel = UnitPanel(axis, self._scene.plane, scale, name, 8, bands=_UNIT_BANDS, pixels=round(side * DPI))
            self._panels.append(panel)
            below = -0.06 / side
            axis.plot([0, 1], [below] * 2, color=_TRACK, lw=3, transform=axis.transAxes, clip_on=False)
            self._bars += axis.plot([0, 0], [below] * 2, lw=3, transform=axis.transAxes, clip_on=False)

    def _curve(self) -> None:
        scene = self._scene
        axis = self._axis(self._LEFT, 0.32, self._width - self._LEFT - 0.2, 0.45)
        axis.plot(scene.epochs, scene.losses, color=_TRACK, lw=1.4)
        self._trace = [
            *axis.plot([], [], color=INK, lw=1.6),
            *axis.plot([], [], "o", color=INK, ms=4),
        ]
        axis.margins(x=0.01, y=0.15)
        axis.tick_params(labelsize=8, length=2)
        axis.set_ylabel("val/loss", fontsize=8)
        axis.set_xlabel("epoch", fontsize=8, labelpad=0, loc="right")


def _arrangement(num: int, across: float, up: float) -> tuple[int, float]:
    """The number of columns and the side that make `num` square panels as large as possible in the given space."""
    sides = {
        columns: min(across / columns - 0.1, up / -(-num // columns) - _ABOVE - _BELOW) for columns in range(1, num + 1)
    }
    return max(sides.items(), key=lambda item: item[1])
