"""Which epochs a movie shows, so that it neither drags nor jumps."""

import torch
from torch import Tensor

_STEADY = 0.3  # share of the pace that follows time; the rest follows change
_LENGTH, _SHORTEST, _LONGEST = 6.0, 0.05, 0.5  # seconds of all frames, and limits for each
_FIRST, _LAST = 0.6, 2.0  # seconds to hold the untrained and the trained network


def spread(first: int, last: int, count: int) -> list[int]:
    """At most `count` epochs including `first` and `last`: every one at first, then fewer and fewer (a parabola)."""
    length = last - first
    count = min(count, length + 1)
    if count == 1:
        return [last]
    return sorted({first + min(length, max(i, round(length * (i / (count - 1)) ** 2))) for i in range(count)})


def paced(changes: Tensor, count: int) -> list[int]:
    """Indices of at most `count` of M moments, including the first and the last, with equal change in between.

    Args:
        changes: The change of each moment from the previous one [M]; the first has none.
        count: Maximum number of moments; with 1 it is the last.
    """
    num = len(changes)
    if count == 1:
        return [num - 1]
    along = _shares(changes).cumsum(0)
    count = min(count, num)
    wanted = torch.linspace(0, 1, count, dtype=torch.float64) - 1e-9  # rounding errors of sums are smaller
    chosen = [0]
    for place, nearest in enumerate(torch.searchsorted(along, wanted).tolist()[1:], 1):
        chosen.append(min(max(nearest, chosen[-1] + 1), num - count + place))
    return chosen


def durations(changes: Tensor) -> list[float]:
    """Seconds to show each of M frames: about six in all, longer where much changes, with both ends held.

    Args:
        changes: The change of each frame from the previous one [M]; the first has none.
    """
    seconds = (_LENGTH * _shares(changes)).clamp(_SHORTEST, _LONGEST).tolist()
    return [max(seconds[0], _FIRST), *seconds[1:-1], _LAST] if len(seconds) > 1 else [_LAST]


def _shares(changes: Tensor) -> Tensor:
    """The share of each of M moments in change and time [M], 1 in total; the first has none."""
    steps = torch.ones(len(changes), dtype=torch.float64)
    steps[0] = 0
    happened = changes.double() / changes.sum().clamp(min=1e-12)
    return (1 - _STEADY) * happened + _STEADY * steps / steps.sum().clamp(min=1)
