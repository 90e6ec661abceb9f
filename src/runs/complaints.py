"""Errors in training that come from a run's settings, not from its code: one line instead of a traceback."""

import traceback
from types import TracebackType

import lightning.pytorch as pl
from lightning.fabric.utilities.exceptions import MisconfigurationException

from src.errors import ConfigError

_REMEDIES = {  # for what Lightning's callbacks lack, by a word of their error
    "logger": "choose one, such as logger=csv",
    "manual optimization": "set data.steps_per_execution=1",
    "'backbone'": "use a network of several layers, or give your own an attribute backbone",
    "its method": "derive a class of your own from it, and name that with trust=mypkg",
}


_LIBRARIES = ("lightning", "torch", "torchmetrics")


def complaint(error: Exception, trainer: pl.Trainer) -> ConfigError | None:
    """A training's error as one line, if Lightning or one of its own callbacks refuses the run's settings.

    Errors in a user's callback, in a module, in this project or of the machine, such as a full disk, keep their
    tracebacks.

    Args:
        error: The error that training raised.
        trainer: The trainer.

    Returns:
        The error to raise instead, or None.
    """
    message = " ".join(str(error).split()) or type(error).__name__
    if "not implemented for" in message:
        return ConfigError(f"trainer.precision: {trainer.precision} is not possible here ({message}); use bf16-mixed")
    callback = _callback_in(error.__traceback__)
    if isinstance(error, NotImplementedError) and not error.args:
        message = "lacks its method"
    if isinstance(error, OSError) or not (callback or isinstance(error, MisconfigurationException)):
        return None
    remedy = next(
        (remedy for word, remedy in _REMEDIES.items() if word in message.lower()), "change it or leave it out"
    )
    return ConfigError(f"{f'callbacks: {callback}' if callback else 'trainer'}: {message.rstrip('.')}; {remedy}")


def _callback_in(trace: TracebackType | None) -> str | None:
    """The name of the Lightning callback in whose hook a library raised an error."""
    frames = [frame for frame, _ in traceback.walk_tb(trace)]
    if not frames or str(frames[-1].f_globals.get("__name__")).partition(".")[0] not in _LIBRARIES:
        return None
    for frame in frames:
        owner = frame.f_locals.get("self")
        if isinstance(owner, pl.Callback) and type(owner).__module__.startswith("lightning."):
            return type(owner).__name__
    return None
