"""The runs of a stack before training: their data, their initial weights, and whether they fit together."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from omegaconf import OmegaConf
from pydantic import ValidationError
from torch import Tensor, nn

from src.building.build import Parts, build, sizes_of_network
from src.building.making import make
from src.compat.lightning import counts_blocks
from src.compat.missing import installed
from src.data.base import InMemoryDataModule
from src.heads.base import Head
from src.runs.doubts import say_doubts
from src.stacking import head as heads
from src.stacking import network as networks
from src.stacking.optimizers import hyperparams_of
from src.trust import targets

Plain = dict[str, Any]
"""A configuration, or a part of one: plain and resolved."""


@dataclass
class Member:
    """One run of a stack.

    Attributes:
        number: The job's number in its sweep.
        cfg: Its configuration.
        folder: Its folder.
        data: Its dataset, possibly shared with other runs.
        weights: Its initial parameters [P].
        rng_state: torch's random state after the weights were drawn.
        hyperparams: Its optimizer's hyperparameters that may differ between runs.
        metrics: The contents of `metrics.json`, once it has been evaluated.
        temperature: The divisor of its logits, once fitted.
        error: Why it has no metrics.
        finished: Whether it has ended already, so that nothing is written.
        kept: Whether it gets a folder.
    """

    number: int
    cfg: Plain
    folder: Path
    data: InMemoryDataModule | None = None
    weights: Tensor | None = None
    rng_state: Tensor | None = None
    hyperparams: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    temperature: float | None = None
    error: Exception | None = None
    finished: bool = False
    kept: bool = True


class MemberFactory:
    """Makes the members' data and weights, exactly those that `src.building.build` would give each single run.

    Building a run from its configuration takes thirty milliseconds, mostly for checks and class lookups. Only the first
    member is built this way; for the others, only what differs is created again.
    """

    def __init__(self, first: Member) -> None:
        cfg = OmegaConf.create({**first.cfg, "logger": {}})
        self.parts: Parts = build(cfg, first.folder)
        say_doubts(cfg, self.parts.datamodule)
        self._first = first.cfg
        self._datasets = {_key(first.cfg["data"]): self.parts.datamodule}
        self._data_class = targets.find(first.cfg, "data")
        self._network_class = targets.find(first.cfg, "network")
        self._optimizer_class = targets.find(first.cfg, "optimizer")

    def reason_against(self) -> str | None:
        """Why runs like the first cannot be trained as one, or None."""
        if self.parts.datamodule.scaled_when_served:
            return "images are scaled and augmented minibatch by minibatch"
        return self.reason_against_networks()

    def reason_against_networks(self) -> str | None:
        """Why networks like that of the first run cannot be trained as one on rows that are held as they see them."""
        head, data = self.parts.head, self.parts.datamodule
        if not counts_blocks(self.parts.trainer):
            return f"{installed('lightning')} counts steps differently"
        if networks.drops_out(head.network) and self.parts.trainer.strategy.root_device.type != "cpu":
            return "dropout on an accelerator draws from each run's own random numbers"
        if data.weights is not None:
            return "rows with weights have no vectorized form"
        x, y = data.plain("train", slice(2)), data.splits.train.y
        return heads.cannot_stack(head, x, y) or networks.cannot_stack(head.network)

    def fill(self, member: Member) -> None:
        """Give a member its data, weights and hyperparameters.

        Raises:
            ConfigError: A value that a constructor refuses.
        """
        pl.seed_everything(member.cfg["seed"], verbose=False)
        member.data = self._data(member.cfg["data"])
        network = self._network(member.cfg["network"])
        member.weights = torch.cat([parameter.detach().flatten() for parameter in network.parameters()])
        member.rng_state = torch.get_rng_state()
        arguments = {key: value for key, value in member.cfg["optimizer"].items() if key != "_target_"}
        optimizer = self._optimizer_class([nn.Parameter(torch.zeros(1))], **arguments)
        member.hyperparams = hyperparams_of(optimizer.param_groups[0])

    def _data(self, cfg: Plain) -> InMemoryDataModule:
        """The dataset of a configuration, regardless of the order of training."""
        key = _key(cfg)
        if key not in self._datasets:
            arguments = {name: value for name, value in cfg.items() if name != "_target_"}
            try:
                data: InMemoryDataModule = self._data_class(**arguments)
            except (ValidationError, TypeError, ValueError):
                data = make(OmegaConf.create({**self._first, "data": cfg}), "data")  # slower, but with proper errors
            _ = data.splits
            self._datasets[key] = data
        return self._datasets[key]

    def _network(self, cfg: Plain) -> nn.Module:
        sizes = sizes_of_network(cfg, self.parts.head.spec, type(self.parts.head))
        arguments = {key: value for key, value in cfg.items() if key not in ("_target_", "members")}
        network: nn.Module = self._network_class(**arguments | sizes)
        return network


def _key(data: Plain) -> str:
    """The same text for every configuration of a dataset with the same rows, in whatever order they are trained on."""
    return repr(sorted((name, repr(value)) for name, value in data.items() if name != "shuffle_seed"))


def answer_in_units_of(data: InMemoryDataModule, head: Head) -> None:
    """Let a `head` shared by runs predict in the target's units of one run's `data`."""
    centre, unit = data.target_scale
    head.spec = replace(head.spec, target_centre=centre, target_unit=unit)


def in_stacks(members: list[Member]) -> list[list[Member]]:
    """Members in stacks: with rows of one shape and similar number, so that epochs have equally many minibatches.

    Folds differ by a row; those of equal size are placed together.
    """
    groups: dict[tuple[Any, ...], list[Member]] = {}
    for member in members:
        assert member.data is not None
        groups.setdefault(_shape_of(member.data), []).append(member)
    stacks: list[list[Member]] = []
    for group in groups.values():
        smallest: list[int] = []
        for member in sorted(group, key=_sizes):
            if not smallest or any(size > 2 * least for size, least in zip(_sizes(member), smallest, strict=True)):
                stacks.append([])
                smallest = _sizes(member)
            stacks[-1].append(member)
    return stacks


def _sizes(member: Member) -> list[int]:
    assert member.data is not None
    return [len(rows.y) for rows in member.data.splits]


def _shape_of(data: InMemoryDataModule) -> tuple[Any, ...]:
    """What data must have in common to be stacked: the minibatches of an epoch, what rows and targets are."""
    batches = -(-len(data.splits.train.y) // data.batch_rows)
    rows = tuple((*rows.x.shape[1:], *rows.y.shape[1:], str(rows.x.dtype), str(rows.y.dtype)) for rows in data.splits)
    return (batches, *rows, data.spec.num_numbers, data.task, data.class_names, data.target_scale)
