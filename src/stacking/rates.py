"""Learning rates tried on one run: its network, once per rate, trained as a stack for a few epochs."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from src.callbacks.pruning import judged_by
from src.data.base import InMemoryDataModule
from src.data.blocks import BlockLoader
from src.data.rows import Rows, Splits
from src.errors import ConfigError
from src.networks.size import refuse_too_many
from src.stacking import grouping
from src.stacking.members import Member, MemberFactory, Plain
from src.stacking.stack import Stack

NUM_RATES = 32
_LOWEST = 1e-5
_HIGHEST = {"torch.optim.SGD": 10.0}  # its steps are as small as the gradient
_HIGHEST_OF_UNIT_STEPS = 1.0  # Adam's steps change each weight by about the rate itself
_STEPS = 100
_REST = 0.1  # of the largest fall in loss, which a smaller rate may miss
_FINDER = "LearningRateFinder"


class Tried(NamedTuple):
    """A learning rate and what it led to.

    Attributes:
        rate: The learning rate.
        train_loss: Mean training loss in the last epoch; NaN if the loss became NaN or infinite.
        val_loss: Validation loss after it; NaN likewise.
    """

    rate: float
    train_loss: float
    val_loss: float

    @property
    def diverged(self) -> bool:
        """Whether the loss became NaN or infinite."""
        return not math.isfinite(self.val_loss)


class Curve(NamedTuple):
    """The rates in increasing order, after the same number of epochs.

    Attributes:
        tried: The rates.
        epochs: The epochs of each; a single one may end before all rows have been seen.
        steps: The optimizer steps of each.
    """

    tried: list[Tried]
    epochs: int
    steps: int

    @property
    def lowest(self) -> Tried:
        """The rate with the lowest validation loss; of equal ones the smallest.

        Raises:
            ConfigError: The loss became NaN or infinite with every rate.
        """
        finite = [each for each in self.tried if not each.diverged]
        if not finite:
            low, high = self.tried[0].rate, self.tried[-1].rate
            raise ConfigError(
                f"optimizer.lr: the loss became NaN or infinite with every rate from {low:g} to {high:g} (got auto); "
                "try data.standardize=true, or give a smaller number"
            )
        return min(finite, key=lambda each: (each.val_loss, each.rate))

    @property
    def untrained(self) -> float:
        """The validation loss with the smallest rate, with which the network has hardly learned."""
        return next(each.val_loss for each in self.tried if not each.diverged)

    @property
    def chosen(self) -> Tried:
        """The smallest rate whose validation loss falls by nine tenths of the largest fall.

        The lowest loss itself often belongs to a rate that is much larger: a few epochs favour speed, and on few
        validation rows luck decides.

        Example:
            >>> fast, faster = Tried(0.1, 0.2, 0.15), Tried(1.0, 0.1, 0.1)
            >>> Curve([Tried(1e-5, 1.1, 1.1), fast, faster], epochs=5, steps=100).chosen == fast
            True
        """
        best = self.lowest.val_loss
        enough = best + _REST * (self.untrained - best)
        return next(each for each in self.tried if each.val_loss <= enough)


def grid(optimizer: str, lowest: float = 0.0) -> list[float]:
    """The rates to try, evenly spaced on a logarithmic scale and rounded to three digits.

    Args:
        optimizer: The name of its class: SGD is tried up to 10, Adam and AdamW up to 1.
        lowest: The smallest rate that a schedule allows.

    Example:
        >>> rates = grid("torch.optim.Adam")
        >>> len(rates), rates[0], rates[-1], rates[16]
        (32, 1e-05, 1.0, 0.00381)
    """
    low, high = max(_LOWEST, lowest), _HIGHEST.get(optimizer, _HIGHEST_OF_UNIT_STEPS)
    if low >= high:
        raise ConfigError(f"scheduler.eta_min: optimizer.lr=auto tries rates up to {high:g} (got {lowest:g}); lower it")
    return [float(f"{rate:.2e}") for rate in np.geomspace(low, high, NUM_RATES)]


def try_rates(cfg: Plain, folder: Path) -> Curve:
    """The losses of a run's own network, from its own initial weights, with each rate of the grid.

    The networks see the run's training rows in the run's order, at a constant rate, for as many epochs as make 100
    steps, but no more than the run's; its test rows are not used.

    Args:
        cfg: The run's configuration, plain and resolved.
        folder: The run's folder, where nothing is written.

    Raises:
        ConfigError: The run's network cannot be trained in a stack, or a constructor refuses a value.
        KeyboardInterrupt: Ctrl-C or another signal.
    """
    for name, callback in (cfg["callbacks"] or {}).items():
        if callback is not None and str(callback.get("_target_")).endswith(_FINDER):
            raise ConfigError(f"callbacks.{name}: would replace the rate that optimizer.lr=auto chooses; leave one out")
    rates = grid(cfg["optimizer"]["_target_"], cfg["scheduler"].get("eta_min") or 0.0)
    trial = _trial(cfg, rates[0])
    _refuse(grouping.cannot_train_together(trial))
    run = Member(0, trial, folder)
    factory = MemberFactory(run)
    data, network = factory.parts.datamodule, factory.parts.head.network
    _refuse("images are decoded while it trains" if not isinstance(data.splits.train.x, Tensor) else None)
    _refuse(factory.reason_against_networks(run))
    size = NUM_RATES * sum(each.numel() for each in network.parameters())
    refuse_too_many(size, "optimizer.lr", f"auto, which trains {NUM_RATES} networks")
    rows = _rows(data)
    batches = -(-len(rows.splits.train.y) // data.batch_rows)
    epochs = min(cfg["trainer"]["max_epochs"], -(-_STEPS // batches))
    first = replace(run, cfg=trial | {"trainer": trial["trainer"] | _validated_at(epochs)})
    factory.fill(first)
    first.data = rows
    members = [
        replace(first, number=number, hyperparams=first.hyperparams | {"lr": rate}) for number, rate in enumerate(rates)
    ]
    return Curve(_losses(Stack(members, factory, "optimizer.lr=auto"), rates), epochs, epochs * batches)


def _rows(data: InMemoryDataModule) -> InMemoryDataModule:
    """Training and validation rows as the network sees them; of many training rows the first that the run sees."""
    train, val = data.splits.train, data.splits.val
    most = _STEPS * data.batch_rows
    few = slice(None) if len(train.y) <= most else BlockLoader.order(data.shuffle_seed, 0, len(train.y))[:most]
    seen = Rows(data.plain("val", slice(None)), val.y)
    return data.holding(Splits(Rows(data.plain("train", few), train.y[few]), seen, seen))


def _losses(stack: Stack, rates: list[float]) -> list[Tried]:
    """What each rate has led to when its member of a `stack` has been trained."""
    try:
        with judged_by(None):  # a search that compares runs has no part in this
            interrupt = stack.fit()
    finally:
        stack.module.close()
    if interrupt:
        raise interrupt
    history = stack.module.history
    tried = [Tried(rate, math.nan, math.nan) for rate in rates]
    last = history.epochs[-1]
    if last.values.shape[1] == len(history.columns):  # otherwise no rate has reached the validation
        places = [history.columns.index(f"{stage}/loss") for stage in ("train", "val")]
        for run, (train, val) in zip(last.runs.tolist(), last.values[:, places].tolist(), strict=True):
            if math.isfinite(train) and math.isfinite(val):
                tried[run] = Tried(rates[run], train, val)
    return tried


def _trial(cfg: Plain, rate: float) -> Plain:
    """The configuration `cfg` with a constant `rate`, and without what does not decide how a network learns."""
    data = cfg["data"] | ({"steps_per_execution": "auto"} if "steps_per_execution" in cfg["data"] else {})
    return cfg | {
        **{"data": data, "optimizer": cfg["optimizer"] | {"lr": rate}, "scheduler": {"_target_": None}},
        **{"trainer": cfg["trainer"] | {"precision": "32-true"}, "callbacks": {}, "logger": {}, "resume": None},
    }


def _validated_at(epochs: int) -> dict[str, Any]:
    return {"max_epochs": epochs, "check_val_every_n_epoch": epochs}


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise ConfigError(
            f"optimizer.lr: auto tries its rates on a stack of networks, but {reason} (got auto); give a number"
        )
