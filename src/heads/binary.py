"""Two classes, one logit."""

from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from src.heads.classification import ClassificationHead
from src.heads.threshold import ThresholdHead
from src.settings.rules import checked
from src.spec import DataSpec


class BinaryHead(ThresholdHead, ClassificationHead):
    """Logits [N] of class 1, binary cross-entropy, and a threshold on the probability.

    Args:
        loss: `bce_with_logits`, or `bce` on probabilities, as in some courses: the same value, but less exact far from
            0.
        *parts: Arguments of `Head`, in order.
        **more: Arguments of `ThresholdHead` and `ClassificationHead`.

    Example:
        >>> spec = DataSpec("binary", input_shape=(2,), class_names=("no", "yes"))
        >>> head = BinaryHead(torch.nn.Linear(2, 1), spec, torch.optim.SGD, threshold=0.8)
        >>> logits = torch.tensor([0.0, 1.0, 2.0])  # probabilities 0.5, 0.73 and 0.88
        >>> head.probabilities(logits)[0].tolist(), head.predictions(logits).tolist()
        ([0.5, 0.5], [0, 0, 1])
    """

    tasks = ("binary",)
    loss_title = "loss (binary cross-entropy)"

    @checked
    def __init__(self, *parts: Any, loss: Literal["bce_with_logits", "bce"] = "bce_with_logits", **more: Any) -> None:
        super().__init__(*parts, **more)
        self.loss_name = loss

    @classmethod
    def num_outputs(cls, spec: DataSpec) -> int:
        """1: one logit."""
        return 1

    def logits(self, outputs: Tensor) -> Tensor:
        """Logits [..., N] of class 1."""
        return outputs.squeeze(-1)

    def loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """Mean binary cross-entropy, a scalar, over logits [N] and labels y [N]; weighted if classes have weights."""
        weight = None if self.class_weights is None else self.class_weights[y]
        target = y.to(logits.dtype)
        if self.loss_name == "bce":
            loss = F.binary_cross_entropy(logits.sigmoid(), target, weight)
        else:
            loss = F.binary_cross_entropy_with_logits(logits, target, weight)
        return loss if weight is None else loss * (len(y) / weight.sum())

    def losses(self, logits: Tensor, y: Tensor) -> Tensor:
        """Mean binary cross-entropy [M] over logits [M, N] and labels y [M, N]."""
        if self.loss_name == "bce" or self.class_weights is not None:
            return super().losses(logits, y)
        each = F.binary_cross_entropy_with_logits(logits, y.to(logits.dtype), reduction="none")
        return each.mean(dim=1)  # the result of vmap at a third of its cost

    def targets_of_loss(self, y: Tensor) -> Tensor:
        """Labels y [N, …] as numbers, unless they choose the weights of classes."""
        return y if self.class_weights is not None else y.to(torch.get_default_dtype())

    def probabilities(self, logits: Tensor) -> Tensor:
        """Probabilities [N, 2] of both classes for logits [N]."""
        positive = logits.sigmoid()
        return torch.stack([1 - positive, positive], dim=-1)

    def logits_of(self, estimates: Tensor) -> Tensor:
        """The logits [N] of probabilities [N, 2]."""
        return torch.logit(estimates[..., 1])

    def predictions(self, logits: Tensor) -> Tensor:
        """Labels [N]: 1 where the probability reaches the threshold."""
        return self.says_yes(logits)
