"""The real tables that come with scikit-learn."""

from typing import Any, Literal

from src.data.table import Table
from src.data.tabular.base import TabularDataModule
from src.data.tabular.labelled import Labelled
from src.data.tabular.naming import column_named, only
from src.settings.rules import checked


class BundledTable(TabularDataModule):
    """One of scikit-learn's classification tables, with its names of columns and classes.

    Args:
        name: Name of the table; `load_<name>` in `sklearn.datasets`.
        **common: Arguments of `TabularDataModule`.
    """

    @checked
    def __init__(self, *, name: Literal["breast_cancer", "iris", "wine", "digits"], **common: Any) -> None:
        super().__init__(**common)
        self.table_name = name

    @property
    def title(self) -> str:
        """The table's name as it is usually written."""
        return self.table_name.replace("_", " ").capitalize()

    def read(self) -> Labelled:
        """Load the table."""
        from sklearn import datasets

        bundle: Any = getattr(datasets, f"load_{self.table_name}")()
        columns = {str(name): cells.tolist() for name, cells in zip(bundle.feature_names, bundle.data.T, strict=True)}
        names, source = [str(name) for name in bundle.target_names], f"scikit-learn's {self.table_name}"
        if self.columns is not None:
            columns = only([column_named("columns", each, list(columns), source) for each in self.columns], columns)
        return Labelled(Table(columns, source), [names[label] for label in bundle.target])
