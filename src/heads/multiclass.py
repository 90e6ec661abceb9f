"""Several classes, one logit each."""

from collections.abc import Callable, Iterator

import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from src.heads.base import Scheduling
from src.heads.classification import ClassificationHead, ClassWeights
from src.rules import BelowOne, checked
from src.spec import DataSpec


class MulticlassHead(ClassificationHead):
    """Logits [N, C], cross-entropy, and the class with the largest logit. Two classes are welcome too.

    Args:
        network: Rows to C logits each.
        spec: What the dataset is.
        make_optimizer: Parameters to optimizer.
        scheduling: How the learning rate changes.
        label_smoothing: Share of each target that is spread over all classes.
        class_weights: Weight of each class in the loss.
    """

    tasks = ("multiclass", "binary")

    @checked
    def __init__(
        self,
        network: nn.Module,
        spec: DataSpec,
        make_optimizer: Callable[[Iterator[nn.Parameter]], Optimizer],
        scheduling: Scheduling | None = None,
        label_smoothing: BelowOne = 0.0,
        class_weights: ClassWeights = None,
    ) -> None:
        super().__init__(network, spec, make_optimizer, scheduling, class_weights)
        self.label_smoothing = label_smoothing

    @classmethod
    def num_outputs(cls, spec: DataSpec) -> int:
        """A logit for each class."""
        return spec.num_classes

    def forward(self, x: Tensor) -> Tensor:
        """Logits [N, C]."""
        logits: Tensor = self.network(x)
        return logits

    def loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """Mean cross-entropy over logits [N, C] and labels [N], weighted by class where weights are set."""
        return F.cross_entropy(logits, y, self.class_weights, label_smoothing=self.label_smoothing)

    def probabilities(self, logits: Tensor) -> Tensor:
        """Probabilities [N, C]."""
        return logits.softmax(dim=-1)

    def predictions(self, logits: Tensor) -> Tensor:
        """Labels [N]."""
        return logits.argmax(dim=-1)
