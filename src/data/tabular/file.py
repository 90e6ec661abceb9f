"""Your own table: a CSV or Parquet file."""

from pathlib import Path
from typing import Any

from src.data.groups import group_numbers
from src.data.source import Source
from src.data.table import Table, read_table
from src.data.tabular.base import Labelled, TabularDataModule
from src.data.tabular.doubts import doubts
from src.errors import ConfigError, suggestion
from src.settings.rules import checked


class TableFile(TabularDataModule):
    """The rows of a file; its header names the columns.

    Args:
        path: A CSV (UTF-8, commas) or Parquet file.
        target: Column that is predicted.
        ignore: Columns that are no inputs, such as a row's number.
        split_column: Column that says `train`, `val` or `test` for each row; None splits at random.
        group: Column that names a group for each row, all of whose rows are in one split; it is no input. None divides
            anywhere.
        **common: Arguments of `TabularDataModule`.
    """

    @checked
    def __init__(
        self,
        *,
        path: str | None,
        target: str | None,
        ignore: list[str] | None = None,
        split_column: str | None = None,
        group: str | None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if path is None or target is None:
            unset = "path" if path is None else "target"
            meaning = "a CSV or Parquet file" if path is None else "the column to predict"
            raise ConfigError(f"data.{unset}: needs {meaning} (got null); set data.{unset}=…")
        self.path, self.target = Path(path).expanduser(), target
        self.ignore, self.split_column, self.group = ignore or [], split_column, group
        if split_column is not None and self.fold is not None:
            raise ConfigError(
                f"data.folds: data.split_column={split_column} says already which rows are the test split "
                f"(got {self.fold.folds}); leave one of them out"
            )

    def source_now(self) -> Source | None:
        """The file by its content; None where it is gone."""
        return Source.of_file(self.path) if self.path.is_file() else None

    def read(self) -> Labelled:
        """Read the file.

        Raises:
            ConfigError: It cannot be read, or a column that is named is not in it.
        """
        table = read_table(self.path)
        self.source = Source.of_file(self.path, rows=len(table), columns=len(table.columns))
        self.refuse_change(self.source)
        whole = self.is_apart  # another file need not have columns that are no inputs
        named = {"target": [self.target], "ignore": [] if whole else self.ignore}
        for key, column in (("split_column", self.split_column), ("group", self.group)):
            if column is not None and not whole:
                named[key] = [column]
        for key, columns in named.items():
            for column in columns:
                if column not in table.columns:
                    remedy = suggestion(column, set(table.columns))
                    raise ConfigError(f"data.{key}: {self.path} has no column {column!r}; {remedy}")
        if self.group == self.target:
            raise ConfigError(f"data.group: {self.group} is the target, which splits share; name another column")
        apart = {self.target, self.split_column, self.group, *self.ignore}
        inputs = {name: cells for name, cells in table.columns.items() if name not in apart}
        if not inputs:
            raise ConfigError(f"{self.path}: has no columns beside the target; add one to predict from")
        split = None if self.split_column is None or whole else table.texts(self.split_column)
        groups = None
        if self.group is not None and not whole:
            groups = group_numbers(table.columns[self.group], table.source, table.first_row)
        found = Labelled(Table(inputs, table.source), table.columns[self.target], split, groups)
        self.doubts = list(doubts(found.inputs, found.target, self.is_regression))
        return found
