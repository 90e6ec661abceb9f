"""Early stopping and the choice of the best epoch for M runs at once, by the rules of Lightning's callbacks."""

from typing import Any, Literal

import torch
from torch import Tensor

from src.settings.rules import resolved_mode


class StackMonitor:
    """Decides after each validation which runs improved and which have waited long enough.

    Attributes:
        best: The best value [M] of the metric that chooses the epoch; `seen`: whether there was one.
        ties: Which of equally good epochs is the best.
        tied: The `val/loss` [M] of the best epoch, by which `ties: loss` decides.
        stop_best, waited: The best value [M] of early stopping's metric, and the checks since then [M].

    Args:
        num_runs: Number of runs M.
        best: `monitor`, `mode` and `ties` that choose the best epoch; None if none is chosen.
        stopping: `monitor`, `mode`, `patience` and `min_delta` of early stopping; None if it is off.
    """

    def __init__(self, num_runs: int, best: dict[str, Any] | None, stopping: dict[str, Any] | None) -> None:
        self.best_rule, self.stopping_rule = _settled(best), _settled(stopping)
        self.best = _worst(num_runs, self.best_rule["mode"] if self.best_rule else "min")
        self.seen = torch.zeros(num_runs, dtype=torch.bool)
        self.ties = self.best_rule.get("ties", "first") if self.best_rule else "first"
        self.tied = _worst(num_runs, "min")
        self.stop_best = _worst(num_runs, self.stopping_rule["mode"] if self.stopping_rule else "min")
        self.waited = torch.zeros(num_runs, dtype=torch.int64)

    def improved(self, metrics: dict[str, Tensor]) -> Tensor:
        """Which runs [M] are at their best now, by metrics [M]; the first time always counts as the best."""
        if self.best_rule is None:
            return torch.zeros_like(self.seen)
        worst = _worst(1, self.best_rule["mode"])
        current = metrics[self.best_rule["monitor"]]
        current = torch.where(current.isnan(), worst, current)
        better = _better(current, self.best, self.best_rule["mode"]) | ~self.seen
        if self.ties == "last":
            better |= current == self.best
        elif self.ties == "loss":
            better |= (current == self.best) & (metrics["val/loss"] < self.tied)
            self.tied = torch.where(better, metrics["val/loss"], self.tied)
        self.best = torch.where(better, current, self.best)
        self.seen |= True
        return better

    def stopped(self, metrics: dict[str, Tensor]) -> Tensor:
        """Which runs [M] should stop, by metrics [M]: none improved for `patience` checks, or one is not finite."""
        if self.stopping_rule is None:
            return torch.zeros_like(self.seen)
        rule = self.stopping_rule
        current, delta = metrics[rule["monitor"]], float(rule.get("min_delta", 0.0))
        finite = current.isfinite()
        reach = current + delta if rule["mode"] == "min" else current - delta
        better = finite & _better(reach, self.stop_best, rule["mode"])
        self.stop_best = torch.where(better, current, self.stop_best)
        self.waited = torch.where(better, 0, self.waited + finite)
        done: Tensor = ~finite | (~better & (self.waited >= rule["patience"]))
        return done

    def select(self, runs: Tensor) -> None:
        """Keep only some runs [k], by index."""
        self.best, self.seen, self.tied = self.best[runs], self.seen[runs], self.tied[runs]
        self.stop_best, self.waited = self.stop_best[runs], self.waited[runs]

    def tensors(self) -> dict[str, Tensor]:
        """The input of `restore`: tensors [M], by name."""
        found = {"best": self.best, "seen": self.seen.clone(), "stop_best": self.stop_best, "waited": self.waited}
        return found | ({"tied": self.tied} if self.ties == "loss" else {})

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Restore attributes from `tensors` [M], by name."""
        self.best, self.seen = tensors["best"], tensors["seen"].clone()
        self.stop_best, self.waited = tensors["stop_best"], tensors["waited"]
        self.tied = tensors.get("tied", self.tied)


def _settled(rule: dict[str, Any] | None) -> dict[str, Any] | None:
    """A rule with its mode resolved to `min` or `max`."""
    return rule and {**rule, "mode": resolved_mode(rule["monitor"], rule.get("mode", "auto"))}


def _worst(num_runs: int, mode: Literal["min", "max"]) -> Tensor:
    return torch.full((num_runs,), torch.inf if mode == "min" else -torch.inf)


def _better(value: Tensor, than: Tensor, mode: Literal["min", "max"]) -> Tensor:
    return torch.lt(value, than) if mode == "min" else torch.gt(value, than)
