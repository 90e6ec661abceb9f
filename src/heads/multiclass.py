"""Several classes, one logit each."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from src.heads.classification import ClassificationHead
from src.settings.rules import BelowOne, checked
from src.spec import DataSpec


class MulticlassHead(ClassificationHead):
    """Logits [N, C], cross-entropy, and the class with the largest logit. Also works for two classes.

    Args:
        label_smoothing: Fraction of each target that is spread over all classes.
        *parts: Arguments of `Head`, in order.
        **more: Arguments of `ClassificationHead`.

    Example:
        >>> from torch import nn, optim, tensor
        >>> head = MulticlassHead(nn.Linear(2, 3), DataSpec("multiclass", (2,), ("a", "b", "c")), optim.SGD)
        >>> head.predictions(tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 3.0]])).tolist()
        [0, 2]
        >>> head.probabilities(tensor([[5.0, 5.0, -100.0]])).tolist()
        [[0.5, 0.5, 0.0]]
    """

    tasks = ("multiclass", "binary")
    loss_title = "loss (cross-entropy)"

    @checked
    def __init__(
        self,
        *parts: Any,
        label_smoothing: BelowOne = 0.0,
        **more: Any,
    ) -> None:
        super().__init__(*parts, **more)
        self.label_smoothing = label_smoothing

    @classmethod
    def num_outputs(cls, spec: DataSpec) -> int:
        """The number of classes: one logit each."""
        return spec.num_classes

    def loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """Mean cross-entropy, a scalar, over logits [N, C] and labels y [N]; weighted if classes have weights."""
        return F.cross_entropy(logits, y, self.class_weights, label_smoothing=self.label_smoothing)

    def losses(self, logits: Tensor, y: Tensor) -> Tensor:
        """Mean cross-entropy [M] over logits [M, N, C] and labels y [M, N]."""
        if self.class_weights is not None:
            return super().losses(logits, y)
        rows, labels = logits.flatten(0, 1), y.flatten()
        each = F.cross_entropy(rows, labels, reduction="none", label_smoothing=self.label_smoothing)
        return each.view_as(y).mean(dim=1)  # the result of vmap at a third of its cost

    def probabilities(self, logits: Tensor) -> Tensor:
        """Probabilities [N, C] for logits [N, C]."""
        return logits.softmax(dim=-1)

    def logits_of(self, estimates: Tensor) -> Tensor:
        """The logits [N, C] of probabilities [N, C]."""
        return estimates.log()

    def predictions(self, logits: Tensor) -> Tensor:
        """Labels [N]: the class with the largest of logits [N, C]."""
        return logits.argmax(dim=-1)
