"""From the cells of a table to numbers: fitted to the training rows by scikit-learn, saved as plain values."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from src.data.scaler import Scaler
from src.data.table import Table, as_number
from src.data.tabular.spread import Standardize, centre_and_unit
from src.errors import ConfigError

MISSING_CATEGORY = "(missing)"


class Encoder(NamedTuple):
    """Which columns contain numbers, and which categories the others have.

    A row becomes its numbers, NaN for missing ones, and a 0 or 1 for each category of each other column. A missing
    category is a separate category if training had one; a category that was not in training gives zeros.

    Attributes:
        numeric: Names of the columns of numbers.
        categories: Categories of each other column, by its name.

    Example:
        >>> table = Table({"size": ["1", "2"], "colour": ["red", "blue"]}, source="rows.csv")
        >>> encoder = Encoder.fitted(table, rows=torch.tensor([0, 1]), forced=[])
        >>> encoder.feature_names
        ('size', 'colour=blue', 'colour=red')
        >>> encoder.encode(table).tolist()
        [[1.0, 0.0, 1.0], [2.0, 1.0, 0.0]]
    """

    numeric: list[str]
    categories: dict[str, list[str]]

    @classmethod
    def fitted(cls, table: Table, rows: Tensor, forced: list[str]) -> "Encoder":
        """Detect the kinds of columns from their cells, and categories from the training rows.

        Args:
            table: The columns that are inputs.
            rows: Numbers [N] of the training rows.
            forced: Columns of categories, whatever their cells look like.

        Raises:
            ConfigError: A column mixes numbers and text.
        """
        from sklearn.preprocessing import OneHotEncoder

        numeric = [name for name in table.columns if name not in forced and _is_numeric(table, name)]
        other = [name for name in table.columns if name not in numeric]
        categories: dict[str, list[str]] = {}
        if other:
            cells = np.array([_categories(table, name) for name in other], dtype=object).T[rows.numpy()]
            found = OneHotEncoder().fit(cells).categories_
            categories = {name: [str(each) for each in kinds] for name, kinds in zip(other, found, strict=True)}
        return cls(numeric, categories)

    @property
    def columns(self) -> list[str]:
        """Names of the columns that a table needs."""
        return [*self.numeric, *self.categories]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Name of each number that a row becomes."""
        return (*self.numeric, *(f"{name}={each}" for name, kinds in self.categories.items() for each in kinds))

    @property
    def num_numbers(self) -> int:
        """How many of the first inputs are numbers and not the zeros and ones of categories."""
        return len(self.numeric)

    @property
    def places(self) -> dict[str, list[int]]:
        """Positions of the inputs that each column becomes."""
        columns = [*self.numeric, *(name for name, kinds in self.categories.items() for _ in kinds)]
        return places_of(columns)

    def encode(self, table: Table) -> Tensor:
        """Rows [N, F] of a table, float32.

        Raises:
            ConfigError: A column is missing, or a cell is not the number that it should be.
        """
        table.require(self.columns)
        numbers = [table.numbers(name) for name in self.numeric]
        for name, kinds in self.categories.items():
            cells = np.array(_categories(table, name), dtype=object)
            numbers += [(cells == kind).astype(np.float64) for kind in kinds]
        return torch.from_numpy(np.stack(numbers, axis=1)).float()

    def scaler(self, x: Tensor, standardize: Standardize) -> Scaler:
        """The median for missing numbers and, to `standardize`, centre and unit, over training rows x [N, F]."""
        from sklearn.impute import SimpleImputer
        from sklearn.preprocessing import StandardScaler

        fill, mean, scale = torch.zeros(x.shape[1]), torch.zeros(x.shape[1]), torch.ones(x.shape[1])
        count = len(self.numeric)
        if count:
            imputer = SimpleImputer(strategy="median", keep_empty_features=True)
            filled = imputer.fit_transform(x[:, :count].double().numpy())
            fill[:count] = torch.from_numpy(imputer.statistics_).nan_to_num().float()
            if standardize == "robust":
                found = [centre_and_unit(column, standardize) for column in filled.T]
                mean[:count], scale[:count] = torch.tensor(found).T
            elif standardize:
                fitted = StandardScaler().fit(filled)
                mean[:count], scale[:count] = torch.from_numpy(fitted.mean_), torch.from_numpy(fitted.scale_)
        return Scaler(mean, scale, fill)


def places_of(columns: list[str]) -> dict[str, list[int]]:
    """Positions of the inputs of each column, given the column of each input in `columns`.

    Example:
        >>> places_of(["size", "colour", "colour", "size"])
        {'size': [0, 3], 'colour': [1, 2]}
    """
    places: dict[str, list[int]] = {}
    for place, name in enumerate(columns):
        places.setdefault(name, []).append(place)
    return places


def _is_numeric(table: Table, name: str) -> bool:
    numbers = [as_number(cell, table.missing) for cell in table.columns[name]]
    count = sum(number is not None and number == number for number in numbers)
    wrong = [row for row, number in enumerate(numbers) if number is None]
    if count > len(wrong) > 0:
        raise ConfigError(
            f"{table.source}: column {name}, row {table.row_numbers[wrong[0]]} is not a number "
            f"(got {table.columns[name][wrong[0]]!r}) but most others are; fix it, or set data.categorical=[{name}]"
        )
    return not wrong and count > 0


def _categories(table: Table, name: str) -> list[str]:
    return [MISSING_CATEGORY if text is None else text for text in table.texts(name)]
