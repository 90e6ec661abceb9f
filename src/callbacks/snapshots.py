"""Copies of a head's weights, and a head that lends itself to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import lightning.pytorch as pl
from torch import Tensor


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
