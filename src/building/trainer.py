"""Lightning's Trainer for a run, with the callbacks and loggers of its configuration."""

import inspect
import os
from collections.abc import Collection
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
from omegaconf import DictConfig

from src.building.loggers import make_loggers
from src.building.making import make
from src.compat.lightning import hands_back_weights_alone
from src.errors import ConfigError
from src.spec import num_rows
from src.trust import targets

_DEVICES = {
    "gpu": (pl.accelerators.CUDAAccelerator, pl.accelerators.MPSAccelerator),
    "cuda": (pl.accelerators.CUDAAccelerator,),
    "mps": (pl.accelerators.MPSAccelerator,),
}

_NO_CONTEXT: Any = nullcontext()


class Untimed(pl.profilers.PassThroughProfiler):
    """Lightning's default profiler, which times nothing, without a new context for each of 90 calls in an epoch."""

    def profile(self, action_name: str) -> Any:
        """The same empty context for every action."""
        return _NO_CONTEXT


def make_trainer(
    cfg: DictConfig, folder: Path, module: pl.LightningModule, *more: pl.Callback, leave_out: Collection[str] = ()
) -> pl.Trainer:
    """Lightning's Trainer with the callbacks and loggers of a configuration.

    Args:
        cfg: The composed configuration, with its precision settled.
        folder: Where callbacks and loggers write.
        module: The module to train.
        *more: Further callbacks, placed before those of the configuration.
        leave_out: Arguments of the configuration that the module sees to itself.

    Raises:
        ConfigError: A constructor refuses a value, a callback does not work with the module, the device does not
            exist, or there are more CPU processes than cores, which Lightning would start one by one.
    """
    _check_device(cfg.trainer.accelerator)
    callbacks, loggers = list(more), []
    if not cfg.trainer.fast_dev_run:
        callbacks += _make_callbacks(cfg)
        loggers = list(make_loggers(cfg, folder).values())
    timed = cfg.trainer.get("profiler") is not None
    trainer: pl.Trainer = make(
        cfg,
        "trainer",
        leave_out=("threads", *leave_out),
        **({} if timed else {"profiler": Untimed()}),
        callbacks=callbacks,
        logger=loggers,
        default_root_dir=folder,
        enable_checkpointing=any(isinstance(each, pl.callbacks.Checkpoint) for each in callbacks),
        enable_progress_bar=any(isinstance(each, pl.callbacks.ProgressBar) for each in callbacks),
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    _check_processes(trainer, cfg.trainer.strategy)
    for callback in callbacks:
        if hasattr(callback, "check"):  # not every callback works with every module
            callback.check(module)
    return trainer


def _check_device(name: Any) -> None:
    if name in _DEVICES and not any(each.is_available() for each in _DEVICES[name]):
        raise ConfigError(
            f"trainer.accelerator: PyTorch finds no such device on this machine (got {name}); use auto or cpu"
        )


def _check_processes(trainer: pl.Trainer, strategy: Any) -> None:
    """Refuse more CPU processes than cores, and processes that return nothing but the weights."""
    cores = os.cpu_count() or 1
    if trainer.strategy.root_device.type == "cpu" and trainer.num_devices > cores:
        raise ConfigError(f"trainer.devices: this machine has {cores} cores (got {trainer.num_devices}); lower it")
    if hands_back_weights_alone(trainer, strategy):
        raise ConfigError(
            "trainer.strategy: spawned and forked processes return weights, but neither epochs nor metrics "
            f"(got {strategy}); use ddp, from a terminal"
        )


def _make_callbacks(cfg: DictConfig) -> list[pl.Callback]:
    """The callbacks of a configuration; Lightning's also get arguments that YAML cannot express."""
    made: dict[str, pl.Callback] = {}
    for name, node in cfg.callbacks.items():
        if node is not None:
            place = f"callbacks.{name}"
            counts = "batch_size_fn" in inspect.signature(targets.find(cfg, place)).parameters
            more: dict[str, Any] = {"batch_size_fn": num_rows} if counts else {}
            made[str(name)] = make(cfg, place, **more)
    if sum(isinstance(each, pl.callbacks.ProgressBar) for each in made.values()) > 1:
        made.pop("progress_bar", None)  # the Trainer has one, and the user's own takes precedence
    known: set[str] = set()
    for name, callback in made.items():
        if callback.state_key in known:
            _keep_apart(callback, name)
        known.add(callback.state_key)
    return list(made.values())


def _keep_apart(callback: pl.Callback, name: str) -> None:
    """Let checkpoints keep the states of two callbacks of the same class that monitor the same metric.

    Args:
        callback: Its class is replaced by one with another `state_key`.
        name: Its name in the configuration.
    """
    kind = type(callback)
    members = {"state_key": f"{callback.state_key}:{name}", "__module__": kind.__module__, "__doc__": kind.__doc__}
    callback.__class__ = type(kind.__name__, (kind,), members)
