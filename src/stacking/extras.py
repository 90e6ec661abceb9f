"""What a stack writes only on request: each member's figures and TensorBoard curves."""

from typing import Any, NamedTuple

from src.callbacks.figures import save
from src.heads.base import Head
from src.heads.drawing import last_drawings
from src.loggers.tensorboard import TensorBoardLogger
from src.settings.pictures import Pictures
from src.stacking.members import Member
from src.storage import epochs
from src.storage.folders import RunFolder


class Extras(NamedTuple):
    """What members get besides the files of every run, a tenth of a second each.

    Attributes:
        figures: Whether they get `plots/`.
        tensorboard: Whether they get `tensorboard/`.
    """

    figures: bool = False
    tensorboard: bool = False


def add(wanted: Extras, head: Head, member: Member, columns: list[str], rows: list[list[Any]]) -> None:
    """Draw and log what a single run would have at its end.

    Args:
        wanted: What to write.
        head: The head with the member's best weights.
        member: The member.
        columns: Names of the metrics in `rows`.
        rows: Its `metrics.csv`.
    """
    assert member.data is not None
    curves = [
        {name: cell for name, cell in zip([*epochs.FIRST, *columns], row, strict=True) if cell != ""} for row in rows
    ]
    loggers = [TensorBoardLogger(member.folder, log_graph=False)] if wanted.tensorboard else []
    for logger in loggers:
        for row in curves:
            logger.log_metrics({name: value for name, value in row.items() if name != "step"}, row["step"])
    if wanted.figures:
        head.eval()
        drawings, pictures = last_drawings(head, member.data, curves, member.metrics), Pictures(**member.cfg["plots"])
        save(drawings, RunFolder(member.folder).plots, loggers, pictures)
    for logger in loggers:
        logger.finalize("success")
