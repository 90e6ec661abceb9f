"""The probability at which a logit means yes: a number, or a rule that chooses one on validation rows."""

from typing import Any

import torch
from torch import Tensor

from src.errors import ConfigError
from src.heads.calibrated import CalibratedHead
from src.metrics.threshold import Rule, check_labels, choose_threshold, parse_rule
from src.settings.rules import Number, checked


class ThresholdHead(CalibratedHead):
    """A head with logits that each mean yes or no.

    Args:
        threshold: The lowest probability that means yes, for all logits. Or a rule that chooses one per logit on the
            validation rows after training: `f1`, `youden`, `precision>=0.95`, `recall>=0.9`; until then it is 0.5.
        *parts: Arguments of `Head`, in order.
        **more: Arguments of `CalibratedHead`.
    """

    rule: Rule

    @checked
    def __init__(self, *parts: Any, threshold: Number | str = 0.5, **more: Any) -> None:
        super().__init__(*parts, **more)
        try:
            self.rule = parse_rule(threshold)
        except ConfigError as error:
            raise ConfigError(f"head.{error}") from error
        number = self.rule.value if self.rule.name == "number" else 0.5
        self.set_thresholds([number] * self.num_outputs(self.spec))

    def set_thresholds(self, thresholds: list[float]) -> None:
        """Use `thresholds`, one for each logit of a row."""
        super().set_thresholds(thresholds)
        self._logits = torch.logit(torch.tensor(thresholds, dtype=torch.float64)).float()

    def check_rule(self, y: Tensor) -> None:
        """Raise `ConfigError` if this head's rule cannot choose on validation rows with targets y [N] or [N, L]."""
        for column in y.reshape(len(y), -1).unbind(1):
            try:
                check_labels(self.rule, column)
            except ConfigError as error:
                raise ConfigError(f"head.{error}") from error

    def choose_thresholds(self, rule: str | float | None, logits: Tensor, y: Tensor) -> None:
        """Choose and set the thresholds by a rule on rows with logits and targets y, both [N] or [N, L].

        Args:
            rule: As for `threshold`; None is this head's own rule.
            logits: The results of `forward`, [N] or [N, L].
            y: Zeros and ones, [N] or [N, L].

        Raises:
            ConfigError: No threshold satisfies the rule.
        """
        chosen = self.rule if rule is None else parse_rule(rule)
        probabilities, targets = logits.double().sigmoid().reshape(len(y), -1), y.reshape(len(y), -1)
        columns = zip(probabilities.unbind(1), targets.unbind(1), strict=True)
        self.set_thresholds([choose_threshold(chosen, p, column) for p, column in columns])
        self.rule = chosen

    def says_yes(self, logits: Tensor) -> Tensor:
        """1 where a logit reaches its threshold, otherwise 0, in the shape of logits [N] or [N, L]."""
        if self._logits.device != logits.device:
            self._logits = self._logits.to(logits.device)
        return (logits >= self._logits).long()
