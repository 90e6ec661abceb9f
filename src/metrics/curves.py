"""Curves over all thresholds: each a table of equally long columns of float64.

Every curve is computed from the counts of positive and negative rows at or above each distinct probability. The
counting is our own, because torchmetrics divides counts in float32.
"""

import torch
from torch import Tensor

from src.metrics.columns import as_probabilities

Curve = dict[str, Tensor]
"""Columns of a table by name, each a float64 tensor of the same length."""

_NUM_STEPS = 100  # of `threshold_curve`


def counts_by_threshold(p: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Distinct probabilities [T], decreasing, and the true and false positives [T] among the rows at or above each.

    Args:
        p: Probability [N] of the positive class.
        y: Labels [N], 1 for the positive class.

    Example:
        >>> counts = counts_by_threshold(torch.tensor([0.5, 0.25, 0.5, 0.75]), torch.tensor([1, 0, 0, 1]))
        >>> [count.tolist() for count in counts]
        [[0.75, 0.5, 0.25], [1, 2, 2], [0, 1, 2]]
    """
    threshold, place = p.unique(return_inverse=True)
    rows = torch.bincount(place, minlength=len(threshold))
    positive = torch.bincount(place[y == 1], minlength=len(threshold))
    true = positive.flip(0).cumsum(0)
    return threshold.flip(0), true, rows.flip(0).cumsum(0) - true


def roc_curve(p: Tensor, y: Tensor) -> Curve:
    """False and true positive rate at each distinct probability, decreasing, for p [N] and y [N].

    The first row is the threshold ∞, which no row reaches. A rate without rows to count is NaN. Equals scikit-learn's
    `roc_curve` with `drop_intermediate=False`.

    Example:
        >>> curve = roc_curve(torch.tensor([0.9, 0.6, 0.4, 0.2]), torch.tensor([1, 0, 1, 0]))
        >>> curve["fpr"].tolist(), curve["tpr"].tolist()
        ([0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0])
    """
    threshold, true, false = _from_nothing(*counts_by_threshold(as_probabilities(p), y.cpu()))
    return {"fpr": false / false[-1], "tpr": true / true[-1], "threshold": threshold}


def precision_recall_curve(p: Tensor, y: Tensor) -> Curve:
    """Precision and recall at each distinct probability, increasing, for p [N] and y [N].

    The last row is the threshold ∞, which no row reaches: precision 1 by convention, recall 0. Recall without positive
    rows is NaN. Equals scikit-learn's `precision_recall_curve`.

    Example:
        >>> curve = precision_recall_curve(torch.tensor([0.9, 0.6, 0.4]), torch.tensor([1, 0, 1]))
        >>> curve["precision"].round(decimals=2).tolist(), curve["recall"].tolist()
        ([0.67, 0.5, 1.0, 1.0], [1.0, 0.5, 0.5, 0.0])
    """
    threshold, true, false = _from_nothing(*counts_by_threshold(as_probabilities(p), y.cpu()))
    columns = {"precision": _precision(true, true + false), "recall": true / true[-1], "threshold": threshold}
    return {name: column.flip(0) for name, column in columns.items()}


def roc_auc(p: Tensor, y: Tensor) -> float:
    """Area under the `roc_curve` of p [N] and y [N]; NaN unless y holds both classes.

    Example:
        >>> roc_auc(torch.tensor([0.9, 0.6, 0.4, 0.2]), torch.tensor([1, 0, 1, 0]))  # three of four pairs in order
        0.75
    """
    curve = roc_curve(p, y)
    return float(torch.trapezoid(curve["tpr"], curve["fpr"]))


def average_precision(p: Tensor, y: Tensor) -> float:
    """Precision averaged over the steps of recall in the `precision_recall_curve` of p [N] and y [N].

    NaN without positive rows in y.

    Example:
        >>> round(average_precision(torch.tensor([0.9, 0.6, 0.4]), torch.tensor([1, 0, 1])), 4)  # (1 + 2/3) / 2
        0.8333
    """
    curve = precision_recall_curve(p, y)
    return float(-(curve["recall"].diff() * curve["precision"][:-1]).sum())


def calibration_curve(p: Tensor, y: Tensor, bins: int = 10) -> Curve:
    """Mean probability, share of positive rows and number of rows in `bins` bins of equal width, for p [N] and y [N].

    A value on an edge belongs to the lower bin. Empty bins are left out. Equals scikit-learn's `calibration_curve`.

    Example:
        >>> curve = calibration_curve(torch.tensor([0.25, 0.25, 0.75, 0.75]), torch.tensor([0, 0, 1, 0]), bins=2)
        >>> curve["mean_probability"].tolist(), curve["observed"].tolist()
        ([0.25, 0.75], [0.0, 0.5])
    """
    p = as_probabilities(p)
    place = torch.bucketize(p, torch.arange(1, bins, dtype=torch.float64) / bins)
    count = torch.bincount(place, minlength=bins).double()
    total = torch.bincount(place, weights=p, minlength=bins)
    positive = torch.bincount(place, weights=(y.cpu() == 1).double(), minlength=bins)
    columns = {"mean_probability": total / count, "observed": positive / count, "count": count}
    return {name: column[count > 0] for name, column in columns.items()}


def threshold_curve(p: Tensor, y: Tensor) -> Curve:
    """Rates at the thresholds 0, 0.01, … 1 for p [N] and y [N]; rows at or above the threshold are positive.

    Precision is 1 if no row is positive, as in the precision-recall curve. A rate without rows to count is NaN.

    Example:
        >>> curve = threshold_curve(torch.tensor([0.9, 0.6, 0.4]), torch.tensor([1, 0, 1]))
        >>> {name: column[50].item() for name, column in curve.items()}
        {'threshold': 0.5, 'tpr': 0.5, 'fpr': 1.0, 'precision': 0.5, 'recall': 0.5}
    """
    p, y = p.detach().cpu(), y.cpu()
    threshold = torch.arange(_NUM_STEPS + 1, dtype=torch.float64) / _NUM_STEPS
    # a float32 of 0.7 is below 0.7, but a head that compares in float32 calls it positive
    steps = threshold.to(p.dtype)
    true, false = (
        len(rows) - torch.searchsorted(rows.sort().values, steps).double() for rows in (p[y == 1], p[y != 1])
    )
    tpr, fpr = true / (y == 1).sum(), false / (y != 1).sum()
    return {
        "threshold": threshold,
        "tpr": tpr,
        "fpr": fpr,
        "precision": _precision(true, true + false),
        "recall": tpr.clone(),
    }


def _from_nothing(threshold: Tensor, true: Tensor, false: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same counts in float64, after a threshold that no row reaches."""
    return (
        torch.cat([threshold.new_full((1,), torch.inf), threshold]),
        torch.cat([true.new_zeros(1), true]).double(),
        torch.cat([false.new_zeros(1), false]).double(),
    )


def _precision(true: Tensor, predicted: Tensor) -> Tensor:
    return torch.where(predicted > 0, true / predicted, 1.0)
