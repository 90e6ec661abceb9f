"""One stretch of a training: the objects of a run, trained by Lightning's Trainer from given weights on."""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import lightning.pytorch as pl
import torch
from omegaconf import OmegaConf, open_dict
from torch import Tensor

from src.building.build import Parts, build
from src.networks.layers import all_numbers, plain_layers
from src.play.composing import Composed
from src.play.controls import BY_KEY, CHANGE_ROWS
from src.play.hand import Hand
from src.replay.shown import check_shown
from src.spec import as_block

_WITHOUT_END = -1  # max_epochs of the Trainer: the page pauses where the command would end


class State(NamedTuple):
    """The state of a training.

    Attributes:
        epoch: Complete epochs.
        steps: Total number of optimiser steps.
        weights: Weights of the head, by name.
        optimizer: State of the optimizer.
        frozen: The numbers of weights that are frozen.
    """

    epoch: int
    steps: int
    weights: dict[str, Tensor]
    optimizer: dict[str, Any]
    frozen: list[int]


class Stretch:
    """A training from scratch or from a state, until its watcher ends it.

    Args:
        composed: What to train.
        folder: A folder for files of the Trainer; nothing is written to it.

    Attributes:
        composed: What is trained.
        parts: The objects of the run.
        title: Title of the dataset.
        table: The table of its rows, if they were edited by hand.
        rows: The number of each training row in that case.
        hand: Sets and freezes its weights.

    Raises:
        ConfigError: Some values do not work, or the page cannot show them.
    """

    def __init__(self, composed: Composed, folder: Path) -> None:
        cfg = composed.cfg.copy()
        with open_dict(cfg):
            cfg.callbacks, cfg.logger = {}, {}
        self.composed = composed
        self.table: Path | None = None
        self.rows: list[int] = []
        with torch.random.fork_rng(devices=[]):
            self.parts: Parts = build(cfg, folder)
        check_shown(self.parts.head, "page")
        self.title = self.parts.datamodule.title
        self.hand = Hand(self.parts.head.network)

    @property
    def own_rows(self) -> list[list[float]]:
        """Number, inputs and class of each added row."""
        x, y = self.parts.datamodule.splits.train
        return [[n, *x[i].tolist(), int(y[i])] for i, n in enumerate(self.rows) if n < 0]

    @property
    def touched(self) -> bool:
        """Whether rows or weights were changed by hand."""
        return bool(self.table or self.hand.edits)

    def fit(self, watch: "Watch", start: State | None = None) -> None:
        """Train from scratch, or from the state `start`, until `watch` raises an error."""
        parts = self.parts
        if start is not None:
            parts.head.load_state_dict(start.weights)
        trainer: Any = parts.trainer
        trainer.callbacks.append(Gate(watch, start, self.hand))
        if not self.composed.planned:
            trainer.fit_loop.max_epochs = _WITHOUT_END
        trainer.fit(parts.head, datamodule=parts.datamodule)

    def state(self, epoch: int, steps: int) -> State:
        """A copy of the state after this `epoch` and this many `steps`."""
        head, trainer = self.parts.head, self.parts.trainer
        weights = {name: value.detach().clone() for name, value in head.state_dict().items()}
        remembered = trainer.optimizers[0].state_dict()["state"] if trainer.optimizers else {}
        return State(epoch, steps, weights, _copied(remembered), self.hand.frozen)


class Watch:
    """Is notified of a training's progress; may wait, and may raise an error to end the training."""

    @property
    def each_step(self) -> bool:
        """Whether to be notified of each step, not only of each block of steps."""
        return True

    def begins(self) -> None:
        """The Trainer is about to take its first step."""

    def steps_done(self, num_steps: int) -> None:
        """The Trainer has taken `num_steps` more steps."""

    def epoch_done(self, metrics: dict[str, float]) -> None:
        """The Trainer has finished and validated an epoch, with these `metrics`."""


class Gate(pl.Callback):
    """Notifies a `watch` of each step of a training that continues from `start`; None trains from scratch.

    After each step, `hand` gives frozen weights their values back.
    """

    def __init__(self, watch: Watch, start: State | None, hand: Hand) -> None:
        self._watch, self._start, self._hand = watch, start, hand
        self._handle: Any = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Restore the optimizer's state, frozen weights and the epoch number."""
        optimizer = trainer.optimizers[0]
        if self._start is not None:
            own = optimizer.state_dict()["param_groups"]
            optimizer.load_state_dict({"state": _copied(self._start.optimizer), "param_groups": own})
            done: Any = trainer.fit_loop.epoch_progress.current
            done.ready = done.started = done.processed = done.completed = self._start.epoch
        self._hand.begin(optimizer, self._start.frozen if self._start else [])
        self._watch.begins()

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, _: int) -> None:
        """Start or stop reporting each step; an optimizer without a hook is faster."""
        each_step = self._watch.each_step or bool(self._hand.frozen)
        if each_step and self._handle is None:
            self._handle = trainer.optimizers[0].register_step_post_hook(self._step_done)
        elif not each_step and self._handle is not None:
            self._handle.remove()
            self._handle = None

    def _step_done(self, *_: Any) -> None:
        self._hand.keep()
        self._watch.steps_done(1)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Report the steps of a block that were not reported one by one."""
        if self._handle is None:
            self._watch.steps_done(len(as_block(batch)))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Report the epoch, with its validation metrics if there are any."""
        validated = (trainer.current_epoch + 1) % (trainer.check_val_every_n_epoch or 1) == 0
        metrics = {name: value.item() for name, value in trainer.callback_metrics.items()}
        self._watch.epoch_done({name: value for name, value in metrics.items() if validated or name[:4] != "val/"})


def numbers_of(head: Any) -> Tensor:
    """The learned numbers of a head's network, float32 [P] in the order of its layers."""
    return all_numbers(plain_layers(head.network))


def weights_hash(head: Any) -> str:
    """A hash of the learned numbers of a head's network: equal if they are equal bit for bit."""
    return hashlib.sha256(numbers_of(head).numpy().tobytes()).hexdigest()[:16]


def _copied(remembered: dict[Any, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    return {
        place: {name: each.detach().clone() if isinstance(each, Tensor) else each for name, each in values.items()}
        for place, values in remembered.items()
    }


def goes_on(before: Composed, after: Composed, keys: set[str], same_rows: bool) -> bool:
    """Whether a training of `before` can continue as one of `after`.

    A schedule is planned for the whole training, and the scale of inputs is fitted to the rows.

    Args:
        before: What was trained.
        after: What is to be trained.
        keys: The controls whose values differ.
        same_rows: Whether the rows edited by hand are the same.
    """
    same_scale = not OmegaConf.select(after.cfg, "data.standardize") or (same_rows and not keys & CHANGE_ROWS)
    return same_scale and not (before.planned or after.planned) and all(BY_KEY[key].goes_on for key in keys)
