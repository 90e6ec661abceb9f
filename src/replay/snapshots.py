"""Copies of a head's weights, and a head that temporarily loads them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import lightning.pytorch as pl
import torch
from torch import Tensor

from src.errors import ConfigError


class Snapshot(NamedTuple):
    """The weights and buffers of a head by name, after epoch `epoch` (0: untrained)."""

    epoch: int
    weights: dict[str, Tensor]


def snapshot(head: pl.LightningModule, epoch: int) -> Snapshot:
    """A copy of the weights of a head after epoch `epoch`, on their own device."""
    return Snapshot(epoch, {name: value.detach().clone() for name, value in head.state_dict().items()})


@contextmanager
def lent(head: pl.LightningModule) -> Iterator[None]:
    """Allow other weights to be loaded inside the block; afterwards the head has its own again."""
    own = snapshot(head, 0).weights
    try:
        yield
    finally:
        head.load_state_dict(own)


def as_vector(head: pl.LightningModule) -> Tensor:
    """The weights and buffers of a head as one vector [P] on the CPU, exact in float64."""
    return torch.cat([value.detach().flatten().double().cpu() for value in head.state_dict().values()])


def take_vector(head: pl.LightningModule, vector: Tensor) -> None:
    """Load a `vector` [P] of weights and buffers that `as_vector` made from a `head` like this one.

    Raises:
        ConfigError: The vector belongs to another network.
    """
    state = head.state_dict()
    sizes = [value.numel() for value in state.values()]
    if vector.shape != (sum(sizes),):
        raise ConfigError("resume: the checkpoint holds figures of another network; train from scratch")
    parts = vector.split(sizes)
    head.load_state_dict({n: part.view(v.shape).to(v) for (n, v), part in zip(state.items(), parts, strict=True)})
