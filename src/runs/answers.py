"""How a run predicts: with the temperature and the threshold in its folder, which all its scores use."""

import logging
from collections.abc import Collection
from pathlib import Path

from omegaconf import DictConfig

from src.callbacks.figures import save
from src.data.base import InMemoryDataModule
from src.errors import ConfigError
from src.heads.base import Head
from src.heads.drawing import Moment, record
from src.loggers.tensorboard import TensorBoardLogger
from src.metrics.threshold import parse_rule
from src.reporting.summary import closing_scores, is_solved
from src.runs import calibration, fold_predictions, thresholds
from src.settings.pictures import Pictures
from src.storage.boards import board_of
from src.storage.folders import RunFolder
from src.storage.values import known_json, write_json

log = logging.getLogger(__name__)


def settle(head: Head, datamodule: InMemoryDataModule) -> None:
    """Fit the temperature and choose the threshold of a trained `head` on the validation rows of a `datamodule`.

    The temperature comes first, since it changes the probabilities that the threshold is chosen from.
    """
    if head.calibration is not None:
        calibration.calibrate(head, datamodule)
    if head.chooses:
        try:
            thresholds.choose(head, datamodule)
        except ConfigError as error:  # no threshold reaches the precision or recall, as only training could show
            log.warning("head.%s; the threshold stays 0.5", error)
            head.rule = parse_rule(0.5)


def change(head: Head, datamodule: InMemoryDataModule, temperature: str | None, rule: str | float | None) -> None:
    """Change the temperature or the threshold of a `head`; a new temperature makes a rule choose the threshold again.

    Args:
        head: The head of a trained run.
        datamodule: Its dataset.
        temperature: `temperature` fits one, `none` removes it, None leaves it.
        rule: A threshold or a rule to choose it; None leaves it.

    Raises:
        ConfigError: The head has no probabilities or no threshold, or no threshold satisfies the rule.
    """
    if temperature == "temperature":
        calibration.calibrate(head, datamodule)
    elif temperature is not None:
        calibration.use(head, None, datamodule)
    if rule is not None or (temperature is not None and head.chooses):
        thresholds.choose(head, datamodule, rule)


def read(folder: Path, head: Head, anew: Collection[str] = ()) -> None:
    """Set the temperature and the threshold of a `head` from a run's `folder`.

    Args:
        folder: The run's folder.
        head: The head with its weights.
        anew: What will be determined again and is not read: `calibration` or `threshold`.

    Raises:
        ConfigError: A file there does not contain a temperature or thresholds.
    """
    for name, kept in (("calibration", calibration), ("threshold", thresholds)):
        try:
            kept.read(folder, head)
        except ConfigError:
            if name not in anew:
                raise


def write(folder: Path, head: Head) -> None:
    """Save the temperature and the threshold of a run's `head` in its `folder`, replacing earlier ones."""
    calibration.write(folder, head)
    if head.chooses or RunFolder(folder).threshold.exists():
        thresholds.write(folder, head)


def keep(folder: Path, head: Head, datamodule: InMemoryDataModule, cfg: DictConfig) -> None:
    """Save how a `head` predicts, and update the folder's scores and final figures accordingly.

    Args:
        folder: The run's folder.
        head: The head with the run's best weights.
        datamodule: The run's own dataset.
        cfg: The run's configuration: when it counts as solved, and the format of its figures.
    """
    files = RunFolder(folder)
    metrics = known_json(files.metrics)
    if metrics:
        for split in ("train", "val", "test"):
            metrics |= {f"{split}/{name}": value for name, value in head.evaluate(datamodule.whole(split)).items()}
        metrics["solved"] = is_solved(metrics, dict(cfg.solved))
    calibration.write(folder, head)
    if head.thresholds is not None:
        thresholds.write(folder, head)
    if not metrics:
        return
    fold_predictions.write(folder, datamodule, head)
    write_json(files.metrics, metrics, durable=True)
    steps = int(metrics.get("steps", 0))
    drawn = record(head, datamodule, ("train", "test"), Moment(steps))
    boards = [TensorBoardLogger(folder, log_graph=False)] if board_of(folder).is_dir() else []
    pictures = Pictures(**cfg.get("plots", {}))
    kept = [each for each in drawn if (files.plots / f"{each.file_stem}{pictures.suffix}").exists()]
    save(kept, files.plots, boards, pictures)
    for board in boards:
        board.log_metrics(closing_scores(metrics), steps)
        board.experiment.close()


def lines(head: Head) -> list[str]:
    """The lines about the temperature and the threshold of a `head`, if it has them."""
    return [*calibration.line(head), *thresholds.line(head)]
