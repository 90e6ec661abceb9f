"""Optimiser steps across a resume, and the one at which training fails."""

from typing import Any


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
