"""What a head says about rows, and how right it is: scores, tables and figures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor

from src.data.scene import Scene
from src.metrics.certainty import error_intervals

if TYPE_CHECKING:
    from src.heads.base import Head

Draw = Callable[[], Any]
"""Makes a Matplotlib Figure, now or later: what it shows are copies."""

Columns = Mapping[str, Sequence[Any]]
"""A table: columns of equal length by their names."""


@dataclass(frozen=True)
class Outcome:
    """What any head can tell of rows; a head that has more to show returns a subclass.

    Attributes:
        head: The head.
        logits: What it returned for each row [N, *].
        y: The rows' targets [N, *].
    """

    head: "Head"
    logits: Tensor
    y: Tensor

    @property
    def predictions(self) -> Tensor:
        """Labels [N] or [N, L], or values [N]."""
        return self.head.predictions(self.logits)

    def scores(self, resamples: int = 0) -> dict[str, Any]:
        """Loss, scores and what belongs to them, as an evaluation's `metrics.json` holds them.

        Args:
            resamples: Of the rows, for intervals where there are any; 0 for none.
        """
        return self.head.measure(self.logits, self.y)

    def answered(self) -> Columns:
        """What is true of each row, and what the head says."""
        return {**self._targets(), **self.head.answers(self.logits)}

    def _targets(self) -> Columns:
        """What is true of each row."""
        return {"target": self.y.tolist()}

    def tables(self) -> dict[str, Columns]:
        """Each table by its name."""
        return {"predictions": self.answered()}

    def figures(self, scene: Scene) -> dict[str, Draw]:
        """Each figure by its name; the `scene` has what it shows beside the answers."""
        return {}


class ValueOutcome(Outcome):
    """Numbers, and the numbers they should be."""

    def scores(self, resamples: int = 0) -> dict[str, Any]:
        """Loss, scores and their intervals over `resamples` of the rows."""
        ends = error_intervals(self.predictions, self.y, resamples) if resamples else {}
        return super().scores() | {"intervals": ends}

    def figures(self, scene: Scene) -> dict[str, Draw]:
        """Values over the inputs of a `scene`, or over what was predicted."""
        return {"fit": partial(_fit, scene.x, self.y, self.predictions, self.head.spec.feature_names, scene.title)}


def _fit(*shown: Any) -> Any:
    from src.plots.fit import fit_figure

    return fit_figure(*shown)
