"""A head's predictions for rows and their quality: scores, tables and figures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from torch import Tensor

from src.data.scene import Scene
from src.metrics.certainty import error_intervals

if TYPE_CHECKING:
    from src.heads.base import Head

Draw = Callable[[], Any]
"""Makes a Matplotlib Figure, now or later: it shows copies of the data."""

SHOWN_NAMES = {"r2": "R²"}
"""What figures call a score, where it is not the score's name."""

Columns = Mapping[str, Sequence[Any]]
"""A table: columns of equal length by name."""


@dataclass(frozen=True)
class Outcome:
    """What any head can report about rows; a head with more to report returns a subclass.

    Attributes:
        head: The head.
        logits: Its logits for each row [N, *].
        y: The rows' targets [N, *].
    """

    head: "Head"
    logits: Tensor
    y: Tensor

    @property
    def predictions(self) -> Tensor:
        """Labels [N] or [N, L], or values [N]."""
        return self.head.predictions(self.logits)

    @cached_property
    def measured(self) -> dict[str, Any]:
        """Loss, scores and tables of the rows, as plain numbers."""
        return self.head.measure(self.logits, self.y)

    @property
    def summary(self) -> str:
        """How many rows these are, and the score that is shown with the loss."""
        return ", ".join([f"{len(self.y):,} {'row' if len(self.y) == 1 else 'rows'}", *self.score])

    @property
    def score(self) -> list[str]:
        """The score that is shown with the loss, as `accuracy 0.9950`; none where the head has no scores."""
        return [f"{SHOWN_NAMES.get(name, name)} {self.measured[name]:.4f}" for name in self.head.score_names[1:2]]

    def caption(self, scene: Scene) -> str:
        """The title of a figure: the problem and the split of a `scene`, and below them the rows and their score."""
        return f"{scene.problem}, {scene.title}\n{self.summary}"

    def questions(self) -> Iterator[tuple[str, Tensor, Tensor]]:
        """Name, probabilities [N] and truth [N] of each question that a probability answers; here there is none."""
        yield from ()

    def scores(self, resamples: int = 0) -> dict[str, Any]:
        """Loss, scores and related values, as in an evaluation's `metrics.json`.

        Args:
            resamples: Resamples of the rows for intervals; 0 for no intervals.
        """
        return dict(self.measured)

    def answered(self) -> Columns:
        """The target of each row, and the head's prediction."""
        return {**self._targets(), **self.head.answers(self.logits)}

    def _targets(self) -> Columns:
        """The target of each row."""
        return {"target": self.y.tolist()}

    def tables(self) -> dict[str, Columns]:
        """Each table by name."""
        return {"predictions": self.answered()}

    def figures(self, scene: Scene) -> dict[str, Draw]:
        """Each figure by name; the `scene` has what it shows besides the predictions."""
        return {}


class ValueOutcome(Outcome):
    """Predicted numbers and their targets."""

    def scores(self, resamples: int = 0) -> dict[str, Any]:
        """Loss, scores and their intervals over `resamples` of the rows."""
        ends = error_intervals(self.predictions, self.y, resamples) if resamples else {}
        return super().scores() | {"intervals": ends}

    def figures(self, scene: Scene) -> dict[str, Draw]:
        """Values over the inputs of a `scene`, or over the predictions."""
        names = self.head.spec.feature_names
        return {"fit": partial(_fit, scene.x, self.y, self.predictions, names, self.caption(scene))}


def _fit(*shown: Any) -> Any:
    from src.plots.fit import fit_figure

    return fit_figure(*shown)
