"""Where a run begins: one network on its own, or the members of an ensemble as a stack."""

from pathlib import Path

from omegaconf import DictConfig

from src.runs import training


def train(cfg: DictConfig, folder: Path) -> float | None:
    """Train, evaluate and write one run; the value a sweeper optimises.

    Args:
        cfg: The composed configuration.
        folder: The run's folder, which exists.
    """
    if cfg.network.get("members", 1) == 1:
        return training.train(cfg, folder)
    from src.stacking import ensemble

    return ensemble.train(cfg, folder)
