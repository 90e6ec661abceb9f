"""The columns of a table: what they hold, how rows become numbers, and what a checkpoint keeps of that."""

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
    """Rows that are cells of columns, as one network sees them or as each member of an ensemble does.

    Attributes:
        encoder: How cells become numbers; None until training rows, or a checkpoint, have said it.
        unknown: Counts categories that training had not.
        strict: What would be a warning about the data is an error.
        is_regression: Targets are numbers.
        is_open: Whether they are is yet to be found out.
        members: Of the ensemble that shares the rows which are not tested; 1 for a network of its own.
        held_out: From which members each of those rows is held out, bool [N, M]; None where there are no members.

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
        """What networks, heads and plots need to know of this table."""
        spec = super().spec
        assert self.encoder is not None
        return replace(spec, num_numbers=self.encoder.num_numbers)

    def fit_scaler(self, x: Tensor) -> Scaler:
        """What stands in for missing numbers, and the scale of the others."""
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
        """Columns of a table that `encode` reads."""
        assert self.encoder is not None
        return self.encoder.columns

    def settle(self, source: str) -> list[tuple[str, str]]:
        """Kind and text of what there is to say of the rows encoded since the last call, which are of a `source`.

        Raises:
            ConfigError: No cell of a column is a category that training had.
        """
        found = self.unknown.settle(source)
        if self.strict and found:
            raise ConfigError(f"data.strict: {found[0][1]}")
        return found

    # Members of an ensemble

    def divide_among(self, members: int | None) -> None:
        """Let `members` of an ensemble share the rows that are not tested: each validates on another part of them.

        None lets the size of the table decide how many.
        """
        self._decides, self._splits = members is None, None
        self._take_members(members or MOST_MEMBERS)

    def _take_members(self, members: int) -> None:
        self.members = members
        self.scaled_when_served = members > 1  # type: ignore[misc]  # for each of them; the rows are there once

    @property
    def validates_on_training(self) -> bool:
        """Members never do, although their rows together are the same."""
        return self.members == 1 and super().validates_on_training

    def voices(self, split: Split) -> Tensor | None:
        """Which members answer for each row of a split: of `val`, those that it is held out from; bool [N, M]."""
        if self.held_out is None or split == "test":
            return None
        return self.held_out if split == "val" else ~self.held_out

    def hold_out(self, seed: int, found: Labelled, rows: Tensor, labels: Tensor | None) -> None:
        """Settle which members each row is held out from.

        Args:
            seed: Of the folds.
            found: All rows.
            rows: Numbers [N] of those that are not tested.
            labels: Label [N] of each of them, whose shares are equal in all folds; None does not look at labels.

        Raises:
            ConfigError: The rows cannot be divided so.
        """
        if found.moments is not None:
            raise ConfigError(
                "network.members: each validates on rows of any time, and data.split=time is there to predict later "
                f"ones (got {self.members}); use network.members=1"
            )
        if self._decides:
            self._take_members(members_for(len(rows), len(found.inputs.columns)))
        groups = None if found.groups is None else found.groups[rows]
        self.held_out = held_out(self.members, seed, len(rows), labels, groups)

    def for_members(self, fit: Callable[[Tensor], OneEncoder], rows: Tensor) -> OneEncoder | MemberEncoders:
        """One encoder, or one for each member.

        Args:
            fit: Makes one of training rows, by their numbers [K].
            rows: Numbers [N] of all rows that train.
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
        """Take them up again."""
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
