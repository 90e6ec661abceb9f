"""From a composed configuration to the objects of a run, each error one line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import lightning.pytorch as pl
import torch
from omegaconf import DictConfig
from torch import Tensor, nn

from src.building.fitting import (
    bound_search,
    check_last_batch,
    check_metrics,
    check_monitors,
    check_outputs,
    check_replanning,
)
from src.building.making import make
from src.building.run_length import check_limits, check_schedule, num_steps
from src.building.stepping import epochs_between_validations, seen_by
from src.building.trainer import make_trainer
from src.compat.lightning import counts_blocks
from src.compat.missing import installed
from src.data.base import InMemoryDataModule
from src.errors import ConfigError
from src.heads.base import Head
from src.heads.scheduling import Scheduling
from src.settings.rules import resolved_mode
from src.spec import DataSpec
from src.trust import targets

_DEFAULT_THREADS = torch.get_num_threads()
_TINY_STEP = 2**22  # multiply-adds of a minibatch's forward pass, below which threads cost more than they bring
_BLOCK_WORK = 2**33  # multiply-adds of a block's forward passes, about a second, so that Ctrl-C is answered


@dataclass
class Parts:
    """What a run is made of.

    Attributes:
        datamodule: The dataset.
        head: The network, with its task's loss and metrics.
        trainer: Lightning's, with the run's callbacks and loggers.
        each_step: What has to see each optimiser step, if anything does.
    """

    datamodule: InMemoryDataModule
    head: Head
    trainer: pl.Trainer
    each_step: list[str] = field(default_factory=list)


def build(cfg: DictConfig, folder: Path) -> Parts:
    """Build everything that a run of `cfg` needs; callbacks and loggers will write to `folder`.

    Raises:
        ConfigError: A value that a constructor refuses, or parts that do not fit together.
    """
    targets.check(cfg, folder)
    pl.seed_everything(cfg.seed, verbose=False)
    cfg = settled(cfg)
    datamodule: InMemoryDataModule = make(cfg, "data")
    check_limits(cfg, datamodule)
    steps = num_steps(cfg, datamodule)
    check_schedule(cfg, steps)
    head = make_head(cfg, datamodule.spec, steps)
    check_outputs(head, datamodule.seen("train", slice(1)))
    head.check_rule(datamodule.splits.val.y)
    trainer = make_trainer(cfg, folder, head)
    check_last_batch(datamodule, head.network, trainer)
    check_monitors(trainer, head)
    check_replanning(cfg, trainer)
    bound_search(trainer, len(datamodule.splits.train.x))
    if any(isinstance(each, pl.callbacks.ModelPruning) for each in trainer.callbacks):  # type: ignore[attr-defined]
        head.to(memory_format=torch.contiguous_format)  # in which alone `torch.nn.utils.prune` can rank weights
    work = datamodule.batch_rows * multiply_adds(head.network, datamodule.seen("train", slice(1)))
    each_step = seen_by(cfg, targets.find(cfg, "optimizer"), trainer.callbacks)  # type: ignore[attr-defined]
    each_step += [] if counts_blocks(trainer) else [installed("lightning")]
    head.automatic_optimization = datamodule.steps_per_execution == 1 or bool(each_step)  # a block of one costs less
    datamodule.steps_per_execution = _steps_per_execution(datamodule, work, each_step)
    set_threads(cfg, work)
    return Parts(datamodule, head, trainer, each_step)


def make_head(cfg: DictConfig, spec: DataSpec, num_steps: int = 1) -> Head:
    """The network and its head for a dataset, refused where they do not fit it.

    Args:
        cfg: The composed configuration.
        spec: What the dataset is.
        num_steps: Optimiser steps of the whole run, for a scheduler that needs to know.
    """
    head_class = targets.find(cfg, "head")
    if not issubclass(head_class, Head):
        raise ConfigError(
            f"head._target_: should be a head of this project (got {cfg.head._target_}); subclass src.heads.base.Head"
        )
    if spec.task not in head_class.tasks:
        found = f"{spec.num_classes} classes" if spec.num_classes else "numbers for targets"
        raise ConfigError(
            f"head: {head_class.__name__} is for {' or '.join(head_class.tasks)} data, and this data has {found}; "
            f"use head={spec.task}"
        )
    try:
        network = make(cfg, "network", input_shape=spec.input_shape, num_outputs=head_class.num_outputs(spec))
    except ConfigError as error:
        if not isinstance(error.__cause__, TypeError):
            raise
        raise ConfigError(
            f"{error}; a network takes input_shape and num_outputs beside the keys of its group: subclass it with such "
            "an __init__, and leave out keys that it does not take, as in ~network.hidden_dims"
        ) from error
    scheduling = None
    if cfg.scheduler._target_ is not None and cfg.scheduler.get("interval") not in ("epoch", "step"):
        found = cfg.scheduler.get("interval")
        raise ConfigError(f"scheduler.interval: should be epoch or step, after which it steps (got {found}); set it")
    if cfg.scheduler.get("monitor") is not None and cfg.scheduler.interval == "step":
        raise ConfigError("scheduler.interval: a monitored metric is known once an epoch (got step); use epoch")
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
        network=network,
        spec=spec,
        make_optimizer=partial(make, cfg, "optimizer", **_as_floats(cfg, "betas")),
        scheduling=scheduling,
    )
    check_metrics(cfg, head)
    head.configure_optimizers()  # so that arguments which these refuse are found before training
    return head


def _make_scheduler(cfg: DictConfig, settled: dict[str, Any], optimizer: torch.optim.Optimizer) -> Any:
    """The scheduler of an optimizer; `settled` has the values that stand for `auto`, but for that of its mode."""
    if "mode" in cfg.scheduler:
        settled = settled | {"mode": resolved_mode(str(cfg.scheduler.monitor), cfg.scheduler.mode)}
    return make(cfg, "scheduler", optimizer, leave_out=("interval", "monitor", *settled), **settled)


def _as_floats(cfg: DictConfig, key: str) -> dict[str, Any]:
    """The optimizer's list of numbers by its key, if it has one; PyTorch takes no 0 for 0.0 there."""
    return {key: [float(each) for each in cfg.optimizer[key]]} if cfg.optimizer.get(key) is not None else {}


def is_plain(cfg: Mapping[Any, Any]) -> bool:
    """Whether the data or the head of a configuration `cfg` is a Lightning module of the user's own.

    Raises:
        ConfigError: A `_target_` that is no class.
    """
    ours = {"data": InMemoryDataModule, "head": Head}
    return not all(issubclass(targets.find(cfg, group), kind) for group, kind in ours.items())


def settled(cfg: DictConfig) -> DictConfig:
    """The configuration `cfg` with what it means here.

    A precision of `auto` is a mixed one on an accelerator and none on the CPU, and a short run is validated as it ends.
    """
    cfg = cfg.copy()
    cfg.trainer.check_val_every_n_epoch = epochs_between_validations(cfg.trainer)
    if cfg.trainer.precision != "auto":
        return cfg
    on_cuda = cfg.trainer.accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available()
    mixed = "bf16-mixed" if on_cuda and torch.cuda.is_bf16_supported() else "16-mixed"
    cfg.trainer.precision = mixed if on_cuda else "32-true"
    return cfg


def multiply_adds(network: nn.Module, x: Tensor) -> int:
    """Multiplications of a network's forward pass over one row x [1, *input_shape], in linear and convolution layers.

    Example:
        >>> multiply_adds(nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)), torch.zeros(1, 2))
        12
    """
    counted = 0

    def count(layer: nn.Module, _: Any, output: Tensor) -> None:
        nonlocal counted
        weight: Tensor = layer.weight  # type: ignore[assignment]
        counted += output[0].numel() * weight[0].numel()

    layers = [layer for layer in network.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    handles = [layer.register_forward_hook(count) for layer in layers]
    training = network.training
    with torch.no_grad():
        network.eval()(x)
    network.train(training)
    for handle in handles:
        handle.remove()
    return counted


def _steps_per_execution(datamodule: InMemoryDataModule, work: int, each_step: list[str]) -> int:
    """Optimiser steps of one `training_step`: more than one only where nothing has to see each step."""
    wanted: int | Literal["auto"] = datamodule.steps_per_execution
    if wanted == "auto":
        return 1 if each_step else max(1, min(datamodule.block_size(), _BLOCK_WORK // work))
    if wanted > 1 and each_step:
        raise ConfigError(
            f"data.steps_per_execution: {each_step[0]} needs every step to pass through the Trainer "
            f"(got {wanted}); use data.steps_per_execution=1"
        )
    return wanted


def set_threads(cfg: DictConfig, work: int = _TINY_STEP) -> None:
    """Compute on as many CPU threads as `cfg` says, or as suit the `work` of a step in multiply-adds."""
    automatic = 1 if work < _TINY_STEP else _DEFAULT_THREADS
    torch.set_num_threads(automatic if cfg.trainer.threads == "auto" else int(cfg.trainer.threads))
