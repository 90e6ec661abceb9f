"""The base of tables: a target column, input columns that become numbers, and a stratified split."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import Tensor

from src.data.choosing import Choice
from src.data.identity import Identity, row_keys
from src.data.positive import check_kept, positive_last
from src.data.rows import Rows, Splits
from src.data.splitting import SplitFraction, check_fractions
from src.data.table import Table
from src.data.tabular.classes import check_number, class_of_each, in_order
from src.data.tabular.columns import ColumnsDataModule
from src.data.tabular.described import described
from src.data.tabular.dividing import Division, divide
from src.data.tabular.encoder import Encoder
from src.data.tabular.kinds import Kinds, kinds_of
from src.data.tabular.labelled import Labelled, target_numbers, target_scale, with_targets
from src.data.tabular.member_encoders import MemberEncoders, OneEncoder, encoded
from src.data.tabular.naming import Column
from src.data.tabular.several import choice_of_several
from src.data.tabular.spread import Standardize
from src.data.tabular.target import choice_of, labels_of
from src.data.tabular.typed import TypedEncoder
from src.data.tabular.weights import training_weights
from src.errors import ConfigError, suggestion
from src.memory import refuse_beyond
from src.settings.rules import ClassName, Seed, checked

_BYTES_PER_INPUT = 24  # measured at the peak: all rows in float64, those of each split, and these in float32


class TabularDataModule(ColumnsDataModule):
    """Rows x [N, F] of a table: its numbers, then a column of zeros and ones for each category of the other columns.

    A missing number becomes the median of the training rows; a missing category becomes a separate category.

    Args:
        task: `classification`, or `regression` for a target of numbers; `auto` decides by its values.
        types: `auto` distinguishes numbers in any notation, dates, categories and ids, and compares cells by value;
            None reads cells as in runs saved without this key.
        categorical: Columns that hold categories even though their cells look like numbers.
        columns: The only columns that are inputs, whatever they look like; None is all but those that look like ids.
        keep: Columns that are inputs even though they look like ids or free text.
        merge_classes: Whether classes that differ only in case or spaces are one.
        strict: Whether warnings about the data are errors.
        test_fraction: Fraction of all rows in the test split.
        val_fraction: Fraction of all rows in the validation split; 0 validates on the training rows.
        split_seed: Seed of the stratified split; None is `seed`.
        positive: Name of the positive class of two, with label 1; `auto` decides by the names and, in a file, by the
            counts; None keeps the order of the names, as in runs saved without this key.
        standardize: Whether to shift and scale columns of numbers to mean 0 and standard deviation 1 over the training
            rows; `robust` uses the median and the interquartile range.
        **common: Arguments of `InMemoryDataModule`.
    """

    divides_rows = True
    draws_rows = False

    @checked
    def __init__(
        self,
        *,
        task: Literal["classification", "regression", "auto"] = "classification",
        types: Literal["auto"] | None = None,
        categorical: list[str] | None = None,
        columns: Annotated[list[Column], Field(min_length=1)] | None = None,
        keep: list[str] | None = None,
        merge_classes: bool = False,
        strict: bool = False,
        test_fraction: SplitFraction = 0.2,
        val_fraction: SplitFraction = 0.1,
        split_seed: Seed | None = None,
        positive: ClassName | None = None,
        standardize: Standardize = True,
        **common: Any,
    ) -> None:
        super().__init__(standardize=bool(standardize), **common)
        self.standardize = standardize
        check_fractions(test_fraction, val_fraction, self.fold)
        self.is_regression, self.is_open = task == "regression", task == "auto"
        self.label_names: tuple[str, ...] = ()
        self.label_separator: str | None = None
        self.types, self.merge_classes, self.strict = types, merge_classes, strict
        self.categorical, self.columns, self.keep = categorical or [], columns, keep or []
        self.test_fraction, self.val_fraction, self.positive = test_fraction, val_fraction, positive
        self.split_seed = self.seed if split_seed is None else split_seed
        self.decimal: str | None = None
        self.thousands: str | None = None
        self.facts: dict[str, Any] | None = None

    @abstractmethod
    def read(self) -> Labelled:
        """The whole table."""

    def doubtful(self, inputs: Table, target: Sequence[Any]) -> Iterable[tuple[str, str]]:
        """Kind and text of each doubt about the columns `inputs`, given the target of each row."""
        return ()

    def target_alone(self) -> tuple[Table, str]:
        """A table with the target, reading no more than needed, and the name of its column."""
        found = self.read()
        return found.inputs.with_columns({"target": found.target}), "target"

    def choose(self) -> Choice:
        """The task that fits the values of the target, unless one was set."""
        if self.label_names or self.label_separator is not None:
            return choice_of_several(self.label_names, self.label_separator)
        if self.is_regression and not self.is_open:
            return Choice("regression", "data.task is regression")
        if not self.is_open:
            return super().choose()
        table, name = self.target_alone()
        return choice_of(table, name, self.decimal, self.thousands, self.merge_classes)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The values of the target in order, the positive class of two last; empty for regression."""
        if self._class_names is None:
            _ = self.splits
        return self._class_names or ()

    def load(self) -> Splits:
        """Read, split, and turn cells into numbers, fitted to the training rows or restored from a checkpoint.

        Raises:
            ConfigError: A target is missing or new, or a cell is not the number that it should be.
        """
        if self.is_open:
            self.is_regression, self.is_open = self.choose().task == "regression", False
        found = self._with_targets(self.read())
        inputs, target = found.inputs, found.target
        y = self._targets(inputs, target)
        every = torch.arange(len(y))
        train, val, test = (every, every, every) if self.is_apart else self._split(found, y)
        for key, names in (("categorical", self.categorical), ("keep", self.keep)):
            for name in names:
                if name not in inputs.columns:
                    raise ConfigError(
                        f"data.{key}: {inputs.source} has no input column {name!r}; "
                        f"{suggestion(name, set(inputs.columns))}"
                    )
        if self.members > 1 and not self.is_apart:
            train = val = torch.cat([train, val]).unique()
            labels, _ = self._stratified(y)
            self.hold_out(self.split_seed, found, train, None if labels is None else labels[train])
        if self.encoder is None:
            self.encoder = self._fitted(inputs, train, y, target)
        self.feature_names, self.inputs_of_columns = self.encoder.feature_names, self.encoder.places
        refuse_beyond(
            len(y) * len(self.feature_names) * _BYTES_PER_INPUT,
            inputs.source,
            f"{len(y):,} rows of {len(self.feature_names):,} inputs",
            "leave out columns with data.ignore, above all those with many categories",
        )
        x = encoded(self.encoder, inputs, self.unknown)
        keys = None if self.source is None else row_keys(x)
        if keys is not None:
            test = self.without_seen(keys, test)
        if self.is_apart:
            train = val = test
        self.weights = None if found.weights is None else training_weights(found.weights, train)
        places: Any = {"train": train.numpy(), "val": val.numpy(), "test": test.numpy()}
        self.identity = Identity("row", inputs.row_numbers, places, keys)
        each = Rows(x[train], y[train])
        return Splits(each, each if val is train else Rows(x[val], y[val]), Rows(x[test], y[test]))

    def _fitted(self, inputs: Table, train: Tensor, y: Tensor, target: Sequence[Any]) -> OneEncoder | MemberEncoders:
        """The encoder of the columns; adds remarks to the doubts."""
        if self.types is None:
            self.doubts += self.doubtful(inputs, target)
            return self.for_members(lambda rows: Encoder.fitted(inputs, rows, self.categorical), train)
        kinds = self.kinds(inputs)
        encoder = self.for_members(lambda rows: TypedEncoder.fitted(inputs, rows, kinds, y), train)
        self.doubts += kinds.said
        whole = encoder.layout if isinstance(encoder, MemberEncoders) else encoder
        assert isinstance(whole, TypedEncoder)
        self.facts = described(inputs, kinds, whole)
        used = {name: cells for name, cells in inputs.columns.items() if name not in kinds.left_out}
        self.doubts += self.doubtful(inputs.with_columns(used), target)
        return encoder

    def kinds(self, inputs: Table) -> Kinds:
        """What each of the columns `inputs` contains; columns that were chosen one by one are all kept."""
        leaves_out = self.columns is None
        return kinds_of(inputs, self.categorical, self.keep, self.decimal, self.thousands, leaves_out)

    def _with_targets(self, found: Labelled) -> Labelled:
        """The rows with a target; the number of the others is added to the doubts."""
        if self.types is None:
            return found
        kept, doubt = with_targets(found)
        self.doubts += [("no target", doubt)] if doubt else []
        return kept

    def _targets(self, inputs: Table, target: Sequence[Any]) -> Tensor:
        """Class labels [N], zeros and ones for several labels [N, L], or numbers [N]."""
        if self.is_regression:
            return self._numbers(inputs, target)
        if not self.label_names:
            return self._labels(inputs, target)
        self.task = "multilabel"  # type: ignore[misc]
        self._class_names, _ = self.label_names, positive_last((), self.positive)
        self._refuse_missing(inputs, list(target))
        return labels_of(target)

    def _numbers(self, inputs: Table, target: Sequence[Any]) -> Tensor:
        self.task = "regression"  # type: ignore[misc]
        self._class_names, _ = positive_last((), self.positive)
        table = inputs.with_columns({"target": target})
        y = torch.from_numpy(target_numbers(table, self.decimal, self.thousands, self.types is not None)).float()
        if self.types is not None and self.standardize:
            self.target_scale = target_scale(y.double().numpy())
        self._refuse_missing(inputs, [None if value != value else "" for value in y.tolist()])
        return y

    def _labels(self, inputs: Table, target: Sequence[Any]) -> Tensor:
        texts = inputs.with_columns({"target": target}).texts("target")
        self._refuse_missing(inputs, texts)
        if self.types is not None:
            texts = class_of_each(list(map(str, texts)), self._class_names, self.merge_classes, inputs.source)
        found = in_order({str(text) for text in texts})
        names = found if self._class_names is None else self._class_names
        if new := [name for name in found if name not in names]:
            row = inputs.row_numbers[texts.index(new[0])]
            raise ConfigError(
                f"{inputs.source}: the target in row {row} is a class not seen in training (got {new[0]!r}); "
                f"choose from {', '.join(names)}"
            )
        check_number(names, inputs.source, self._gone())
        self.task = "binary" if len(names) == 2 else "multiclass"  # type: ignore[misc]
        if self._class_names is None:
            counts = None if self.source is None else [texts.count(name) for name in names]
            names, doubt = positive_last(names, self.positive, counts)
            self.doubts += [("positive", doubt)] if doubt else []
        check_kept(names, self.positive)
        self._class_names = names
        label_of = {name: label for label, name in enumerate(names)}
        return torch.tensor([label_of[str(text)] for text in texts])

    def _gone(self) -> str:
        """How many rows had no target, in brackets: their text may be the name of a class."""
        return "".join(
            f" that has one [{text.partition(': ')[2]}]" for kind, text in self.doubts if kind == "no target"
        )

    def _refuse_missing(self, inputs: Table, cells: list[Any]) -> None:
        if None in cells:
            row = inputs.row_numbers[cells.index(None)]
            raise ConfigError(f"{inputs.source}: the target in row {row} is missing; fill it in or remove the row")

    def _stratified(self, y: Tensor) -> tuple[Tensor | None, tuple[str, ...]]:
        """Labels [N] to stratify by, and their names, the same whichever class is positive."""
        names = in_order(set(self.class_names))
        if y.ndim == 2 or self.is_regression:
            return None, names
        return torch.tensor([names.index(name) for name in self.class_names])[y], names

    def _split(self, found: Labelled, y: Tensor) -> tuple[Tensor, ...]:
        labels, names = self._stratified(y)
        how = Division(self.test_fraction, self.val_fraction, self.split_seed, self.fold)
        return divide(found, how, labels, names)
