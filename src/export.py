"""Export a run: `python -m src.export run=latest`; see `--help`."""

from pathlib import Path

from omegaconf import DictConfig

from src.command.cli import command
from src.command.startup import lean_imports


def export(cfg: DictConfig, _: Path) -> None:
    """Export the run that `cfg` names."""
    with lean_imports():
        from src.runs import exporting
    exporting.export(cfg)


if __name__ == "__main__":
    command("export", export, begins_runs=False)
