"""Measure a run: `python -m src.evaluate run=latest`; `--help` tells the rest."""

from pathlib import Path

from omegaconf import DictConfig

from src.cli import command
from src.startup import lean_imports


def evaluate(cfg: DictConfig, _: Path) -> None:
    """Do what `cfg` describes."""
    with lean_imports():
        from src.run import evaluation
    evaluation.evaluate(cfg)


if __name__ == "__main__":
    command("evaluate", evaluate, begins_runs=False)
