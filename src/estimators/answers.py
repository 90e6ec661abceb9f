"""The answers of a network or a baseline, how right they are, and how probabilities become labels."""

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
"""Probabilities [N, C] or [N, L], or values [N], to predictions [N] or [N, L]."""


@dataclass(frozen=True)
class Answers:
    """Answers to rows whose targets are known.

    Attributes:
        task: `binary`, `multiclass`, `multilabel` or `regression`.
        p: Probabilities [N, C] or [N, L]; for regression the values [N] that are predicted.
        predictions: Labels [N], zeros and ones [N, L], or values [N].
        y: Targets [N] or [N, L].
    """

    task: str
    p: Tensor
    predictions: Tensor
    y: Tensor

    def scores(self) -> dict[str, float]:
        """Every score by its name."""
        if self.task == "regression":
            whole = torch.ones(1, len(self.y))
            return {name: float(value) for name, value in self._statistics()(whole).items()}
        return overall_scores(self.task, self.p, self.predictions, self.y)  # type: ignore[arg-type]

    def intervals(self, resamples: int) -> dict[str, Ends]:
        """The 95 % interval of each score that has one, as an evaluation has it with `resamples` of the rows."""
        if not resamples:
            return {}
        if self.task == "regression":
            return error_intervals(self.predictions, self.y, resamples)
        return score_intervals(self.task, self.p, self.predictions, self.y, resamples)  # type: ignore[arg-type]

    def difference(self, other: "Answers", metric: str, resamples: int) -> tuple[float, Ends | None]:
        """By how much a score is above that of another's answers to the same rows, and its 95 % interval if it has one.

        Shares of right rows have Newcombe's interval for pairs; for others both are computed on the same resamples.

        Args:
            other: The other's.
            metric: The score.
            resamples: Of the rows.
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
    """The answers of a `head` for rows with logits [N, *] and targets y [N, *]."""
    predictions = head.predictions(logits)
    p = predictions if head.spec.task == "regression" else head.probabilities(logits.double())
    return Answers(head.spec.task, p, predictions, y)


def decisions(head: Head, p: Tensor, y: Tensor) -> Decide:
    """How probabilities become labels in the way of a `head`: by its threshold, or by its rule for one.

    A half is what scikit-learn's own `predict` has: of two that are alike it takes the first.

    Args:
        head: That of the network.
        p: Probabilities [N, C] or [N, L] of validation rows, among which a rule chooses.
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
    """A threshold [L] for each of the columns of probabilities p [N, L] and labels y [N, L]."""
    if not head.chooses or head.rule is None:
        return torch.tensor(head.thresholds, dtype=torch.float64)
    chosen = []
    for column, truth in zip(p.unbind(1), y.unbind(1), strict=True):
        try:
            chosen.append(choose_threshold(head.rule, column, truth))
        except ConfigError:  # no threshold of this baseline reaches the precision or recall
            chosen.append(0.5)
    return torch.tensor(chosen, dtype=torch.float64)
