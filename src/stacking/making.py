"""The module of a stack from its configuration, initial weights and rows."""

from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor

from src import cores
from src.heads.base import Head
from src.stacking.clipping import clipping
from src.stacking.dropout import Masks
from src.stacking.history import StackHistory
from src.stacking.module import StackModule
from src.stacking.monitor import StackMonitor
from src.stacking.network import StackedNetwork
from src.stacking.optimizers import STACKED
from src.stacking.rows import StackLoader, StackRows
from src.stacking.schedules import Schedules

Kind = TypeVar("Kind", bound=StackModule)


class Start(NamedTuple):
    """The start of M runs.

    Attributes:
        weights: Their initial parameters and buffers [M, P].
        hyperparams: Hyperparameters of each run's optimizer, by name.
        rng_states: torch's random state of each run [M, S], from which dropout starts.
        class_weights: Weights of each run's classes [M, C]; None if they are the same for all.
        schedulers: The config group `scheduler` of each run; None if all have that of the configuration.
    """

    weights: Tensor
    hyperparams: list[dict[str, float]]
    rng_states: Tensor
    class_weights: Tensor | None = None
    schedulers: list[dict[str, Any]] | None = None


def make_module(
    kind: type[Kind],
    cfg: dict[str, Any],
    head: Head,
    network: StackedNetwork,
    start: Start,
    rows: dict[str, StackRows],
    loader: StackLoader,
) -> Kind:
    """The module that trains a stack.

    Args:
        kind: Its class.
        cfg: The configuration of its runs, plain and resolved.
        head: Their common head.
        network: Their forward pass.
        start: Their start.
        rows: Their training and validation rows.
        loader: Orders of the training rows.
    """
    optimizer_class = STACKED[cfg["optimizer"]["_target_"]]
    hyperparams = {
        name: torch.tensor([each[name] for each in start.hyperparams], dtype=torch.float64)
        for name in optimizer_class.hyperparam_names
    }
    num_steps = loader.num_batches * cfg["trainer"]["max_epochs"]
    schedules = Schedules(start.schedulers or [cfg["scheduler"]] * len(start.weights), start.hyperparams, num_steps)
    hyperparams |= schedules.now()
    nesterov = bool(cfg["optimizer"].get("nesterov", False))
    optimizer = optimizer_class(start.weights, hyperparams, nesterov, network.num_buffers)
    watched = cfg["callbacks"].get("model_checkpoint"), cfg["callbacks"].get("early_stopping")
    names = [f"{stage}/{name}" for stage in ("train", "val") for name in head.score_names]
    num_runs = len(start.weights)
    threads = cfg["trainer"]["threads"]
    return kind(
        head,
        network,
        optimizer,
        schedules,
        rows,
        loader,
        StackMonitor(num_runs, *watched),
        StackHistory(num_runs, names),
        cores.available() if threads == "auto" else int(threads),
        Masks(start.rng_states) if network.drops_out else None,
        clipping(cfg["trainer"]),
        start.class_weights,
    )
