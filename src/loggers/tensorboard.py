"""Lightning's TensorBoardLogger, with runs named by what was swept and an epoch's scalars in one event."""

import time
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import loggers
from lightning.pytorch.utilities import rank_zero_only
from torch import Tensor, nn

from src.compat.tensorboard import quiet_writer, write_picture, write_scalars, write_table
from src.loggers.words import swept_words
from src.settings.rules import Count, checked
from src.storage.boards import board_of, claim_board
from src.storage.folders import RunFolder
from src.storage.throttle import Throttle

_SECONDS_BETWEEN_WRITES = 1.0
_THRESHOLDS = 127  # of a precision-recall curve, TensorBoard's default


class TensorBoardLogger(loggers.TensorBoardLogger):
    """Writes to `<run folder>/tensorboard`, or to `<sweep folder>/tensorboard/<what was swept>`.

    Args:
        folder: The run's folder.
        log_graph: Whether to draw the network's graph.
        histograms: Epochs between histograms of the weights; None writes none.
    """

    @checked
    def __init__(self, folder: Path, log_graph: bool = True, histograms: Count | None = None) -> None:
        version = RunFolder(folder).tensorboard.name
        super().__init__(save_dir=folder, name="", version=version, log_graph=log_graph, default_hp_metric=False)
        self.histograms, self._draws_network, self._folder = histograms, log_graph, folder
        self._watched: nn.Module | None = None
        self._epoch = -1
        self._held: list[tuple[dict[str, float], int | None, float]] = []
        self._throttle = Throttle(_SECONDS_BETWEEN_WRITES)
        quiet_writer()

    @property
    def log_dir(self) -> str:
        """The folder of the events, which the main process claims on first use."""
        return str(self._claimed) if rank_zero_only.rank == 0 else str(board_of(self._folder))  # type: ignore[attr-defined]

    @cached_property
    def _claimed(self) -> Path:
        return claim_board(self._folder, swept_words(self._folder))

    @property
    def experiment(self) -> Any:
        """PyTorch's writer, which has been given all metrics so far."""
        writer = super().experiment
        held, self._held = self._held, []
        for values, step, moment in held:
            write_scalars(writer, values, step, moment)
        return writer

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write metrics as values of one event, far cheaper than one event each; the epoch is not a metric.

        They are held for up to a second: the writer has a thread, and waking it in each short epoch costs more.
        """
        values = {name: float(value) for name, value in metrics.items() if name != "epoch"}
        self._held.append((values, step, time.time()))
        if self._throttle.due():
            _ = self.experiment
        epoch = int(metrics.get("epoch", self._epoch))
        if self._watched is not None and epoch != self._epoch and epoch % (self.histograms or 1) == 0:
            self.log_weights(self._watched, step or 0)
        self._epoch = epoch

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Write what is held, and close the file."""
        if self._held:
            _ = self.experiment
        super().finalize(status)

    @rank_zero_only
    def log_picture(self, tag: str, png: bytes, size: tuple[int, int], step: int) -> None:
        """Write an encoded picture as it is.

        Args:
            tag: The picture's name.
            png: Its file's content.
            size: Width and height in pixels.
            step: Optimiser steps so far.
        """
        write_picture(self.experiment, tag, png, size, step)

    @rank_zero_only
    def log_charts(self, charts: Mapping[str, Sequence[str]]) -> None:
        """Lay out the tab of custom scalars.

        Args:
            charts: The tags of the scalars that share a chart, by the chart's name.
        """
        self.experiment.add_custom_scalars({name: {name: ["Multiline", list(tags)]} for name, tags in charts.items()})

    @rank_zero_only
    def log_text(self, tag: str, markdown: str) -> None:
        """Write a text.

        Args:
            tag: The text's name.
            markdown: The text, which TensorBoard renders.
        """
        self.experiment.add_text(tag, markdown, 0)

    @rank_zero_only
    def log_pr_curve(self, tag: str, truth: Tensor, probabilities: Tensor, step: int) -> None:
        """Write a precision-recall curve.

        Args:
            tag: The curve's name.
            truth: Whether each row is positive [N], 0 or 1.
            probabilities: The probability of each row being positive [N].
            step: Optimiser steps so far.
        """
        self.experiment.add_pr_curve(tag, truth.numpy(), probabilities.numpy(), step, num_thresholds=_THRESHOLDS)

    @rank_zero_only
    def log_weights(self, model: nn.Module, step: int) -> None:
        """Write a histogram of each parameter.

        Args:
            model: The module with the parameters.
            step: Optimiser steps so far.
        """
        for name, parameter in model.named_parameters():
            self.experiment.add_histogram(f"weights/{name}", parameter.detach().float().cpu().numpy(), step)

    @rank_zero_only
    def log_table(
        self, hyperparameters: dict[str, Any], metrics: dict[str, float], step: int, first: Collection[str] = ()
    ) -> None:
        """Fill this run's row of the HPARAMS tab.

        Args:
            hyperparameters: Settings by name; any that is not a number is written as text.
            metrics: Metrics by name.
            step: Optimiser steps so far.
            first: The settings that differ between runs, which become the first columns.
        """
        plain = {
            name: value if isinstance(value, bool | int | float) else str(value)
            for name, value in hyperparameters.items()
        }
        self.hparams.update(plain)  # for hparams.yaml, which Lightning writes at the end
        self.log_metrics(metrics, step)
        write_table(self.experiment, plain, metrics, first)

    def watch(self, model: nn.Module) -> None:
        """Write histograms of a `model`'s weights from now on, if they were asked for."""
        self._watched = None if self.histograms is None else model

    def log_network(self, model: nn.Module, x: Tensor) -> None:
        """Draw the graph of a `model` for rows x [N, *input_shape], if it was asked for."""
        if not self._draws_network:
            return
        training = model.training
        with torch.no_grad():  # in eval mode, so that dropout uses up none of the training's random numbers
            traced = torch.jit.trace(model.eval(), x, check_trace=False)  # the check imports two seconds of libraries
        model.train(training)
        self.experiment.add_graph(traced, x)
