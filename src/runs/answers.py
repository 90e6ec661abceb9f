"""How a run answers: the temperature and the threshold in its folder, which every score that is shown there follows."""

import logging
from collections.abc import Collection
from pathlib import Path
from typing import Any

from src.callbacks.figures import save
from src.data.base import InMemoryDataModule
from src.errors import ConfigError
from src.heads.base import Head
from src.heads.drawing import Moment, record
from src.loggers.tensorboard import TensorBoardLogger
from src.metrics.threshold import parse_rule
from src.reporting.summary import closing_scores, is_solved
from src.runs import calibration, fold_predictions, thresholds
from src.storage.folders import RunFolder
from src.storage.values import known_json, write_json

log = logging.getLogger(__name__)


def settle(head: Head, datamodule: InMemoryDataModule) -> None:
    """Let a `head` that has been trained use what it is to fit and to choose on the validation rows of a `datamodule`.

    The temperature comes first, for it moves the probabilities among which a threshold is chosen.
    """
    if head.calibration is not None:
        calibration.calibrate(head, datamodule)
    if head.chooses:
        try:
            thresholds.choose(head, datamodule)
        except ConfigError as error:  # no threshold reaches the precision or recall, which only training could tell
            log.warning("head.%s; the threshold stays 0.5", error)
            head.rule = parse_rule(0.5)


def change(head: Head, datamodule: InMemoryDataModule, temperature: str | None, rule: str | float | None) -> None:
    """Let a `head` answer otherwise from now on; a threshold that a rule has chosen is chosen anew with a temperature.

    Args:
        head: Of a trained run.
        datamodule: Its data.
        temperature: `temperature` fits one, `none` takes it away, None leaves it.
        rule: A threshold or what chooses it; None leaves it.

    Raises:
        ConfigError: The head gives no probabilities or has no threshold, or none does what the rule wants.
    """
    if temperature == "temperature":
        calibration.calibrate(head, datamodule)
    elif temperature is not None:
        calibration.use(head, None, datamodule)
    if rule is not None or (temperature is not None and head.chooses):
        thresholds.choose(head, datamodule, rule)


def read(folder: Path, head: Head, anew: Collection[str] = ()) -> None:
    """Let a `head` answer as a run's `folder` says.

    Args:
        folder: Of the run.
        head: With its weights.
        anew: What will be found anew and is not read, `calibration` and `threshold`.

    Raises:
        ConfigError: A file there holds no temperature, or no thresholds.
    """
    for name, kept in (("calibration", calibration), ("threshold", thresholds)):
        try:
            kept.read(folder, head)
        except ConfigError:
            if name not in anew:
                raise


def write(folder: Path, head: Head) -> None:
    """Store in a run's `folder` what its `head` has fitted and chosen; what is there of an earlier time is replaced."""
    calibration.write(folder, head)
    if head.chooses or RunFolder(folder).threshold.exists():
        thresholds.write(folder, head)


def keep(folder: Path, head: Head, datamodule: InMemoryDataModule, solved: Any) -> None:
    """Store how a `head` answers, and let the folder's scores and last figures be those of these answers.

    Args:
        folder: A run's.
        head: With the run's best weights.
        datamodule: With the run's own rows.
        solved: When the run counts as solved.
    """
    files = RunFolder(folder)
    metrics = known_json(files.metrics)
    if metrics:
        for split in ("train", "val", "test"):
            metrics |= {f"{split}/{name}": value for name, value in head.evaluate(datamodule.whole(split)).items()}
        metrics["solved"] = is_solved(metrics, dict(solved))
    calibration.write(folder, head)
    if head.thresholds is not None:
        thresholds.write(folder, head)
    if not metrics:
        return
    fold_predictions.write(folder, datamodule, head)
    write_json(files.metrics, metrics, durable=True)
    steps = int(metrics.get("steps", 0))
    drawn = record(head, datamodule, ("train", "test"), Moment(steps))
    boards = [TensorBoardLogger(folder, log_graph=False)] if files.tensorboard.is_dir() else []
    save([each for each in drawn if (files.plots / f"{each.file_stem}.png").exists()], files.plots, boards)
    for board in boards:
        board.log_metrics(closing_scores(metrics), steps)
        board.experiment.close()


def lines(head: Head) -> list[str]:
    """The lines that say by what a `head` divides its logits and from which probability on it says yes, if it does."""
    return [*calibration.line(head), *thresholds.line(head)]
