"""Whether a run's head and data are this project's or a user's own, which callbacks and commands check first."""

from typing import Any

from src.data.base import InMemoryDataModule
from src.heads.base import Head


def as_head(module: Any) -> Head | None:
    """The `module` if it is one of our heads; None if it is a user's own LightningModule."""
    return module if isinstance(module, Head) else None


def ours(module: Any, data: Any) -> tuple[Head, InMemoryDataModule] | None:
    """The head `module` and its `data` if both are ours, so that rows and predictions are available; otherwise None."""
    head = as_head(module)
    return (head, data) if head is not None and isinstance(data, InMemoryDataModule) else None
