"""Which rows each member of an ensemble validates on: a different fold each, so that every row trains some members."""

import torch
from torch import Tensor

from src.data.base import stream_seed
from src.data.folds import split_by
from src.errors import ConfigError

MOST_FOLDS = 8
"""Maximum number of folds; further members start again with other folds."""

_STREAM = 211  # of the seeds of repetitions, separate from all others


def held_out(members: int, seed: int, num_rows: int, labels: Tensor | None, groups: Tensor | None) -> Tensor:
    """Whether each row [N] is held out from the training of each member [M]: bool [N, M].

    Member m validates on fold m mod K of K = min(M, 8) folds; after K members the folds are reshuffled. So each row is
    held out from one member of each complete repetition.

    Args:
        members: Number of members M, at least two.
        seed: Seed of the folds.
        num_rows: Number of rows N.
        labels: Label [N] of each row, to stratify by; None does not stratify.
        groups: Group [N] of each row; groups are not divided. None divides at any row.

    Raises:
        ConfigError: The rows cannot be divided into two folds.

    Example:
        >>> held_out(members=4, seed=0, num_rows=6, labels=None, groups=None).sum(dim=1).tolist()
        [1, 1, 1, 1, 1, 1]
    """
    units = num_rows if groups is None else len(groups.unique())
    most = num_rows if labels is None else int(torch.bincount(labels).max())  # scikit-learn refuses more folds
    folds = min(members, MOST_FOLDS, units, most)
    if folds < 2:
        what = "row" if groups is None else "group"
        raise ConfigError(
            f"network.members: each validates on a different part of the rows, but one {what} outside the test split "
            f"cannot be divided (got {members}); use network.members=1"
        )
    held = torch.zeros(num_rows, members, dtype=torch.bool)
    places = torch.arange(num_rows).numpy()
    for repetition in range(-(-members // folds)):
        parts = split_by(folds, stream_seed(seed, _STREAM + repetition), places, labels, groups)
        for member, (_, part) in zip(range(repetition * folds, members), parts, strict=False):
            held[torch.from_numpy(part), member] = True
    return held
