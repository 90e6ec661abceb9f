"""Lightning's TensorBoardLogger in the run folder, with an epoch's scalars written as one event."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import loggers
from lightning.pytorch.utilities import rank_zero_only

from src.compat.tensorboard import quiet_writer, write_picture, write_scalars
from src.settings.rules import checked
from src.storage.folders import RunFolder


class TensorBoardLogger(loggers.TensorBoardLogger):
    """Writes to `<run folder>/tensorboard`.

    Args:
        folder: The run's folder.
        log_graph: Draw the network's graph.
    """

    @checked
    def __init__(self, folder: Path, log_graph: bool = True) -> None:
        version = RunFolder(folder).tensorboard.name
        super().__init__(save_dir=folder, name="", version=version, log_graph=log_graph, default_hp_metric=False)
        self._draws_network = log_graph
        quiet_writer()

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write metrics as the values of one event, a fraction of the cost of an event each."""
        write_scalars(self.experiment, metrics, step)

    @rank_zero_only
    def log_picture(self, tag: str, png: bytes, size: tuple[int, int], step: int) -> None:
        """Write an encoded picture as it stands.

        Args:
            tag: The picture's name.
            png: Its file's content.
            size: Width and height in pixels.
            step: Optimiser steps so far.
        """
        write_picture(self.experiment, tag, png, size, step)

    @rank_zero_only
    def log_table(self, hyperparameters: dict[str, Any], metrics: dict[str, float], step: int) -> None:
        """Fill this run's row of the HPARAMS tab with hyperparameters and with metrics after so many optimiser steps.

        Args:
            hyperparameters: Settings by their names; what is not a number is written as text.
            metrics: Numbers by their names.
            step: Optimiser steps so far.
        """
        plain = {
            key: value if isinstance(value, bool | int | float) else str(value)
            for key, value in hyperparameters.items()
        }
        self.log_hyperparams(plain, metrics, step)

    def log_network(self, model: torch.nn.Module, x: torch.Tensor) -> None:
        """Draw the graph of a `model` for rows x [N, *input_shape], if the graph is wanted."""
        if not self._draws_network:
            return
        training = model.training
        with torch.no_grad():  # evaluating, so that dropout draws nothing from the random numbers of the training
            traced = torch.jit.trace(model.eval(), x, check_trace=False)  # the check imports two seconds of libraries
        model.train(training)
        self.experiment.add_graph(traced, x)
