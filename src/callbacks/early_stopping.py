"""Lightning's EarlyStopping, with the patience that is asked for now."""

from typing import Any

from lightning.pytorch import callbacks

from src.settings.rules import Mode, checked, resolved_mode


class EarlyStopping(callbacks.EarlyStopping):
    """Stops when a metric has not improved for `patience` validations.

    A checkpoint holds the patience of the run that wrote it, which Lightning takes up again when the run is resumed.
    Here the configuration decides, so that a resumed run may be given more.

    Args:
        monitor: Metric that is watched.
        mode: `min`, `max`, or `auto` by the metric's name.
        **kwargs: Further arguments of Lightning's EarlyStopping.
    """

    @checked
    def __init__(self, monitor: str = "val/loss", mode: Mode = "auto", **kwargs: Any) -> None:
        super().__init__(monitor=monitor, mode=resolved_mode(monitor, mode), **kwargs)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the count and the best score of a checkpoint."""
        super().load_state_dict({**state_dict, "patience": self.patience})
