"""What Lightning's callbacks expect of a module: a learning rate to search for, and layers to train later."""

from typing import Any

from lightning.pytorch import LightningModule
from torch import nn
from torch.optim import Optimizer


class Tunable(LightningModule):
    """A module with a `network`, and an optimizer made by `make_optimizer`."""

    network: nn.Module
    make_optimizer: Any
    _lr: float | None = None

    @property
    def lr(self) -> float:
        """The initial learning rate; setting it changes the rate of the next optimizer."""
        if self._lr is not None:
            return self._lr
        return float(self.make_optimizer(self.parameters()).param_groups[0]["lr"])

    @lr.setter
    def lr(self, value: float) -> None:
        self._lr = value

    @property
    def backbone(self) -> nn.Module:
        """The network's layers before the last one, if the network separates them."""
        backbone: nn.Module = self.network.backbone  # type: ignore[assignment]
        if not any(True for _ in backbone.parameters()):
            raise AttributeError("backbone")  # as `nn.Module` reports a missing attribute
        return backbone

    def with_rate(self, optimizer: Optimizer) -> Optimizer:
        """The optimizer, with the learning rate that has been set, if any."""
        for group in optimizer.param_groups if self._lr is not None else ():
            group["lr"] = self._lr
        return optimizer
