"""The real tables that come with scikit-learn."""

from typing import Any, Literal

from src.data.table import Table
from src.data.tabular.base import TabularDataModule
from src.data.tabular.labelled import Labelled
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
        names = [str(name) for name in bundle.target_names]
        return Labelled(Table(columns, f"scikit-learn's {self.table_name}"), [names[label] for label in bundle.target])
