"""Starts a run: a single network, or the members of an ensemble as a stack."""

from pathlib import Path

from omegaconf import DictConfig

from src.callbacks.drawn_ahead import helper
from src.runs import training
from src.settings.undecided import has_any_rate


def train(cfg: DictConfig, folder: Path) -> float | None:
    """Train, evaluate and write one run; returns the value for a sweeper to optimise.

    Args:
        cfg: The composed configuration.
        folder: The run's folder, which exists.
    """
    with helper(needed=bool((cfg.callbacks or {}).get("figures")) and not cfg.trainer.fast_dev_run):
        if has_any_rate(cfg):
            from src.stacking import own_rate

            own_rate.settle(cfg, folder)
        if cfg.network.get("members", 1) == 1:
            return training.train(cfg, folder)
        from src.stacking import ensemble

        return ensemble.train(cfg, folder)
