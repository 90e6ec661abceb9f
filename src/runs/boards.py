"""What loggers are told of a run beside its curves and figures, whether it trained alone or in a stack."""

import shlex
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger
from omegaconf import DictConfig, OmegaConf

from src.heads.outcome import Outcome
from src.loggers.tensorboard import TensorBoardLogger
from src.loggers.words import command_words, swept_words
from src.reporting import summary as report

_MOST_CURVES = 20  # of precision and recall; a class each


def begin(logger: TensorBoardLogger, cfg: DictConfig, folder: Path, names: tuple[str, ...]) -> None:
    """Write the command, the configuration and the charts in which training and validation share a panel.

    Args:
        logger: Of the run.
        cfg: Its configuration, resolved.
        folder: Its folder.
        names: Of the loss and the scores, in the order of their charts.
    """
    words = " ".join(map(shlex.quote, command_words(folder)))
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
    """Write hyperparameters and final scores; for TensorBoard, what differs first, and precision-recall curves.

    Args:
        logger: Of the run.
        cfg: Its configuration.
        folder: Its folder.
        metrics: What `metrics.json` is to hold.
        step: Optimiser steps in all.
        tested: What the best weights say of the test rows; None where only the module itself knows.
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
