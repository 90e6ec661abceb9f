"""Several labels per row, each with a logit of its own."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from src.heads.probable import LabelOutcome, named_probabilities
from src.heads.threshold import ThresholdHead
from src.metrics.confusion import LabelScores, label_confusions
from src.metrics.scores import log_losses
from src.spec import DataSpec


class MultilabelHead(ThresholdHead):
    """Logits [N, L], binary cross-entropy averaged over labels, and a threshold on each probability.

    Args:
        *parts: Arguments of `Head`, in order.
        **more: Arguments of `ThresholdHead`.

    Example:
        >>> from torch import nn, optim, tensor
        >>> head = MultilabelHead(nn.Linear(2, 3), DataSpec("multilabel", (2,), ("red", "round", "ripe")), optim.SGD)
        >>> head.predictions(tensor([[1.0, -1.0, 3.0], [-2.0, -2.0, 0.5]])).tolist()
        [[1, 0, 1], [0, 0, 1]]
    """

    tasks = ("multilabel",)
    loss_title = "loss (binary cross-entropy)"
    gives = "probabilities"
    closing_names = ("log_loss",)

    @classmethod
    def num_outputs(cls, spec: DataSpec) -> int:
        """The number of labels: one logit each."""
        return spec.num_classes

    def loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """Mean binary cross-entropy, a scalar, over logits [N, L] and targets y [N, L] of zeros and ones."""
        return F.binary_cross_entropy_with_logits(logits, y.to(logits.dtype))

    def probabilities(self, logits: Tensor) -> Tensor:
        """Probability [N, L] of each label for logits [N, L]."""
        return logits.sigmoid()

    def logits_of(self, estimates: Tensor) -> Tensor:
        """The logits [N, L] of probabilities [N, L]."""
        return torch.logit(estimates)

    def predictions(self, logits: Tensor) -> Tensor:
        """Labels [N, L]: 1 where the probability reaches the threshold."""
        return self.says_yes(logits)

    def estimates(self, logits: Tensor) -> Tensor:
        """Probabilities [N, L]."""
        return self.probabilities(logits)

    def answers(self, logits: Tensor) -> dict[str, list[Any]]:
        """Whether a row has each label, and the probability of each."""
        columns = zip(self.spec.class_names, self.predictions(logits).T.tolist(), strict=True)
        return {f"predicted_{name}": column for name, column in columns} | named_probabilities(self, logits)

    def closing_scores(self, logits: Tensor, predictions: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Log loss [M] of M runs, the mean over labels."""
        p = self.probabilities(logits.cpu().double())
        return {"log_loss": log_losses("multilabel", p, y.cpu()).mean(dim=1)}

    def outcome(self, logits: Tensor, y: Tensor) -> LabelOutcome:
        """The head's predictions for rows with logits [N, L] and targets y [N, L], and their scores."""
        return LabelOutcome(self, logits, y)

    def confusion(self, logits: Tensor, y: Tensor) -> Tensor:
        """Counts [L, 2, 2] over logits [N, L] and targets y [N, L]: a confusion matrix for each label."""
        return label_confusions(self.predictions(logits), y.to(logits.device))

    def new_scores(self, num_runs: int = 1, everywhere: bool = True) -> LabelScores:
        """Means over labels, and the share of rows with all labels right."""
        return LabelScores(self.spec.num_classes, num_runs, sync_on_compute=everywhere)
