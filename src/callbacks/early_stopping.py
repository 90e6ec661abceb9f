"""Lightning's EarlyStopping, with the patience of the current configuration."""

from typing import Any

from lightning.pytorch import callbacks

from src.settings.rules import Mode, checked, resolved_mode


class EarlyStopping(callbacks.EarlyStopping):
    """Stops when a metric has not improved for `patience` validations.

    A checkpoint holds the patience of the run that wrote it, and Lightning restores it when the run is resumed. Here
    the configuration decides, so that a resumed run can have more patience.

    Args:
        monitor: The metric to watch.
        mode: `min`, `max`, or `auto` by the metric's name.
        **kwargs: Further arguments of Lightning's EarlyStopping.
    """

    @checked
    def __init__(self, monitor: str = "val/loss", mode: Mode = "auto", **kwargs: Any) -> None:
        super().__init__(monitor=monitor, mode=resolved_mode(monitor, mode), **kwargs)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the count and the best score of a checkpoint."""
        super().load_state_dict({**state_dict, "patience": self.patience})
