"""Every task as columns of yes or no, as precision, recall and ranking need it."""

from typing import Literal, NamedTuple

import torch.nn.functional as F
from torch import Tensor

Task = Literal["binary", "multiclass", "multilabel"]


class Columns(NamedTuple):
    """K yes-or-no columns: probabilities p [N, K] float64, and guess and truth [N, K] bool."""

    p: Tensor
    guess: Tensor
    truth: Tensor

    def each(self) -> list[tuple[Tensor, Tensor]]:
        """Pairs of p [N] and truth [N], one per column."""
        return list(zip(self.p.T.contiguous(), self.truth.T.contiguous(), strict=True))


def columns_of(task: Task, probabilities: Tensor, predictions: Tensor, y: Tensor) -> Columns:
    """One column for class 1 of a binary task, one per class against the rest, or one per label.

    Args:
        task: Which convention the tensors follow, see `src.metrics`.
        probabilities: [N, C], or [N, L] for multilabel.
        predictions: Labels [N], or 0 and 1 in [N, L].
        y: Labels [N] or [N, L].

    Example:
        >>> import torch
        >>> p = torch.tensor([[0.5, 0.25, 0.25], [0.125, 0.25, 0.625]])
        >>> columns_of("multiclass", p, p.argmax(dim=1), torch.tensor([0, 1])).truth.int().tolist()
        [[1, 0, 0], [0, 1, 0]]
    """
    p = as_probabilities(probabilities)
    if task == "multilabel":
        return Columns(p, predictions.cpu().bool(), y.cpu().bool())
    guess, truth = (F.one_hot(labels.cpu().long(), p.shape[1]).bool() for labels in (predictions, y))
    first = 1 if task == "binary" else 0
    return Columns(p[:, first:], guess[:, first:], truth[:, first:])


def as_probabilities(p: Tensor) -> Tensor:
    """Probabilities p [N, …] in float64 on the CPU, clipped: a mean of several models can exceed 1 by rounding."""
    return p.detach().cpu().double().clamp(0, 1)
