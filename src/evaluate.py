"""Evaluate a run: `python -m src.evaluate run=latest`; see `--help`."""

from pathlib import Path

from omegaconf import DictConfig

from src.command.cli import command
from src.command.startup import lean_imports


def evaluate(cfg: DictConfig, _: Path) -> None:
    """Evaluate the run that `cfg` names."""
    with lean_imports():
        from src.runs import evaluation
    evaluation.evaluate(cfg)


if __name__ == "__main__":
    command("evaluate", evaluate, begins_runs=False)
