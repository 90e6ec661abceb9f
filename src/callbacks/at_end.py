"""What a callback does when its run has been measured, which Lightning's hooks do not reach."""

from collections.abc import Callable

import lightning.pytorch as pl

from src.heads.drawing import Drawing


class AtEnd(pl.Callback):
    """A callback that has something to do or to write at the very end of a run."""

    def on_run_end(self, trainer: pl.Trainer, drawings: Callable[[], list[Drawing]]) -> None:
        """Write what is to be written of a run that has been measured, in the process that writes.

        Args:
            trainer: With the run's folder, its loggers, and its module with the best weights.
            drawings: Records the figures that every run ends with.
        """
        raise NotImplementedError
