"""The step that a training is about to take, in numbers: outputs, errors, gradients and new weights."""

from copy import deepcopy
from itertools import chain, islice
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.optim import Optimizer

from src.data.base import InMemoryDataModule
from src.errors import ConfigError
from src.heads.base import Head
from src.play.hand import checked_place
from src.play.telling import Teller
from src.play.training import Stretch, weights_hash

_MOST_ROWS = 8  # of the minibatch that are shown one by one
_MOST_PLACES = 100


class NextStep(NamedTuple):
    """An optimiser step, computed without taking it.

    Attributes:
        x: The rows of its minibatch [B, F].
        y: Their labels [B].
        logits: Their logits [B] or [B, C].
        estimates: Their probabilities [B, C].
        loss: The mean loss over them.
        weights: The learned numbers before the step [P].
        gradients: The gradient of the loss at each of them [P].
        after: The learned numbers after the step [P].
        lr: The learning rate.
    """

    x: Tensor
    y: Tensor
    logits: Tensor
    estimates: Tensor
    loss: float
    weights: Tensor
    gradients: Tensor
    after: Tensor
    lr: float

    def told(self, places: list[int]) -> dict[str, Any]:
        """What the page shows: the first rows one by one, and the weights at some `places`."""
        rows = slice(_MOST_ROWS)
        return {
            "rows": len(self.x),
            "x": self.x[rows].tolist(),
            "y": self.y[rows].tolist(),
            "logits": self.logits[rows].reshape(len(self.x[rows]), -1).tolist(),
            "estimates": self.estimates[rows].tolist(),
            "loss": self.loss,
            "lr": self.lr,
            "places": places,
            **{name: getattr(self, name)[places].tolist() for name in ("weights", "gradients", "after")},
        }


def answer(stretch: Stretch, now: Teller, message: dict[str, Any]) -> dict[str, Any]:
    """The step that a `stretch` is about to take, as `now` says, for a page whose `message` names weights to show.

    Raises:
        ConfigError: There are no such weights, or no further step.
    """
    head, optimizers = stretch.parts.head, stretch.parts.trainer.optimizers
    places = message.get("places")
    if not isinstance(places, list) or len(places) > _MOST_PLACES:
        raise ConfigError(f"weights: at most {_MOST_PLACES} are shown at once; choose one")
    num_weights = sum(each.numel() for each in head.network.parameters())
    shown = [checked_place(place, num_weights) for place in places]
    if not optimizers:
        raise ConfigError("weights: there is no further step; reset to train again")
    batch = next_minibatch(stretch.parts.datamodule, now.epoch, now.step)
    found = next_step(head, optimizers[0], batch, stretch.hand.frozen)
    return {"type": "next_step", "hash": weights_hash(head), **found.told(shown)}


def next_step(head: Head, optimizer: Optimizer, batch: Any, frozen: list[int]) -> NextStep:
    """The step that an `optimizer` of a `head` would take on a minibatch; neither is changed.

    Args:
        head: The head, whose parameters are all trained.
        optimizer: Its optimizer.
        batch: The minibatch: rows x [B, F] and labels y [B].
        frozen: The numbers of weights that keep their values.
    """
    x, y, *_ = batch
    parameters = list(head.network.parameters())
    with torch.enable_grad():
        logits = head(x)
        loss = head.loss(logits, y)
        gradients = torch.autograd.grad(loss, parameters)
    copies = [torch.nn.Parameter(each.detach().clone()) for each in parameters]
    for each, gradient in zip(copies, gradients, strict=True):
        each.grad = gradient.clone()
    other = head.make_optimizer(iter(copies))
    other.load_state_dict(deepcopy(optimizer.state_dict()))  # it would share what is remembered
    other.step()
    weights, after = _flat(parameters), _flat(copies)
    after[frozen] = weights[frozen]
    logits = logits.detach()
    rate = float(optimizer.param_groups[0]["lr"])
    estimates = head.estimates(logits)
    return NextStep(x, y, logits, estimates, loss.item(), weights, _flat(gradients), after, rate)


def next_minibatch(data: InMemoryDataModule, epoch: int, step: int) -> Any:
    """The minibatch of some `data` that an epoch, counted from 0, serves at this `step`, counted from 0."""
    loader: Any = data.train_dataloader()
    if step >= loader.num_batches:
        epoch, step = epoch + 1, 0
    loader.set_epoch(epoch)
    return next(islice(chain.from_iterable(loader), step, None))


def _flat(tensors: Any) -> Tensor:
    return torch.cat([each.detach().flatten() for each in tensors]).clone()
