"""What loggers record about a run besides curves and figures, whether it trained alone or in a stack."""

from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger
from omegaconf import DictConfig, OmegaConf

from src.heads.outcome import Outcome
from src.loggers.tensorboard import TensorBoardLogger
from src.loggers.words import command_words, swept_words
from src.reporting import summary as report
from src.storage.shell import quoted

_MOST_CURVES = 20  # precision-recall curves, one per class


def begin(logger: TensorBoardLogger, cfg: DictConfig, folder: Path, names: tuple[str, ...]) -> None:
    """Write the command, the configuration and the charts in which training and validation share a panel.

    Args:
        logger: The run's logger.
        cfg: The run's configuration, resolved.
        folder: The run's folder.
        names: Names of the loss and the scores, in the order of their charts.
    """
    words = quoted(command_words(folder))
    logger.log_charts({name: (f"train/{name}", f"val/{name}") for name in names})
    logger.log_text("command", f"```sh\npython -m src.train {words}\n```")
    logger.log_text("configuration", f"```yaml\n{OmegaConf.to_yaml(cfg)}```")


def end(
    logger: Logger,
    cfg: DictConfig,
    folder: Path,
    metrics: dict[str, Any],
    step: int,
    tested: Outcome | None,
) -> None:
    """Write hyperparameters and final scores; for TensorBoard, also precision-recall curves, and differing keys first.

    Args:
        logger: The run's logger.
        cfg: The run's configuration.
        folder: The run's folder.
        metrics: The contents of `metrics.json`.
        step: Total number of optimiser steps.
        tested: Predictions of the best weights for the test rows; None if only the module itself knows them.
    """
    if not isinstance(logger, TensorBoardLogger):
        logger.log_hyperparams(report.hyperparameters(cfg))
        logger.log_metrics(report.closing_scores(metrics), step)
        logger.finalize("success")
        return
    for name, p, truth in list(tested.questions())[:_MOST_CURVES] if tested is not None else ():
        logger.log_pr_curve(f"test/{name}", truth.cpu(), p.cpu(), step)
    differing = swept_words(folder) or command_words(folder)
    first = {word.lstrip("+").partition("=")[0] for word in differing}
    logger.log_table(report.hyperparameters(cfg), report.closing_scores(metrics), step, first)
    logger.finalize("success")
