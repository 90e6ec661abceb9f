"""Copies of a head's weights, and a head that lends itself to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import lightning.pytorch as pl
import torch
from torch import Tensor

from src.errors import ConfigError


class Snapshot(NamedTuple):
    """The weights and buffers of a head by their names, after the `epoch`-th epoch (0: untrained)."""

    epoch: int
    weights: dict[str, Tensor]


def snapshot(head: pl.LightningModule, epoch: int) -> Snapshot:
    """A copy of the weights of a head as they are after the `epoch`-th epoch, on the device where they are."""
    return Snapshot(epoch, {name: value.detach().clone() for name, value in head.state_dict().items()})


@contextmanager
def lent(head: pl.LightningModule) -> Iterator[None]:
    """Other weights may be loaded inside the block; after it the head has its own again."""
    own = snapshot(head, 0).weights
    try:
        yield
    finally:
        head.load_state_dict(own)


def as_vector(head: pl.LightningModule) -> Tensor:
    """The weights and buffers of a head as one vector [P] on the CPU: float64, which holds them exactly."""
    return torch.cat([value.detach().flatten().double().cpu() for value in head.state_dict().values()])


def take_vector(head: pl.LightningModule, vector: Tensor) -> None:
    """Load a `vector` [P] of weights and buffers, which `as_vector` made of a `head` like this one.

    Raises:
        ConfigError: They are those of another network.
    """
    state = head.state_dict()
    sizes = [value.numel() for value in state.values()]
    if vector.shape != (sum(sizes),):
        raise ConfigError("resume: the checkpoint holds figures of another network; train anew")
    parts = vector.split(sizes)
    head.load_state_dict({n: part.view(v.shape).to(v) for (n, v), part in zip(state.items(), parts, strict=True)})
