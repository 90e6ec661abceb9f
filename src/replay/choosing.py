"""Which epochs of a training a page keeps: the first, the best, the last, and those between which something happens."""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from src.heads.base import Head
from src.replay.pacing import durations, paced
from src.replay.snapshots import Snapshot, snapshot

FEWEST = 3  # the first, the best and the last


class Chosen(NamedTuple):
    """Moments of a training in their order.

    Attributes:
        snapshots: The weights of each.
        seconds: How long each is shown.
    """

    snapshots: list[Snapshot]
    seconds: list[float]


def with_best(head: Head, snapshots: list[Snapshot], best_epoch: int) -> list[Snapshot]:
    """Snapshots at rising epochs and, among them, the weights that a `head` has kept: those of the best epoch."""
    others = [each for each in snapshots if each.epoch != best_epoch]
    return sorted([*others, snapshot(head, best_epoch)], key=lambda each: each.epoch)


@torch.no_grad()
def chosen(head: Head, snapshots: list[Snapshot], best_epoch: int, points: Tensor, num: int) -> Chosen:
    """At most `num` of some snapshots, 3 at least, between which the answers move about equally far.

    Args:
        head: Takes the weights of one snapshot after another, and so has to be lent.
        snapshots: At rising epochs, the best among them.
        best_epoch: Is among those chosen.
        points: Where the head is asked [N, *input_shape].
        num: Snapshots at most.
    """
    said = [_answers(head, each, points) for each in snapshots]
    places = paced(changes(said), num)
    best = next(place for place, each in enumerate(snapshots) if each.epoch == best_epoch)
    if best not in places:
        nearest = min(places[1:-1], key=lambda place: abs(place - best))
        places = sorted({*places, best} - {nearest})
    return Chosen([snapshots[place] for place in places], durations(changes([said[place] for place in places])))


def changes(answers: list[Tensor]) -> Tensor:
    """How far each of M answers [N, C] is from the one before it [M]: half the sum over its columns, in the mean."""
    moved = [(now - before).abs().sum().item() / (2 * len(now)) for before, now in pairwise(answers)]
    return torch.tensor([0.0, *moved])


def _answers(head: Head, moment: Snapshot, points: Tensor) -> Tensor:
    head.load_state_dict(moment.weights)
    said = head.estimates(head(points.to(head.device))).float().cpu()
    return said.reshape(len(points), -1)
