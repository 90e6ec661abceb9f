"""What heads that choose a class share: class weights, and scores that are all read off one confusion matrix."""

from abc import abstractmethod
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import MulticlassConfusionMatrix

from src.errors import ConfigError
from src.heads.base import Head
from src.metrics.scores import count_scores
from src.rules import Positive, checked
from src.spec import DataSpec

ClassWeights = Literal["balanced"] | Annotated[list[Positive], Field(min_length=2)] | None


def scores_from_confusion(confusion: Tensor) -> dict[str, Tensor]:
    """Accuracy, precision, recall and F1, scalars, of a `confusion` matrix [C, C], rows true and columns predicted.

    Two classes give the scores of class 1, more give the mean over classes (scikit-learn's `binary` and `macro`). A
    score whose denominator is zero counts as 0.

    Example:
        >>> scores = scores_from_confusion(torch.tensor([[5, 1], [2, 2]]))
        >>> {name: round(score.item(), 4) for name, score in scores.items()}
        {'accuracy': 0.7, 'precision': 0.6667, 'recall': 0.5, 'f1': 0.5714}
    """
    counts = confusion.cpu().double()  # not every accelerator has doubles
    hits, predicted, true = counts.diagonal(), counts.sum(dim=0), counts.sum(dim=1)
    ratios = count_scores(hits, predicted, true)
    averaged = {name: ratio[1] if len(hits) == 2 else ratio.mean() for name, ratio in ratios.items()}
    return {name: score.float() for name, score in {"accuracy": hits.sum() / predicted.sum(), **averaged}.items()}


class ClassificationHead(Head):
    """A head whose predictions are labels.

    Args:
        class_weights: Weight of each class in the loss; `balanced` weighs a class by the inverse of its share.
        *parts: Arguments of `Head`, in its order.
        **more: Arguments of `Head`.
    """

    @checked
    def __init__(self, *parts: Any, class_weights: ClassWeights = None, **more: Any) -> None:
        super().__init__(*parts, **more)
        self.class_weights: Tensor | None
        self.register_buffer("class_weights", _weights(class_weights, self.spec), persistent=False)

    @abstractmethod
    def probabilities(self, logits: Tensor) -> Tensor:
        """Probabilities [N, C] of each class, for logits [N, …] as `forward` returns them."""

    def confusion(self, logits: Tensor, y: Tensor) -> Tensor:
        """Counts [C, C] over logits [N, …] as `forward` returns them and labels y [N]: rows true, columns predicted."""
        metric = self.new_metric(everywhere=False).to(logits.device)
        metric.update(self.predictions(logits), y.to(logits.device))
        return metric.compute()  # type: ignore[no-any-return]

    def new_metric(self, everywhere: bool = True) -> Metric:
        """A confusion matrix."""
        return MulticlassConfusionMatrix(self.spec.num_classes, validate_args=False, sync_on_compute=everywhere)

    def scores(self, metric: Any) -> dict[str, Tensor]:
        """Accuracy, precision, recall and F1: scalars."""
        return scores_from_confusion(metric.compute())

    def tables(self, metric: Any) -> dict[str, Any]:
        """The confusion matrix."""
        return {"confusion_matrix": metric.compute().tolist()}

    @classmethod
    def score_names(cls) -> tuple[str, ...]:
        """Names of the scores."""
        return ("loss", "accuracy", "precision", "recall", "f1")


def _weights(setting: ClassWeights, spec: DataSpec) -> Tensor | None:
    if setting is None:
        return None
    if setting == "balanced":
        counts = torch.tensor(spec.class_counts, dtype=torch.float32)
        return counts.sum() / (len(counts) * counts.clamp(min=1))
    if len(setting) != spec.num_classes:
        raise ConfigError(
            f"head.class_weights: needs one weight for each of the {spec.num_classes} classes (got {len(setting)})"
        )
    return torch.tensor(setting, dtype=torch.float32)
