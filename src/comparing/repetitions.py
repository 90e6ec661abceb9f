"""What repeats a setting: splits of the data, and seeds within a split."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from src.comparing.reading import Record

_DRAWN = "src.data.synthetic."
_SPLIT, _SEED = "data.split_seed", "data.seed"
_USUAL_RATIO = 2 / 7  # 20 % of the rows for tests, 10 % for validation


def is_seed(key: str) -> bool:
    """Whether a key only chooses random numbers.

    Example:
        >>> is_seed("data.shuffle_seed"), is_seed("optimizer.lr")
        (True, False)
    """
    return key.rpartition(".")[2].rpartition("_")[2] == "seed"


@dataclass(frozen=True)
class Repetitions:
    """Which split and which seed each run of a comparison is of.

    Attributes:
        splits: The split of each run's folder: what rows it was trained and tested on.
        seeds: All that repeats a run, by its folder.
        one_table: Whether splits share rows, since they divide the same table.
        ratio: Test rows for each training row.
    """

    splits: dict[Path, Hashable] = field(default_factory=dict)
    seeds: dict[Path, Hashable] = field(default_factory=dict)
    one_table: bool = False
    ratio: float = 0.0

    @property
    def several(self) -> bool:
        """Whether there is more than one split, so that splits are counted and not seeds."""
        return len(set(self.splits.values())) > 1

    def unit(self, run: Record) -> Hashable:
        """What a run counts as: its split, or its seed where all runs have the same split."""
        return (self.splits if self.several else self.seeds).get(run.folder, run.folder)


def repetitions(runs: list[Record], metric: str) -> Repetitions:
    """The splits and seeds of `runs`; `metric` names the rows that are tested, such as `test/accuracy`.

    Data of a file, and whatever is not drawn by this project, is one table, which `data.split_seed` divides; drawn data
    is another table for each `data.seed`.
    """
    values = _Values()
    splits: dict[Path, Hashable] = {}
    seeds: dict[Path, Hashable] = {}
    tables = set()
    finished = [run for run in runs if run.finished]
    for run in finished:
        drawn = str(values.of(run, "data._target_")).startswith(_DRAWN)
        table = values.of(run, _SEED) if drawn else None
        given = values.of(run, "data.split_column") is not None  # the file says which rows are tested
        splits[run.folder] = (table, None if given else values.of(run, _SPLIT))
        tables.add(table)
        others = sorted(key for key in run.overrides if is_seed(key) and key not in (_SPLIT, _SEED))
        seeds[run.folder] = (splits[run.folder], values.of(run, "seed"), *((key, run.overrides[key]) for key in others))
    one_table = len(set(splits.values())) > len(tables)
    ratio = _ratio(finished[0], metric) if one_table else 0.0
    return Repetitions(splits, seeds, one_table, ratio)


class _Values:
    """Values of keys of the data and of seeds, read from one configuration for all runs that differ in seeds alone."""

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
            (key, None if is_seed(key) else value)
            for key, value in sorted(run.overrides.items())
            if is_seed(key) or key in ("experiment", "data") or key.startswith("data.")
        )
        return self._examples.setdefault((run.folder.parent, alike), run)


def _ratio(run: Record, metric: str) -> float:
    """Tested rows for each training row of a run: as its confusion matrices count them, or by its fractions."""
    stage = "val" if metric.startswith("val/") else "test"
    tested, trained = (_num_rows(run.metrics.get(f"{name}/confusion_matrix")) for name in (stage, "train"))
    if tested and trained:
        return tested / trained
    fractions = [run.value(f"data.{name}_fraction") for name in ("test", "val")]
    if all(isinstance(fraction, int | float) and fraction >= 0 for fraction in fractions) and sum(fractions) < 1:
        part = fractions[1 if stage == "val" else 0]
        return float(part / (1 - sum(fractions))) if part else _USUAL_RATIO
    return _USUAL_RATIO


def _num_rows(matrix: Any) -> float:
    """The sum of a confusion matrix, or of the first of several; 0 where there is none."""
    if not isinstance(matrix, list) or not matrix:
        return 0
    if isinstance(matrix[0], list) and matrix[0] and isinstance(matrix[0][0], list):
        matrix = matrix[0]
    cells = [cell for row in matrix if isinstance(row, list) for cell in row]
    return float(sum(cell for cell in cells if isinstance(cell, int | float)))
