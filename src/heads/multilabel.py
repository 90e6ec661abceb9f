"""Several labels a row, each with a logit of its own."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor
from torchmetrics import MetricCollection
from torchmetrics.classification import MultilabelConfusionMatrix, MultilabelExactMatch

from src.heads.threshold import ThresholdHead
from src.metrics.scores import count_scores
from src.spec import DataSpec


class MultilabelHead(ThresholdHead):
    """Logits [N, L], binary cross-entropy averaged over labels, and a threshold on each probability.

    Args:
        *parts: Arguments of `Head`, in its order.
        **more: Arguments of `ThresholdHead`.

    Example:
        >>> from torch import nn, optim, tensor
        >>> head = MultilabelHead(nn.Linear(2, 3), DataSpec("multilabel", (2,), ("red", "round", "ripe")), optim.SGD)
        >>> head.predictions(tensor([[1.0, -1.0, 3.0], [-2.0, -2.0, 0.5]])).tolist()
        [[1, 0, 1], [0, 0, 1]]
    """

    tasks = ("multilabel",)

    @classmethod
    def num_outputs(cls, spec: DataSpec) -> int:
        """A logit for each label."""
        return spec.num_classes

    def forward(self, x: Tensor) -> Tensor:
        """Logits [N, L]."""
        return self.run_network(x)

    def loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """Mean binary cross-entropy, a scalar, over logits [N, L] and targets y [N, L] of zeros and ones."""
        return F.binary_cross_entropy_with_logits(logits, y.to(logits.dtype))

    def probabilities(self, logits: Tensor) -> Tensor:
        """Probability [N, L] of each label for logits [N, L]."""
        return logits.sigmoid()

    def predictions(self, logits: Tensor) -> Tensor:
        """Labels [N, L]: 1 where the probability reaches the threshold."""
        return self.says_yes(logits)

    def confusion(self, logits: Tensor, y: Tensor) -> Tensor:
        """Counts [L, 2, 2] over logits [N, L] and targets y [N, L]: a confusion matrix for each label."""
        metric = MultilabelConfusionMatrix(self.spec.num_classes, validate_args=False, sync_on_compute=False)
        metric.update(self.predictions(logits).cpu(), y.cpu())
        return metric.compute()

    def new_metric(self, everywhere: bool = True) -> MetricCollection:
        """A confusion matrix for each label, and the share of rows whose labels are all right."""
        settings: dict[str, Any] = {"validate_args": False, "sync_on_compute": everywhere}
        num_labels = self.spec.num_classes
        return MetricCollection(
            {
                "confusion": MultilabelConfusionMatrix(num_labels, **settings),
                "subset_accuracy": MultilabelExactMatch(num_labels, **settings),
            },
            compute_groups=False,
        )

    def scores(self, metric: Any) -> dict[str, Tensor]:
        """Accuracy, precision, recall and F1, means over labels, and the share of rows that are all right: scalars."""
        right, ratios = _by_label(metric)
        averaged = {name: values.mean().float() for name, values in {"accuracy": right, **ratios}.items()}
        return averaged | {"subset_accuracy": metric["subset_accuracy"].compute().cpu().float()}

    def tables(self, metric: Any) -> dict[str, Any]:
        """The confusion matrix of each label, and the accuracy, precision and recall of each."""
        right, ratios = _by_label(metric)
        return {
            "confusion_matrix": metric["confusion"].compute().tolist(),
            "accuracy_by_label": right.tolist(),
            "precision_by_label": ratios["precision"].tolist(),
            "recall_by_label": ratios["recall"].tolist(),
        }

    @classmethod
    def score_names(cls) -> tuple[str, ...]:
        """Names of the scores."""
        return ("loss", "accuracy", "precision", "recall", "f1", "subset_accuracy")


def _by_label(metric: Any) -> tuple[Tensor, dict[str, Tensor]]:
    """The accuracy of each label [L], and the precision, recall and F1 of each."""
    counts = metric["confusion"].compute().cpu()
    right = counts.diagonal(dim1=1, dim2=2).sum(1) / counts.sum((1, 2))
    return right, count_scores(counts[:, 1, 1], counts[:, :, 1].sum(1), counts[:, 1].sum(1))
