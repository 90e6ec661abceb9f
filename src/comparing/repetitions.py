"""What repeats a setting: folds and other splits of the data, and seeds within a split."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from src.comparing.reading import Record

_DRAWN = "src.data.synthetic."
_SPLIT, _SEED = "data.split_seed", "data.seed"
FOLDS, FOLD = "data.folds", "data.fold"
_USUAL_RATIO = 2 / 7  # 20 % of the rows for testing, 10 % for validation


def is_seed(key: str) -> bool:
    """Whether a key only chooses random numbers.

    Example:
        >>> is_seed("data.shuffle_seed"), is_seed("optimizer.lr")
        (True, False)
    """
    return key.rpartition(".")[2].rpartition("_")[2] == "seed"


def repeats(key: str) -> bool:
    """Whether a key makes another repetition of a setting: it chooses random numbers, or the fold that is tested."""
    return key == FOLD or is_seed(key)


class Split(NamedTuple):
    """The rows that a run was trained and tested on.

    Attributes:
        table: The seed of generated rows; None if all runs share a table.
        seed: The seed of the split.
        folds: The number of folds; None without folds.
        fold: The fold that was tested.
    """

    table: Any = None
    seed: Any = None
    folds: Any = None
    fold: Any = None


@dataclass(frozen=True)
class Repetitions:
    """The split and the seed of each run of a comparison.

    Attributes:
        splits: The split of each run, by its folder.
        seeds: The seeds and the fold of each run, by its folder.
        one_table: Whether splits share rows because they divide the same table.
        ratio: Test rows per training row.
    """

    splits: dict[Path, Split] = field(default_factory=dict)
    seeds: dict[Path, Hashable] = field(default_factory=dict)
    one_table: bool = False
    ratio: float = 0.0

    @cached_property
    def several(self) -> bool:
        """Whether there is more than one split, so that splits are counted instead of seeds."""
        return len(set(self.splits.values())) > 1

    def counted(self, units: Collection[Hashable]) -> str:
        """A description of some units.

        Example:
            >>> folds = [Split(seed=seed, folds=5, fold=fold) for seed in (0, 1) for fold in range(5)]
            >>> Repetitions(one_table=True).counted(folds[:5]), Repetitions(one_table=True).counted(folds)
            ('5 folds of one table', '10 splits of one table, 5 folds in 2 repetitions')
        """
        splits = [unit for unit in units if isinstance(unit, Split)]
        among = {split.folds for split in splits}
        if len(among) != 1 or None in among:
            return (
                f"{len(units)} splits of one table"
                if self.one_table
                else f"{len(units)} independently generated data sets"
            )
        (folds,) = among
        found = len({split.fold for split in splits})
        which = f"{folds} folds" if found == folds else f"{found} of {folds} folds"
        if (tables := len({split.table for split in splits})) > 1:
            return f"{len(units)} splits of {tables} generated data sets, {which} each"
        repetitions = len({split.seed for split in splits})
        if repetitions > 1:
            return f"{len(units)} splits of one table, {which} in {repetitions} repetitions"
        return f"{which} of one table"

    def unit(self, run: Record) -> Hashable:
        """The unit that a run counts as: its split, or its seed if all runs have the same split."""
        return (self.splits if self.several else self.seeds).get(run.folder, run.folder)


def repetitions(runs: list[Record], metric: str) -> Repetitions:
    """The splits and seeds of `runs`; `metric` names the rows that are tested, such as `test/accuracy`.

    Data from a file, and any other data that this project does not generate, is one table, split by `data.split_seed`
    and `data.fold`; generated data is another table for each `data.seed`.
    """
    values = _Values()
    splits: dict[Path, Split] = {}
    seeds: dict[Path, Hashable] = {}
    tables = set()
    finished = [run for run in runs if run.finished]
    for run in finished:
        drawn = str(values.of(run, "data._target_")).startswith(_DRAWN)
        table = values.of(run, _SEED) if drawn else None
        given = values.of(run, "data.split_column") is not None or values.of(run, "data.split") == "time"
        fold = values.of(run, FOLDS), values.of(run, FOLD)
        splits[run.folder] = Split(table, None if given else values.of(run, _SPLIT), *fold)
        tables.add(table)
        others = sorted(key for key in run.overrides if is_seed(key) and key not in (_SPLIT, _SEED))
        seeds[run.folder] = (splits[run.folder], values.of(run, "seed"), *((key, run.overrides[key]) for key in others))
    one_table = len(set(splits.values())) > len(tables)
    ratio = _ratio(finished[0], metric) if one_table else 0.0
    return Repetitions(splits, seeds, one_table, ratio)


class _Values:
    """Values of data keys and seeds, read from one configuration for all runs that differ only in seeds and folds."""

    def __init__(self) -> None:
        self._examples: dict[Hashable, Record] = {}

    def of(self, run: Record, key: str) -> Any:
        if key in run.overrides:
            return run.overrides[key]
        node: Any = self._example(run).config
        for part in key.split("."):
            node = node.get(part) if isinstance(node, dict) else None
        if isinstance(node, str) and node.startswith("${") and node.endswith("}"):
            return self.of(run, node[2:-1])
        return node

    def _example(self, run: Record) -> Record:
        alike = tuple(
            (key, None if repeats(key) else value)
            for key, value in sorted(run.overrides.items())
            if repeats(key) or key in ("experiment", "data") or key.startswith("data.")
        )
        return self._examples.setdefault((run.folder.parent, alike), run)


def _ratio(run: Record, metric: str) -> float:
    """Test rows per training row of a run: from its confusion matrices, or from its fractions."""
    stage = "val" if metric.startswith("val/") else "test"
    tested, trained = (_num_rows(run.metrics.get(f"{name}/confusion_matrix")) for name in (stage, "train"))
    if tested and trained:
        return tested / trained
    fractions = [run.value(f"data.{name}_fraction") for name in ("test", "val")]
    if isinstance(folds := run.value(FOLDS), int) and folds > 1:
        fractions[0] = 1 / folds
    if all(isinstance(fraction, int | float) and fraction >= 0 for fraction in fractions) and sum(fractions) < 1:
        part = fractions[1 if stage == "val" else 0]
        return float(part / (1 - sum(fractions))) if part else _USUAL_RATIO
    return _USUAL_RATIO


def _num_rows(matrix: Any) -> float:
    """The sum of a confusion matrix, or of the first of several; 0 if there is none."""
    if not isinstance(matrix, list) or not matrix:
        return 0
    if isinstance(matrix[0], list) and matrix[0] and isinstance(matrix[0][0], list):
        matrix = matrix[0]
    cells = [cell for row in matrix if isinstance(row, list) for cell in row]
    return float(sum(cell for cell in cells if isinstance(cell, int | float)))
