"""Evaluating a stack's networks on their rows: scores, tables, and the fitted temperature of each."""

from typing import Any

import torch
from torch import Tensor
from torch.func import vmap

from src.heads.base import Head
from src.metrics.running import Meter
from src.stacking.network import StackedNetwork
from src.stacking.rows import StackRows


@torch.no_grad()
def measure(
    head: Head,
    network: StackedNetwork,
    params: Tensor,
    rows: StackRows,
    closing: bool = False,
    temperatures: list[float] | None = None,
) -> tuple[dict[str, Tensor], list[dict[str, Any]]]:
    """Scores [m] and tables of m networks on their rows.

    Args:
        head: Their common head.
        network: Their forward pass.
        params: Their parameters [m, P].
        rows: A split of each run.
        closing: Whether to include the scores that are computed only at the end of training.
        temperatures: The divisors of each run's logits; None leaves them.
    """
    scores: list[dict[str, Tensor]] = []
    tables: list[dict[str, Any]] = []
    for part in rows.parts():
        logits, y = _logits(head, network, params, rows, part)
        if temperatures is not None:
            logits = logits / torch.tensor(temperatures[part]).to(logits).view(-1, *[1] * (logits.ndim - 1))
        meter = new_meter(head, len(y), params.device)
        predictions = vmap(head.predictions)(logits)
        meter.update(head.losses(logits, y), predictions, y)
        more = head.closing_scores(logits, predictions, y) if closing else {}
        scores.append(on_cpu(meter.values()) | more)
        tables += meter.scores.tables()
    return {name: torch.cat([each[name] for each in scores]) for name in scores[0]}, tables


@torch.no_grad()
def fitted_temperatures(head: Head, network: StackedNetwork, params: Tensor, rows: StackRows) -> list[float]:
    """The temperature fitted to each of m networks on its rows.

    Args:
        head: Their common head.
        network: Their forward pass.
        params: Their parameters [m, P].
        rows: A split of each run.
    """
    parts = [_logits(head, network, params, rows, part) for part in rows.parts()]
    return [head.fitted_temperature(*each) for part in parts for each in zip(*part, strict=True)]


def new_meter(head: Head, num_runs: int, device: torch.device) -> Meter:
    """A meter that counts the rows of `num_runs` runs with a `head` on a device."""
    return Meter(head.new_scores(num_runs, everywhere=False), device, everywhere=False)


def on_cpu(values: dict[str, Tensor]) -> dict[str, Tensor]:
    """The `values` [m], scores by name, as float32 on the CPU."""
    return {name: value.float().cpu() for name, value in values.items()}


def _logits(head: Head, network: StackedNetwork, params: Tensor, rows: StackRows, part: slice) -> tuple[Tensor, Tensor]:
    x, y = rows.whole(part)
    return head.logits(network(network.pieces(params[part]), x)), y
