"""The learning rates of M runs: torch's own schedulers, one for all runs with the same schedule."""

from copy import copy
from typing import Any

import torch
from torch import Tensor
from torch.optim.lr_scheduler import ReduceLROnPlateau

from src.compat.torch import mark_stepped
from src.settings.rules import resolved_mode
from src.trust import targets

_NAMES = (
    "StepLR",
    "MultiStepLR",
    "ConstantLR",
    "LinearLR",
    "ExponentialLR",
    "PolynomialLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "ReduceLROnPlateau",
)
KNOWN = {f"torch.optim.lr_scheduler.{name}" for name in _NAMES}  # these change the learning rate and nothing else


class Schedules:
    """The learning rate of each run, epoch by epoch or step by step.

    A scheduler that monitors no metric does the same for all runs with the same initial learning rate, so they share
    one; each `ReduceLROnPlateau` monitors a single run.

    Args:
        cfg: The `scheduler` group of the configuration, plain and resolved; without a `_target_` rates are constant.
        rates: The initial learning rate of each run.
    """

    def __init__(self, cfg: dict[str, Any], rates: list[float]) -> None:
        self.active = cfg["_target_"] is not None
        self.interval, self.monitor = cfg.get("interval", "epoch"), cfg.get("monitor")
        self._rates = list(rates)
        self._schedulers: list[Any] = []
        if not self.active:
            return
        make = targets.find({"scheduler": cfg}, "scheduler")
        arguments = {key: value for key, value in cfg.items() if key not in ("_target_", "interval", "monitor")}
        if "mode" in arguments:
            arguments["mode"] = resolved_mode(str(self.monitor), arguments["mode"])
        alone = issubclass(make, ReduceLROnPlateau)
        shared: dict[float, Any] = {}
        for rate in rates:
            if alone or rate not in shared:
                shared[rate] = make(_optimizer(rate), **arguments)
            self._schedulers.append(shared[rate])
        self._first_group = self._schedulers[0].optimizer.param_groups[0]

    @property
    def marks_first_rate(self) -> bool:
        """Whether the optimizer's state keeps `initial_lr`, as with most schedulers."""
        return self.active and "initial_lr" in self._first_group

    def select(self, runs: Tensor) -> None:
        """Keep only some runs [k], by index."""
        chosen = runs.tolist()
        self._rates = [self._rates[i] for i in chosen]
        if self.active:
            self._schedulers = [self._schedulers[i] for i in chosen]

    def rates(self) -> list[float]:
        """The current learning rate of each run."""
        if not self.active:
            return self._rates
        return [scheduler.optimizer.param_groups[0]["lr"] for scheduler in self._schedulers]

    def coming_rates(self, num_steps: int) -> list[list[float]] | None:
        """Take `num_steps` steps and return each run's rate in each; None if rates stay constant."""
        if not self.active or self.interval != "step":
            return None
        coming = []
        for _ in range(num_steps):
            coming.append(self.rates())
            self._step(None)
        return coming

    def end_epoch(self, metrics: dict[str, Tensor]) -> None:
        """Step the schedulers of this interval; `metrics` [M] contain the monitored one."""
        if self.active and self.interval == "epoch":
            self._step(metrics[self.monitor].tolist() if self.monitor is not None else None)

    def _step(self, watched: list[float] | None) -> None:
        if watched is None:
            for scheduler in {id(each): each for each in self._schedulers}.values():
                scheduler.step()
        else:
            for scheduler, value in zip(self._schedulers, watched, strict=True):
                scheduler.step(value)

    def states(self) -> list[list[dict[str, Any]]]:
        """The `lr_schedulers` of each run's checkpoint."""
        if not self.active:
            return [[] for _ in self._rates]
        known = {id(each): [copy(each.state_dict())] for each in self._schedulers}
        return [known[id(each)] for each in self._schedulers]

    def restore(self, states: list[list[dict[str, Any]]], rates: list[float]) -> None:
        """Continue from `states`, with the learning `rates` of that moment."""
        if not self.active:
            self._rates = rates
            return
        for scheduler, (state,), rate in zip(self._schedulers, states, rates, strict=True):
            scheduler.load_state_dict(state)
            scheduler.optimizer.param_groups[0]["lr"] = rate


def _optimizer(rate: float) -> torch.optim.Optimizer:
    """A placeholder that has a learning rate and never steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    mark_stepped(optimizer)
    return optimizer
