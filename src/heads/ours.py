"""What callbacks and commands ask first: whether a run's head and its data are this project's, or somebody's own."""

from typing import Any

from src.data.base import InMemoryDataModule
from src.heads.base import Head


def as_head(module: Any) -> Head | None:
    """The `module`, where it is one of our heads; None where it is a LightningModule of somebody's own."""
    return module if isinstance(module, Head) else None


def ours(module: Any, data: Any) -> tuple[Head, InMemoryDataModule] | None:
    """The head `module` and its `data`, where both are ours: only then can rows and answers be asked for."""
    head = as_head(module)
    return (head, data) if head is not None and isinstance(data, InMemoryDataModule) else None
