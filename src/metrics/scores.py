"""The scores of a set of predictions, over all rows and per class."""

from typing import Any

import torch
from torch import Tensor
from torchmetrics.functional.classification import binary_calibration_error

from src.metrics.agreement import agreement_scores, with_the_other
from src.metrics.columns import Columns, Task, columns_of
from src.metrics.curves import average_precision, roc_auc

_NUM_BINS = 15
_TINY = torch.finfo(torch.float64).eps  # where scikit-learn clips the probabilities of its log loss


def overall_scores(task: Task, probabilities: Tensor, predictions: Tensor, y: Tensor) -> dict[str, float]:
    """Every score of a set of rows: of labels, of ranking, and of probabilities.

    Binary tasks give the scores of class 1, the others the mean over classes or labels (scikit-learn's `binary` and
    `macro`). A precision, recall or F1 whose denominator is zero counts as 0; a class that neither occurs nor is
    predicted is left out of their means, as in scikit-learn and torchmetrics. An undefined ROC AUC or average precision
    is left out of its mean, which is NaN if none is left.

    - accuracy: share of right rows; multilabel: mean over labels. `subset_accuracy`: share of rows with all labels
      right, for multilabel only.
    - balanced_accuracy (the mean recall), mcc (Matthews' correlation) and kappa (Cohen's): not for multilabel.
    - log_loss: natural logarithm, probabilities clipped to [2.2e-16, 1].
    - brier: mean of (p − y)²; multiclass: mean over rows of the sum over classes, so that it can reach 2.
    - calibration_error: expected calibration error (l1) over 15 bins of equal width, with a separate bin for 1.0, as in
      torchmetrics. Binary and multilabel compare the mean probability of class 1 with its share, multiclass
      the largest probability with the share of rows where it is right.

    Args:
        task: Which convention the tensors follow, see `src.metrics`.
        probabilities: [N, C], or [N, L] for multilabel.
        predictions: Labels [N], or 0 and 1 in [N, L].
        y: Labels [N] or [N, L].

    Example:
        >>> p, y = torch.tensor([0.9, 0.6, 0.4, 0.2]), torch.tensor([1, 0, 1, 0])
        >>> scores = overall_scores("binary", torch.stack([1 - p, p], dim=1), (p >= 0.5).long(), y)
        >>> scores["accuracy"], scores["recall"], scores["roc_auc"]
        (0.5, 0.5, 0.75)
    """
    columns = columns_of(task, probabilities, predictions, y)
    means = {name: float(values.mean()) for name, values in row_scores(task, probabilities, predictions, y).items()}
    ratios = {name: float(ratio) for name, ratio in mean_count_scores(task, *_counts(columns)).items()}
    ranks = {
        name: float(torch.tensor(values, dtype=torch.float64).nanmean())
        for name, values in _rank_scores(columns).items()
    }
    beyond = {} if task == "multilabel" else _agreement(task, columns)
    scores = means | ratios | ranks | {"calibration_error": _calibration_error(task, columns)}
    first, then = ("accuracy", "precision", "recall", "f1"), ("roc_auc", "average_precision", "log_loss", "brier")
    ordered = {name: scores.pop(name) for name in first} | beyond | {name: scores.pop(name) for name in then}
    return ordered | scores


def class_scores(
    task: Task, probabilities: Tensor, predictions: Tensor, y: Tensor, class_names: tuple[str, ...]
) -> list[dict[str, Any]]:
    """One row per class against the rest, or per label: its name, scores and support (rows of the class).

    Undefined scores are 0 or NaN, as in `overall_scores`.

    Args:
        task: Which convention the tensors follow, see `src.metrics`.
        probabilities: [N, C], or [N, L] for multilabel.
        predictions: Labels [N], or 0 and 1 in [N, L].
        y: Labels [N] or [N, L].
        class_names: Name of each class or label.

    Example:
        >>> y = torch.tensor([0, 0, 1])
        >>> rows = class_scores("multiclass", torch.eye(2)[y], torch.tensor([0, 1, 1]), y, ("cat", "dog"))
        >>> [(row["class"], row["recall"], row["support"]) for row in rows]
        [('cat', 0.5, 2), ('dog', 1.0, 1)]
    """
    every = columns_of("multiclass" if task == "binary" else task, probabilities, predictions, y)
    table = {name: ratio.tolist() for name, ratio in count_scores(*_counts(every)).items()} | _rank_scores(every)
    support = every.truth.sum(dim=0).tolist()
    return [
        {"class": name} | {score: values[column] for score, values in table.items()} | {"support": support[column]}
        for column, name in enumerate(class_names)
    ]


def row_scores(task: Task, probabilities: Tensor, predictions: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Accuracy, log loss and Brier score of each row [N]; their means over rows are those of `overall_scores`.

    Args:
        task: Which convention the tensors follow, see `src.metrics`.
        probabilities: [N, C], or [N, L] for multilabel.
        predictions: Labels [N], or 0 and 1 in [N, L].
        y: Labels [N] or [N, L].

    Example:
        >>> p = torch.tensor([[0.5, 0.5], [1.0, 0.0]])
        >>> row_scores("binary", p, torch.tensor([1, 0]), torch.tensor([1, 1]))["brier"].tolist()
        [0.25, 1.0]
    """
    p, guess, truth = columns_of("multilabel" if task == "multilabel" else "multiclass", probabilities, predictions, y)
    right = guess == truth
    square = (p - truth.double()).square()
    losses = log_losses(task, p, y.cpu())
    if task == "multilabel":
        return {
            "accuracy": right.double().mean(dim=1),
            "log_loss": losses,
            "brier": square.mean(dim=1),
            "subset_accuracy": right.all(dim=1).double(),
        }
    return {
        "accuracy": right.all(dim=1).double(),
        "log_loss": losses,
        "brier": square[:, 1] if task == "binary" else square.sum(dim=1),
    }


def log_losses(task: Task, p: Tensor, y: Tensor) -> Tensor:
    """The log loss of each row [..., N]: minus the natural logarithm of the probability of its true class.

    Without class weights or label smoothing, which a head's loss may contain. Multilabel: the mean over labels.

    Args:
        task: Which convention the tensors follow, see `src.metrics`.
        p: Probabilities [..., N, C], or [..., N, L] for multilabel, in float64; clipped to [2.2e-16, 1].
        y: Labels [..., N] or [..., N, L].

    Example:
        >>> log_losses("binary", torch.tensor([[0.5, 0.5], [0.0, 1.0]]), torch.tensor([0, 1])).exp().tolist()
        [2.0, 1.0]
    """
    if task == "multilabel":
        return -torch.where(y.bool(), p, 1 - p).clamp(min=_TINY).log().mean(dim=-1)
    return -p.gather(-1, y.long().unsqueeze(-1)).squeeze(-1).clamp(min=_TINY).log()


def count_scores(hits: Tensor, predicted: Tensor, true: Tensor) -> dict[str, Tensor]:
    """Precision, recall and F1 [..., K] from counts, in float64; 0 where the denominator is 0.

    Args:
        hits: Rows [..., K] of each class that are predicted as such.
        predicted: Rows [..., K] predicted as each class.
        true: Rows [..., K] of each class.

    Example:
        >>> ratios = count_scores(torch.tensor([3]), torch.tensor([4]), torch.tensor([6]))
        >>> {name: ratio.tolist() for name, ratio in ratios.items()}
        {'precision': [0.75], 'recall': [0.5], 'f1': [0.6]}
    """
    hits, predicted, true = hits.double(), predicted.double(), true.double()
    return {
        "precision": hits / predicted.clamp(min=1),
        "recall": hits / true.clamp(min=1),
        "f1": 2 * hits / (predicted + true).clamp(min=1),
    }


def mean_count_scores(task: Task, hits: Tensor, predicted: Tensor, true: Tensor) -> dict[str, Tensor]:
    """Mean precision, recall and F1 [...] over the K columns of counts, in float64.

    A class that neither occurs nor is predicted is left out, as in scikit-learn and torchmetrics. Class 1 of two and
    the labels of multilabel rows always count, then as 0.

    Args:
        task: Which convention the columns follow, see `src.metrics`.
        hits: Rows [..., K] of each class that are predicted as such.
        predicted: Rows [..., K] predicted as each class.
        true: Rows [..., K] of each class.

    Example:
        >>> counts = torch.tensor([3, 0, 0]), torch.tensor([3, 1, 0]), torch.tensor([4, 0, 0])
        >>> mean_count_scores("multiclass", *counts)["precision"].item()  # of 1, 0 and nothing
        0.5
    """
    ratios = count_scores(hits, predicted, true)
    if task != "multiclass":
        return {name: ratio.mean(dim=-1) for name, ratio in ratios.items()}
    present = (predicted + true > 0).sum(dim=-1)
    return {name: ratio.sum(dim=-1) / present for name, ratio in ratios.items()}


def _counts(columns: Columns) -> tuple[Tensor, Tensor, Tensor]:
    _, guess, truth = columns
    return (guess & truth).sum(dim=0), guess.sum(dim=0), truth.sum(dim=0)


def _agreement(task: Task, columns: Columns) -> dict[str, float]:
    counts = _counts(columns)
    if task == "binary":
        counts = with_the_other(*counts, torch.tensor([len(columns.truth)]))
    return {name: float(score) for name, score in agreement_scores(*counts).items()}


def _rank_scores(columns: Columns) -> dict[str, list[float]]:
    return {
        "roc_auc": [roc_auc(p, truth) for p, truth in columns.each()],
        "average_precision": [average_precision(p, truth) for p, truth in columns.each()],
    }


def _calibration_error(task: Task, columns: Columns) -> float:
    """Expected calibration error; the binary form serves all tasks, since the multiclass form computes in float32."""
    pairs = columns.each()
    if task == "multiclass":
        confidence, label = columns.p.max(dim=1)
        pairs = [(confidence, columns.truth.gather(1, label.unsqueeze(1)).squeeze(1))]
    errors = [binary_calibration_error(p, truth.long(), _NUM_BINS, "l1", validate_args=False) for p, truth in pairs]
    return float(torch.stack(errors).mean())
