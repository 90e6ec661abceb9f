"""The gradients of a minibatch, recorded where every step of the head calls the same operators."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch import Tensor
from torch.optim import Optimizer

from src.compat.recorded import Recorder, is_recordable, recordings_of
from src.compat.torch import bare_backward

if TYPE_CHECKING:
    from src.heads.base import Head  # imports this module

_WITHIN_A_STEP = "forward", "run_network", "logits", "tempered", "loss", "losses", "loss_of"


def steps_are_ours(head: "Head") -> bool:
    """Whether the loss of a `head` is known to depend on its minibatch only, as that of a subclass need not."""
    return all(getattr(head, name).__module__.startswith(f"{__package__}.") for name in _WITHIN_A_STEP)


def gradients_of(head: "Head", optimizer: Optimizer) -> Callable[[Any], tuple[Tensor, Tensor]]:
    """What computes the logits [N, *] and the loss [] of a minibatch, and leaves the gradients in the parameters.

    Args:
        head: The head, whose network is in training.
        optimizer: The optimizer that will step; recordings last as long as it does.
    """
    backward = bare_backward()
    parameters = [parameter for parameter in head.parameters() if parameter.requires_grad]

    def forward(batch: Any) -> tuple[Tensor, Tensor]:
        logits = head.forward(batch[0])
        return logits, head.loss_of(batch, logits)

    def ordinary(batch: Any) -> tuple[Tensor, Tensor]:
        logits, loss = forward(batch)
        for parameter in parameters:
            parameter.grad = None  # `zero_grad` without its profiling, which costs more than the work itself
        backward(loss)
        return logits.detach(), loss.detach()

    if not (steps_are_ours(head) and is_recordable(head.network)):
        return ordinary
    others = [each for each in head.parameters() if not each.requires_grad] + list(head.buffers())
    recordings = recordings_of(optimizer, [*head.network.modules(), *parameters, *others])
    recorder = Recorder(forward, parameters, others, recordings)

    def recorded(batch: Any) -> tuple[Tensor, Tensor]:
        if type(batch) is not tuple:
            return ordinary(batch)  # its rows have weights
        logits, loss, gradients = recorder(batch)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        return logits, loss

    return recorded
