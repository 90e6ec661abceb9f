"""Remarks on what is allowed but rarely intended in a run that is about to be trained, one line each."""

import math
from collections.abc import Iterator

import numpy as np
from omegaconf import DictConfig, OmegaConf
from torch import Tensor

from src.data.base import InMemoryDataModule
from src.data.identity import row_keys
from src.data.rows import Rows, Splits, label_counts
from src.errors import ConfigError
from src.reporting.remarks import remark
from src.spec import DataSpec

_MOST_BYTES = 2**27  # of rows to compare, a tenth of a second; larger data are not compared
_MANY_VALUES = 20  # columns with fewer, such as ratings from 1 to 5, make rows equal without leakage
_BEYOND_CHANCE = 10  # times as many duplicates as independent columns would give
_SEEN_ROWS = 4096  # rows whose values are counted
_TWINS = 0.02  # share of the test rows that are also training rows
_NAMES = 3  # of classes in one line


def say_doubts(cfg: DictConfig, data: InMemoryDataModule) -> None:
    """Print the doubts about the configuration `cfg` and the `data` of a run.

    Raises:
        ConfigError: There is a doubt, and `data.strict` is set.
    """
    for kind, text in doubts(cfg, data):
        if getattr(data, "strict", False):
            raise ConfigError(f"data.strict: {text}")
        remark(kind, text)


def doubts(cfg: DictConfig, data: InMemoryDataModule) -> Iterator[tuple[str, str]]:
    """Kind and text of each doubt about a configuration `cfg` and its `data`."""
    spec, splits = data.spec, data.splits
    yield from _monitors(cfg)
    yield from data.doubts
    guessed = 1 - 1 / max(spec.num_choices, 1)  # the share of labels that guessing gets wrong
    if 0 < guessed <= data.label_noise:
        yield (
            "label_noise",
            f"data.label_noise: with {spec.num_choices} classes, labels are wrong as often as guesses from "
            f"{guessed:.2g} on (got {data.label_noise}), so there is nothing to learn; lower it",
        )
    for split in ("val", "test"):
        if len(getattr(splits, split).y) == 1:
            yield (
                f"one row in {split}",
                f"data: the {split} split has one row, so its scores mean nothing; give it more",
            )
    yield from _absent(spec, splits)
    if not data.same_rows and (count := twins(splits)):
        total = len(splits.test.y)
        yield (
            "twins",
            f"data: {count:,} of {total:,} test rows are training rows too, so test scores say little about new rows; "
            "remove duplicates",
        )


def _monitors(cfg: DictConfig) -> Iterator[tuple[str, str]]:
    for name in ("model_checkpoint", "early_stopping"):
        monitor = OmegaConf.select(cfg, f"callbacks.{name}.monitor")
        if isinstance(monitor, str) and monitor.startswith("train/"):
            better = monitor.replace("train/", "val/")
            yield (
                f"{name}.monitor",
                f"callbacks.{name}.monitor: {monitor} improves with overfitting too; choose by {better}",
            )


def _absent(spec: DataSpec, splits: Splits) -> Iterator[tuple[str, str]]:
    """Classes without rows in a split."""
    names = spec.class_names
    if not names:
        return
    for split, rows in zip(splits._fields, splits, strict=True):
        counts = label_counts(rows.y, len(names))
        missing = [names[label] for label in (counts == 0).nonzero().flatten().tolist()]
        if missing:
            more = f" and {len(missing) - _NAMES} more" if len(missing) > _NAMES else ""
            does = "learned" if split == "train" else "measured there"
            yield (
                f"absent from {split}",
                f"data: the {split} split has no row of class {', '.join(missing[:_NAMES])}{more}, which cannot be "
                f"{does}; add rows of it, or split differently",
            )


def twins(splits: Splits) -> int:
    """The number of test rows, with targets, that are training rows too; 0 if few values make rows equal by chance.

    Example:
        >>> import torch
        >>> rows = Rows(torch.rand(100, 2, generator=torch.Generator().manual_seed(0)), torch.zeros(100).long())
        >>> other = Rows(rows.x + 1, rows.y)
        >>> twins(Splits(rows, other, rows)), twins(Splits(rows, rows, other))
        (100, 0)
    """
    train, test = splits.train, splits.test
    found, chance = _shared(train, test)
    return found if found > 1 and found > max(_TWINS, chance) * len(test.y) else 0


def known_rows(train: Rows, test: Rows) -> int:
    """The number of rows of `test` that are rows of `train` too, even a single one; 0 if few values make rows equal."""
    found, chance = _shared(train, test)
    return found if chance < _TWINS else 0


def _shared(train: Rows, test: Rows) -> tuple[int, float]:
    """How many test rows are training rows too, and the share expected by chance."""
    if not isinstance(train.x, Tensor) or not isinstance(test.x, Tensor):  # images that are decoded during training
        return 0, 0.0
    if train.x.nbytes + test.x.nbytes > _MOST_BYTES:
        return 0, 0.0
    chance = _BEYOND_CHANCE * _by_chance(train.x)
    if chance >= 1:
        return 0, chance
    return int(np.isin(row_keys(test.x, test.y), row_keys(train.x, train.y)).sum()), chance


def _by_chance(x: Tensor) -> float:
    """Rows of x [N, …] per possible combination of values in columns of many values."""
    logarithm = math.log(len(x))
    for column in x[:_SEEN_ROWS].flatten(1).T:
        values = len(column.unique())
        if values >= _MANY_VALUES:
            logarithm -= math.log(values)
        if logarithm < math.log(_TWINS / _BEYOND_CHANCE):
            break
    return math.exp(min(logarithm, 0))
