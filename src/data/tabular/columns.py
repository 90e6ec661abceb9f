"""The columns of a table: what they contain, how rows become numbers, and what a checkpoint saves."""

from abc import ABC
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import Tensor

from src.data.affording import MOST_MEMBERS, members_for
from src.data.base import InMemoryDataModule
from src.data.members import held_out
from src.data.rows import Split
from src.data.scaler import Scaler
from src.data.table import Table
from src.data.tabular.labelled import Labelled
from src.data.tabular.member_encoders import MemberEncoders, OneEncoder, encoded, state_of
from src.data.tabular.typed import encoder_of
from src.data.tabular.unknown import Unknown
from src.errors import ConfigError
from src.spec import DataSpec


class ColumnsDataModule(InMemoryDataModule, ABC):
    """Rows made of cells in columns, as one network or each member of an ensemble sees them.

    Attributes:
        encoder: How cells become numbers; None until it is fitted or restored.
        unknown: Counts categories that were not in training.
        strict: Whether warnings about the data are errors.
        is_regression: Whether targets are numbers.
        is_open: Whether `is_regression` is still to be decided.
        members: Members of the ensemble that share all rows except the test rows; 1 for a single network.
        held_out: From which members each of these rows is held out, bool [N, M]; None without members.

    Args:
        **common: Arguments of `InMemoryDataModule`.
    """

    strict: bool
    is_regression: bool
    is_open: bool

    def __init__(self, **common: Any) -> None:
        super().__init__(**common)
        self.encoder: OneEncoder | MemberEncoders | None = None
        self.unknown = Unknown()
        self.members = 1
        self.held_out: Tensor | None = None
        self._decides = False
        self._class_names: tuple[str, ...] | None = None

    @property
    def spec(self) -> DataSpec:
        """What networks, heads and plots need to know about this table."""
        spec = super().spec
        assert self.encoder is not None
        return replace(spec, num_numbers=self.encoder.num_numbers)

    def fit_scaler(self, x: Tensor) -> Scaler:
        """The replacement of missing numbers, and the scale of the others."""
        if isinstance(self.encoder, MemberEncoders):
            assert self.held_out is not None
            return self.encoder.scaler(x, self.held_out, self.standardize)
        assert self.encoder is not None
        return self.encoder.scaler(x, self.standardize)

    def encode(self, table: Table, spec: DataSpec) -> Tensor:
        """Raw inputs x [N, F] of a table's rows."""
        assert self.encoder is not None
        return encoded(self.encoder, table, self.unknown)

    def columns_used(self, spec: DataSpec) -> list[str]:
        """The columns of a table that `encode` reads."""
        assert self.encoder is not None
        return self.encoder.columns

    def settle(self, source: str) -> list[tuple[str, str]]:
        """Kind and text of the remarks about rows from a `source` that were encoded since the last call.

        Raises:
            ConfigError: No cell of a column is a category known from training.
        """
        found = self.unknown.settle(source)
        if self.strict and found:
            raise ConfigError(f"data.strict: {found[0][1]}")
        return found

    # Members of an ensemble

    def divide_among(self, members: int | None) -> None:
        """Divide all rows except the test rows among `members` of an ensemble: each validates on a different part.

        None lets the size of the table decide the number of members.
        """
        self._decides, self._splits = members is None, None
        self._take_members(members or MOST_MEMBERS)

    def _take_members(self, members: int) -> None:
        self.members = members
        self.scaled_when_served = members > 1  # type: ignore[misc]  # each scales the rows that are stored once

    @property
    def validates_on_training(self) -> bool:
        """Whether a single network validates on its training rows; members of an ensemble never do."""
        return self.members == 1 and super().validates_on_training

    def voices(self, split: Split) -> Tensor | None:
        """Which members predict each row of a split: in `val`, those that it is held out from; bool [N, M]."""
        if self.held_out is None or split == "test":
            return None
        return self.held_out if split == "val" else ~self.held_out

    def hold_out(self, seed: int, found: Labelled, rows: Tensor, labels: Tensor | None) -> None:
        """Decide which members each row is held out from.

        Args:
            seed: Seed of the folds.
            found: All rows.
            rows: Numbers [N] of all rows except the test rows.
            labels: Label [N] of each of them, to stratify by; None does not stratify.

        Raises:
            ConfigError: The rows cannot be divided that way.
        """
        if found.moments is not None:
            raise ConfigError(
                "network.members: members validate on rows from any time, but data.split=time is for predicting later "
                f"ones (got {self.members}); use network.members=1"
            )
        if self._decides:
            self._take_members(members_for(len(rows), len(found.inputs.columns)))
        groups = None if found.groups is None else found.groups[rows]
        self.held_out = held_out(self.members, seed, len(rows), labels, groups)

    def for_members(self, fit: Callable[[Tensor], OneEncoder], rows: Tensor) -> OneEncoder | MemberEncoders:
        """One encoder, or one for each member.

        Args:
            fit: Fits an encoder to training rows, by their numbers [K].
            rows: Numbers [N] of all training rows.
        """
        return fit(rows) if self.held_out is None else MemberEncoders.fitted(fit, rows, self.held_out)

    # Checkpoints

    def state_dict(self) -> dict[str, Any]:
        """Columns, categories, classes and the scaler as plain values."""
        encoder = self.encoder
        assert encoder is not None
        columns = {"members": encoder.state()} if isinstance(encoder, MemberEncoders) else state_of(encoder)
        return super().state_dict() | columns | {"classes": self.class_names}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore them."""
        state = dict(state_dict)
        of_members = state.pop("members", None)
        encoder = encoder_of(state) if of_members is None else MemberEncoders.of_state(of_members)
        names = tuple(state.pop("classes"))
        if self.is_open:
            self.is_regression, self.is_open = not names, False
        if (encoder, names) != (self.encoder, self._class_names):
            self.encoder, self._class_names, self._splits = encoder, names, None
            self.feature_names = encoder.feature_names
        if isinstance(encoder, MemberEncoders):
            self._decides, state["known"] = False, encoder.known()
            self._take_members(len(encoder.which))
        super().load_state_dict(state)
