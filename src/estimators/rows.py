"""A run's rows for scikit-learn: flattened, scaled as for the network, and no more than memory and time allow."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch

from src.data.base import InMemoryDataModule
from src.data.rows import Split
from src.errors import ConfigError

_AT_ONCE = 2**22  # numbers per part, so that any number of rows needs limited memory
_FEWEST = 100


class FlatRows(NamedTuple):
    """Rows for scikit-learn.

    Attributes:
        x: Inputs [N, F] in float64.
        y: Targets [N] or [N, L], values in float64.
        weights: The weight of each row [N]; None if all are equal.
        total: Number of rows that they were sampled from.
        places: Their positions among those [N].
    """

    x: Any
    y: Any
    weights: Any
    total: int
    places: torch.Tensor


def training_rows(data: InMemoryDataModule, most_numbers: int, seed: int) -> FlatRows:
    """The training rows of a dataset, or a random sample of them with no more than `most_numbers` numbers.

    Args:
        data: The dataset.
        most_numbers: Maximum of rows times inputs.
        seed: Seed of the sample.

    Raises:
        ConfigError: Too few rows are left for a meaningful comparison.
    """
    y = data.splits.train.y
    total, inputs = len(y), data.plain("train", slice(1)).numel()
    count = min(total, most_numbers // inputs)
    if count < min(total, _FEWEST):
        raise ConfigError(
            f"most_numbers: leaves {count} of {total:,} training rows with {inputs:,} inputs (got {most_numbers}); "
            f"raise it to at least {min(total, _FEWEST) * inputs}"
        )
    places = torch.arange(total)
    if count < total:
        drawn = np.random.default_rng(seed).choice(total, count, replace=False)
        places = torch.from_numpy(np.sort(drawn))
    y = y[places].double() if y.is_floating_point() else y[places]
    weights = None if data.weights is None else data.weights[places].double().numpy()
    return FlatRows(np.concatenate(list(_parts(data, "train", places, inputs))), y.numpy(), weights, total, places)


def parts_of(data: InMemoryDataModule, split: Split, places: torch.Tensor | None = None) -> Iterator[Any]:
    """Inputs [n, F] of a split of `data` in float64, some rows at a time: those at `places`, or all."""
    places = torch.arange(len(getattr(data.splits, split).y)) if places is None else places
    yield from _parts(data, split, places, data.plain(split, slice(1)).numel())


def _parts(data: InMemoryDataModule, split: Split, places: torch.Tensor, inputs: int) -> Iterator[Any]:
    for part in places.split(max(1, _AT_ONCE // inputs)):
        yield data.plain(split, part).flatten(1).double().numpy()
