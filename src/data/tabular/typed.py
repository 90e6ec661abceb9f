"""From the cells of a table to numbers, by the kinds of its columns."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

from src.data.cells import Coded
from src.data.scaler import Scaler
from src.data.table import Numbers, Table, as_text
from src.data.tabular.dates import PARTS, Dates, missing
from src.data.tabular.encoder import MISSING_CATEGORY, Encoder, places_of
from src.data.tabular.kinds import Kinds
from src.data.tabular.likeness import are_truths, is_number, key, truth
from src.data.tabular.spelling import PLAIN, Spelling
from src.data.tabular.spread import Standardize, centre_and_unit
from src.data.tabular.unknown import Unknown

OTHER_CATEGORY = "(other)"
MOST_CATEGORIES = 64
"""Maximum number of categories in a column; if training has more, the rarer ones share one."""

_FREQUENT = 0.2  # of a column's training cells: if this share is missing, missing becomes a separate input
_TELLING = 1e-3  # likewise if a test of whether the target depends on missing cells has a p-value below this
_FEWEST = 5  # missing cells needed for such a test


class TypedEncoder(NamedTuple):
    """Which columns contain numbers and dates and in which notation, and which categories the others have.

    A row becomes its numbers and the parts of its dates, NaN for missing ones; a 1 for a missing number in columns
    where that is frequent or informative; and a 0 or 1 for each category of each other column.

    Attributes:
        spellings: The notation of each column of numbers.
        dates: The parts of each column of dates.
        indicators: Columns of numbers where a missing cell is an input.
        categories: Categories of each other column, by its name.

    Example:
        >>> from src.data.tabular.kinds import kinds_of
        >>> table = Table({"size": ["1", "2"], "colour": ["red", "blue"]}, source="rows.csv")
        >>> encoder = TypedEncoder.fitted(table, torch.tensor([0, 1]), kinds_of(table, [], []), torch.tensor([0, 1]))
        >>> encoder.feature_names
        ('size', 'colour=blue', 'colour=red')
        >>> encoder.encode(table, Unknown()).tolist()
        [[1.0, 0.0, 1.0], [2.0, 1.0, 0.0]]
    """

    spellings: dict[str, Spelling]
    dates: dict[str, Dates]
    indicators: list[str]
    categories: dict[str, list[str]]

    @classmethod
    def fitted(cls, table: Table, rows: Tensor, kinds: Kinds, y: Tensor) -> Self:
        """Find the varying parts of dates, the informative missing cells and the categories in the training rows.

        Args:
            table: The columns that are inputs.
            rows: Numbers [N] of the training rows.
            kinds: The kinds of its columns.
            y: Targets [M] of all rows.

        Raises:
            ConfigError: A number is too large for float32.
        """
        train = table.take(rows.numpy())
        targets = y[rows].numpy()
        found = cls(kinds.numbers, {name: Dates(form, PARTS) for name, form in kinds.dates.items()}, [], {})
        for name, dates in found.dates.items():
            parts = found._date(train, name)
            differ = [part for part, cells in zip(PARTS, parts.T, strict=True) if len(np.unique(_known(cells))) > 1]
            found.dates[name] = Dates(dates.form, tuple(differ) or PARTS[:1])
        indicators = [name for name in kinds.numbers if _tells(np.isnan(found._numbers(train, name)), targets)]
        return cls(found.spellings, found.dates, indicators, {name: _kinds(train, name) for name in kinds.categories})

    @property
    def columns(self) -> list[str]:
        """Names of the columns that a table needs."""
        return [*self.spellings, *self.dates, *self.categories]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Name of each number that a row becomes."""
        dates = (f"{name}.{part}" for name, dates in self.dates.items() for part in dates.parts)
        missing = (f"{name}={MISSING_CATEGORY}" for name in self.indicators)
        return (
            *self.spellings,
            *dates,
            *missing,
            *(f"{name}={each}" for name, kinds in self.categories.items() for each in kinds),
        )

    @property
    def num_numbers(self) -> int:
        """How many of the first inputs are numbers or parts of dates."""
        return len(self.spellings) + sum(len(dates.parts) for dates in self.dates.values())

    @property
    def places(self) -> dict[str, list[int]]:
        """Positions in `feature_names` of the inputs that each column becomes."""
        dates = (name for name, dates in self.dates.items() for _ in dates.parts)
        kinds = (name for name, kinds in self.categories.items() for _ in kinds)
        return places_of([*self.spellings, *dates, *self.indicators, *kinds])

    def encode(self, table: Table, unknown: Unknown) -> Tensor:
        """Unscaled rows [N, F] of a table, float64; `unknown` counts categories that were not in training.

        Raises:
            ConfigError: A column is missing, or a cell is not the number that it should be.
        """
        table.require(self.columns)
        x = np.zeros((len(table), len(self.feature_names)))
        at = 0
        for name in self.spellings:
            x[:, at] = self._numbers(table, name)
            at += 1
        numbers = dict(zip(self.spellings, range(at), strict=True))
        for name, dates in self.dates.items():
            x[:, at : at + len(dates.parts)] = self._date(table, name)
            at += len(dates.parts)
        for name in self.indicators:
            x[:, at] = np.isnan(x[:, numbers[name]])
            at += 1
        for name, kinds in self.categories.items():
            places = _places(table, name, kinds, unknown)
            (rows,) = np.nonzero(places >= 0)
            x[rows, at + places[rows]] = 1
            at += len(kinds)
        return torch.from_numpy(x)

    def scaler(self, x: Tensor, standardize: Standardize) -> Scaler:
        """The median for missing numbers and, to `standardize`, centre and unit, over training rows x [N, F].

        Everything is in float64, so that numbers as large as 40,000,001 stay distinguishable.
        """
        fill, mean, scale = (torch.full((x.shape[1],), value, dtype=torch.float64) for value in (0.0, 0.0, 1.0))
        for place in range(self.num_numbers):
            cells = x[:, place].numpy()
            known = _known(cells)
            fill[place] = float(np.median(known)) if len(known) else 0.0
            filled = np.where(np.isnan(cells), fill[place].item(), cells)
            mean[place], scale[place] = centre_and_unit(filled, standardize)
        return Scaler(mean, scale, fill)

    # Checkpoints

    def state(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "numeric": list(self.spellings),
            "spellings": [list(each) for each in self.spellings.values()],
            "dates": {name: [each.form, *each.parts] for name, each in self.dates.items()},
            "indicators": self.indicators,
            "categories": self.categories,
        }

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Self:
        """The encoder saved in `state`."""
        spellings = dict(zip(state["numeric"], (Spelling(*each) for each in state["spellings"]), strict=True))
        dates = {name: Dates(form, tuple(parts)) for name, (form, *parts) in state["dates"].items()}
        return cls(spellings, dates, list(state["indicators"]), dict(state["categories"]))

    # Columns

    def _numbers(self, table: Table, name: str) -> Numbers:
        spelling = self.spellings[name]

        def parse(cell: Any) -> float | None:
            text = as_text(cell, table.missing)
            return float("nan") if text is None else spelling.parse(text)

        return table.read_numbers(name, parse, plain=spelling == PLAIN and _as_numpy_reads(table, name))

    def _date(self, table: Table, name: str) -> Numbers:
        dates = self.dates[name]
        blank = missing(len(dates.parts))

        def parse(cell: Any) -> list[float] | None:
            text = as_text(cell, table.missing)
            return blank if text is None else dates.parse(text)

        return table.read_rows(name, parse, blank, "is not a date")


def encoder_of(state: dict[str, Any]) -> Encoder | TypedEncoder:
    """The encoder saved in a checkpoint's `state`, from which its keys are removed."""
    if "spellings" not in state:
        return Encoder(state.pop("numeric"), state.pop("categories"))
    names = "numeric", "spellings", "dates", "indicators", "categories"
    return TypedEncoder.of_state({name: state.pop(name) for name in names})


def _as_numpy_reads(table: Table, name: str) -> bool:
    """Whether NumPy misreads no cell of a column as a number, such as 1_2 or a missing-value mark like -999."""
    if any(is_number(mark) for mark in table.missing):
        return False
    cells = table.columns[name]
    return not isinstance(cells, list) or not any(isinstance(cell, str) and "_" in cell for cell in cells)


def _known(cells: Numbers) -> Numbers:
    return cells[~np.isnan(cells)]


def _tells(gone: Numbers, targets: Numbers) -> bool:
    """Whether the missing cells, `gone` [N], are many or related to the targets [N]."""
    count = int(gone.sum())
    if count >= _FREQUENT * len(gone):
        return count < len(gone)
    if count < _FEWEST:
        return False
    from sklearn.feature_selection import chi2, f_regression

    column = gone.astype(np.float64)[:, None]
    if targets.dtype.kind == "f":
        _, chance = f_regression(column, targets)
    else:
        _, chance = chi2(column, targets)
    return bool(chance[0] < _TELLING)


def _kinds(table: Table, name: str) -> list[str]:
    """The categories of a column in order; if there are too many, the rarer ones share the last."""
    texts = table.texts(name)
    counts = Counter(MISSING_CATEGORY if text is None else text for text in texts)
    likeness = truth if are_truths(text for text in counts if text != MISSING_CATEGORY) else key
    alike: dict[str, list[str]] = {}
    for text in counts:
        alike.setdefault(likeness(text), []).append(text)
    merged = {
        min(each, key=lambda text: (-counts[text], text)): sum(map(counts.__getitem__, each)) for each in alike.values()
    }
    if len(merged) <= MOST_CATEGORIES:
        return sorted(merged)
    kept = sorted(merged, key=lambda text: (-merged[text], text))[: MOST_CATEGORIES - 1]
    return [*sorted(kept), OTHER_CATEGORY]


def _places(table: Table, name: str, kinds: list[str], unknown: Unknown) -> Numbers:
    """Index [N] of each cell of a column in the categories `kinds`, -1 for other cells."""
    likeness = truth if are_truths(kind for kind in kinds if kind not in (MISSING_CATEGORY, OTHER_CATEGORY)) else key
    known = {likeness(kind): place for place, kind in enumerate(kinds)}
    gone = known.get(MISSING_CATEGORY, -1)
    other = kinds.index(OTHER_CATEGORY) if OTHER_CATEGORY in kinds else -1
    cells = table.columns[name]
    coded = cells if isinstance(cells, Coded) else _coded(cells)
    texts = [as_text(value, table.missing) for value in coded.values]
    found = [gone if text is None else known.get(likeness(text), other) for text in texts]
    places: Numbers = coded.spread(found, gone, np.int64)
    strange = [text is not None and likeness(text) not in known for text in texts]
    missed = [text is None for text in texts]
    unknown.add(
        name,
        int(coded.spread(strange, False, bool).sum()),
        len(table) - int(coded.spread(missed, True, bool).sum()),
        [text for text, is_strange in zip(texts, strange, strict=True) if is_strange and text is not None],
    )
    return places


def _coded(cells: Any) -> Coded:
    """Cells as strings, each distinct one stored once."""
    places: dict[str, int] = {}
    texts = (None if cell is None else _as_written(cell) for cell in cells)
    codes = [-1 if text is None else places.setdefault(text, len(places)) for text in texts]
    return Coded(np.array(codes, dtype=np.int64), list(places))


def _as_written(cell: Any) -> str:
    return str(cell.item()) if isinstance(cell, np.generic) else str(cell)
