"""Your own table: a file of rows."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from src.data.digests import table_digests
from src.data.groups import group_numbers
from src.data.reading.dialect import PLAIN, Dialect, Told
from src.data.reading.files import File, check_is_file, opened
from src.data.source import Source
from src.data.table import Table
from src.data.tabular.base import TabularDataModule
from src.data.tabular.described import described
from src.data.tabular.doubts import doubts
from src.data.tabular.labelled import Labelled
from src.data.tabular.naming import Column, column_named, only
from src.data.tabular.several import check_separator, several_labels
from src.data.tabular.timing import moments
from src.data.tabular.typed import TypedEncoder
from src.data.tabular.weights import weights_of
from src.errors import ConfigError
from src.settings.rules import ClassName, checked

Character = Annotated[str, Field(min_length=1, max_length=1)]


class TableFile(TabularDataModule):
    """The rows of a file; its header names the columns, otherwise they are c0, c1, and so on.

    If `types` is `auto`, what is None is detected from the file; a checkpoint saves it.

    Args:
        path: A file: CSV (also .gz or .zip), Parquet, Feather, .xlsx, .arff or JSON lines.
        target: Column to predict: its name, or its position, -1 for the last. Several columns are yes/no labels.
        label_separator: Separator of several labels in a cell of the target; None reads one value per cell.
        ignore: Columns that are not inputs.
        split_column: Column that says `train`, `val` or `test` for each row; None splits at random.
        group: Column that names each row's group; a group stays within one split. It is not an input. None divides
            at any row.
        split: `random`, or `time`, which trains on the oldest rows and tests on the newest.
        time: Column of numbers or dates for a split in time; it is not an input. None uses the order of the rows.
        weight: Column of each row's weight in training; it is not an input, and scores weight all rows equally.
        separator: Separator of cells.
        header: Whether the first line names the columns.
        encoding: Encoding of the text.
        decimal: Decimal mark of numbers.
        thousands: Mark between groups of three digits.
        missing: The strings that mark a missing cell, instead of NA, null, None, ? and so on.
        **common: Arguments of `TabularDataModule`.
    """

    @checked
    def __init__(
        self,
        *,
        path: str | None,
        target: Column | Annotated[list[Column], Field(min_length=1)] | None,
        label_separator: Annotated[str, Field(min_length=1)] | None = None,
        ignore: list[Column] | None = None,
        split_column: Column | None = None,
        group: Column | None = None,
        split: Literal["random", "time"] = "random",
        time: Column | None = None,
        weight: Column | None = None,
        separator: Character | None = None,
        header: bool | None = None,
        encoding: str | None = None,
        decimal: Character | None = None,
        thousands: Character | None = None,
        missing: list[ClassName | None] | None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if path is None or target is None:
            unset = "path" if path is None else "target"
            meaning = "a CSV or Parquet file" if path is None else "the column to predict"
            raise ConfigError(f"data.{unset}: needs {meaning} (got null); set data.{unset}=…")
        self.path, self.targets = Path(path).expanduser(), target if isinstance(target, list) else [target]
        self.label_names = tuple(map(str, self.targets)) if len(self.targets) > 1 else ()
        self.label_separator = label_separator
        if self.is_regression and self.label_names:
            raise ConfigError(f"data.target: several targets are labels, not numbers (got {target}); name one")
        check_separator(label_separator, self.targets)
        if self.is_regression and label_separator is not None:
            raise ConfigError(
                f"data.label_separator: labels are not numbers (got {label_separator!r}); leave it out, or choose "
                "another head"
            )
        self.ignore, self.split_column, self.group = ignore or [], split_column, group
        if split_column is not None and self.fold is not None:
            raise ConfigError(
                f"data.folds: data.split_column={split_column} already says which rows are the test split "
                f"(got {self.fold.folds}); leave one of them out"
            )
        self.in_time, self.time, self.weight = split == "time", time, weight
        self._check_time()
        self.decimal, self.thousands = decimal, thousands
        marks = None if missing is None else tuple("null" if mark is None else str(mark) for mark in missing)
        told = Told(separator, header, encoding, marks)
        self.reading: Dialect | Told = PLAIN if self.types is None and told == Told() else told

    @property
    def title(self) -> str:
        """The file's name."""
        return self.path.name

    def source_now(self) -> Source | None:
        """The file by its content; None if it is gone."""
        return Source.of_file(self.path, self.digests_whole) if self.path.is_file() else None

    def read(self) -> Labelled:
        """Read the file.

        Raises:
            ConfigError: The file cannot be read, or lacks a column that the configuration names.
        """
        check_is_file(self.path)
        self.source = Source.of_file(self.path, self.digests_whole)
        whole = self.is_apart  # another file does not need the columns that are not inputs
        asked = {"target": self.targets, "ignore": [] if whole else self.ignore}
        asked |= {} if whole or self.columns is None else {"columns": self.columns}
        parting = {"split_column": self.split_column, "group": self.group, "time": self.time, "weight": self.weight}
        asked |= {key: [column] for key, column in parting.items() if column is not None and not whole}
        expected = [str(column) for columns in asked.values() for column in columns]
        if self.encoder is not None:
            expected += self.encoder.columns
        self.doubts = []
        with opened(self.path, self.reading, expected) as file:
            named = {
                key: [self._column(key, column, file.names) for column in columns] for key, columns in asked.items()
            }
            texts = {*self.categorical, *self.keep}
            texts.update(*(named.get(key, []) for key in ("split_column", "group", "time")))
            texts |= set() if self.is_regression else set(named["target"])
            table = file.table(lambda name: self._spelled or name in texts)
            self._tell(file)
        counts = {"rows": len(table), "columns": len(table.columns), **self.source.counts}
        self.source, self.digests = self.source._replace(counts=counts), table_digests(table)
        self.refuse_change(self.source)
        targets = named["target"]
        if twice := [name for name in targets if targets.count(name) > 1]:
            raise ConfigError(f"data.target: {twice[0]} is named twice (got {self.targets}); name it once")
        self.target_name = ", ".join(targets)
        told = {key: columns[0] for key, columns in named.items() if key in parting}
        if taken := [key for key in ("group", "weight") if told.get(key) in targets]:
            raise ConfigError(
                f"data.{taken[0]}: {told[taken[0]]} is the target, the column to predict (got {parting[taken[0]]}); "
                "name another column"
            )
        apart = {*targets, *told.values(), *named["ignore"]}
        inputs = {name: cells for name, cells in table.columns.items() if name not in apart}
        if not inputs:
            raise ConfigError(f"{self.path}: has no columns except the target; add one to predict from")
        if "columns" in named:
            inputs = only(named["columns"], inputs)
        target = self._target(table, targets)
        return Labelled(table.with_columns(inputs), target, **self._told(table, told))

    def _target(self, table: Table, names: list[str]) -> Sequence[Any]:
        """The cells of the target, or the codes of several labels."""
        several = several_labels(table, names, self.label_separator, self._class_names)
        self.label_names = () if several is None else several.names
        cells: Sequence[Any] = table.columns[names[0]]
        if several is None:
            return cells
        self.doubts += [("no label", several.doubt)] if several.doubt else []
        return several.codes

    def described_alone(self) -> tuple[dict[str, Any], Tensor]:
        """A description of all columns in counts, and the rows x [N, F] that they become, regardless of a target."""
        self.doubts = []
        check_is_file(self.path)
        with opened(self.path, self.reading, []) as file:
            table = file.table(lambda name: self._spelled or name in {*self.categorical, *self.keep})
            if self.columns is not None:
                named = [self._column("columns", column, file.names) for column in self.columns]
                table = table.with_columns(only(named, table.columns))
            self._tell(file)
        kinds = self.kinds(table)
        encoder = TypedEncoder.fitted(table, torch.arange(len(table)), kinds, torch.zeros(len(table)).long())
        self.doubts += kinds.said
        self.feature_names, self.inputs_of_columns = encoder.feature_names, encoder.places
        return described(table, kinds, encoder), encoder.encode(table, self.unknown)

    def target_alone(self) -> tuple[Table, str]:
        """The column of the target, and its name."""
        with opened(self.path, self.reading, [str(self.targets[0])]) as file:
            name = self._column("target", self.targets[0], file.names)
            return file.table(lambda _: self._spelled, only=[name]), name

    def _told(self, table: Table, columns: dict[str, str]) -> dict[str, Any]:
        """What columns of the `table` that are not inputs say about its rows."""
        found: dict[str, Any] = {}
        if "split_column" in columns:
            found["split"] = table.texts(columns["split_column"])
        if "group" in columns:
            found["groups"] = group_numbers(table.texts(columns["group"]), table.source, table.row_numbers[0])
        if "time" in columns:
            found["moments"] = moments(table.texts(columns["time"]), table.source, table.row_numbers)
        elif self.in_time:
            found["moments"] = np.arange(len(table), dtype=np.float64)
        if "weight" in columns:
            found["weights"] = weights_of(table, columns["weight"])
        return found

    def _check_time(self) -> None:
        """Refuse a split in time combined with another split, and a time column without a split in time."""
        if self.time is not None and not self.in_time:
            raise ConfigError(f"data.time: has no effect without data.split=time (got {self.time}); set that too")
        others = {"split_column": self.split_column, "group": self.group, "folds": self.fold and self.fold.folds}
        if self.in_time and (beside := [key for key, value in others.items() if value is not None]):
            raise ConfigError(
                f"data.split: rows that are split in time cannot be divided by data.{beside[0]} "
                f"(got {others[beside[0]]}); leave one of them out"
            )

    def doubtful(self, inputs: Table, target: Sequence[Any]) -> Iterable[tuple[str, str]]:
        """Columns that are rarely meant as inputs."""
        yield from doubts(inputs, target, self.is_regression)
        for place in range(len(self.label_names)):
            each = [code[place] for code in target]
            yield from (doubt for doubt in doubts(inputs, each, is_regression=False) if doubt[0] == "target")

    @property
    def _spelled(self) -> bool:
        """Whether numbers are known to have a mark that DuckDB would not understand."""
        return self.decimal not in (None, ".") or self.thousands is not None

    def _column(self, key: str, column: str | int, names: list[str]) -> str:
        """The name of the column that `key` of the configuration gives by name or by position."""
        headless = ", in a file that seems to have no header; data.header=true if it has one"
        found = isinstance(self.reading, Dialect) or self.reading.header is not None
        return column_named(key, column, names, str(self.path), "" if found or names[0] != "c0" else headless)

    def _tell(self, file: File) -> None:
        """Save the format of the file, and report it if it is unusual and was not set."""
        told = self.reading if isinstance(self.reading, Told) else Told()
        said = file.dialect.said(told)
        if isinstance(self.reading, Told) and self.types is not None and said:
            self.doubts.append(("reading", f"{self.path}: read with {said}"))
        self.reading = file.dialect

    def state_dict(self) -> dict[str, Any]:
        """The format of the file, and what every table saves."""
        reading = {} if self.types is None else {"reading": self._dialect.state()}
        return super().state_dict() | reading

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore them."""
        state = dict(state_dict)
        kept = state.pop("reading", None)
        self.reading = PLAIN if kept is None else Dialect.of_state(kept)
        super().load_state_dict(state)

    @property
    def _dialect(self) -> Dialect:
        return self.reading if isinstance(self.reading, Dialect) else PLAIN
