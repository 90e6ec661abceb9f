"""What a trained head can be asked for, with the defaults of a head that predicts values."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Literal

from lightning.pytorch import LightningModule
from torch import Tensor

from src.errors import ConfigError
from src.heads.outcome import Outcome
from src.metrics.threshold import Rule
from src.spec import DataSpec


class Answering(LightningModule):
    """Predictions for rows: values, or labels and their probabilities.

    Attributes:
        gives: What `estimates` are.
        closing_names: Names of the `closing_scores`.
        thresholds: Probability at which each logit of a row becomes a yes; None if the logits are not yes/no answers.
        rule: How the thresholds are chosen.
        chosen_on: The rows on which a rule chose them; `given` if none did.
        calibration: Whether a temperature is fitted after training; None if not.
        temperature: The divisor of the logits; 1 leaves them unchanged.
        fitted_on: The rows on which the temperature was fitted; None if it was not.
    """

    spec: DataSpec
    predictions: Any
    gives: ClassVar[str] = "values"
    closing_names: ClassVar[tuple[str, ...]] = ()
    thresholds: list[float] | None = None
    rule: Rule | None = None
    chosen_on: Literal["given", "val", "train"] = "given"
    calibration: Literal["temperature"] | None = None
    temperature: float = 1.0
    fitted_on: Literal["val", "train"] | None = None

    @property
    def has_boundary(self) -> bool:
        """Whether each point of a plane of inputs has a class."""
        return False

    @property
    def threshold(self) -> float:
        """The probability of class 1 at which a head for two classes predicts it; one half without a threshold."""
        return self.thresholds[0] if self.thresholds else 0.5

    @property
    def chooses(self) -> bool:
        """Whether thresholds are chosen on validation rows after training."""
        return self.rule is not None and self.rule.name != "number"

    def set_thresholds(self, thresholds: list[float]) -> None:
        """Use `thresholds`, one for each logit of a row."""
        self.thresholds = thresholds

    @contextmanager
    def as_in_training(self) -> Iterator[None]:
        """In the block the head predicts as in training: without a temperature, and with 0.5 if a rule is to choose."""
        temperature, thresholds = self.temperature, self.thresholds
        self.temperature = 1.0
        if thresholds is not None and self.chooses:
            self.set_thresholds([0.5] * len(thresholds))
        try:
            yield
        finally:
            self.temperature = temperature
            if thresholds is not None:
                self.set_thresholds(thresholds)

    def check_rule(self, y: Tensor) -> None:
        """Raise `ConfigError` if this head's rule cannot choose on validation rows with targets y [N] or [N, L]."""

    def choose_thresholds(self, rule: str | float | None, logits: Tensor, y: Tensor) -> None:
        """Choose and set the thresholds by a `rule` on rows with logits [N, *] and targets y [N, *]."""
        raise ConfigError(f"threshold: {type(self).__name__} has none (got {rule!r}); leave it out")

    def tempered(self, logits: Tensor) -> Tensor:
        """Logits [N, *] divided by the temperature, if there is one."""
        return logits if self.temperature == 1 else logits / self.temperature

    def fitted_temperature(self, logits: Tensor, y: Tensor) -> float:
        """The temperature for rows with undivided logits [N, *] and targets y [N, *]."""
        name = type(self).__name__
        raise ConfigError(f"calibration: {name} has no probabilities to calibrate (got temperature); leave it out")

    def probabilities(self, logits: Tensor) -> Tensor:
        """Probabilities of each class or label, in columns, for logits [N, *] as `forward` returns them."""
        raise ConfigError(f"probabilities: {type(self).__name__} predicts values; use predict(x)")

    def estimates(self, logits: Tensor) -> Tensor:
        """What an exported run returns for rows with logits [N, *]: values, or probabilities."""
        return logits

    def logits_of(self, estimates: Tensor) -> Tensor:
        """The logits [N, *] of `estimates` [N, …], values or probabilities, such as a mean of several."""
        return estimates

    def answers(self, logits: Tensor) -> dict[str, list[Any]]:
        """Columns with the prediction for each row with logits [N, *]; `predicted` comes first."""
        return {"predicted": self.predictions(logits).tolist()}

    def closing_scores(self, logits: Tensor, predictions: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Scores [M] of M runs in float64 on the CPU, computed only at the end of training, by `closing_names`.

        Args:
            logits: As `forward` returns them [M, N, *].
            predictions: The predictions from them [M, N, *].
            y: Targets [M, N, *].
        """
        return {}

    def outcome(self, logits: Tensor, y: Tensor) -> Outcome:
        """The head's predictions for rows with logits [N, *] and targets y [N, *], and their scores."""
        return Outcome(self, logits, y)  # type: ignore[arg-type]
