"""Describe a dataset before training: `python -m src.describe data=csv data.path=…`; see `--help`."""

from pathlib import Path

from omegaconf import DictConfig

from src.command.cli import command
from src.command.startup import lean_imports


def describe(cfg: DictConfig, _: Path) -> None:
    """Print the description of the dataset of `cfg`."""
    with lean_imports():
        from src.runs import describing
    describing.describe(cfg)


if __name__ == "__main__":
    command("describe", describe, begins_runs=False)
