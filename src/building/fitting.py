"""Whether the parts of a run fit together: the rows, the network, its head, and callbacks that monitor metrics."""

from copy import deepcopy
from typing import Any

import lightning.pytorch as pl
import torch
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from src.compat.lightning import limit_batch_size
from src.data.base import InMemoryDataModule
from src.errors import ConfigError
from src.heads.base import Head
from src.networks.derived import DerivedInputs
from src.spec import DataSpec
from src.trust import targets

_REPLANNING = pl.callbacks.LearningRateFinder, pl.callbacks.BatchSizeFinder, pl.callbacks.BaseFinetuning


def check_metrics(cfg: DictConfig, head: Head) -> None:
    """Raise `ConfigError` if `cfg` names a metric that this `head` never computes."""
    in_training = [f"{stage}/{name}" for stage in ("train", "val") for name in head.score_names]
    in_the_end = [f"{stage}/{name}" for stage in ("train", "val", "test") for name in head.all_score_names]
    for group in ("callbacks.early_stopping", "callbacks.model_checkpoint", "scheduler"):
        node = OmegaConf.select(cfg, group)
        needs_none = group == "callbacks.model_checkpoint" or (node is not None and "mode" not in node)
        if node is None or (node.get("monitor") is None and needs_none):
            continue
        if node.get("monitor") not in in_training:
            raise ConfigError(
                f"{group}.monitor: unknown metric (got {node.get('monitor')!r}); choose from {', '.join(in_training)}"
            )
    wanted = cfg.solved.metric
    if _has_bound(cfg) and wanted not in in_the_end:
        raise ConfigError(f"solved.metric: unknown metric (got {wanted!r}); choose from {', '.join(in_the_end)}")


def check_derived(network: nn.Module, spec: DataSpec) -> None:
    """Raise `ConfigError` if a `network` begins with functions of two numbers, and rows of `spec` are not that."""
    if not any(isinstance(layer, DerivedInputs) for layer in network.modules()):
        return
    numbers = spec.num_inputs if spec.num_numbers is None else spec.num_numbers
    if spec.input_shape != (2,) or numbers != 2:
        among = "" if numbers == spec.num_inputs else f" with {numbers} from columns of numbers"
        raise ConfigError(
            f"network.inputs: needs rows of two numbers (got rows of shape {list(spec.input_shape)}{among}); "
            "use network.inputs=null, or data with two columns of numbers"
        )


def check_outputs(head: Head, x: Tensor) -> None:
    """Raise `ConfigError` if the network of a `head` does not turn a row x [1, *input_shape] into its outputs."""
    network, needed = head.network, (1, head.num_outputs(head.spec))
    name, shape = type(network).__name__, ", ".join(map(str, head.spec.input_shape))
    try:
        with torch.no_grad():
            outputs = network.eval()(x)
    except Exception as error:  # a user's `forward` may raise anything
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"network: {name} cannot take rows [N, {shape}] ({reason}); size its first layer by input_shape"
        ) from error
    network.train()
    if not isinstance(outputs, Tensor) or outputs.shape != needed:
        found = list(outputs.shape) if isinstance(outputs, Tensor) else type(outputs).__name__
        raise ConfigError(
            f"network: {name} should turn a row into outputs of shape {list(needed)} (got {found}); "
            "size its last layer by num_outputs"
        )


def check_last_batch(datamodule: InMemoryDataModule, network: nn.Module, trainer: pl.Trainer) -> None:
    """Refuse a minibatch with one row of `datamodule` for `trainer` if `network` needs more, as batch norm does."""
    rows, size = len(datamodule.splits.train.x) // trainer.world_size, datamodule.batch_rows
    batches, limit = -(-rows // size), trainer.limit_train_batches
    reaches_last = (limit if isinstance(limit, int) else int(batches * limit)) >= batches
    if leaves_one(rows, size) and (size == 1 or reaches_last):
        refuse_one_row(rows, size, datamodule.seen("train", slice(1)), network)


def leaves_one(rows: int, size: int) -> bool:
    """Whether `rows` in minibatches of a `size` include one with a single row."""
    return size == 1 or rows % size == 1


def refuse_one_row(rows: int, size: int, x: Tensor, network: nn.Module) -> None:
    """Raise `ConfigError` if a `network` cannot train on a minibatch of one row.

    Args:
        rows: Number of training rows.
        size: Rows of a minibatch.
        x: A row [1, *input_shape].
        network: The network.
    """
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            deepcopy(network).train()(x)
    except ValueError as error:
        fitting = next((number for number in range(max(2, size), rows + 1) if rows % number != 1), None)
        remedy = "draw more rows" if fitting is None else f"use another size, such as {fitting}"
        raise ConfigError(
            f"data.batch_size: a minibatch of one row has no variance, which batch norm needs (got {size} for "
            f"{rows:,} training rows); {remedy}"
        ) from error


def check_monitors(trainer: pl.Trainer, head: Head) -> None:
    """Refuse a Lightning callback of the `trainer` that monitors a metric this `head` does not log; the user's may."""
    callbacks: list[Any] = trainer.callbacks  # type: ignore[attr-defined]
    if any(type(each).__module__.partition(".")[0] not in ("lightning", "src") for each in callbacks):
        return
    known = [f"{stage}/{name}" for stage in ("train", "val") for name in head.score_names]
    for each in callbacks:
        monitor = getattr(each, "monitor", None)
        if isinstance(monitor, str) and monitor not in known:
            raise ConfigError(
                f"callbacks: {type(each).__name__} monitors an unknown metric (got {monitor!r}); "
                f"choose from {', '.join(known)}"
            )


def check_replanning(cfg: DictConfig, trainer: pl.Trainer) -> None:
    """Refuse a Lightning callback of the `trainer` that changes what the schedule in `cfg` was planned for."""
    planned = torch.optim.lr_scheduler.OneCycleLR, torch.optim.lr_scheduler.CyclicLR
    if cfg.scheduler._target_ is None or not issubclass(targets.find(cfg, "scheduler"), planned):
        return
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if isinstance(callback, _REPLANNING):
            raise ConfigError(
                f"scheduler: the cycle is planned before {type(callback).__name__} changes its rate, its steps or its "
                f"parameters (got {cfg.scheduler._target_}); use another scheduler, or leave the callback out"
            )


def bound_search(trainer: pl.Trainer, num_rows: int) -> None:
    """Limit a `trainer`'s search for the largest batch to `num_rows`."""
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if isinstance(callback, pl.callbacks.BatchSizeFinder):
            limit_batch_size(callback, num_rows)


def _has_bound(cfg: DictConfig) -> bool:
    return cfg.solved.at_least is not None or cfg.solved.at_most is not None
