"""How a run is computed: its precision, its threads and its steps per execution, decided before it begins."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from omegaconf import DictConfig
from torch import Tensor, nn

from src.building.stepping import epochs_between_validations
from src.data.base import InMemoryDataModule
from src.errors import ConfigError

_DEFAULT_THREADS = torch.get_num_threads()
_TINY_STEP = 2**22  # multiply-adds of a minibatch's forward pass below which threads cost more than they gain
_BLOCK_WORK = 2**33  # multiply-adds of a block's forward passes: about a second, so that Ctrl-C is answered soon


@dataclass(frozen=True)
class Plan:
    """The decisions, and the reasons if the Trainer must see each step.

    Attributes:
        precision: The Trainer's precision, with `auto` resolved.
        threads: Number of CPU threads.
        steps_per_execution: Optimiser steps of one `training_step`.
        step_by_step: Whether the Trainer takes each step itself, because it was asked to or because of `each_step`.
        each_step: What must see each optimiser step, in the words of the configuration.

    Example:
        >>> print(Plan("32-true", 1, 40, False, ()))
        32-true on 1 thread, 40 steps at once
        >>> print(Plan("bf16-mixed", 2, 1, True, ("callback EMA",)))
        bf16-mixed on 2 threads, one step at a time, for callback EMA
    """

    precision: str
    threads: int
    steps_per_execution: int
    step_by_step: bool
    each_step: tuple[str, ...]

    def __str__(self) -> str:
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{self.precision} on {threads}, {self.slowly or f'{self.steps_per_execution} steps at once'}"

    @property
    def slowly(self) -> str:
        """Why each step is taken on its own; empty if it is not, or if the configuration asks for it."""
        return f"one step at a time, for {' and '.join(self.each_step)}" if self.each_step else ""


def planned(
    cfg: DictConfig, datamodule: InMemoryDataModule, network: nn.Module, each_step: list[str], networks: int = 1
) -> Plan:
    """Decide how to compute a run of a `settled` configuration.

    Args:
        cfg: The composed configuration.
        datamodule: The rows, and the steps per execution that were asked for.
        network: The network to train.
        each_step: What must see each optimiser step.
        networks: How many such networks are trained together.

    Raises:
        ConfigError: Several steps per execution were asked for, but something must see each step.
    """
    work = networks * datamodule.batch_rows * multiply_adds(network, datamodule.plain("train", slice(1)))
    wanted: int | Literal["auto"] = datamodule.steps_per_execution
    if wanted == "auto":
        steps = 1 if each_step else max(1, min(datamodule.block_size(networks), _BLOCK_WORK // work))
    elif wanted > 1 and each_step:
        raise ConfigError(
            f"data.steps_per_execution: {each_step[0]} needs every step to pass through the Trainer "
            f"(got {wanted}); use data.steps_per_execution=1"
        )
    else:
        steps = wanted
    step_by_step = wanted == 1 or bool(each_step)  # a block of one step would cost less
    return Plan(str(cfg.trainer.precision), threads_for(cfg, work), steps, step_by_step, tuple(each_step))


def threads_for(cfg: DictConfig, work: int = _TINY_STEP) -> int:
    """The number of CPU threads that `cfg` sets or that suits the `work` of a step in multiply-adds."""
    if cfg.trainer.threads != "auto":
        return int(cfg.trainer.threads)
    return 1 if work < _TINY_STEP else _DEFAULT_THREADS


def settled(cfg: DictConfig) -> DictConfig:
    """The configuration `cfg` with its automatic values resolved.

    A precision of `auto` becomes mixed where the device multiplies matrices in half precision, and 32 bits elsewhere;
    a short run is validated at its end.
    """
    cfg = cfg.copy()
    cfg.trainer.check_val_every_n_epoch = epochs_between_validations(cfg.trainer)
    if cfg.trainer.precision != "auto":
        return cfg
    if cfg.trainer.accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
        cfg.trainer.precision = "bf16-mixed" if torch.cuda.is_bf16_supported() else "16-mixed"
    else:
        cfg.trainer.precision = "bf16-mixed" if _multiplies_bf16() else "32-true"
    return cfg


def _multiplies_bf16() -> bool:
    """Whether the CPU multiplies matrices of bfloat16 (AMX): about four times as fast as those of float32.

    Other ways of computing with bfloat16 have not been measured. An older PyTorch cannot tell.
    """
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("amx_bf16", False))


def multiply_adds(network: nn.Module, x: Tensor) -> int:
    """Multiplications in the linear and convolution layers of a network for one row x [1, *input_shape].

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
