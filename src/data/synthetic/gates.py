"""The logic gates: four rows, two bits in, one bit out."""

from typing import Any, Literal

import torch

from src.data.base import InMemoryDataModule
from src.data.rows import Rows, Splits
from src.settings.rules import checked

Gate = Literal["and", "or", "nand", "xor"]
_OUTPUTS: dict[str, list[int]] = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "nand": [1, 1, 1, 0], "xor": [0, 1, 1, 0]}


class Gates(InMemoryDataModule):
    """The truth table of one gate, which is the training, the validation and the test split at the same time.

    Args:
        gate: Name of the gate.
        **common: Arguments of `InMemoryDataModule`.

    Example:
        >>> Gates(gate="xor").splits.train.y.tolist()
        [0, 1, 1, 0]
    """

    task = "binary"
    class_names = ("0", "1")
    shares_unit = True

    @checked
    def __init__(self, *, gate: Gate, **common: Any) -> None:
        super().__init__(**common)
        self.gate = gate

    @property
    def title(self) -> str:
        """The name of the gate."""
        return f"{self.gate.upper()} gate"

    def load(self) -> Splits:
        """The table's rows 00, 01, 10, 11."""
        table = Rows(torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]).float(), torch.tensor(_OUTPUTS[self.gate]))
        return Splits(table, table, table)
