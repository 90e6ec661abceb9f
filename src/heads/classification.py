"""What heads that predict a class share: class weights, and scores from one confusion matrix."""

from abc import abstractmethod
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import Tensor

from src.errors import ConfigError
from src.heads.calibrated import CalibratedHead
from src.heads.probable import ClassOutcome, named_probabilities
from src.metrics import agreement
from src.metrics.confusion import ClassScores, class_counts
from src.metrics.scores import log_losses
from src.networks.members import Members
from src.settings.rules import Positive, checked
from src.spec import DataSpec

BALANCED: Literal["balanced"] = "balanced"
ClassWeights = Literal["balanced"] | Annotated[list[Positive], Field(min_length=2)] | None


class ClassificationHead(CalibratedHead):
    """A head that predicts class labels.

    Args:
        class_weights: Weight of each class in the loss; `balanced` weights a class by the inverse of its frequency.
        *parts: Arguments of `Head`, in order.
        **more: Arguments of `CalibratedHead`.
    """

    @checked
    def __init__(self, *parts: Any, class_weights: ClassWeights = None, **more: Any) -> None:
        super().__init__(*parts, **more)
        self.class_weights: Tensor | None
        self.register_buffer("class_weights", weights_of(class_weights, self.spec), persistent=False)

    chosen_by = "val/accuracy"
    gives = "probabilities"
    closing_names = ("log_loss", *agreement.NAMES)

    @property
    def has_boundary(self) -> bool:
        """Whether rows have two inputs, which are the same for all networks."""
        return self.spec.input_shape == (2,) and not isinstance(self.network, Members)

    def weighted_loss(self, logits: Tensor, y: Tensor, weights: Tensor) -> Tensor:
        """Mean loss as in `Head`, a scalar; the weight of a class multiplies those of its rows."""
        if self.class_weights is None:
            return super().weighted_loss(logits, y, weights)
        of_class = self.class_weights[y]
        return super().weighted_loss(logits, y, weights * of_class / of_class.mean())

    @abstractmethod
    def probabilities(self, logits: Tensor) -> Tensor:
        """Probabilities [N, C] of each class, for logits [N, …] as `forward` returns them."""

    def estimates(self, logits: Tensor) -> Tensor:
        """Probabilities [N, C]."""
        return self.probabilities(logits)

    def answers(self, logits: Tensor) -> dict[str, list[Any]]:
        """The name of the class, and the probability of each."""
        names = self.spec.class_names
        predicted = [names[label] for label in self.predictions(logits).tolist()]
        return {"predicted": predicted} | named_probabilities(self, logits)

    def closing_scores(self, logits: Tensor, predictions: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Log loss, balanced accuracy, Matthews' correlation and Cohen's kappa [M] of M runs."""
        p, y = torch.stack([self.probabilities(each) for each in logits.cpu().double()]), y.cpu()
        counted = ClassScores(self.spec.num_classes, len(y))
        counted.update(predictions.cpu(), y)
        losses = log_losses("multiclass", p, y).mean(dim=1)
        return {"log_loss": losses, **agreement.agreement_scores(*class_counts(counted.confusion))}

    def outcome(self, logits: Tensor, y: Tensor) -> ClassOutcome:
        """The head's predictions for rows with logits [N, …] and labels y [N], and their scores."""
        return ClassOutcome(self, logits, y)

    def confusion(self, logits: Tensor, y: Tensor) -> Tensor:
        """Counts [C, C] over logits [N, …] as `forward` returns them and labels y [N]: rows true, columns predicted."""
        scores = ClassScores(self.spec.num_classes).to(logits.device)
        scores.update(self.predictions(logits)[None], y.to(logits.device)[None])
        return scores.confusion[0]

    def new_scores(self, num_runs: int = 1, everywhere: bool = True) -> ClassScores:
        """Accuracy, precision, recall and F1."""
        return ClassScores(self.spec.num_classes, num_runs, sync_on_compute=everywhere)


def weights_of(setting: ClassWeights, spec: DataSpec) -> Tensor | None:
    """The weights [C] of the classes of a dataset with this `spec`, by a `setting`; None if it is None.

    Raises:
        ConfigError: A list has not one weight per class.
    """
    if setting is None:
        return None
    if setting == BALANCED:
        counts = torch.tensor(spec.class_counts, dtype=torch.float32)
        return counts.sum() / (len(counts) * counts.clamp(min=1))
    if len(setting) != spec.num_classes:
        raise ConfigError(
            f"head.class_weights: needs one weight for each of the {spec.num_classes} classes (got {len(setting)})"
        )
    return torch.tensor(setting, dtype=torch.float32)
