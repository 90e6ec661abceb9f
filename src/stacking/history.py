"""The history of M runs: curves, best states and last states."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Epoch(NamedTuple):
    """One epoch of the runs that were training.

    Attributes:
        runs: Indices [m] of these runs among all.
        number: Number of the epoch, from 1.
        step: Optimiser steps of each run so far.
        rates: Learning rates [m], float64.
        values: Metrics [m, K], the first K of the history's `columns`: those of training, then those of validation.
    """

    runs: Tensor
    number: int
    step: int
    rates: Tensor
    values: Tensor


class States:
    """One state of each of `num_runs` runs, possibly from different epochs."""

    def __init__(self, num_runs: int) -> None:
        self.num_runs = num_runs
        self.tensors: dict[str, Tensor] = {}
        self.epoch = [0] * num_runs
        self.schedulers: list[list[dict[str, Any]]] = [[] for _ in range(num_runs)]

    def put(self, runs: Tensor, state: "State", places: Tensor) -> None:
        """Store the entries of a `state` at indices `places` [m] as those of the `runs` [m]."""
        for name, value in state.tensors.items():
            if name not in self.tensors:
                self.tensors[name] = torch.zeros(self.num_runs, *value.shape[1:], dtype=value.dtype)
            self.tensors[name][runs] = value[places].cpu()
        for run, place in zip(runs.tolist(), places.tolist(), strict=True):
            self.epoch[run] = state.epoch
            self.schedulers[run] = state.schedulers[place]

    def state_dict(self) -> dict[str, Any]:
        """Plain values for `load_state_dict`."""
        return {"tensors": self.tensors, "epoch": self.epoch, "schedulers": self.schedulers}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a `state` from `state_dict`."""
        self.tensors, self.epoch, self.schedulers = state["tensors"], state["epoch"], state["schedulers"]


class State(NamedTuple):
    """Everything that changes while m runs train, after a complete epoch.

    Attributes:
        epoch: Number of the epoch, from 1.
        tensors: Parameters, optimizer state, learning rates and the monitor's counters: [m, …] each.
        schedulers: `lr_schedulers` of each run's checkpoint.
    """

    epoch: int
    tensors: dict[str, Tensor]
    schedulers: list[list[dict[str, Any]]]

    def select(self, runs: Tensor) -> "State":
        """The state of some runs [k], by index."""
        chosen = [self.schedulers[i] for i in runs.tolist()]
        return State(self.epoch, {name: value[runs] for name, value in self.tensors.items()}, chosen)


class StackHistory:
    """Curves and states of `num_runs` runs, collected while they train.

    Attributes:
        columns: Names of the metrics in each epoch's `values`.
        epochs: Every epoch so far.
        best: The best state by validation; `last`: the newest after a complete epoch.
        progress: The Trainer's progress for checkpoints, by epoch.
        failed: Why a run ended early, by its number among all runs.
    """

    def __init__(self, num_runs: int, columns: list[str]) -> None:
        self.num_runs, self.columns = num_runs, columns
        self.epochs: list[Epoch] = []
        self.best, self.last = States(num_runs), States(num_runs)
        self.progress: dict[int, dict[str, Any]] = {}
        self.failed: dict[int, str] = {}

    def forget_progress(self) -> None:
        """Drop the Trainer's progress of epochs without a state."""
        used = {*self.best.epoch, *self.last.epoch}
        newest = max(self.progress, default=0)
        self.progress = {epoch: state for epoch, state in self.progress.items() if epoch in used or epoch == newest}

    def state_dict(self) -> dict[str, Any]:
        """Plain values and a few tensors, however many epochs there are, for `load_state_dict`."""
        epochs = self.epochs
        return {
            "best": self.best.state_dict(),
            "last": self.last.state_dict(),
            "progress": self.progress,
            "failed": self.failed,
            "epochs": [(epoch.number, epoch.step, *epoch.values.shape) for epoch in epochs],
            "runs": torch.cat([epoch.runs for epoch in epochs]),
            "rates": torch.cat([epoch.rates for epoch in epochs]),
            "values": torch.cat([epoch.values.flatten() for epoch in epochs]),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the `state` of another history."""
        self.best.load_state_dict(state["best"])
        self.last.load_state_dict(state["last"])
        self.progress, self.failed = state["progress"], state["failed"]
        sizes = [num_runs for _, _, num_runs, _ in state["epochs"]]
        areas = [num_runs * num_columns for _, _, num_runs, num_columns in state["epochs"]]
        parts = zip(
            state["epochs"],
            state["runs"].split(sizes),
            state["rates"].split(sizes),
            state["values"].split(areas),
            strict=True,
        )
        self.epochs = [
            Epoch(runs, number, step, rates, values.view(*shape))
            for (number, step, *shape), runs, rates, values in parts
        ]

    def curves(self, runs: list[int]) -> Iterator[list[list[Any]]]:
        """The rows of `metrics.csv` of some `runs`: epoch, step, learning rate and metrics; empty without validation.

        Args:
            runs: Their indices among all.
        """
        if not runs:
            return
        values = torch.full((len(self.epochs), self.num_runs, len(self.columns)), torch.nan)
        rates = torch.zeros(len(self.epochs), self.num_runs, dtype=torch.float64)
        length = torch.zeros(self.num_runs, dtype=torch.int64)
        for place, epoch in enumerate(self.epochs):
            values[place, epoch.runs, : epoch.values.shape[1]] = epoch.values
            rates[place, epoch.runs] = epoch.rates
            length[epoch.runs] = place + 1
        known = [epoch.values.shape[1] for epoch in self.epochs]
        missing = [[""] * (len(self.columns) - number) for number in known]
        for run in runs:
            end = int(length[run])
            numbers, run_rates = values[:end, run].tolist(), rates[:end, run].tolist()
            yield [
                [epoch.number, epoch.step, rate, *row[:number], *empty]
                for epoch, rate, row, number, empty in zip(
                    self.epochs, run_rates, numbers, known, missing, strict=False
                )
            ]
