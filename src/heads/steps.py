"""Optimiser steps across a resume, and the message when training diverges."""

from typing import Any


def carry_steps(checkpoint: dict[str, Any], automatic: bool) -> None:
    """Move a checkpoint's step count to where this run looks for it.

    Lightning has one counter for steps that it takes and one for those of others. A run switches counters if it is
    resumed with another `data.steps_per_execution`, or began in a version that left more steps to the Trainer.

    Args:
        checkpoint: A checkpoint in Lightning's format; changed in place if necessary.
        automatic: Whether the Trainer takes this run's steps.
    """
    loop = checkpoint.get("loops", {}).get("fit_loop", {})
    theirs = loop.get("epoch_loop.automatic_optimization.optim_progress", {}).get("optimizer", {}).get("step", {})
    ours = loop.get("epoch_loop.manual_optimization.optim_step_progress", {})
    counted, wanted = (ours, theirs) if automatic else (theirs, ours)
    if counted and wanted and counted["total"]["completed"] > wanted["total"]["completed"]:
        wanted.update({name: dict(counted[name]) for name in ("total", "current")})


def divergence(loss: float, epoch: int, step: int, half: bool = False) -> str:
    """The message when the training loss is no longer a finite number.

    Args:
        loss: Its value.
        epoch: The epoch, from 1.
        step: The first such step, from 1.
        half: Whether the weights are float16.
    """
    remedy = "a lower optimizer.lr, data.standardize=true or trainer.gradient_clip_val=1.0"
    if half:  # anything below 6e-8 becomes 0, including an optimizer's eps
        remedy = "trainer.precision=16-mixed"
    return f"train/loss became {loss} in epoch {epoch}, step {step}; try {remedy}"
