"""Predict with a run: `python -m src.predict run=latest`; `--help` tells the rest."""

from pathlib import Path

from omegaconf import DictConfig

from src.command.cli import command
from src.command.startup import lean_imports


def predict(cfg: DictConfig, _: Path) -> None:
    """Do what `cfg` describes."""
    with lean_imports():
        from src.runs import prediction
    prediction.predict(cfg)


if __name__ == "__main__":
    command("predict", predict, begins_runs=False)
