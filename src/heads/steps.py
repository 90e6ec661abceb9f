"""Optimiser steps that the Trainer does not take itself: taken without its cost, counted, and named where they fail."""

from collections.abc import Callable
from functools import partial
from typing import Any

from lightning.pytorch import Trainer
from torch.optim import Optimizer


def count_steps(trainer: Trainer, num_steps: int) -> None:
    """Tell the `trainer` of `num_steps` that it did not see, or it would count a block as one step or as none."""
    epoch_loop = trainer.fit_loop.epoch_loop
    progress = epoch_loop.manual_optimization.optim_step_progress
    for tracker in (progress.total, progress.current):
        tracker.ready += num_steps
        tracker.completed += num_steps
    epoch_loop._batches_that_stepped += num_steps - 1  # loggers' x axis; the Trainer adds the last one itself


def carry_steps(checkpoint: dict[str, Any], automatic: bool) -> None:
    """Count the steps behind a checkpoint where this run looks for them.

    Lightning has a counter for steps that it takes and one for others'. A run goes on with the other one where it is
    resumed with another `data.steps_per_execution`, or began in a version that left more steps to the Trainer.

    Args:
        checkpoint: In Lightning's format; changed where it has to be.
        automatic: Whether the Trainer takes this run's steps.
    """
    loop = checkpoint.get("loops", {}).get("fit_loop", {})
    theirs = loop.get("epoch_loop.automatic_optimization.optim_progress", {}).get("optimizer", {}).get("step", {})
    ours = loop.get("epoch_loop.manual_optimization.optim_step_progress", {})
    counted, wanted = (ours, theirs) if automatic else (theirs, ours)
    if counted and wanted and counted["total"]["completed"] > wanted["total"]["completed"]:
        wanted.update({name: dict(counted[name]) for name in ("total", "current")})


def divergence(loss: float, epoch: int, step: int, half: bool = False) -> str:
    """What is said when the training loss is no longer a number.

    Args:
        loss: What it is instead.
        epoch: In which epoch, from 1.
        step: From which step on, from 1.
        half: The weights are float16.
    """
    remedy = "a lower optimizer.lr, data.standardize=true or trainer.gradient_clip_val=1.0"
    if half:  # smaller than 6e-8 is 0 there, and so is an optimizer's eps
        remedy = "trainer.precision=16-mixed"
    return f"train/loss became {loss} in epoch {epoch}, step {step}; try {remedy}"


def bare_step(optimizer: Optimizer) -> Callable[[], Any]:
    """`optimizer.step` without what surrounds it, a fifth of a small network's gradient step.

    On the CPU, PyTorch decides at each step anew against its `foreach` kernels, and profiles around each step. Here
    both are settled once. An optimizer into which something hooks is left as it is.
    """
    for group in optimizer.param_groups:
        if group.get("foreach") is None and not group.get("fused") and group["params"][0].device.type == "cpu":
            group["foreach"] = False
    hooks = (optimizer._optimizer_step_pre_hooks, optimizer._optimizer_step_post_hooks)
    bare = getattr(type(optimizer).step, "__wrapped__", None)
    if bare is None or any(hooks):
        return optimizer.step
    optimizer._opt_called = True  # type: ignore[attr-defined]  # what schedulers look for
    return partial(bare, optimizer)
