"""A run's predictions for its test fold, row by row: its part of the out-of-fold predictions."""

from pathlib import Path
from typing import Any

from src.data.base import InMemoryDataModule
from src.data.rows import Split
from src.heads.ours import ours
from src.storage.folders import RunFolder
from src.storage.values import write_csv


def write(folder: Path, data: Any, head: Any) -> None:
    """Write the test rows, targets and predictions of a run that tests a fold; otherwise nothing.

    Args:
        folder: The run's folder.
        data: Its dataset; nothing is known about the rows of a user's own data module.
        head: The head with its best weights.
    """
    if (both := ours(head, data)) is None or both[1].fold is None:
        return
    answered = head.outcome(*head.outputs(data.whole("test"))).answered()
    count = len(next(iter(answered.values())))
    if names := row_names(data, "test", count):
        columns = {**names, "fold": [data.fold.number] * count, **answered}
        write_csv(RunFolder(folder).fold_predictions, columns)


def row_names(data: InMemoryDataModule, split: Split, count: int) -> dict[str, list[Any]]:
    """A column with the number of each row of a split in its file, or the path of its image; or none.

    Args:
        data: The dataset.
        split: The split.
        count: The number of rows predicted.
    """
    names = [] if data.identity is None else data.identity.of(split)
    return (
        {data.identity.column: names} if data.identity and len(names) == count else {}
    )  # fewer if broken images were skipped
