"""Compare the runs of a sweep: `python -m src.compare sweep=latest`; `--help` tells the rest."""

from pathlib import Path

from omegaconf import DictConfig

from src.command.cli import command


def compare(cfg: DictConfig, folder: Path) -> None:
    """Print a table of the runs that `cfg` names, and write it beside them with its pictures; `folder` is not used."""
    from src.comparing.compare import compare_runs

    compare_runs(cfg)


if __name__ == "__main__":
    command("compare", compare, begins_runs=False)
