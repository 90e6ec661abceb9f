"""Whether runs with a head can be trained as one."""

import torch
from torch import Tensor
from torch.func import vmap

from src.heads.answering import Answering
from src.heads.base import Head

_ASKED = {"tasks", "chosen_by", "num_outputs", "logits", "loss", "losses", "predictions", "new_scores", "score_names"}
_ASKED |= {"targets_of_loss"}
_ASKED |= {"weighted_loss", "loss_title"}  # for rows with weights, which are not stacked, and for axes
_ASKED |= vars(Answering).keys()  # used after training


@torch.no_grad()
def cannot_stack(head: Head, x: Tensor, y: Tensor) -> str | None:
    """Why runs with this head cannot be trained as one, or None.

    Args:
        head: The head of one run.
        x: Rows [N, *input_shape] of its data.
        y: Their targets [N, …].
    """
    kind = type(head)
    above = kind.__mro__[: kind.__mro__.index(Head)]
    for name in (name for each in above for name in vars(each)):
        if hasattr(Head, name) and not name.startswith("_") and name not in _ASKED:
            return f"{kind.__name__} has a {name} of its own"
    if len(list(head.parameters())) > len(list(head.network.parameters())):
        return f"{kind.__name__} has parameters of its own"
    logits, targets = (torch.stack([rows, rows]) for rows in (head(x[:2]), y[:2]))
    try:
        head.losses(logits, targets)
        vmap(head.predictions)(logits)
    except Exception as error:  # a user's loss may do what `vmap` cannot
        return f"{kind.__name__} cannot be vectorized: {' '.join(str(error).split())}"
    return None
