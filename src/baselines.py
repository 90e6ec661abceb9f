"""Compare a run with simpler methods: `python -m src.baselines run=latest`; `--help` tells the rest."""

from pathlib import Path

from omegaconf import DictConfig

from src.command.cli import command
from src.command.startup import lean_imports


def baselines(cfg: DictConfig, _: Path) -> None:
    """Do what `cfg` describes."""
    with lean_imports():
        from src.runs import baselines
    baselines.write_baselines(cfg)


if __name__ == "__main__":
    command("baselines", baselines, begins_runs=False)
