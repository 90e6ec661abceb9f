"""Lightning's TensorBoardLogger in the run folder, with an epoch's scalars written as one event."""

import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import loggers
from lightning.pytorch.utilities import rank_zero_only

from src.storage.folders import RunFolder


class TensorBoardLogger(loggers.TensorBoardLogger):
    """Writes to `<run folder>/tensorboard`.

    Args:
        folder: The run's folder.
        log_graph: Draw the network's graph.
    """

    def __init__(self, folder: Path, log_graph: bool = True) -> None:
        version = RunFolder(folder).tensorboard.name
        super().__init__(save_dir=folder, name="", version=version, log_graph=log_graph, default_hp_metric=False)
        _quiet_writer()

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write metrics as the values of one event, a fraction of the cost of an event each."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=name, simple_value=float(value)) for name, value in metrics.items()]
        self.experiment._get_file_writer().add_summary(Summary(value=values), step)

    @rank_zero_only
    def log_picture(self, tag: str, png: bytes, size: tuple[int, int], step: int) -> None:
        """Write an encoded picture as it stands.

        Args:
            tag: The picture's name.
            png: Its file's content.
            size: Width and height in pixels.
            step: Optimiser steps so far.
        """
        from tensorboard.compat.proto.summary_pb2 import Summary

        width, height = size
        image = Summary.Image(width=width, height=height, colorspace=4, encoded_image_string=png)
        self.experiment._get_file_writer().add_summary(Summary(value=[Summary.Value(tag=tag, image=image)]), step)

    @rank_zero_only
    def log_table(self, hyperparameters: dict[str, Any], metrics: dict[str, float], step: int) -> None:
        """Fill this run's row of the HPARAMS tab with hyperparameters and with metrics after so many optimiser steps.

        Args:
            hyperparameters: Settings by their names; what is no number is written as text.
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
        if not self._log_graph:
            return
        training = model.training
        with torch.no_grad():  # evaluating, so that dropout draws nothing from the random numbers of the training
            traced = torch.jit.trace(model.eval(), x, check_trace=False)  # the check imports two seconds of libraries
        model.train(training)
        self.experiment.add_graph(traced, x)


@cache
def _quiet_writer() -> None:
    """Let the thread that writes events die silently: its error is raised where the next event is logged."""
    others = threading.excepthook

    def hook(args: threading.ExceptHookArgs) -> None:
        if type(args.thread).__name__ != "_AsyncWriterThread":
            others(args)

    threading.excepthook = hook
