"""Evaluating a stack's networks on their rows: scores and tables of each."""

from typing import Any

import torch
from torch import Tensor
from torch.func import vmap

from src.heads.base import Head
from src.metrics.running import Meter
from src.stacking.answers import Answer, divided, logits_of, predictions
from src.stacking.losses import Losses
from src.stacking.network import StackedNetwork
from src.stacking.rows import StackRows


@torch.no_grad()
def measure(
    head: Head,
    network: StackedNetwork,
    params: Tensor,
    rows: StackRows,
    losses: Losses,
    closing: bool = False,
    answers: list[Answer] | None = None,
) -> tuple[dict[str, Tensor], list[dict[str, Any]]]:
    """Scores [m] and tables of m networks on their rows.

    Args:
        head: Their common head.
        network: Their forward pass.
        params: Their parameters [m, P].
        rows: A split of each run.
        losses: Their losses.
        closing: Whether to include the scores that are computed only at the end of training.
        answers: How each run predicts; None is as in training.
    """
    scores: list[dict[str, Tensor]] = []
    tables: list[dict[str, Any]] = []
    for part in rows.parts():
        logits, y = logits_of(head, network, params, rows, part)
        logits = logits if answers is None else divided(logits, answers[part])
        meter = new_meter(head, len(y), params.device)
        if answers is not None and head.chooses:
            found = predictions(head, logits, answers[part])
        else:
            found = vmap(head.predictions)(logits)
        meter.update(losses(part, logits, y), found, y)
        more = head.closing_scores(logits, found, y) if closing else {}
        scores.append(on_cpu(meter.values()) | more)
        tables += meter.scores.tables()
    return {name: torch.cat([each[name] for each in scores]) for name in scores[0]}, tables


def new_meter(head: Head, num_runs: int, device: torch.device) -> Meter:
    """A meter that counts the rows of `num_runs` runs with a `head` on a device."""
    return Meter(head.new_scores(num_runs, everywhere=False), device, everywhere=False)


def on_cpu(values: dict[str, Tensor]) -> dict[str, Tensor]:
    """The `values` [m], scores by name, as float32 on the CPU."""
    return {name: value.float().cpu() for name, value in values.items()}
