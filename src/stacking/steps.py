"""Optimiser steps of many runs at once: one forward pass, one backward pass of their summed losses."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.func import vmap

from src.compat.recorded import Recorder, Recordings
from src.compat.torch import bare_gradients
from src.heads.base import Head
from src.heads.gradients import steps_are_ours
from src.stacking.clipping import Clip
from src.stacking.dropout import Masks, no_dropout
from src.stacking.losses import Losses
from src.stacking.network import StackedNetwork
from src.stacking.optimizers import Coming, StackedOptimizer
from src.stacking.rows import Alike, StackRows, alike

Gradients = Callable[[Sequence[Tensor]], tuple[Tensor, Tensor, Sequence[Tensor]]]
"""Computes logits, losses [m], and the gradients by each tensor that is trained, of a minibatch."""


class Taken(NamedTuple):
    """The results of some runs in the steps of a block.

    Attributes:
        losses: Loss of each step [S, m].
        predictions: Prediction for each row [m, rows, …].
        y: Target of each row [m, rows, …], as the loss takes it.
    """

    losses: Tensor
    predictions: Tensor
    y: Tensor


class Steps:
    """Takes the steps of some runs.

    Args:
        head: The head that all runs share.
        losses: Their losses.
        network: The forward pass.
        optimizer: The parameters [M, P] and how they step.
        rows: Training rows.
        batch_size: Rows of a minibatch.
        masks: Random numbers of dropout; None without dropout.
        clip: Clips gradients; None leaves them.
        recordings: What has been recorded, by the first and last of some runs; None records nothing.
    """

    def __init__(
        self,
        head: Head,
        losses: Losses,
        network: StackedNetwork,
        optimizer: StackedOptimizer,
        rows: StackRows,
        batch_size: int,
        masks: Masks | None,
        clip: Clip | None = None,
        recordings: dict[tuple[int, int], Recordings] | None = None,
    ) -> None:
        self.head, self.losses, self.network, self.optimizer = head, losses, network, optimizer
        self.rows, self.batch_size, self.masks, self.clip = rows, batch_size, masks, clip
        self.recordings = recordings

    def take(self, part: slice, order: Tensor, counts: list[int], coming: Coming) -> Taken:
        """Take one step per minibatch of a block.

        The last minibatch of an epoch may have one row more in some runs than in others; then each size has a forward
        pass of its own.

        Args:
            part: The runs.
            order: The row indices of each run [m, rows]; those of shorter runs are padded with any row.
            counts: How many of them belong to each run.
            coming: Hyperparameters that differ between these steps.
        """
        with torch.enable_grad():
            ours = self.losses.class_weights is None and steps_are_ours(self.head)
            x, y = self.rows.gather(part, order, counts, self.head.targets_of_loss if ours else _as_they_are)
            leaves = self.network.leaves(self.optimizer.params[part])
            trained = [leaf for leaf in leaves if leaf.requires_grad]
            step = self.optimizer.stepper(part, coming)
            mask = None if self.network.mask is None else self.network.mask[part].to(x.device)
            groups, size = alike(counts), self.batch_size
            compute = self._gradients(part, leaves, trained)
            all_logits, all_losses = [], []
            for number, (batch, targets) in enumerate(zip(x.split(size, 1), y.split(size, 1), strict=True)):
                before = number * size
                if len(groups) > 1 and before + batch.shape[1] == order.shape[1]:
                    sized = [Alike(each.runs, each.size - before) for each in groups]
                    logits, losses = self._apart(part, leaves, batch, targets, sized)
                    gradients = _gradients_of(losses, trained)
                else:
                    logits, losses, gradients = compute((batch, targets))
                with torch.no_grad():
                    gradient = torch.cat([each.flatten(1) for each in gradients], dim=1)
                    gradient = gradient if mask is None else gradient.mul_(mask)
                    gradient = gradient if self.clip is None else self.clip(gradient)
                    step(gradient)
                all_logits.append(logits.detach())
                all_losses.append(losses.detach())
        return Taken(torch.stack(all_losses), vmap(self.head.predictions)(torch.cat(all_logits, dim=1)), y)

    def _gradients(self, part: slice, leaves: list[Tensor], trained: list[Tensor]) -> Gradients:
        """What computes logits, losses [m] and gradients of a minibatch of some runs; recorded where that is possible.

        Some runs are always the same ones until a run leaves the stack, which is when recordings are thrown away.
        """

        def forward(batch: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
            return self._forward(part, leaves, batch[0], batch[1])

        def ordinary(batch: Sequence[Tensor]) -> tuple[Tensor, Tensor, Sequence[Tensor]]:
            logits, losses = forward(batch)
            return logits, losses, _gradients_of(losses, trained)

        if self.recordings is None or self.masks is not None or not steps_are_ours(self.head):
            return ordinary
        if not (leaves[0].is_cpu and self.network.of(part).is_recordable):
            return ordinary
        others = [leaf for leaf in leaves if not leaf.requires_grad]
        return Recorder(forward, trained, others, self.recordings.setdefault((part.start, part.stop), {}))

    def _forward(self, runs: slice, leaves: list[Tensor], x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [m, B, *] and losses [m] of a minibatch."""
        draw = no_dropout if self.masks is None else self.masks.drawer(runs)
        logits = self.head.logits(self.network.of(runs)(leaves, x, draw))
        return logits, self.losses(runs, logits, y)

    def _apart(
        self, part: slice, leaves: list[Tensor], x: Tensor, y: Tensor, groups: list[Alike]
    ) -> tuple[Tensor, Tensor]:
        """The same for runs with minibatches of different sizes; missing logits are padded with zeros."""
        found = []
        for runs, count in groups:
            own = slice(part.start + runs.start, part.start + runs.stop)
            logits, losses = self._forward(own, [leaf[runs] for leaf in leaves], x[runs, :count], y[runs, :count])
            missing = logits.new_zeros(len(logits), x.shape[1] - count, *logits.shape[2:])
            found.append((torch.cat([logits, missing], dim=1), losses))
        return torch.cat([logits for logits, _ in found]), torch.cat([losses for _, losses in found])


def _as_they_are(y: Tensor) -> Tensor:
    return y


def _gradients_of(losses: Tensor, trained: list[Tensor]) -> Sequence[Tensor]:
    total = losses.sum()
    return bare_gradients(total, trained, torch.ones_like(total))
