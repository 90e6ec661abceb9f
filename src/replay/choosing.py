"""Which epochs of a training a page keeps: the first, the best, the last, and those between which much changes."""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from src.heads.base import Head
from src.replay.pacing import durations, paced
from src.replay.snapshots import Snapshot, snapshot

FEWEST = 3  # the first, the best and the last


class Chosen(NamedTuple):
    """Moments of a training, in order.

    Attributes:
        snapshots: The weights at each moment.
        seconds: How long each moment is shown.
    """

    snapshots: list[Snapshot]
    seconds: list[float]


def with_best(head: Head, snapshots: list[Snapshot], best_epoch: int) -> list[Snapshot]:
    """Snapshots in order of their epochs, including the weights that a `head` has kept: those of the best epoch."""
    others = [each for each in snapshots if each.epoch != best_epoch]
    return sorted([*others, snapshot(head, best_epoch)], key=lambda each: each.epoch)


@torch.no_grad()
def chosen(head: Head, snapshots: list[Snapshot], best_epoch: int, points: Tensor, num: int) -> Chosen:
    """At most `num` of the snapshots (3 or more), between which the predictions change by about the same amount.

    Args:
        head: The head, which loads the weights of one snapshot after another and must therefore be `lent`.
        snapshots: Snapshots in order of their epochs, including the best.
        best_epoch: The best epoch, which is always chosen.
        points: Inputs at which predictions are compared [N, *input_shape].
        num: Maximum number of snapshots.
    """
    said = [_answers(head, each, points) for each in snapshots]
    places = paced(changes(said), num)
    best = next(place for place, each in enumerate(snapshots) if each.epoch == best_epoch)
    if best not in places:
        nearest = min(places[1:-1], key=lambda place: abs(place - best))
        places = sorted({*places, best} - {nearest})
    return Chosen([snapshots[place] for place in places], durations(changes([said[place] for place in places])))


def changes(answers: list[Tensor]) -> Tensor:
    """How far each of M `answers` [N, C] is from the previous one [M]: half the sum over columns, averaged."""
    moved = [(now - before).abs().sum().item() / (2 * len(now)) for before, now in pairwise(answers)]
    return torch.tensor([0.0, *moved])


def _answers(head: Head, moment: Snapshot, points: Tensor) -> Tensor:
    head.load_state_dict(moment.weights)
    said = head.estimates(head(points.to(head.device))).float().cpu()
    return said.reshape(len(points), -1)
