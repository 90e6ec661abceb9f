"""The predictions of a network or a baseline, their scores, and how probabilities become labels."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from src.errors import ConfigError
from src.heads.base import Head
from src.metrics.bootstrap import Statistics
from src.metrics.certainty import error_intervals, score_intervals
from src.metrics.errors import ErrorStatistics
from src.metrics.paired import score_difference, share_difference
from src.metrics.scores import overall_scores
from src.metrics.threshold import choose_threshold
from src.statistics.intervals import Ends

Decide = Callable[[Tensor], Tensor]
"""Maps probabilities [N, C] or [N, L], or values [N], to predictions [N] or [N, L]."""


@dataclass(frozen=True)
class Answers:
    """Predictions for rows with known targets.

    Attributes:
        task: `binary`, `multiclass`, `multilabel` or `regression`.
        p: Probabilities [N, C] or [N, L]; for regression the predicted values [N].
        predictions: Labels [N], zeros and ones [N, L], or values [N].
        y: Targets [N] or [N, L].
    """

    task: str
    p: Tensor
    predictions: Tensor
    y: Tensor

    def scores(self) -> dict[str, float]:
        """Every score by name."""
        if self.task == "regression":
            whole = torch.ones(1, len(self.y))
            return {name: float(value) for name, value in self._statistics()(whole).items()}
        return overall_scores(self.task, self.p, self.predictions, self.y)  # type: ignore[arg-type]

    def intervals(self, resamples: int) -> dict[str, Ends]:
        """The 95 % interval of each score that has one, as in an evaluation with `resamples` of the rows."""
        if not resamples:
            return {}
        if self.task == "regression":
            return error_intervals(self.predictions, self.y, resamples)
        return score_intervals(self.task, self.p, self.predictions, self.y, resamples)  # type: ignore[arg-type]

    def difference(self, other: "Answers", metric: str, resamples: int) -> tuple[float, Ends | None]:
        """The difference in a score to other predictions for the same rows, and its 95 % interval if it has one.

        Shares of correct rows have Newcombe's interval for pairs; other scores are computed on the same resamples.

        Args:
            other: The other predictions.
            metric: The score.
            resamples: Number of resamples of the rows.
        """
        if metric in ("accuracy", "subset_accuracy") and (metric == "accuracy") != (self.task == "multilabel"):
            return share_difference(self._right(), other._right())
        return score_difference(self._statistics(), other._statistics(), metric, len(self.y), resamples)

    def _right(self) -> Tensor:
        right = self.predictions == self.y
        return right if right.ndim == 1 else right.all(dim=1)

    def _statistics(self) -> Statistics | ErrorStatistics:
        if self.task == "regression":
            return ErrorStatistics(self.predictions, self.y)
        return Statistics(self.task, self.p, self.predictions, self.y)  # type: ignore[arg-type]


def network_answers(head: Head, logits: Tensor, y: Tensor) -> Answers:
    """The predictions of a `head` for rows with logits [N, *] and targets y [N, *]."""
    predictions = head.predictions(logits)
    p = predictions if head.spec.task == "regression" else head.probabilities(logits.double())
    return Answers(head.spec.task, p, predictions, y)


def decisions(head: Head, p: Tensor, y: Tensor) -> Decide:
    """The function that turns probabilities into labels for a `head`: by its threshold, or its rule for choosing one.

    A threshold of one half works as in scikit-learn's `predict`: of two equal probabilities it takes the first.

    Args:
        head: The head of the network.
        p: Probabilities [N, C] or [N, L] of validation rows, on which a rule chooses.
        y: Labels [N] or [N, L] of these rows.
    """
    task = head.spec.task
    if task == "regression":
        return lambda values: values
    if task == "multiclass" or head.thresholds is None:
        return lambda p: (p > 0.5).long() if task == "multilabel" else p.argmax(dim=1)
    column = slice(1, 2) if task == "binary" else slice(None)
    thresholds = _thresholds(head, p[:, column], y.reshape(len(y), -1))

    def decide(p: Tensor) -> Tensor:
        asked = p[:, column]
        yes = torch.where(thresholds == 0.5, asked > 0.5, asked >= thresholds).long()
        return yes[:, 0] if task == "binary" else yes

    return decide


def _thresholds(head: Head, p: Tensor, y: Tensor) -> Tensor:
    """Thresholds [L], one for each column of probabilities p [N, L] and labels y [N, L]."""
    if not head.chooses or head.rule is None:
        return torch.tensor(head.thresholds, dtype=torch.float64)
    chosen = []
    for column, truth in zip(p.unbind(1), y.unbind(1), strict=True):
        try:
            chosen.append(choose_threshold(head.rule, column, truth))
        except ConfigError:  # no threshold of this baseline reaches the precision or recall
            chosen.append(0.5)
    return torch.tensor(chosen, dtype=torch.float64)
