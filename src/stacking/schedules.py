"""The learning rates and momenta of M runs: torch's own schedulers, one for all runs with the same schedule."""

from copy import copy
from typing import Any

import torch
from torch import Tensor
from torch.optim.lr_scheduler import ReduceLROnPlateau

from src.compat.torch import mark_stepped
from src.settings.rules import resolved_mode
from src.stacking.optimizers import Coming, hyperparams_of
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
    "OneCycleLR",
)
KNOWN = {f"torch.optim.lr_scheduler.{name}" for name in _NAMES}  # these change the learning rate and momentum at most


class Schedules:
    """The learning rate of each run, epoch by epoch or step by step, and what a one-cycle schedule changes with it.

    A scheduler that monitors no metric does the same for all runs with the same settings, so they share one; each
    `ReduceLROnPlateau` monitors a single run.

    Args:
        cfgs: The `scheduler` group of each run's configuration, plain and resolved, for schedulers of one class and
            interval; without a `_target_`, rates are constant.
        hyperparams: The initial hyperparameters of each run's optimizer, by name.
        num_steps: Optimiser steps of each run, for `total_steps=auto`.

    Attributes:
        marks: What the scheduler of each run adds to the state of its optimizer, such as `initial_lr`.
    """

    def __init__(self, cfgs: list[dict[str, Any]], hyperparams: list[dict[str, float]], num_steps: int) -> None:
        cfg = cfgs[0]
        self.active = cfg["_target_"] is not None
        self.interval, self.monitor = cfg.get("interval", "epoch"), cfg.get("monitor")
        self._constant = torch.tensor([each["lr"] for each in hyperparams], dtype=torch.float64)
        self._names: tuple[str, ...] = ("lr",)
        self._schedulers: list[Any] = []
        self._which = list(range(len(cfgs)))
        self.marks: list[dict[str, Any]] = [{}] * len(cfgs)
        if not self.active:
            return
        make = targets.find({"scheduler": cfg}, "scheduler")
        alone = issubclass(make, ReduceLROnPlateau)
        known: dict[str, int] = {}
        for run, (own, numbers) in enumerate(zip(cfgs, hyperparams, strict=True)):
            key = str(run) if alone else repr((own, numbers))
            if key not in known:
                known[key] = len(self._schedulers)
                self._schedulers.append(make(_optimizer(numbers), **_arguments(own, num_steps)))
            self._which[run] = known[key]
        marks = [_marks(scheduler.optimizer) for scheduler in self._schedulers]
        self.marks = [marks[place] for place in self._which]
        if getattr(self._schedulers[0], "cycle_momentum", False):
            self._names = ("lr", "beta1" if "beta1" in hyperparams[0] else "momentum")

    def select(self, runs: Tensor) -> None:
        """Keep only some runs [k], by index; `marks` stay those of all."""
        self._constant = self._constant[runs]
        kept = [self._which[run] for run in runs.tolist()]
        used = {place: number for number, place in enumerate(dict.fromkeys(kept))}
        self._which = [used[place] for place in kept]
        if self.active:
            self._schedulers = [self._schedulers[place] for place in used]

    def now(self) -> Coming:
        """The current value of each hyperparameter that schedules may change, the learning rate first: float64 [m]."""
        if not self.active:
            return {"lr": self._constant}
        return {name: values[0] for name, values in self._of_runs([self._current()]).items()}

    def coming(self, num_steps: int) -> Coming:
        """Take `num_steps` steps and return the values [S, m] in each, of those that change from step to step."""
        if not self.active or self.interval != "step":
            return {}
        values = []
        for _ in range(num_steps):
            values.append(self._current())
            self._step(None)
        return self._of_runs(values)

    def _current(self) -> list[list[float]]:
        """The values of each scheduler, in the order of the names."""
        groups = [hyperparams_of(scheduler.optimizer.param_groups[0]) for scheduler in self._schedulers]
        return [[group[name] for name in self._names] for group in groups]

    def _of_runs(self, steps: list[list[list[float]]]) -> Coming:
        """Values [S, m] of each run by name, from those of each scheduler in each of S steps."""
        shape = len(steps), len(self._schedulers), len(self._names)
        values = torch.tensor(steps, dtype=torch.float64).view(shape)[:, self._which]
        return {name: values[..., place] for place, name in enumerate(self._names)}

    def end_epoch(self, metrics: dict[str, Tensor]) -> None:
        """Step the schedulers of this interval; `metrics` [M] contain the monitored one."""
        if self.active and self.interval == "epoch":
            self._step(metrics[self.monitor].tolist() if self.monitor is not None else None)

    def _step(self, watched: list[float] | None) -> None:
        if watched is None:
            for scheduler in self._schedulers:
                scheduler.step()
        else:
            for scheduler, value in zip(self._schedulers, watched, strict=True):
                scheduler.step(value)

    def states(self) -> list[list[dict[str, Any]]]:
        """The `lr_schedulers` of each run's checkpoint."""
        if not self.active:
            return [[] for _ in self._which]
        known = [[copy(each.state_dict())] for each in self._schedulers]
        return [known[place] for place in self._which]

    def restore(self, states: list[list[dict[str, Any]]], tensors: dict[str, Tensor]) -> None:
        """Continue from `states`, with the values that `now` gave then among `tensors` [m, …]."""
        if not self.active:
            self._constant = tensors["lr"]
            return
        for run, (place, (state,)) in enumerate(zip(self._which, states, strict=True)):
            scheduler = self._schedulers[place]
            scheduler.load_state_dict(state)
            group = scheduler.optimizer.param_groups[0]
            group |= _as_group({name: tensors[name][run].item() for name in self._names}, group)


def _arguments(cfg: dict[str, Any], num_steps: int) -> dict[str, Any]:
    """The arguments of the scheduler of a configuration, for a run of `num_steps` optimiser steps."""
    arguments = {key: value for key, value in cfg.items() if key not in ("_target_", "interval", "monitor")}
    if "mode" in arguments:
        arguments["mode"] = resolved_mode(str(cfg.get("monitor")), arguments["mode"])
    if arguments.get("total_steps") == "auto":
        arguments["total_steps"] = num_steps
    return arguments


def _optimizer(hyperparams: dict[str, float]) -> torch.optim.Optimizer:
    """A placeholder that has these `hyperparams` and never steps."""
    kind = torch.optim.Adam if "beta1" in hyperparams else torch.optim.SGD
    optimizer = kind([torch.nn.Parameter(torch.zeros(1))], lr=hyperparams["lr"])
    group = optimizer.param_groups[0]
    group |= _as_group(hyperparams, group)
    mark_stepped(optimizer)
    return optimizer


def _as_group(hyperparams: dict[str, float], group: dict[str, Any]) -> dict[str, Any]:
    """The entries of a torch.optim parameter `group` that change if these `hyperparams` do."""
    entries: dict[str, Any] = {name: value for name, value in hyperparams.items() if name in group}
    if "beta1" in hyperparams:
        entries["betas"] = (hyperparams["beta1"], *group["betas"][1:])
    return entries


def _marks(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """What a scheduler has added to the parameter group of an `optimizer`."""
    known = {"params", *optimizer.defaults}
    return {name: value for name, value in optimizer.param_groups[0].items() if name not in known}
