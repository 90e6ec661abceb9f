"""Losses and scores of M runs at once, for each kind of head."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import vmap

from src.heads.base import Head
from src.heads.binary import BinaryHead
from src.heads.classification import ClassificationHead, scores_from_confusion
from src.heads.multiclass import MulticlassHead
from src.heads.regression import RegressionHead


class Tally(ABC):
    """What the rows of each of m runs have come to: their mean loss and their scores.

    Args:
        head: The head that all runs share.
        num_runs: m.
        device: Where the sums are kept.
    """

    names: ClassVar[tuple[str, ...]]

    def __init__(self, head: Head, num_runs: int, device: torch.device) -> None:
        self.head = head
        self.loss = torch.zeros(num_runs, device=device)
        self.num_rows = 0

    def update(self, loss: Tensor, predictions: Tensor, y: Tensor) -> None:
        """Take in the mean loss [m] over some rows, the rows' predictions [m, N] and their targets y [m, N]."""
        self.loss += loss * y.shape[1]
        self.num_rows += y.shape[1]
        self._count(predictions, y)

    @abstractmethod
    def _count(self, predictions: Tensor, y: Tensor) -> None:
        """Take in predictions and targets [m, N]."""

    @abstractmethod
    def _scores(self) -> dict[str, Tensor]:
        """Each score [m]."""

    def values(self) -> dict[str, Tensor]:
        """Loss and scores [m], float32 on the CPU, in the order of `names`."""
        known = {"loss": self.loss / self.num_rows, **self._scores()}
        return {name: value.float().cpu() for name, value in known.items()}

    def tables(self) -> list[dict[str, Any]]:
        """What each run's head reports beyond its scores."""
        return [{} for _ in range(len(self.loss))]


class ConfusionTally(Tally):
    """Confusion matrices [m, C, C], rows true and columns predicted.

    Args:
        head: The head that all runs share.
        num_runs: m.
        device: Where the counts are kept.
    """

    names = ("loss", "accuracy", "precision", "recall", "f1")

    def __init__(self, head: ClassificationHead, num_runs: int, device: torch.device) -> None:
        super().__init__(head, num_runs, device)
        self.num_classes = head.spec.num_classes
        self.confusion = torch.zeros(num_runs, self.num_classes, self.num_classes, dtype=torch.int64, device=device)

    def _count(self, predictions: Tensor, y: Tensor) -> None:
        if self.num_classes == 2:  # ten times faster than counting, and exact below 2**24 rows a block
            predicted, true = predictions.float(), y.float()
            both, one, other = (predicted * true).sum(1), predicted.sum(1), true.sum(1)
            cells = torch.stack([y.shape[1] - one - other + both, one - both, other - both, both], dim=1).long()
        else:
            size = self.num_classes**2
            runs = torch.arange(len(y), device=y.device).unsqueeze(1)
            cells = torch.bincount(
                (runs * size + y * self.num_classes + predictions).flatten(), minlength=len(y) * size
            )
        self.confusion += cells.view_as(self.confusion)

    def _scores(self) -> dict[str, Tensor]:
        return vmap(scores_from_confusion)(self.confusion)

    def tables(self) -> list[dict[str, Any]]:
        """The confusion matrix."""
        return [{"confusion_matrix": matrix} for matrix in self.confusion.tolist()]


class ErrorTally(Tally):
    """Sums of errors and of targets.

    Args:
        head: The head that all runs share.
        num_runs: m.
        device: Where the sum of losses is kept; the others are on the CPU, in float64.
    """

    names = ("loss", "mae", "r2", "rmse")  # as torchmetrics' collections sort them

    def __init__(self, head: Head, num_runs: int, device: torch.device) -> None:
        super().__init__(head, num_runs, device)
        self.sums = torch.zeros(4, num_runs, dtype=torch.float64)

    def _count(self, predictions: Tensor, y: Tensor) -> None:
        error, true = (predictions - y).cpu().double(), y.cpu().double()
        self.sums += torch.stack([error.abs().sum(1), error.square().sum(1), true.sum(1), true.square().sum(1)])

    def _scores(self) -> dict[str, Tensor]:
        absolute, squared, total, total_squared = self.sums
        spread = total_squared - total.square() / self.num_rows
        r2 = 1 - squared / spread if self.num_rows > 1 else torch.full_like(squared, torch.nan)
        return {"mae": absolute / self.num_rows, "r2": r2, "rmse": (squared / self.num_rows).sqrt()}


TALLIES: dict[type[Head], type[Any]] = {
    BinaryHead: ConfusionTally,
    MulticlassHead: ConfusionTally,
    RegressionHead: ErrorTally,
}


def cannot_stack(head: Head) -> str | None:
    """Why runs with this head cannot be trained as one, or None."""
    if type(head) not in TALLIES:
        return f"{type(head).__name__} has no vectorized form"
    return None


def targets(head: Head, y: Tensor) -> Tensor:
    """Targets y [N] as `losses` and tallies take them for a head: of two classes in float32, as in their loss."""
    return y.float() if isinstance(head, BinaryHead) else y


def as_logits(head: Head, outputs: Tensor) -> Tensor:
    """The networks' outputs [m, B, num_outputs] as `head.forward` returns them for one."""
    return outputs if isinstance(head, MulticlassHead) else outputs.squeeze(2)


def losses(head: Head, logits: Tensor, y: Tensor) -> Tensor:
    """A head's mean loss [m] over logits [m, B] or [m, B, C] and targets y [m, B]."""
    if isinstance(head, BinaryHead) and head.loss_name == "bce_with_logits" and head.class_weights is None:
        each = F.binary_cross_entropy_with_logits(logits, y, reduction="none")
        return each.mean(dim=1)  # what vmap comes to, at a third of its cost
    return vmap(head.loss)(logits, y.long() if isinstance(head, BinaryHead) else y)
