"""The joint prediction of several networks: the mean of their probabilities, or of their values."""

import torch
from torch import Tensor

from src.heads.answering import Answering


def joint_logits(head: Answering, logits: Tensor, voices: Tensor | None = None) -> Tensor:
    """The logits [N, *] of the mean prediction of M members for each row.

    Args:
        head: Their common head.
        logits: The logits of each member [M, N, *].
        voices: Which members count for each row, at least one: bool [N, M]; None counts all.

    Example:
        >>> from src.heads.binary import BinaryHead
        >>> from src.spec import DataSpec
        >>> head = BinaryHead(torch.nn.Linear(1, 1), DataSpec("binary", (1,), ("no", "yes")), torch.optim.SGD)
        >>> logits = torch.logit(torch.tensor([[0.2], [0.4]]))  # of one row, from two members
        >>> mean, first = joint_logits(head, logits), joint_logits(head, logits, torch.tensor([[True, False]]))
        >>> [round(each.sigmoid().item(), 6) for each in (mean, first)]
        [0.3, 0.2]
    """
    exact = torch.float32 if logits.device.type == "mps" else torch.float64  # for logits of probabilities near 0 or 1
    estimates = torch.stack([head.estimates(each) for each in logits.to(exact)])
    if voices is None:
        mean = estimates.mean(dim=0)
    else:
        weights = voices.T.to(estimates)
        weights = (weights / weights.sum(dim=0)).view(*weights.shape, *[1] * (estimates.ndim - 2))
        mean = (estimates * weights).sum(dim=0)
    if head.gives == "probabilities":
        bounds = torch.finfo(exact)
        mean = mean.clamp(bounds.tiny, 1 - bounds.eps)
    return head.logits_of(mean).to(logits.dtype)
