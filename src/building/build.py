"""From a composed configuration to the objects of a run; each error is one line."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from omegaconf import DictConfig, OmegaConf
from torch import nn

from src.building.choosing import settle
from src.building.fitting import (
    bound_search,
    check_derived,
    check_last_batch,
    check_metrics,
    check_monitors,
    check_outputs,
    check_replanning,
)
from src.building.making import make
from src.building.plan import Plan, planned, settled
from src.building.run_length import check_limits, check_schedule, num_steps
from src.building.stepping import seen_by
from src.building.trainer import make_trainer
from src.building.whitening import fit_patches
from src.compat.lightning import counts_blocks
from src.compat.missing import installed
from src.data.base import InMemoryDataModule
from src.errors import ConfigError
from src.heads.base import Head
from src.heads.scheduling import Scheduling
from src.networks.members import Members
from src.settings.rules import resolved_mode
from src.settings.undecided import AUTO, has_any_rate, is_undecided
from src.spec import DataSpec
from src.trust import targets

_EXAMPLE = "src.heads.binary.BinaryHead"


@dataclass
class Parts:
    """What a run is made of.

    Attributes:
        datamodule: The dataset.
        head: The network with the loss and metrics of its task.
        trainer: Lightning's Trainer, with the run's callbacks and loggers.
        plan: How the run is computed.
    """

    datamodule: InMemoryDataModule
    head: Head
    trainer: pl.Trainer
    plan: Plan


def build(cfg: DictConfig, folder: Path) -> Parts:
    """Build everything that a run of `cfg` needs; callbacks and loggers will write to `folder`.

    Raises:
        ConfigError: A constructor refuses a value, or the parts do not fit together.
    """
    if has_any_rate(cfg):
        raise ConfigError("optimizer.lr: only src.train, alone or in a sweep, can choose it (got auto); give a number")
    if is_undecided(cfg):
        settle(cfg, folder)
    plain: Any = OmegaConf.to_container(cfg, resolve=True)  # a plain dict is read ten times faster
    targets.check(plain, folder)
    pl.seed_everything(cfg.seed, verbose=False)
    cfg = settled(cfg)
    datamodule: InMemoryDataModule = make(cfg, "data")
    check_limits(cfg, datamodule)
    steps = num_steps(cfg, datamodule)
    check_schedule(cfg, steps)
    head = make_head(cfg, datamodule.spec, steps)
    check_outputs(head, datamodule.plain("train", slice(1)))
    fit_patches(head.network, datamodule)
    head.check_rule(datamodule.splits.val.y)
    trainer = make_trainer(cfg, folder, head)
    check_last_batch(datamodule, head.network, trainer)
    check_monitors(trainer, head)
    check_replanning(cfg, trainer)
    bound_search(trainer, len(datamodule.splits.train.x))
    if any(isinstance(each, pl.callbacks.ModelPruning) for each in trainer.callbacks):  # type: ignore[attr-defined]
        head.to(memory_format=torch.contiguous_format)  # `torch.nn.utils.prune` cannot rank weights in other formats
    each_step = seen_by(cfg, targets.find(cfg, "optimizer"), trainer.callbacks)  # type: ignore[attr-defined]
    each_step += [] if counts_blocks(trainer) else [installed("lightning")]
    plan = planned(cfg, datamodule, head.network, each_step)
    head.automatic_optimization = plan.step_by_step
    datamodule.steps_per_execution = plan.steps_per_execution
    torch.set_num_threads(plan.threads)
    return Parts(datamodule, head, trainer, plan)


def make_head(cfg: DictConfig, spec: DataSpec, num_steps: int = 1, members: int = 1) -> Head:
    """The network and its head for a dataset; raises an error if they do not fit the dataset.

    Args:
        cfg: The composed configuration.
        spec: The specification of the dataset.
        num_steps: Optimiser steps of the whole run, for schedulers that need it.
        members: Number of ensemble members; 1 is a single network.
    """
    head_class = targets.find(cfg, "head")
    if not issubclass(head_class, Head):
        raise ConfigError(
            f"head._target_: should be a head of this project (got {cfg.head._target_}); subclass src.heads.base.Head"
        )
    if spec.task not in head_class.tasks:
        found = f"{spec.num_classes} classes" if spec.num_classes else "numeric targets"
        amounts = ", or head=regression for amounts" if spec.has_numbers_for_classes else ""
        raise ConfigError(
            f"head: {head_class.__name__} is for {' or '.join(head_class.tasks)} data, but this data has {found}; "
            f"use head={spec.task}{amounts}"
        )
    try:
        networks = [make_network(cfg, spec, head_class) for _ in range(members)]
    except ConfigError as error:
        if not isinstance(error.__cause__, TypeError):
            raise
        raise ConfigError(
            f"{error}; a network takes input_shape and num_outputs in addition to its group's keys: subclass it with "
            "such an __init__, and leave out keys that it does not take, as in ~network.hidden_dims"
        ) from error
    check_derived(networks[0], spec)
    scheduling = None
    if cfg.scheduler._target_ is not None and cfg.scheduler.get("interval") not in ("epoch", "step"):
        found = cfg.scheduler.get("interval")
        raise ConfigError(
            f"scheduler.interval: should be epoch or step, which is how often the scheduler steps (got {found}); set it"
        )
    if cfg.scheduler.get("monitor") is not None and cfg.scheduler.interval == "step":
        raise ConfigError("scheduler.interval: a monitored metric is known once per epoch (got step); use epoch")
    if cfg.scheduler._target_ is not None:
        settled: dict[str, Any] = {"total_steps": num_steps} if cfg.scheduler.get("total_steps") == "auto" else {}
        scheduling = Scheduling(
            partial(_make_scheduler, cfg, settled),
            cfg.scheduler.interval,
            cfg.scheduler.get("monitor"),
        )
    head: Head = make(
        cfg,
        "head",
        network=networks[0] if members == 1 else Members(networks),
        spec=spec,
        make_optimizer=partial(make, cfg, "optimizer", **_as_floats(cfg, "betas")),
        scheduling=scheduling,
    )
    check_metrics(cfg, head)
    head.configure_optimizers()  # before training starts, finds arguments that they refuse
    return head


def make_network(cfg: DictConfig, spec: DataSpec, head_class: type[Head]) -> nn.Module:
    """A single network, or a member of an ensemble.

    Args:
        cfg: The composed configuration.
        spec: The specification of the dataset, which sizes the first layer.
        head_class: The class of the head, which sizes the last layer.
    """
    sizes = sizes_of_network(cfg.network, spec, head_class)
    network: nn.Module = make(cfg, "network", leave_out=("members",), **sizes)
    return network


def sizes_of_network(network: Mapping[Any, Any], spec: DataSpec, head_class: type[Head]) -> dict[str, Any]:
    """The arguments of a network that come from the dataset.

    Args:
        network: The configuration's group of that name, whose values are the other arguments.
        spec: The specification of the dataset.
        head_class: The class of the head.

    Raises:
        ConfigError: The head has no task, like that of `head=auto` before the data have been read.
    """
    if inspect.isabstract(head_class):
        name = f"{head_class.__module__}.{head_class.__qualname__}"
        raise ConfigError(f"head._target_: {name} has no task; name a head that has one, such as {_EXAMPLE}")
    sizes: dict[str, Any] = {"input_shape": spec.input_shape, "num_outputs": head_class.num_outputs(spec)}
    if network.get("numbers") == AUTO and spec.num_numbers is not None:
        sizes["numbers"] = spec.num_numbers
    return sizes


def _make_scheduler(cfg: DictConfig, settled: dict[str, Any], optimizer: torch.optim.Optimizer) -> Any:
    """The scheduler of an optimizer; `settled` has the values that replace `auto`, except for its mode."""
    if "mode" in cfg.scheduler:
        settled = settled | {"mode": resolved_mode(str(cfg.scheduler.monitor), cfg.scheduler.mode)}
    return make(cfg, "scheduler", optimizer, leave_out=("interval", "monitor", *settled), **settled)


def _as_floats(cfg: DictConfig, key: str) -> dict[str, Any]:
    """The optimizer's list of numbers at `key` as floats, if it has one; PyTorch refuses 0 instead of 0.0 there."""
    return {key: [float(each) for each in cfg.optimizer[key]]} if cfg.optimizer.get(key) is not None else {}


def is_plain(cfg: Mapping[Any, Any]) -> bool:
    """Whether the data or the head of a configuration `cfg` is the user's own Lightning module.

    Raises:
        ConfigError: A `_target_` that is not a class.
    """
    ours = {"data": InMemoryDataModule, "head": Head}
    return not all(issubclass(targets.find(cfg, group), kind) for group, kind in ours.items())
