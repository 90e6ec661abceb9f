"""Rows as a network or each member of an ensemble sees them; most datasets serve only one network."""

from typing import Any, ClassVar

from torch import Tensor

from src.data.rows import Split
from src.errors import ConfigError


class Shared:
    """A dataset for one network, unless a subclass can divide its rows among several."""

    scaled: Any
    scaled_when_served: ClassVar[bool]
    scaler: Any
    splits: Any
    members: int = 1

    def divide_among(self, members: int | None) -> None:
        """Divide all rows except the test rows among `members` of an ensemble: each validates on a different part.

        None lets the size of the table decide the number of members.

        Raises:
            ConfigError: The dataset does not support it.
        """
        raise ConfigError(
            f"network.members: is for tables, data=csv and data=table, but this is {type(self).__name__} "
            f"(got {members or 'auto'}); use network.members=1"
        )

    def voices(self, split: Split) -> Tensor | None:
        """Which members predict each row of a split, bool [N, M]; None if all do."""
        return None

    def seen(self, split: Split, rows: slice | Tensor) -> Tensor:
        """Inputs [N, *input_shape] as the network sees them, for the `rows` [N] of a split."""
        return self.served(getattr(self.splits, split).x[rows])

    def served(self, x: Tensor) -> Tensor:
        """Inputs x [N, …] as held in memory, turned into what the network sees."""
        scaled: Tensor = self.scaled(x) if self.scaled_when_served else x
        return scaled

    def plain(self, split: Split, rows: slice | Tensor) -> Tensor:
        """Inputs [N, *input_shape] as a single network would see them, for the `rows` of a split."""
        if self.members == 1:
            return self.seen(split, rows)
        raw = getattr(self.splits, split).x[rows]
        scaled: Tensor = self.scaler.one(raw)
        return scaled
