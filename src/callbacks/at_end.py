"""A hook for the time after a run has been evaluated, which Lightning's hooks do not cover."""

from collections.abc import Callable
from typing import Any

import lightning.pytorch as pl

from src.heads.drawing import Drawing


class AtEnd(pl.Callback):
    """A callback that acts at the very end of a run."""

    def on_run_end(self, trainer: pl.Trainer, drawings: Callable[[], list[Drawing]], metrics: dict[str, Any]) -> None:
        """Write the results of a run that has been evaluated, in the process that writes files.

        Args:
            trainer: Holds the run's folder, its loggers, and its module with the best weights.
            drawings: Returns the figures that every run ends with.
            metrics: The contents of `metrics.json`.
        """
        raise NotImplementedError
