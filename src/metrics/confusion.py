"""Confusion matrices, and the scores computed from them."""

from typing import Any

import torch
from torch import Tensor

from src.metrics.running import Scores
from src.metrics.scores import count_scores, mean_count_scores

_EXACT = 2**24  # the largest count that float32 represents exactly


def scores_from_confusion(confusion: Tensor) -> dict[str, Tensor]:
    """Accuracy, precision, recall and F1 [...] from counts `confusion` [..., C, C], rows true and columns predicted.

    Two classes give the scores of class 1, more give the mean over the classes that occur or are predicted
    (scikit-learn's `binary` and `macro`). A score whose denominator is zero counts as 0.

    Example:
        >>> scores = scores_from_confusion(torch.tensor([[5, 1], [2, 2]]))
        >>> {name: round(score.item(), 4) for name, score in scores.items()}
        {'accuracy': 0.7, 'precision': 0.6667, 'recall': 0.5, 'f1': 0.5714}
    """
    counts = confusion.cpu().double()  # not every accelerator supports float64
    hits, predicted, true = class_counts(counts)
    accuracy = hits.sum(-1) / predicted.sum(-1)
    if hits.shape[-1] == 2:
        averaged = mean_count_scores("binary", hits[..., 1:], predicted[..., 1:], true[..., 1:])
    else:
        averaged = mean_count_scores("multiclass", hits, predicted, true)
    return {name: each.float() for name, each in {"accuracy": accuracy, **averaged}.items()}


def class_counts(confusion: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Rows [..., C] of each class that are predicted as such, all predicted as such, and all of the class.

    Args:
        confusion: Counts [..., C, C], rows true and columns predicted.
    """
    return confusion.diagonal(dim1=-2, dim2=-1), confusion.sum(dim=-2), confusion.sum(dim=-1)


class ClassScores(Scores):
    """Accuracy, precision, recall and F1 of labels for each of M runs.

    Attributes:
        confusion: Counts [M, C, C], rows true and columns predicted.

    Args:
        num_classes: C.
        num_runs: M.
        **settings: Arguments of torchmetrics' `Metric`.

    Example:
        >>> scores = ClassScores(num_classes=2, num_runs=2)
        >>> scores.update(torch.tensor([[0, 1, 1], [0, 0, 0]]), torch.tensor([[0, 1, 0], [0, 1, 0]]))
        >>> scores.compute()["recall"].tolist(), scores.confusion[0].tolist()
        ([1.0, 0.0], [[1, 1], [0, 1]])
    """

    confusion: Tensor
    names = ("accuracy", "precision", "recall", "f1")

    def __init__(self, num_classes: int, num_runs: int = 1, **settings: Any) -> None:
        super().__init__(num_runs, **settings)
        self.num_classes = num_classes
        counts = torch.zeros(num_runs, num_classes, num_classes, dtype=torch.int64)
        self.add_state("confusion", counts, dist_reduce_fx="sum")

    def update(self, predictions: Tensor, y: Tensor) -> None:
        """Add predicted labels [M, N] and true labels y [M, N], whole numbers of any type."""
        num_rows = y.shape[1]
        if self.num_classes == 2 and num_rows < _EXACT:  # ten times faster than bincount
            predicted, true = predictions.float(), y.float()
            both, one, other = (predicted * true).sum(1), predicted.sum(1), true.sum(1)
            cells = torch.stack([num_rows - one - other + both, one - both, other - both, both], dim=1).long()
        else:
            size = self.num_classes**2
            runs = torch.arange(self.num_runs, device=y.device).unsqueeze(1)
            cells = (runs * size + y.long() * self.num_classes + predictions).flatten()
            cells = torch.bincount(cells, minlength=self.num_runs * size)
        self.confusion += cells.view_as(self.confusion)

    def compute(self) -> dict[str, Tensor]:
        """Each score [M]."""
        return scores_from_confusion(self.confusion)

    def tables(self) -> list[dict[str, Any]]:
        """The confusion matrix."""
        return [{"confusion_matrix": matrix} for matrix in self.confusion.tolist()]


class LabelScores(Scores):
    """Scores of rows with several labels: means over labels, and the share of rows with all labels right.

    Attributes:
        confusion: Counts [M, L, 2, 2], rows true and columns predicted.
        all_right: Number of rows [M] with all labels right.

    Args:
        num_labels: L.
        num_runs: M.
        **settings: Arguments of torchmetrics' `Metric`.
    """

    confusion: Tensor
    all_right: Tensor
    names = ("accuracy", "precision", "recall", "f1", "subset_accuracy")

    def __init__(self, num_labels: int, num_runs: int = 1, **settings: Any) -> None:
        super().__init__(num_runs, **settings)
        self.num_labels = num_labels
        counts = torch.zeros(num_runs, num_labels, 2, 2, dtype=torch.int64)
        self.add_state("confusion", counts, dist_reduce_fx="sum")
        self.add_state("all_right", torch.zeros(num_runs, dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, predictions: Tensor, y: Tensor) -> None:
        """Add predicted and true labels, both zeros and ones [M, N, L]."""
        self.confusion += label_confusions(predictions, y)
        self.all_right += (predictions == y).all(dim=2).sum(dim=1)

    def compute(self) -> dict[str, Tensor]:
        """Each score [M]."""
        num_rows = self.confusion[:, 0].sum((1, 2)).cpu()
        means = {name: values.mean(dim=1).float() for name, values in self._by_label().items()}
        return means | {"subset_accuracy": self.all_right.cpu() / num_rows}

    def tables(self) -> list[dict[str, Any]]:
        """The confusion matrix of each label, and the accuracy, precision and recall of each."""
        by_label = self._by_label()
        columns = {f"{name}_by_label": by_label[name].tolist() for name in ("accuracy", "precision", "recall")}
        columns = {"confusion_matrix": self.confusion.tolist(), **columns}
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]

    def _by_label(self) -> dict[str, Tensor]:
        """The accuracy, precision, recall and F1 of each label [M, L]."""
        counts = self.confusion.cpu()
        right = counts.diagonal(dim1=2, dim2=3).sum(2) / counts.sum((2, 3))
        return {"accuracy": right, **count_scores(counts[..., 1, 1], counts[..., 1].sum(2), counts[..., 1, :].sum(2))}


def label_confusions(predictions: Tensor, y: Tensor) -> Tensor:
    """Counts [..., L, 2, 2], rows true and columns predicted.

    Args:
        predictions: Predicted labels [..., N, L], zeros and ones.
        y: True labels [..., N, L].

    Example:
        >>> label_confusions(torch.tensor([[1, 0], [1, 1]]), torch.tensor([[1, 0], [0, 1]])).tolist()
        [[[0, 1], [0, 1]], [[1, 0], [0, 1]]]
    """
    guess, truth = predictions.bool(), y.bool()
    cells = [(t & g).sum(dim=-2) for t in (~truth, truth) for g in (~guess, guess)]
    confusions: Tensor = torch.stack(cells, dim=-1).unflatten(-1, (2, 2))
    return confusions
