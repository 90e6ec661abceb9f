"""How far predictions and labels agree beyond chance."""

import torch
from torch import Tensor

NAMES = ("balanced_accuracy", "mcc", "kappa")


def agreement_scores(hits: Tensor, predicted: Tensor, true: Tensor) -> dict[str, Tensor]:
    """Balanced accuracy, Matthews' correlation and Cohen's kappa [...] from counts for all C classes, in float64.

    All three are as in scikit-learn. A class without rows is left out of the mean recall. If all rows are of one class,
    the correlation is 0, and kappa is NaN if all predictions are right too.

    Args:
        hits: Rows [..., C] of each class that are predicted as such.
        predicted: Rows [..., C] predicted as each class.
        true: Rows [..., C] of each class.

    Example:
        >>> scores = agreement_scores(torch.tensor([6, 1]), torch.tensor([7, 3]), torch.tensor([8, 2]))
        >>> {name: round(score.item(), 4) for name, score in scores.items()}
        {'balanced_accuracy': 0.625, 'mcc': 0.2182, 'kappa': 0.2105}
    """
    hits, predicted, true = hits.double(), predicted.double(), true.double()
    recall = (hits / true.clamp(min=1)).sum(dim=-1) / (true > 0).sum(dim=-1)
    num_rows, right = true.sum(dim=-1), hits.sum(dim=-1)
    by_chance = (predicted * true).sum(dim=-1)
    spread = (num_rows**2 - (predicted**2).sum(dim=-1)) * (num_rows**2 - (true**2).sum(dim=-1))
    covariance = right * num_rows - by_chance
    return {
        "balanced_accuracy": recall,
        "mcc": torch.where(spread > 0, covariance / spread.clamp(min=1).sqrt(), 0.0),
        "kappa": covariance / (num_rows**2 - by_chance),
    }


def with_the_other(hits: Tensor, predicted: Tensor, true: Tensor, num_rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The counts [..., 2] of both classes, from those of class 1 [..., 1] and of all rows [..., 1].

    Args:
        hits: Rows [..., 1] of class 1 that are predicted as such.
        predicted: Rows [..., 1] predicted as class 1.
        true: Rows [..., 1] of class 1.
        num_rows: All rows [..., 1].

    Example:
        >>> one = torch.tensor([1]), torch.tensor([3]), torch.tensor([2])
        >>> [counts.tolist() for counts in with_the_other(*one, torch.tensor([10]))]
        [[6, 1], [7, 3], [8, 2]]
    """
    others = num_rows - predicted - true + hits, num_rows - predicted, num_rows - true
    first, second, third = (torch.cat(pair, dim=-1) for pair in zip(others, (hits, predicted, true), strict=True))
    return first, second, third
