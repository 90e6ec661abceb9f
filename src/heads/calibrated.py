"""The confidence of a head: the temperature that divides its logits, fitted on validation rows after training."""

from typing import Any, Literal

from torch import Tensor

from src.heads.base import Head
from src.metrics.temperature import fit_temperature
from src.settings.rules import checked


class CalibratedHead(Head):
    """A head with logits that become probabilities.

    Args:
        calibration: `temperature` divides the logits by one number, fitted on the validation rows after training; it
            does not affect training itself. None leaves the logits unchanged.
        *parts: Arguments of `Head`, in its order.
        **more: Arguments of `Head`.
    """

    @checked
    def __init__(self, *parts: Any, calibration: Literal["temperature"] | None = None, **more: Any) -> None:
        super().__init__(*parts, **more)
        self.calibration = calibration

    def fitted_temperature(self, logits: Tensor, y: Tensor) -> float:
        """The temperature for rows with undivided logits [N, *] and targets y [N] or [N, L]."""
        return fit_temperature(logits, y)
