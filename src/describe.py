"""Say what a dataset is before training: `python -m src.describe data=csv data.path=…`; `--help` tells the rest."""

from pathlib import Path

from omegaconf import DictConfig

from src.command.cli import command
from src.command.startup import lean_imports


def describe(cfg: DictConfig, _: Path) -> None:
    """Do what `cfg` describes."""
    with lean_imports():
        from src.runs import describing
    describing.describe(cfg)


if __name__ == "__main__":
    command("describe", describe, begins_runs=False)
