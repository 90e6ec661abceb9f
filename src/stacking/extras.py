"""What a stack writes only on request: each member's figures, and the records of its loggers."""

from typing import Any, NamedTuple

from lightning.pytorch.loggers import Logger
from omegaconf import OmegaConf

from src.building.loggers import make_loggers
from src.callbacks.figures import save
from src.heads.base import Head
from src.heads.drawing import last_drawings
from src.loggers.tensorboard import TensorBoardLogger
from src.loggers.trackers import close
from src.runs import boards
from src.settings.pictures import Pictures
from src.stacking.members import Member
from src.storage import epochs
from src.storage.folders import RunFolder


class Extras(NamedTuple):
    """What members get in addition to the files of every run, a tenth of a second each.

    Attributes:
        figures: Whether they get `plots/`.
        tensorboard: Whether they get `tensorboard/`; other loggers are used whenever a configuration names them.
    """

    figures: bool = False
    tensorboard: bool = False

    def any_for(self, member: Member) -> bool:
        """Whether there is something to write for a `member`."""
        return any(self) or any(map(_is_other, (member.cfg.get("logger") or {}).values()))


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
    loggers: list[Logger] = [*make_loggers(cfg, member.folder, leave_out=(TensorBoardLogger,)).values()]
    if wanted.tensorboard:
        loggers.append(_board(member))
    for logger in loggers:
        if isinstance(logger, TensorBoardLogger):
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
        tested = None
        if isinstance(logger, TensorBoardLogger):
            tested = head.outcome(*head.outputs(member.data.whole("test")))
            if logger.histograms:
                logger.log_weights(head, step)
        boards.end(logger, cfg, member.folder, member.metrics, step, tested)
        close(logger)


def _board(member: Member) -> TensorBoardLogger:
    """A member's loggers, from its configuration; without the graph, since a stack has none of a single network."""
    wanted = (member.cfg.get("logger") or {}).get("tensorboard") or {}
    return TensorBoardLogger(member.folder, log_graph=False, histograms=wanted.get("histograms"))


def _is_other(node: Any) -> bool:
    """Whether a member of the group `logger` is not TensorBoard."""
    return node is not None and not str(node.get("_target_")).endswith(".TensorBoardLogger")
