"""What figures show about a dataset, in addition to a head's predictions."""

from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor

if TYPE_CHECKING:
    from src.data.base import InMemoryDataModule
    from src.data.blocks import BlockLoader
    from src.data.rows import Rows, Split

_VIEWED, _VIEWS = 6, 8  # images whose augmentation is shown, and versions of each


class Scene:
    """One split of a dataset, or two side by side. Nothing is computed before a figure needs it.

    Args:
        data: The dataset.
        splits: The splits to show, by title; a figure of one split shows the last.
    """

    def __init__(self, data: "InMemoryDataModule", splits: dict[str, "Split"]) -> None:
        self._data, self._splits = data, splits
        self.title = list(splits)[-1]
        self.problem = data.title

    @property
    def to_scale(self) -> bool:
        """Whether all inputs have the same unit, even if it is only their standard deviation."""
        return self._data.shares_unit or bool(self._data.standardize)

    @property
    def x(self) -> Tensor:
        """Rows [N, *input_shape] as a network sees them."""
        return self._data.plain(self._splits[self.title], slice(None))

    @property
    def held(self) -> "Rows":
        """The rows as the dataset holds them: images as bytes."""
        rows: Rows = getattr(self._data.splits, self._splits[self.title])
        return rows

    @property
    def panels(self) -> dict[str, "Rows"]:
        """The rows of each split by its title."""
        return {title: getattr(self._data.splits, split) for title, split in self._splits.items()}

    def blocks(self, title: str) -> "BlockLoader":
        """The rows of the split of that title as a head takes them."""
        return self._data.whole(self._splits[title])

    @property
    def train_x(self) -> Tensor:
        """The training rows x [N, *input_shape], which set the limits of planes."""
        return self._data.splits.train.x

    @property
    def axes(self) -> tuple[str, ...]:
        """The name of each input as the network sees it, marked if it is standardised."""
        note = " (standardised)" if self._data.standardize else ""
        return tuple(f"{name}{note}" for name in self._data.spec.feature_names)

    @property
    def views(self) -> Tensor | None:
        """Training images and augmented versions of each [K, V, C, H, W]; None without augmentation."""
        if not getattr(self._data, "augments", False):
            return None
        images = self._data.splits.train.x[:_VIEWED]
        generator = Generator().manual_seed(self._data.seed)
        return torch.stack([images, *(self._data.augment(images, generator) for _ in range(_VIEWS))], dim=1)
