"""What a stack writes only on request: each member's figures and TensorBoard curves."""

from typing import Any, NamedTuple

from omegaconf import OmegaConf

from src.callbacks.figures import save
from src.heads.base import Head
from src.heads.drawing import last_drawings
from src.loggers.tensorboard import TensorBoardLogger
from src.runs import boards
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
    cfg, step = OmegaConf.create(member.cfg), int(member.metrics["steps"])
    loggers = [_logger(member)] if wanted.tensorboard else []
    for logger in loggers:
        boards.begin(logger, cfg, member.folder, head.score_names)
        for row in curves:
            logger.log_metrics({name: value for name, value in row.items() if name != "step"}, row["step"])
    if wanted.figures:
        head.eval()
        drawings, pictures = (
            last_drawings(head, member.data, curves, member.metrics),
            Pictures(**member.cfg.get("plots", {})),
        )
        save(drawings, RunFolder(member.folder).plots, loggers, pictures)
    for logger in loggers:
        if logger.histograms:
            logger.log_weights(head, step)
        tested = head.outcome(*head.outputs(member.data.whole("test")))
        boards.end(logger, cfg, member.folder, member.metrics, step, tested)


def _logger(member: Member) -> TensorBoardLogger:
    """A member's, as its configuration has it; a stack has no graph of one network."""
    wanted = (member.cfg.get("logger") or {}).get("tensorboard") or {}
    return TensorBoardLogger(member.folder, log_graph=False, histograms=wanted.get("histograms"))
