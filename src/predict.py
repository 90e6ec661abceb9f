"""Predict with a run: `python -m src.predict run=latest`; see `--help`."""

from pathlib import Path

from omegaconf import DictConfig

from src.command.cli import command
from src.command.startup import lean_imports


def predict(cfg: DictConfig, _: Path) -> None:
    """Predict with the run that `cfg` names."""
    with lean_imports():
        from src.runs import prediction
    prediction.predict(cfg)


if __name__ == "__main__":
    command("predict", predict, begins_runs=False)
