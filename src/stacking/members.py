"""The runs of a stack before training: their data, their networks and their initial weights."""

from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from omegaconf import OmegaConf
from pydantic import ValidationError
from torch import Tensor, nn

from src.building.build import Parts, build, sizes_of_network
from src.building.fitting import check_last_batch
from src.building.making import make
from src.building.run_length import check_schedule, num_steps
from src.compat.lightning import counts_blocks
from src.compat.missing import installed
from src.data.base import InMemoryDataModule
from src.heads.base import Head
from src.heads.classification import BALANCED, ClassificationHead, weights_of
from src.runs.doubts import say_doubts
from src.stacking import head as heads
from src.stacking import network as networks
from src.stacking.answers import Answer
from src.stacking.images import MOST_PIXELS, convolves
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
        network: A network of its architecture, shared with other runs; its weights do not matter.
        weights: Its initial parameters, then its buffers [P].
        rng_state: torch's random state after the weights were drawn.
        class_weights: The weights of its classes [C] if its own rows determine them.
        hyperparams: Its optimizer's hyperparameters that may differ between runs.
        metrics: The contents of `metrics.json`, once it has been evaluated.
        answer: How it predicts, once that has been found.
        error: Why it has no metrics.
        finished: Whether it has ended already, so that nothing is written.
        kept: Whether it gets a folder.
    """

    number: int
    cfg: Plain
    folder: Path
    data: InMemoryDataModule | None = None
    network: nn.Module | None = None
    weights: Tensor | None = None
    rng_state: Tensor | None = None
    class_weights: Tensor | None = None
    hyperparams: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    answer: Answer | None = None
    error: Exception | None = None
    finished: bool = False
    kept: bool = True


class MemberFactory:
    """Makes the members' data and weights, exactly those that `src.building.build` would give each single run.

    Building a run from its configuration takes thirty milliseconds, mostly for checks and class lookups. Only the first
    member of each architecture is built this way; for the others, only what differs is created again.

    Attributes:
        parts: The objects of the first member's run.
        rule: How its head chooses thresholds, if it does.
    """

    def __init__(self, first: Member) -> None:
        self._networks: dict[str, nn.Module] = {}
        self.parts = self._built(first)
        self.rule = self.parts.head.rule
        say_doubts(OmegaConf.create(first.cfg), self.parts.datamodule)
        self._first = first.cfg
        self._datasets = {_key(first.cfg["data"]): self.parts.datamodule}
        self._data_class = targets.find(first.cfg, "data")
        self._network_class = targets.find(first.cfg, "network")
        self._optimizer_class = targets.find(first.cfg, "optimizer")

    def _built(self, member: Member) -> Parts:
        parts = build(OmegaConf.create({**member.cfg, "logger": {}}), member.folder)
        self._networks[_key(member.cfg["network"])] = parts.head.network
        return parts

    def reason_against(self, member: Member) -> str | None:
        """Why runs like a `member` cannot be trained as one, or None."""
        x = self.parts.datamodule.splits.train.x
        if self.parts.datamodule.scaled_when_served and not isinstance(x, Tensor):
            return "images are decoded while it trains"
        if self.parts.datamodule.scaled_when_served and prod(x.shape[2:]) > MOST_PIXELS:
            return f"images of more than {MOST_PIXELS} pixels train no faster as one"
        return self.reason_against_networks(member)

    def reason_against_networks(self, member: Member) -> str | None:
        """Why networks like that of a `member` cannot be trained as one on rows that are held as they see them."""
        head, data, network = self.parts.head, self.parts.datamodule, self._network_of(member)
        if not counts_blocks(self.parts.trainer):
            return f"{installed('lightning')} counts steps differently"
        if networks.drops_out(network) and self.parts.trainer.strategy.root_device.type != "cpu":
            return "dropout on an accelerator draws from each run's own random numbers"
        if data.weights is not None:
            return "rows with weights have no vectorized form"
        if member.cfg["head"].get("class_weights") == BALANCED and not isinstance(head, ClassificationHead):
            return f"{type(head).__name__} has class weights of its own"
        x, y = data.plain("train", slice(2)), data.splits.train.y
        if x.ndim == 4 and prod(x.shape[2:]) > MOST_PIXELS and convolves(network):
            return f"convolutions of more than {MOST_PIXELS} pixels train no faster as one"
        return heads.cannot_stack(head, x, y) or networks.cannot_stack(network)

    def _network_of(self, member: Member) -> nn.Module:
        """A network of a member's architecture, the same for all members of that architecture."""
        key = _key(member.cfg["network"])
        if key not in self._networks:
            try:
                self._networks[key] = self._network(member.cfg["network"])
            except (ValidationError, TypeError, ValueError):
                self._built(member)  # slower, but with proper errors
        return self._networks[key]

    def fill(self, member: Member) -> None:
        """Give a member its data, weights and hyperparameters.

        Raises:
            ConfigError: A value that a constructor refuses.
        """
        member.network = self._network_of(member)
        pl.seed_everything(member.cfg["seed"], verbose=False)
        member.data = self._data(member.cfg["data"])
        self.parts.head.check_rule(member.data.splits.val.y)
        check_last_batch(member.data, member.network, self.parts.trainer)
        if isinstance(member.cfg["scheduler"].get("total_steps"), int):
            cfg = OmegaConf.create(member.cfg)
            check_schedule(cfg, num_steps(cfg, member.data))
        if member.cfg["head"].get("class_weights") == BALANCED:
            member.class_weights = weights_of(BALANCED, member.data.spec)
        network = self._network(member.cfg["network"])
        member.weights = networks.as_row(network)
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


def _key(group: Plain) -> str:
    """The same text for every config group of a network, or of a dataset in whatever order its rows are trained on."""
    return repr(sorted((name, repr(value)) for name, value in group.items() if name != "shuffle_seed"))


def answer_in_units_of(data: InMemoryDataModule, head: Head) -> None:
    """Let a `head` shared by runs predict in the target's units of one run's `data`."""
    centre, unit = data.target_scale
    head.spec = replace(head.spec, target_centre=centre, target_unit=unit)
